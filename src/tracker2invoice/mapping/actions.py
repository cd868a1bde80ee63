"""What a plan is made of: the facts it rests on, and the actions that follow, each with its reason."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from tracker2invoice.mapping.bill import Bill
from tracker2invoice.model.claim import Claim, Decision
from tracker2invoice.model.contract import Brake, Contract
from tracker2invoice.model.invoice import AcceptedBy, Certification
from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice.model.money import Money
from tracker2invoice.model.rates import NO_RATES, Rates
from tracker2invoice.model.work import Work

ActionKind = Literal["bill", "hold", "credit", "withdraw", "release", "none"]


@dataclass(frozen=True, slots=True)
class Window:
    """The days of a backfill, both inclusive, in each contract's time zone; it replaces `start`."""

    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a plan rests on.

    `projects` maps configured names (`github:acme/portal`) to the pinned project; a name never found is
    absent. `unread` maps configured names whose latest poll failed to what went wrong, in words. `gone`
    holds the keys of milestones that the tracker no longer has. `decisions` holds the latest one per
    reference. `released` lifts the brake for this plan. `work` maps keys of milestones to the work in them; one whose
    work was never read is absent. `lacking` says by contract id what its documents need and nobody configured.
    `approvals` tells of each reference who approved it when, since it was last held; `certified` by contract and term
    id what was certified, the latest last, since a bill of the term was last taken back. `rates` are those for VAT in a
    second currency.
    """

    now: datetime
    contracts: tuple[Contract, ...]
    projects: Mapping[str, Project]
    milestones: tuple[Milestone, ...]
    claims: tuple[Claim, ...]
    brake: Brake
    unread: Mapping[str, str] = field(default_factory=dict[str, str])
    gone: frozenset[str] = frozenset()
    decisions: Mapping[str, Decision] = field(default_factory=dict[str, Decision])
    window: Window | None = None
    released: bool = False
    work: Mapping[str, Work] = field(default_factory=dict[str, Work])
    lacking: Mapping[str, str] = field(default_factory=dict[str, str])
    approvals: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict[str, Mapping[str, datetime]])
    certified: Mapping[tuple[str, str], tuple[Certification, ...]] = field(
        default_factory=dict[tuple[str, str], tuple[Certification, ...]]
    )
    rates: Rates = NO_RATES

    def certification(self, contract: str, term: str, until: datetime | None = None) -> Certification | None:
        """Return what was last certified of a term, None if nothing was; later than `until` (UTC) does not count."""
        made = self.certified.get((contract, term), ())
        return next((one for one in reversed(made) if until is None or one.at <= until), None)

    def approved(self, reference: str) -> bool:
        """Say whether a person's latest word on the reference is to bill it."""
        decision = self.decisions.get(reference)
        return decision is not None and decision.decision == "approve"

    def kept(self, claim: Claim) -> bool:
        """Say whether a person approved the claim after it was billed."""
        decision = self.decisions.get(claim.reference)
        return decision is not None and decision.decision == "approve" and decision.at >= claim.claimed_at

    def held(self, reference: str) -> bool:
        """Say whether a person's latest word on the reference is not to bill it."""
        decision = self.decisions.get(reference)
        return decision is not None and decision.decision == "hold"

    def reissued(self, reference: str) -> bool:
        """Say whether a person had the reference billed again under the next one."""
        decision = self.decisions.get(reference)
        return decision is not None and decision.decision == "reissue"

    def credited(self, reference: str) -> bool:
        """Say whether a person had what was billed with the reference taken back."""
        decision = self.decisions.get(reference)
        return decision is not None and decision.decision == "credit"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a stable code for scripts, words for people, and for holds the command that settles it."""

    code: str
    words: str
    command: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.words}"


CANCELLED = ("contract-cancelled", "term-cancelled")
"""The codes of the reasons for never billing what was not billed before the contract, or a term, was cancelled."""


@dataclass(frozen=True, slots=True)
class Action:
    """One line of a plan. `amount` is net, `project` the configured name; what does not apply is empty.

    `generation` is that of the claim with the reference, there or to come. `bill` says what the amount is made of,
    `documents` are the references of the documents that it will stand on, `credits` names what a credit takes back.
    `accepted_by` are the comments and labels by which the milestone was accepted.
    """

    kind: ActionKind
    contract: str
    term: str
    project: str
    milestone: Milestone | None
    amount: Money | None
    reason: Reason
    reference: str = ""
    outputs: tuple[str, ...] = ()
    generation: int = 1
    bill: Bill | None = None
    documents: tuple[str, ...] = ()
    credits: str = ""
    accepted_by: tuple[AcceptedBy, ...] = ()

    @property
    def due(self) -> Bill:
        """What a bill action bills."""
        if self.bill is None:
            raise AssertionError("a bill action has a bill")
        return self.bill

    @property
    def closed(self) -> Milestone:
        """The milestone that triggered a bill action."""
        if self.milestone is None:
            raise AssertionError("a bill action has a milestone")
        return self.milestone


@dataclass(frozen=True, slots=True)
class Plan:
    """All actions, in the order of contracts and terms, as of an instant (UTC)."""

    as_of: datetime
    actions: tuple[Action, ...]

    @property
    def hash(self) -> str:
        """Hexadecimal SHA-256 over everything that the actions say; equal plans have equal hashes."""
        rows = [
            [
                action.kind, action.contract, action.term, action.project,
                action.milestone.key if action.milestone else "",
                action.milestone.title if action.milestone else "",
                str((action.milestone and action.milestone.closed_at) or ""),
                str(action.amount or ""), action.reason.code, action.reason.words, action.reference,
                list(action.outputs), list(action.documents), [list(row) for row in _made_of(action)],
            ]
            for action in self.actions
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

    def of_kind(self, kind: ActionKind) -> tuple[Action, ...]:
        """Return the actions of one kind."""
        return tuple(action for action in self.actions if action.kind == kind)


def _made_of(action: Action) -> list[tuple[str, ...]]:
    charges = action.bill.charges if action.bill else ()
    return [
        (charge.part.kind, str(charge.part.amount), charge.part.item, str(charge.part.quantity or ""),
         str(charge.basis), charge.tax.category, str(charge.tax.rate))
        for charge in charges
    ]  # fmt: skip
