"""What the tracker says today of what was billed from several milestones, or in the midst of one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from tests.engine.conftest import Scene

from tracker2invoice.engine.decide import certify
from tracker2invoice.engine.evidence import evidence
from tracker2invoice.engine.since import compare
from tracker2invoice.model.contract import Acceptance
from tracker2invoice.model.evidence import Comparison
from tracker2invoice.model.invoice import Certification
from tracker2invoice.model.term import Match, Term


@pytest.fixture
def both(scene: Scene) -> Scene:
    """Bill Web and Mobile, which are one term together."""
    match = Match("all", of=(Match("title", "Web"), Match("title", "Mobile")))
    scene.contract = replace(scene.contract, terms=(Term("build", match, percent=Fraction(100)),))
    for title in ("Web", "Mobile"):
        number = scene.milestone(title)
        scene.projects.add_issue(scene.project, number, f"Log in on {title}")
        scene.projects.close(scene.project, number)
    scene.run()
    return scene


def compared(scene: Scene) -> Comparison:
    with scene.house() as house:
        comparison, troubles = compare(house, evidence(house.ledger, scene.only_reference()))
    assert [one.subject for one in troubles] == [one.title for one in comparison.unread]
    return comparison


def told(scene: Scene) -> list[tuple[str, str]]:
    comparison = compared(scene)
    assert comparison.unread == ()
    return [(one.title, one.change) for one in comparison.changes]


def test_each_of_several_milestones_together_is_asked_for(both: Scene) -> None:
    assert told(both) == []
    both.projects.reopen(both.project, 2)
    both.projects.add_issue(both.project, 1, "Log out", done=False)
    assert told(both) == [("Mobile", "reopened"), ("Log out", "added")]


def test_what_nobody_knows_any_more_is_said(both: Scene) -> None:
    both.contract = replace(both.contract, terms=(Term("other", Match("title", "Web"), percent=Fraction(100)),))
    assert [one.title for one in compared(both).unread] == ["Web, Mobile"]


def test_a_list_that_fails_half_way_tells_nothing_but_that(both: Scene) -> None:
    both.projects.reopen(both.project, 2)
    both.projects.fail_next(both.project)
    comparison = compared(both)
    assert comparison.changes == ()
    assert [one.title for one in comparison.unread] == ["Web, Mobile"]


def test_a_milestone_that_is_billed_month_by_month_goes_on_without_a_word(scene: Scene) -> None:
    build = Term("build", Match("title", "Build"), percent=Fraction(100), progress="issues", monthly=True)
    scene.contract = replace(scene.contract, terms=(build,))
    number = scene.milestone("Build")
    scene.projects.add_issue(scene.project, number, "Log in")
    scene.clock.now = datetime(2026, 4, 1, 9, tzinfo=UTC)
    scene.run()
    scene.projects.add_issue(scene.project, number, "Search", done=False)
    assert told(scene) == []
    del scene.projects.by_id[scene.project].deliverables[number]
    assert told(scene) == [("Log in", "gone")]


def test_of_what_is_certified_in_parts_the_rest_was_not_added(scene: Scene) -> None:
    design = Term("design", Match("title", "Design"), percent=Fraction(30), progress="certified")
    scene.contract = replace(scene.contract, terms=(design,), acceptance=Acceptance(by=("anna",)))
    number = scene.milestone("Design")
    scene.projects.add_issue(scene.project, number, "Log in")
    scene.projects.close(scene.project, number)
    scene.run()
    for percent in ("60", "100"):
        scene.clock.advance(hours=1)
        with scene.house() as house:
            certify(house, Certification("acme-portal", "design", Decimal(percent), "anna", scene.clock.now))
        scene.run()
    with scene.house() as house:
        found = [evidence(house.ledger, claim.reference) for claim in house.ledger.claims()]
        assert [len(one.deliverables) for one in found] == [1, 0]
        assert [compare(house, one)[0].changes for one in found] == [(), ()]
