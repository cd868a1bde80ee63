"""What all rules of the model share: the world, the judge, and how a process lives and dies."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Literal

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant
from tests.engine.model.judge import Judge, Known
from tests.engine.model.ledgerfile import LedgerFile
from tests.engine.model.world import CERTIFIES, NO_BRAKE, ONE_AT_A_TIME, OUTPUTS, STARTS, World

from tracker2invoice import failpoints
from tracker2invoice.engine.house import House
from tracker2invoice.engine.run import Report, run
from tracker2invoice.errors import PlanChanged
from tracker2invoice.ledger.verify import verify
from tracker2invoice.mapping.actions import Plan, Window
from tracker2invoice.model.claim import Claim
from tracker2invoice.model.contract import Acceptance, Contract, Payer, Reopened
from tracker2invoice.testing.memory_output import Killed

Change = Literal["edited", "removed", "sent", "paid", "void", "deleted"]
ACCEPTANCES = (Acceptance(), Acceptance(), Acceptance(all_issues_closed=True), Acceptance(after=timedelta(hours=24)))
Documents = Literal["own", "together", "payers"]
DOCUMENTS: tuple[Documents, ...] = ("own", "own", "together", "payers")
"""What contracts may say of documents: one for each bill, one for all that is due, one for each of two payers."""

AT_FIRST = (
    ("Design", "Beta", "Acceptance", "Review"),
    ("Design", "Beta", "Acceptance"),
    ("Review", "Sign-off", "Acceptance"),
)
"""The titles of the milestones that each project begins with."""

HISTORY = timedelta(days=4)
"""How long before the example one of them was closed: before any contract started."""

PROJECT = st.integers(0, len(AT_FIRST) - 1)
WHICH = st.integers(0, 3)
SECONDS = st.sampled_from((1, 20, 61, 200, 400, 4000))


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of the ledger, with what it knew when it was made."""

    path: Path
    known: Known


@dataclass(slots=True)
class Fate:
    """Lets the process die at its n-th boundary: right before or after a durable write or an outside call.

    With 0 it lives. `done` are the writes and calls that it completed.
    """

    boundary: int
    done: set[str] = field(default_factory=set[str])

    def __call__(self, name: str, moment: failpoints.Moment) -> None:
        if moment == "after":
            self.done.add(name)
        self.boundary -= 1
        if self.boundary == 0:
            raise Killed(name)


def documented(contract: Contract, documents: Documents) -> Contract:
    match documents:
        case "own":
            return contract
        case "together":
            return replace(contract, invoice_per="run")
        case "payers":
            bank = replace(contract.client, id="bank", remote={output: f"{output}-bank" for output in OUTPUTS})
            shares = (Payer(contract.client, Fraction(200, 3)), Payer(bank, Fraction(100, 3)))
            return replace(contract, payers=shares)


@contextmanager
def listening(listener: failpoints.Listener | None) -> Generator[None]:
    failpoints.listen(listener)
    try:
        yield
    finally:
        failpoints.listen(None)


