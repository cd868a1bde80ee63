"""What holds whatever people, trackers, outputs and power cuts do, in any order that hypothesis can think of."""

from __future__ import annotations

import shutil
from collections import Counter, deque
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection

from tracker2invoice.engine.bill import make_plan
from tracker2invoice.engine.decide import approve, hold, retry
from tracker2invoice.engine.house import House
from tracker2invoice.engine.run import Report, preview
from tracker2invoice.ledger.database import Database
from tracker2invoice.ledger.verify import verify
from tracker2invoice.mapping.actions import Plan, Window
from tracker2invoice.model.claim import Claim
from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.money import Money
from tracker2invoice.testing.memory_output import CAPABILITIES, Fault, Killed

if TYPE_CHECKING:
    from tests.engine.conftest import Scene

TITLES = ("Design", "Design, final", "Beta", "Acceptance", "Something else")
SECONDS = (1, 20, 61, 200, 400, 4000)
FAULTS: st.SearchStrategy[Fault | None] = st.none() | st.sampled_from(get_args(Fault))
KEYS = {
    "keys": CAPABILITIES,
    "no keys": replace(CAPABILITIES, key_lifetime=None),
    "attachments": replace(CAPABILITIES, attachments=True),
}


class Business(RuleBasedStateMachine):
    """One contract, its milestones, an output that misbehaves, a person who decides; runs go on and die.

    A document stays invisible at most as long as the output declares (`settle`); beyond that nothing but the output
    itself could help (docs/decisions).
    """

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene
        self.numbers: list[int] = []
        self.frozen: dict[str, Draft] = {}
        self.held_back: dict[str, int] = {}

    @initialize(keys=st.sampled_from(sorted(KEYS)), lag=st.sampled_from((0, 30, 60)))
    def a_contract_is_signed(self, keys: str, lag: int) -> None:
        self.scene.capabilities = KEYS[keys]
        self.scene.__post_init__()
        self.scene.books.lag = timedelta(seconds=lag)
        self.numbers = [self.scene.close("Design"), self.scene.milestone("Beta"), self.scene.milestone("Acceptance")]

    @rule(title=st.sampled_from(TITLES), closed=st.booleans())
    def a_milestone_is_added(self, title: str, closed: bool) -> None:
        self.numbers.append(self.scene.close(title) if closed else self.scene.milestone(title))

    @rule(which=st.integers(0, 3))
    def a_milestone_is_closed(self, which: int) -> None:
        self.scene.projects.close(self.scene.project, self.number(which))

    @rule(which=st.integers(0, 3))
    def a_milestone_is_reopened(self, which: int) -> None:
        self.scene.projects.reopen(self.scene.project, self.number(which))

    @rule(which=st.integers(0, 3), title=st.sampled_from(TITLES))
    def a_milestone_is_renamed(self, which: int, title: str) -> None:
        self.scene.projects.rename(self.scene.project, self.number(which), title)

    @precondition(lambda self: len(self.numbers) > 2)
    @rule(which=st.integers(0, 3))
    def a_milestone_is_deleted(self, which: int) -> None:
        number = self.number(which)
        self.scene.projects.delete_milestone(self.scene.project, number)
        self.numbers.remove(number)

    @rule(percent=st.sampled_from((1, 7, 100)))
    def the_price_goes_up(self, percent: int) -> None:
        price = self.scene.contract.price
        raised = Money.rounded(price.amount * (100 + percent) / 100, price.currency)
        self.scene.contract = replace(self.scene.contract, price=raised)

    @rule(after=st.sampled_from(SECONDS), fault=FAULTS)
    def a_run(self, after: int, fault: Fault | None) -> None:
        self.scene.clock.advance(seconds=after)
        self.scene.books.faults = deque([fault] if fault else [])
        with suppress(Killed):
            self.scene.run()

    @rule(after=st.sampled_from(SECONDS), fault=FAULTS, again=FAULTS)
    def two_runs_in_a_row_that_fail(self, after: int, fault: Fault | None, again: Fault | None) -> None:
        self.a_run(0, fault)
        self.a_run(after, again)

    @rule(after=st.sampled_from(SECONDS), fault=st.sampled_from(("unclear before", "rate limit", "killed before")))
    def a_run_whose_search_fails(self, after: int, fault: Fault) -> None:
        self.scene.books.find_faults = deque([fault])
        self.a_run(after, None)

    @rule()
    def a_run_that_cannot_read_the_tracker(self) -> None:
        self.scene.projects.fail_next(self.scene.project)
        self.a_run(1, None)

    @rule(days=st.integers(0, 3))
    def a_backfill(self, days: int) -> None:
        today = self.scene.clock.now.date()
        with suppress(Killed):
            self.scene.run(window=Window(today - timedelta(days=days), today), released=True)

    @rule(commit=st.integers(1, 12), after=st.booleans())
    def a_run_dies_around_a_commit_to_the_ledger(self, commit: int, after: bool) -> None:
        with suppress(Killed), dying(commit, after=after):
            self.scene.run()

    @rule(which=st.integers(0, 3))
    def a_person_approves(self, which: int) -> None:
        with self.scene.house() as house:
            for reference in one_of(known(house), which):
                approve(house.ledger, reference, "anna")
                self.held_back.pop(reference, None)

    @rule(which=st.integers(0, 3))
    def a_person_holds_something_back(self, which: int) -> None:
        with self.scene.house() as house:
            for reference in one_of(known(house), which):
                self.hold(house, reference)

    @rule(which=st.integers(0, 3))
    def a_person_looks_at_the_plan_and_holds_a_bill_back(self, which: int) -> None:
        with self.scene.house() as house:
            bills = [action.reference for action in preview(house).plan.of_kind("bill")]
            for reference in one_of(bills, which):
                self.hold(house, reference)

    @rule(fault=st.sampled_from(("rate limit", "unreachable")))
    def a_person_holds_back_what_was_turned_away(self, fault: Fault) -> None:
        self.a_run(0, fault)
        with self.scene.house() as house:
            for claim in house.ledger.claims():
                if waits(claim):
                    self.hold(house, claim.reference)

    @rule(which=st.integers(0, 3))
    def a_person_lets_something_be_tried_again(self, which: int) -> None:
        with self.scene.house() as house:
            stuck = [claim.reference for claim in house.ledger.claims() if has_failed(claim)]
            for reference in one_of(stuck, which):
                retry(house.ledger, reference)

    @invariant()
    def no_reference_stands_on_two_documents(self) -> None:
        references = Counter(entry.draft.reference for entry in self.scene.books.entries)
        assert [reference for reference, documents in references.items() if documents > 1] == []

    @invariant()
    def no_term_is_billed_twice(self) -> None:
        terms = Counter((entry.draft.contract, entry.draft.why.term) for entry in self.scene.books.entries)
        assert [term for term, documents in terms.items() if documents > 1] == []

    @invariant()
    def what_was_claimed_never_changes_and_is_what_stands_in_the_books(self) -> None:
        with self.scene.house() as house:
            claims = house.ledger.claims()
            for claim in claims:
                draft = house.ledger.draft(claim.reference)
                assert draft == self.frozen.setdefault(claim.reference, draft)
                assert draft.totals.net == claim.amount.amount
        assert self.frozen.keys() == {claim.reference for claim in claims}
        for entry in self.scene.books.entries:
            draft = self.frozen[entry.draft.reference]
            assert (entry.draft, entry.gross) == (draft, draft.totals.gross)

    @invariant()
    def never_more_than_the_price(self) -> None:
        billed = sum((draft.totals.net for draft in self.frozen.values()), Decimal(0))
        assert billed <= self.scene.contract.price.amount

    @invariant()
    def what_a_person_holds_does_not_go_out(self) -> None:
        for reference, documents in self.held_back.items():
            assert len(self.scene.books.of(reference)) == documents

    def teardown(self) -> None:
        """Once everything works again, nothing is under way any more, and whatever is not billed has its reason."""
        plan = self.after_a_good_night()
        with self.scene.house() as house:
            claims = house.ledger.claims()
            assert verify(house.ledger) == ()
        for claim in claims:
            states = {one.state for one in claim.deliveries}
            assert states.isdisjoint({"pending", "sending"})
            assert "delivered" not in states or len(self.scene.books.of(claim.reference)) == 1
            assert "rejected" not in states or self.scene.books.of(claim.reference) == ()
        assert self.closed() <= {action.milestone.key for action in plan.actions if action.milestone}
        assert plan.of_kind("bill") == ()
        self.no_reference_stands_on_two_documents()
        self.no_term_is_billed_twice()
        shutil.rmtree(self.scene.directory)

    def after_a_good_night(self) -> Plan:
        books, project = self.scene.books, self.scene.projects.by_id[self.scene.project]
        books.faults.clear()
        books.find_faults.clear()
        project.failures.clear()
        reports: list[Report] = []
        for _ in range(4):
            self.scene.clock.advance(hours=2)
            reports.append(self.scene.run())
        assert reports[-1].troubles == ()
        return reports[-1].plan

    def closed(self) -> set[str]:
        milestones = self.scene.projects.by_id[self.scene.project].milestones.values()
        return {milestone.key for milestone in milestones if milestone.state == "closed"}

    def hold(self, house: House, reference: str) -> None:
        hold(house.ledger, reference, "anna")
        if waits(house.ledger.claim(reference)):
            self.held_back[reference] = len(self.scene.books.of(reference))

    def number(self, which: int) -> int:
        return self.numbers[which % len(self.numbers)]


