"""What people do: in the trackers, in the books of the outputs, and with the program's holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from tests.year.agenda import Entry
from tests.year.agreed import title

from tracker2invoice.engine.decide import approve, hold, retry
from tracker2invoice.ledger.store import Ledger
from tracker2invoice.mapping.actions import Plan
from tracker2invoice.model.claim import Claim, DocumentState
from tracker2invoice.testing.twins import OutputTwin, TrackerTwin

PERSON = "anna"
ANSWERS, HOLDS, TOUCHES = 0.5, 0.02, 0.1
"""How likely a hold is answered after a run, a bill is held back, and some document is sent, voided or deleted."""


@dataclass(slots=True)
class Work:
    """A milestone as people know it; `fits` says that its title is still that of its term."""

    number: int
    closed: bool = False
    fits: bool = True
    there: bool = True

    @property
    def due(self) -> bool:
        """It is to be billed."""
        return self.there and self.closed and self.fits


@dataclass(slots=True)
class Site:
    """A contract's project in its tracker, with the milestones of its terms."""

    tracker: str
    twin: TrackerTwin
    project_id: str
    works: list[Work]

    def happen(self, entry: Entry) -> None:
        """Let people do what is on the agenda, if the milestone is still there."""
        if entry.what == "rename project":
            self.twin.rename_project(self.project_id, f"moved/{entry.contract:03}")
            return
        work = self.works[entry.term]
        if work.there:
            self._change(entry, work)

    def _change(self, entry: Entry, work: Work) -> None:
        match entry.what:
            case "close":
                work.closed = True
                self.twin.close(self.project_id, work.number)
            case "reopen":
                work.closed = False
                self.twin.reopen(self.project_id, work.number)
            case "retitle":
                self.twin.rename(self.project_id, work.number, f"{title(entry.term)}under another name")
            case "spoil":
                work.fits = False
                self.twin.rename(self.project_id, work.number, f"Cancelled {entry.term}")
            case "delete":
                work.there = False
                self.twin.delete_milestone(self.project_id, work.number)
            case other:
                raise ValueError(other)


def build_site(tracker: str, twin: TrackerTwin, project: str, terms: int) -> Site:
    """Create a project with an open milestone of finished work for each term."""
    project_id = twin.add_project(project)
    works: list[Work] = []
    for index in range(terms):
        number = twin.add_milestone(project_id, f"{title(index)}of what was agreed")
        twin.add_issue(project_id, number, f"Work {index}")
        works.append(Work(number))
    return Site(tracker, twin, project_id, works)


def answer(ledger: Ledger, plan: Plan, rng: Random, *, everything: bool = False) -> None:
    """Do what the commands of the plan's holds say, for some of them or for every one."""
    for action in plan.of_kind("hold"):
        if not (everything or rng.random() < ANSWERS):
            continue
        match action.reason.command.split():
            case ["t2i", "approve", reference]:
                approve(ledger, reference, PERSON)
            case ["t2i", "retry", reference]:
                retry(ledger, reference)
            case other:
                raise AssertionError(f"{action.reason} has the command {other}")


def hold_back(ledger: Ledger, plan: Plan, claims: Sequence[Claim], rng: Random) -> None:
    """Hold a few things back that were billed, or are about to be."""
    waiting = [claim.reference for claim in claims if any(one.state == "pending" for one in claim.deliveries)]
    planned = [action.reference for action in plan.actions if action.kind == "hold"]
    for reference in (*waiting, *planned):
        if rng.random() < HOLDS:
            hold(ledger, reference, PERSON)


Touched = dict[tuple[str, str], DocumentState]
"""What people made of documents, by output and reference."""


def touch(outputs: dict[str, OutputTwin], claims: Sequence[Claim], touched: Touched, rng: Random) -> None:
    """Send, void or delete a document that nobody has touched yet."""
    if not claims or rng.random() > TOUCHES:
        return
    done = [one for one in rng.choice(claims).deliveries if one.state == "delivered"]
    for delivery in done[:1]:
        key = (delivery.output, delivery.reference)
        if key not in touched:
            states: tuple[Literal["sent", "void", "deleted"], ...] = ("sent", "sent", "void", "deleted")
            touched[key] = rng.choice(states)
            outputs[delivery.output].change(delivery.reference, touched[key])
