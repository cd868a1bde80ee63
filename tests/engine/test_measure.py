"""The work in milestones on its way from the tracker to the facts that a plan rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tracker2invoice.engine.bill import gather, make_plan
from tracker2invoice.engine.house import House
from tracker2invoice.engine.measure import read_work
from tracker2invoice.engine.observe import Trouble, observe
from tracker2invoice.errors import AccessDenied, BadAnswer, Unreachable
from tracker2invoice.failpoints import Moment, listen
from tracker2invoice.ledger.verify import verify
from tracker2invoice.mapping.wanted import Wanted
from tracker2invoice.model.contract import Acceptance, ByLabel
from tracker2invoice.model.work import TimeEntry, Work, WorkItem
from tracker2invoice.testing.memory_tracker import MemoryTracker
from tracker2invoice.testing.samples import sample_contract

if TYPE_CHECKING:
    from tests.engine.conftest import Scene

LABEL = "github:acme/portal"
LOG_IN = WorkItem(
    number="1",
    title="Log in",
    closed=True,
    labels=("screen",),
    points=Decimal(3),
    estimate=Decimal(16),
    time=(TimeEntry("ada", date(2026, 3, 1), Decimal("7.25")),),
)
SEARCH = WorkItem("2", "Search", closed=False, points=Decimal("0.5"))


def wanted(house: House, label: str = LABEL) -> list[Wanted]:
    """Observe, and want every milestone."""
    observe(house)
    return [Wanted(label, milestone) for milestone in house.ledger.milestones()]


def work_in_facts(house: House) -> dict[str, Work]:
    facts = gather(house, (), now=house.clock(), window=None, released=False)
    return dict(facts.work)


def test_the_work_in_a_milestone_is_a_fact_of_the_plan(scene: Scene) -> None:
    number = scene.close("Design")
    scene.projects.set_work(scene.project, number, LOG_IN, SEARCH)
    with scene.house() as house:
        (one,) = asked = wanted(house)
        assert work_in_facts(house) == {}
        assert read_work(house, asked) == ()
        assert work_in_facts(house) == {one.milestone.key: (LOG_IN, SEARCH)}
        assert verify(house.ledger) == ()


def test_work_that_changed_is_read_anew(scene: Scene) -> None:
    number = scene.milestone("Design")
    scene.projects.set_work(scene.project, number, LOG_IN, SEARCH)
    with scene.house() as house:
        read_work(house, wanted(house))
        scene.projects.set_work(scene.project, number, LOG_IN, done := replace(SEARCH, closed=True))
        read_work(house, wanted(house))
        assert list(work_in_facts(house).values()) == [(LOG_IN, done)]


def test_work_that_cannot_be_read_changes_nothing_and_its_project_is_left_alone(scene: Scene) -> None:
    number = scene.close("Design")
    scene.projects.set_work(scene.project, number, LOG_IN)
    with scene.house() as house:
        asked = wanted(house)
        read_work(house, asked)
        before = (work_in_facts(house), len(list(house.ledger.journal())))
        scene.projects.fail_next(scene.project)
        (trouble,) = troubles = read_work(house, asked)
        assert (trouble.subject, type(trouble.error)) == (LABEL, Unreachable)
        assert (work_in_facts(house), len(list(house.ledger.journal()))) == before
        assert make_plan(house).of_kind("bill")
        assert not make_plan(house, troubles).of_kind("bill")


def test_a_project_that_fails_is_asked_once_and_the_others_are_read(scene: Scene) -> None:
    shop = scene.projects.add_project("acme/shop")
    for project in (scene.project, scene.project, shop):
        scene.projects.set_work(project, scene.projects.add_milestone(project, "Design"), LOG_IN)
    scene.contract = replace(scene.contract, projects=(LABEL, "github:acme/shop"))
    with scene.house() as house:
        labels = {scene.project: LABEL, shop: "github:acme/shop"}
        asked = [replace(one, project=labels[one.milestone.project_id]) for one in wanted(house)]
        scene.projects.fail_next(scene.project)
        assert [trouble.subject for trouble in read_work(house, asked)] == [LABEL]
        assert list(work_in_facts(house)) == [one.milestone.key for one in asked if one.project != LABEL]


def test_a_milestone_that_several_terms_count_is_asked_for_once(scene: Scene) -> None:
    scene.milestone("Design")
    with scene.house() as house:
        assert boundaries(house, 3 * wanted(house)) == {"tracker.work": 1, "ledger.work": 1}


def boundaries(house: House, asked: Iterable[Wanted]) -> Counter[str]:
    passed: Counter[str] = Counter()

    def count(name: str, moment: Moment) -> None:
        passed[name] += moment == "after"

    listen(count)
    try:
        read_work(house, asked)
    finally:
        listen(None)
    return passed


def test_credentials_that_are_worthless_are_a_trouble(scene: Scene) -> None:
    scene.milestone("Design")
    with scene.house() as house:
        asked = wanted(house)
        scene.projects.refuse_us()
        (trouble,) = read_work(house, asked)
        assert isinstance(trouble.error, AccessDenied)


@pytest.mark.parametrize("answer", ["nothing", "half"])
def test_a_connector_that_breaks_while_it_tells_of_work_ends_no_run_and_shows_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    def half(*_: object) -> Iterator[WorkItem]:
        yield LOG_IN
        raise KeyError("token hunter2")

    def nothing(*_: object) -> None:
        pass

    monkeypatch.setattr(MemoryTracker, "work", {"half": half, "nothing": nothing}[answer])
    scene.milestone("Design")
    with scene.house() as house:
        (trouble,) = read_work(house, wanted(house))
        assert isinstance(trouble, Trouble)
        assert isinstance(trouble.error, BadAnswer)
        assert "hunter2" not in str(trouble.error)
        assert work_in_facts(house) == {}


class TestLabels:
    """A milestone that counts only if every finished item has a label."""

    @pytest.fixture(autouse=True)
    def contract(self, scene: Scene) -> None:
        scene.contract = replace(sample_contract(), acceptance=Acceptance(label=ByLabel("accepted")))

    def close_with(self, scene: Scene, *items: WorkItem) -> None:
        number = scene.milestone("Design")
        scene.projects.set_work(scene.project, number, *items)
        scene.projects.close(scene.project, number)

    def test_what_is_not_accepted_is_named_and_nothing_is_billed(self, scene: Scene) -> None:
        self.close_with(
            scene,
            WorkItem("1", "Log in", closed=True, labels=("accepted",)),
            WorkItem("2", "Log out", closed=True),
            WorkItem("3", "Later", closed=False),
        )
        (design, *_) = scene.run().plan.actions
        assert str(design.reason) == "not-labelled: 1 of 2 finished items without the label 'accepted': 2 'Log out'"
        assert scene.books.entries == []

    def test_it_is_billed_when_the_last_one_gets_the_label(self, scene: Scene) -> None:
        self.close_with(scene, WorkItem("1", "Log in", closed=True))
        scene.run()
        scene.projects.set_work(scene.project, 1, WorkItem("1", "Log in", closed=True, labels=("accepted",)))
        (bill,) = scene.run().plan.of_kind("bill")
        assert bill.reason.words.endswith(", all of it with the label 'accepted'")

    def test_a_withdrawn_draft_goes_out_only_when_all_of_it_has_the_label(self, scene: Scene) -> None:
        first = WorkItem("1", "Log in", closed=True, labels=("accepted",))
        self.close_with(scene, first)
        scene.books.faults.append("unreachable")
        scene.run()
        scene.projects.reopen(scene.project, 1)
        scene.run()
        scene.clock.advance(hours=1)
        scene.projects.set_work(scene.project, 1, first, WorkItem("2", "Log out", closed=True))
        scene.projects.close(scene.project, 1)
        (design, *_) = scene.run().plan.actions
        assert (design.kind, design.reason.code) == ("none", "not-labelled")
        assert scene.books.entries == []
        scene.projects.set_work(scene.project, 1, first, WorkItem("2", "Log out", closed=True, labels=("accepted",)))
        (release,) = scene.run().plan.of_kind("release")
        assert release.reason.code == "closed-again"
        assert len(scene.books.entries) == 1

    def test_what_could_not_be_read_is_not_accepted(self, scene: Scene) -> None:
        self.close_with(scene, WorkItem("1", "Log in", closed=True, labels=("accepted",)))
        with scene.house() as house:
            observe(house)
            (design, *_) = make_plan(house).actions
        assert design.reason.code == "work-unread"