class Stage(RuleBasedStateMachine):
    """Three contracts on three projects of two trackers, billed to two outputs."""

    file: ClassVar[LedgerFile]
    steps: ClassVar[int] = 0
    examples: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.file.start_over()
        self.world = World(self.file)
        self.judge = Judge(self.world)
        self.references: list[str] = []
        self.plans: list[Plan] = []
        self.backups: list[Backup] = []

    @initialize(
        start=st.sampled_from(sorted(STARTS)),
        lag=st.sampled_from((0, 30, 60, 60)),
        one_at_a_time=st.sampled_from((False, False, False, True)),
        acceptance=st.sampled_from(ACCEPTANCES),
        documents=st.sampled_from(DOCUMENTS),
        reopened=st.sampled_from(("hold", "hold", "withdraw")),
    )
    def contracts_are_signed(
        self,
        start: str,
        lag: int,
        one_at_a_time: bool,
        acceptance: Acceptance,
        documents: Documents,
        reopened: Reopened,
    ) -> None:
        world = self.world
        world.clocks.true = STARTS[start] - HISTORY
        world.brake = ONE_AT_A_TIME if one_at_a_time else NO_BRAKE
        for identifier, contract in world.contracts.items():
            first_day = (STARTS[start] - timedelta(days=2)).date()
            accepted = replace(acceptance, by=(CERTIFIES,))
            agreed = replace(contract, start=first_day, acceptance=accepted, reopened=reopened)
            world.contracts[identifier] = documented(agreed, documents)
        for books in world.books.values():
            books.lag = timedelta(seconds=lag)
        for project, titles in enumerate(AT_FIRST):
            tracker, project_id = world.projects[project]
            for title in titles:
                world.trackers[tracker].add_milestone(project_id, title)
        world.close_milestone(0, 1)
        world.clocks.advance(HISTORY)

    @invariant()
    def the_books_are_right(self) -> None:
        """Nothing stands in the books that nobody looked at; see `process` for all that is looked at."""
        type(self).steps += 1
        self.judge.books_say()

    def process(
        self,
        deed: Callable[[House], Report],
        *,
        listener: failpoints.Listener | None = None,
        window: Window | None = None,
        released: bool = False,
    ) -> Report | None:
        """Let a process do something and look at what came of it; None if it died or refused."""
        report, reopened = None, self.reopened()
        with suppress(Killed, PlanChanged), listening(listener), self.world.house() as house:
            report = deed(house)
        new = self.judge.ledger_says(report.claims.values() if report else self.world.ledger.claims(), window)
        unasked = {claim.reference for claim in new if not claim.credits} - self.judge.known.approved
        assert released or self.world.brake is NO_BRAKE or len(unasked) <= 1, "the brake was passed"
        arrived = self.judge.books_say()
        assert not reopened & arrived, "the milestone was reopened before anything had left"
        if report:
            self.look_at(report, new)
        return report

    def look_at(self, report: Report, new: Sequence[Claim]) -> None:
        self.references = sorted({action.reference for action in report.plan.actions if action.reference})
        self.judge.plan_says(report.plan, {trouble.subject for trouble in report.troubles})
        due = (*report.plan.of_kind("bill"), *report.plan.of_kind("credit"))
        planned = {action.reference: action.amount for action in due}
        assert all(planned[claim.reference] == claim.amount for claim in new), "claimed otherwise than planned"

    def reopened(self) -> set[str]:
        """Return what may not leave now: its milestone is open again, and nothing of it was sent."""
        open_now = {one.key for found in self.world.readable().values() for one in found if one.state == "open"}
        return {
            document
            for claim in self.judge.known.claims.values()
            if claim.milestone_key in open_now
            and not claim.credits
            and claim.reference not in self.judge.known.kept
            and all(delivery.state == "pending" for delivery in claim.deliveries)
            for document in claim.documents
        }

    def teardown(self) -> None:
        """Once everything works again, nothing is under way any more, and whatever is not billed has its reason."""
        if sys.exc_info()[0]:
            return
        type(self).examples += 1
        self.judge.night_says(self.after_some_good_days())
        assert verify(self.world.ledger) == ()

    def after_some_good_days(self) -> Plan:
        self.world.everything_works()
        reports: list[Report] = []
        for hours in (1, 25, 25, 1, 25):
            self.world.clocks.advance(timedelta(hours=hours))
            if report := self.process(run):
                reports.append(report)
        assert reports[-1].troubles == ()
        return reports[-1].plan

    def change(self, output: str, reference: str, what: Change) -> None:
        """Let a person change a document over there; what is removed leaves no trace behind."""
        books = self.world.books[output]
        match what:
            case "edited":
                books.edit(reference, gross=Decimal("1.00"))
                self.judge.edited(output, reference)
            case "removed":
                books.entries.remove(books.of(reference)[0])
                self.judge.removed.add((reference, output))
                self.judge.seen[output] -= 1
            case state:
                books.mark(reference, state)

    def bill_in_vain(self, project: int, which: int) -> None:
        """Close a milestone and run while no output lets us in."""
        self.world.close_milestone(project, which)
        self.refused(*self.world.books)

    def refused(self, *outputs: str) -> None:
        """Run while these outputs do not let us in."""
        for output in outputs:
            self.world.books[output].accepts_us = False
        self.process(run)
        for output in outputs:
            self.world.books[output].accepts_us = True

    def documents(self) -> int:
        return sum(len(books.entries) for books in self.world.books.values())

    def one_of(self, references: Collection[str], which: int) -> str:
        """Return one of the references, nothing if there is none."""
        found = sorted(references)
        return found[which % len(found)] if found else ""
