"""Contracts that follow every project under a name: new ones are billed, and nothing that was known is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tracker2invoice.engine.run import Report
from tracker2invoice.errors import CannotList, Unreachable
from tracker2invoice.model.milestone import Project
from tracker2invoice.testing.memory_tracker import MemoryTracker

if TYPE_CHECKING:
    from tests.engine.conftest import Scene


@pytest.fixture
def following(scene: Scene) -> Scene:
    scene.contract = replace(scene.contract, projects=("github:acme/*",))
    return scene


def labels(scene: Scene) -> dict[str, str]:
    with scene.house() as house:
        return {label: project.id for label, project in house.ledger.projects().items()}


def billed(report: Report) -> list[tuple[str, str]]:
    return [(action.project, action.term) for action in report.plan.of_kind("bill")]


def subjects(report: Report) -> list[str]:
    return [trouble.subject for trouble in report.troubles]


def test_a_milestone_in_a_project_that_was_never_named_is_billed(following: Scene) -> None:
    following.close("Design")
    assert billed(following.run()) == [("github:acme/portal", "design")]


def test_a_project_that_is_created_later_is_billed_and_a_stranger_is_not(following: Scene) -> None:
    following.run()
    for name in ("acme/shop", "globex/shop", "acme2/shop"):
        project = following.projects.add_project(name)
        following.projects.close(project, following.projects.add_milestone(project, "Beta"))
    assert billed(following.run()) == [("github:acme/shop", "beta")]
    assert sorted(labels(following)) == ["github:acme/portal", "github:acme/shop"]


def unable(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(tracker: MemoryTracker, owner: str) -> tuple[Project, ...]:
        raise Unreachable("github", "502")

    monkeypatch.setattr(MemoryTracker, "projects", refuse)


def test_while_the_list_cannot_be_read_known_projects_go_on_and_the_failure_has_the_patterns_name(
    following: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    following.run()
    following.close("Design")
    unable(following, monkeypatch)
    report = following.run()
    assert subjects(report) == ["github:acme/*"]
    assert billed(report) == [("github:acme/portal", "design")]


def test_if_the_list_could_never_be_read_every_term_says_so(following: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    unable(following, monkeypatch)
    report = following.run()
    assert subjects(report) == ["github:acme/*"]
    assert {(one.project, one.reason.code) for one in report.plan.actions} == {("github:acme/*", "project-unknown")}


def test_a_tracker_that_cannot_list_says_so(following: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(MemoryTracker, "projects")
    (trouble,) = following.run().troubles
    assert isinstance(trouble.error, CannotList)


def test_a_renamed_project_keeps_its_label_and_is_billed_once(following: Scene) -> None:
    following.close("Design")
    assert len(billed(following.run())) == 1
    following.projects.rename_project(following.project, "acme/gate")
    assert billed(following.run()) == []
    assert labels(following) == {"github:acme/portal": following.project}


def test_another_project_under_a_former_name_gets_a_label_of_its_own(following: Scene) -> None:
    following.run()
    following.projects.rename_project(following.project, "acme/gate")
    newer = following.projects.add_project("acme/portal")
    following.projects.close(newer, following.projects.add_milestone(newer, "Beta"))
    assert billed(following.run()) == [(f"github:acme/portal@{newer}", "beta")]


def test_a_project_that_has_moved_away_is_read_on(following: Scene) -> None:
    following.run()
    following.projects.rename_project(following.project, "globex/portal")
    following.projects.add_project("acme/shop")
    following.close("Design")
    assert billed(following.run()) == [("github:acme/portal", "design")]


def test_a_project_that_is_named_as_well_counts_once(following: Scene) -> None:
    following.contract = replace(following.contract, projects=("github:acme/portal", "github:acme/*"))
    following.close("Design")
    report = following.run()
    assert billed(report) == [("github:acme/portal", "design")]
    assert not report.plan.of_kind("hold")


def test_capitals_in_the_pattern_do_not_part_a_label_from_it(following: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    following.contract = replace(following.contract, projects=("github:ACME/*",))
    listed = MemoryTracker.projects

    def whatever_the_letters(tracker: MemoryTracker, owner: str) -> tuple[Project, ...]:
        return listed(tracker, owner.lower())

    monkeypatch.setattr(MemoryTracker, "projects", whatever_the_letters)
    following.close("Design")
    assert billed(following.run()) == [("github:ACME/portal", "design")]
