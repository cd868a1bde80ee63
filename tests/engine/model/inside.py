"""Rules: runs that go well, fail or die, what people decide, and what becomes of the ledger's file."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import get_args

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from tests.engine.model.judge import local
from tests.engine.model.stage import SECONDS, WHICH, Backup, Fate, Stage, listening
from tests.engine.model.world import OUTPUTS, SETTLED

from tracker2invoice.engine.decide import approve, hold, retry
from tracker2invoice.engine.run import Steering, apply, preview, run
from tracker2invoice.errors import Unreachable
from tracker2invoice.failpoints import Listener, Moment
from tracker2invoice.ledger.store import Ledger
from tracker2invoice.ledger.verify import verify
from tracker2invoice.mapping.actions import Window
from tracker2invoice.model.claim import Claim
from tracker2invoice.testing.memory_output import Fault, Killed

OUTPUT = st.sampled_from(sorted(OUTPUTS))
FAULT: st.SearchStrategy[Fault] = st.sampled_from(get_args(Fault))
REFUSALS: st.SearchStrategy[Fault] = st.sampled_from(("rate limit", "unreachable"))
BOUNDARY = st.integers(1, 60)
MOST_BACKUPS = 3


def refusing(port: str) -> Listener:
    """Let each call of that port fail, certainly not carried out."""

    def listener(name: str, moment: Moment) -> None:
        if (name, moment) == (port, "before"):
            raise Unreachable("somewhere", "connection refused")

    return listener


class Runs(Stage):
    """Runs of all kinds. Each is a process of its own."""

    @rule(after=SECONDS)
    def a_run(self, after: int) -> None:
        self.world.clocks.advance(timedelta(seconds=after))
        self.process(run)

    @rule(after=SECONDS, output=OUTPUT, fault=FAULT)
    def a_run_in_which_an_output_fails(self, after: int, output: str, fault: Fault) -> None:
        self.world.clocks.advance(timedelta(seconds=after))
        self.world.books[output].faults = deque([fault])
        self.process(run)
        self.world.books[output].faults.clear()

    @rule(after=SECONDS, output=OUTPUT, first=FAULT, second=FAULT)
    def two_runs_in_a_row_in_which_an_output_fails(self, after: int, output: str, first: Fault, second: Fault) -> None:
        self.a_run_in_which_an_output_fails(1, output, first)
        self.a_run_in_which_an_output_fails(after, output, second)

    @rule(port=st.sampled_from(("tracker.deliverables", "output.find", "output.finish")))
    def a_run_in_which_another_call_fails(self, port: str) -> None:
        self.process(run, listener=refusing(port))

    @rule(boundary=BOUNDARY)
    def a_run_dies(self, boundary: int) -> None:
        self.process(run, listener=Fate(boundary))

    @rule(after=st.integers(0, 8))
    def a_run_is_asked_to_stop(self, after: int) -> None:
        asked = count()
        self.process(lambda house: run(house, steering=Steering(stop=lambda: next(asked) >= after)))

    @rule(days=st.integers(0, 3))
    def a_backfill(self, days: int) -> None:
        today = local(self.world.clocks.ours())
        window = Window(today - timedelta(days=days), today)
        self.process(lambda house: run(house, window=window, released=True), window=window, released=True)

    @rule()
    def a_plan_is_saved(self) -> None:
        entries = self.documents()
        if report := self.process(preview):
            self.plans.append(report.plan)
        assert self.documents() == entries

    @precondition(lambda self: self.plans)
    @rule(which=WHICH)
    def a_saved_plan_is_carried_out(self, which: int) -> None:
        plan = self.plans[-1 - which % len(self.plans)]
        if plan.as_of <= self.world.clocks.ours():
            self.process(lambda house: apply(house, lambda found: found.hash == plan.hash, as_of=plan.as_of))

    def documents(self) -> int:
        return sum(len(books.entries) for books in self.world.books.values())


class People(Stage):
    """What a person decides at the command line, about references that a plan has shown."""

    @rule(which=st.integers(0, 9))
    def a_person_approves(self, which: int) -> None:
        self.decide(which, approved, self.judge.known.approve, Fate(0))

    @rule(which=st.integers(0, 9))
    def a_person_holds_something_back(self, which: int) -> None:
        self.decide(which, held, self.judge.known.hold, Fate(0))

    @rule(which=st.integers(0, 9), boundary=st.integers(1, 10))
    def an_approval_dies(self, which: int, boundary: int) -> None:
        self.decide(which, approved, self.judge.known.approve, Fate(boundary))

    @rule(which=st.integers(0, 9), boundary=st.integers(1, 10))
    def a_hold_dies(self, which: int, boundary: int) -> None:
        self.decide(which, held, self.judge.known.hold, Fate(boundary))

    @rule(output=OUTPUT, fault=REFUSALS)
    def a_person_holds_back_what_was_turned_away(self, output: str, fault: Fault) -> None:
        self.world.books[output].faults = deque([fault])
        self.process(run)
        self.world.books[output].faults.clear()
        for claim in list(self.judge.known.claims.values()):
            if any(delivery.state == "pending" for delivery in claim.deliveries):
                held(self.world.ledger, claim.reference)
                self.judge.known.hold(claim.reference)
        self.judge.ledger_says(self.world.ledger.claims())

    @precondition(lambda self: any(map(has_failed, self.judge.known.claims.values())))
    @rule(which=WHICH)
    def a_person_lets_something_be_tried_again(self, which: int) -> None:
        stuck = [claim.reference for claim in self.judge.known.claims.values() if has_failed(claim)]
        retry(self.world.ledger, self.one_of(stuck, which))
        self.judge.ledger_says(self.world.ledger.claims())

    def decide(self, which: int, act: Callable[[Ledger, str], None], expect: Callable[[str], None], fate: Fate) -> None:
        """Let a person's command do something to a reference; what died before it was written was never said."""
        reference = self.one_of(self.references, which)
        if not reference:
            return
        self.world.clocks.advance(timedelta(seconds=1))
        with suppress(Killed), listening(fate):
            act(self.world.ledger, reference)
        if fate.where != ("ledger.decision", "before"):
            expect(reference)
        self.judge.ledger_says(self.world.ledger.claims())


class Files(Stage):
    """What becomes of the ledger's file."""

    @rule()
    def the_ledger_is_closed_and_opened_again(self) -> None:
        self.file.reopen()
        assert verify(self.world.ledger) == ()

    @rule()
    def the_ledger_is_backed_up(self) -> None:
        if len(self.backups) < MOST_BACKUPS:
            path = self.file.back_up(len(self.backups))
            self.backups.append(Backup(path, self.judge.known.copy()))

    @precondition(lambda self: self.backups)
    @rule(which=WHICH)
    def an_older_backup_is_restored(self, which: int) -> None:
        """Whoever restores a backup takes at least as long as a document may stay invisible."""
        backup = self.backups[which % len(self.backups)]
        self.world.clocks.advance(2 * SETTLED)
        self.file.restore(backup.path)
        self.judge.known = backup.known.copy()
        assert self.judge.ledger_says(self.world.ledger.claims()) == ()


def approved(ledger: Ledger, reference: str) -> None:
    approve(ledger, reference, "anna")


def held(ledger: Ledger, reference: str) -> None:
    hold(ledger, reference, "anna")


def has_failed(claim: Claim) -> bool:
    return any(one.state in ("rejected", "held") for one in claim.deliveries)
