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
from tests.engine.model.stage import PROJECT, SECONDS, WHICH, Backup, Change, Fate, Stage, listening
from tests.engine.model.world import OUTPUTS, SETTLED

from tracker2invoice.engine.decide import approve, hold, retry
from tracker2invoice.engine.run import Steering, apply, preview, run
from tracker2invoice.errors import Unreachable
from tracker2invoice.failpoints import Listener, Moment
from tracker2invoice.ledger.store import Ledger
from tracker2invoice.ledger.verify import verify
from tracker2invoice.mapping.actions import Window
from tracker2invoice.model.claim import Claim, Delivery
from tracker2invoice.testing.memory_output import Fault, Killed

OUTPUT = st.sampled_from(sorted(OUTPUTS))
FAULT: st.SearchStrategy[Fault] = st.sampled_from((*get_args(Fault), "reject"))
ARRIVED: st.SearchStrategy[Fault] = st.sampled_from(("unclear after", "killed after"))
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

    @rule(project=PROJECT, which=WHICH, after=SECONDS)
    def a_milestone_is_closed_and_billed(self, project: int, which: int, after: int) -> None:
        self.world.close_milestone(project, which)
        self.a_run(after)

    @rule(after=SECONDS, output=OUTPUT, fault=FAULT)
    def a_run_in_which_an_output_fails(self, after: int, output: str, fault: Fault) -> None:
        self.world.clocks.advance(timedelta(seconds=after))
        self.world.books[output].faults = deque([fault])
        self.process(run)
        self.world.books[output].faults.clear()

    @rule(project=PROJECT, which=WHICH, output=OUTPUT, faults=st.lists(FAULT, min_size=1, max_size=2), after=SECONDS)
    def a_milestone_is_closed_and_its_output_fails(
        self, project: int, which: int, output: str, faults: list[Fault], after: int
    ) -> None:
        self.world.close_milestone(project, which)
        for fault in faults:
            self.a_run_in_which_an_output_fails(after, output, fault)

    @rule(project=PROJECT, which=WHICH, output=OUTPUT, fault=ARRIVED, what=st.sampled_from(get_args(Change)))
    def a_document_is_changed_before_we_know_of_it(
        self, project: int, which: int, output: str, fault: Fault, what: Change
    ) -> None:
        before = len(self.world.books[output].entries)
        self.a_milestone_is_closed_and_its_output_fails(project, which, output, [fault], 1)
        for entry in self.world.books[output].entries[before:]:
            self.change(output, entry.draft.reference, what)

    @rule(project=PROJECT, which=WHICH)
    def a_milestone_is_billed_in_vain_and_reopened(self, project: int, which: int) -> None:
        self.bill_in_vain(project, which)
        tracker, project_id = self.world.projects[project]
        self.world.trackers[tracker].reopen(project_id, self.world.number(project, which))

    @rule(port=st.sampled_from(("tracker.deliverables", "output.find", "output.finish")))
    def a_run_in_which_another_call_fails(self, port: str) -> None:
        self.process(run, listener=refusing(port))

    @rule(tracker=st.sampled_from(("github", "gitlab")))
    def a_run_that_a_tracker_refuses(self, tracker: str) -> None:
        self.world.trackers[tracker].accepts_us = False
        self.process(run)
        self.world.trackers[tracker].accepts_us = True

    @rule(output=OUTPUT)
    def a_run_that_an_output_refuses(self, output: str) -> None:
        self.refused(output)

    @rule(project=PROJECT, which=WHICH, boundary=BOUNDARY)
    def a_milestone_is_closed_and_the_run_dies(self, project: int, which: int, boundary: int) -> None:
        self.world.close_milestone(project, which)
        self.process(run, listener=Fate(boundary))

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


class People(Stage):
    """What a person decides at the command line, about references that a plan has shown."""

    @rule(which=st.integers(0, 9))
    def a_person_approves(self, which: int) -> None:
        self.decide(self.one_of(self.references, which), approved, self.judge.known.approve, Fate(0))

    @rule(which=st.integers(0, 9))
    def a_person_holds_something_back(self, which: int) -> None:
        self.decide(self.one_of(self.references, which), held, self.judge.known.hold, Fate(0))

    @rule(which=st.integers(0, 9), boundary=st.integers(1, 10))
    def an_approval_dies(self, which: int, boundary: int) -> None:
        self.decide(self.one_of(self.references, which), approved, self.judge.known.approve, Fate(boundary))

    @rule(which=st.integers(0, 9), boundary=st.integers(1, 10))
    def a_hold_dies(self, which: int, boundary: int) -> None:
        self.decide(self.one_of(self.references, which), held, self.judge.known.hold, Fate(boundary))

    @rule(project=PROJECT, which=WHICH, boundary=st.integers(0, 10))
    def a_person_holds_back_what_was_billed_in_vain(self, project: int, which: int, boundary: int) -> None:
        self.bill_in_vain(project, which)
        waiting = [one.reference for one in self.judge.known.claims.values() if any(map(is_pending, one.deliveries))]
        for reference in waiting:
            self.decide(reference, held, self.judge.known.hold, Fate(boundary))

    @precondition(lambda self: any(map(has_failed, self.judge.known.claims.values())))
    @rule(which=WHICH)
    def a_person_lets_something_be_tried_again(self, which: int) -> None:
        stuck = [claim.reference for claim in self.judge.known.claims.values() if has_failed(claim)]
        retry(self.world.ledger, self.one_of(stuck, which))
        self.judge.ledger_says(self.world.ledger.claims())

    def decide(
        self, reference: str, act: Callable[[Ledger, str], None], expect: Callable[[str], None], fate: Fate
    ) -> None:
        """Let a person's command do something to a reference; what died before it was written was never said."""
        if not reference:
            return
        self.world.clocks.advance(timedelta(seconds=1))
        with suppress(Killed), listening(fate):
            act(self.world.ledger, reference)
        if "ledger.decision" in fate.done:
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
            self.backups.append(self.back_up(len(self.backups)))

    @precondition(lambda self: self.backups)
    @rule(which=WHICH)
    def an_older_backup_is_restored(self, which: int) -> None:
        self.restore(self.backups[which % len(self.backups)])

    def back_up(self, number: int) -> Backup:
        return Backup(self.file.back_up(number), self.judge.known.copy())

    def restore(self, backup: Backup) -> None:
        """Whoever restores a backup takes at least as long as a document may stay invisible."""
        self.world.clocks.advance(2 * SETTLED)
        self.file.restore(backup.path)
        self.judge.known = backup.known.copy()
        assert self.judge.ledger_says(self.world.ledger.claims()) == ()
        self.judge.expect_edits()


def approved(ledger: Ledger, reference: str) -> None:
    approve(ledger, reference, "anna")


def held(ledger: Ledger, reference: str) -> None:
    hold(ledger, reference, "anna")


def is_pending(delivery: Delivery) -> bool:
    return delivery.state == "pending"


def has_failed(claim: Claim) -> bool:
    return any(one.state in ("rejected", "held") for one in claim.deliveries)