def known(house: House) -> list[str]:
    return sorted({action.reference for action in make_plan(house).actions if action.reference})


def one_of(references: Sequence[str], which: int) -> Sequence[str]:
    """Return one of the references, nothing if there is none."""
    return references[which % len(references) :][:1] if references else ()


def has_failed(claim: Claim) -> bool:
    """Say whether a retry is meant for it; what a person holds back is let go by approving."""
    return any(one.state in ("rejected", "held") and one.reason != "held-by-person" for one in claim.deliveries)


def waits(claim: Claim | None) -> bool:
    """Say whether a hold comes in time: nothing was claimed yet, or nothing of it has left."""
    return claim is None or all(one.state in ("pending", "held") for one in claim.deliveries)


@contextmanager
def dying(commit: int, *, after: bool) -> Generator[None]:
    """Let the process die right before or right after its n-th commit to the ledger."""
    write, numbers = Database.write, count(1)

    @contextmanager
    def fatal(database: Database, what: str) -> Generator[Connection]:
        number = next(numbers)
        if number == commit and not after:
            raise Killed
        with write(database, what) as connection:
            yield connection
        if number == commit:
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "write", fatal)
        yield


def copy_of(scene: Scene, number: int) -> Scene:
    """Return a scene of its own with the same ledger, which need not be set up again."""
    directory = scene.directory / str(number)
    directory.mkdir()
    shutil.copy(scene.directory / "ledger.db", directory)
    return type(scene)(directory, replace(scene.clock))


def test_whatever_happens_each_term_is_billed_once_and_nothing_is_forgotten(scene: Scene) -> None:
    with scene.house():
        pass
    numbers = count()

    class Another(Business):
        def __init__(self) -> None:
            super().__init__(copy_of(scene, next(numbers)))

    run_state_machine_as_test(Another, settings=settings(max_examples=40, stateful_step_count=30, deadline=None))
