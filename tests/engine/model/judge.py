"""What must hold after every step, judged by the books of the far sides.

A restored ledger knows no more than its backup did, so what a test may expect of it stands in `Known`, which goes
back with the backup. What ever happened stands in `Judge`, which forgets nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.engine.model.world import OUTPUTS, World

from tracker2invoice.mapping.actions import Plan, Window
from tracker2invoice.model.claim import Claim
from tracker2invoice.model.invoice import Draft
from tracker2invoice.testing.memory_output import Entry

BERLIN = ZoneInfo("Europe/Berlin")
WAITING = ("pending", "held", "rejected")
"""States of deliveries of which nothing is on its way."""

OPEN_AGAIN = ("withdrawn", "items-open")
"""Reasons for keeping a draft back until its milestone, or an issue in it, is closed again."""


@dataclass
class Known:
    """What the ledger was told, as a test knows it.

    `claims` go by reference, `drafts` by that of the document. `held` are the documents, and references without a claim
    yet, with the outputs to which nothing may leave. `kept`
    are the claims that a person approved after they were written, `approved` whatever a person's last word let go,
    `accepted` whatever a person ever let go: a document that differs and was accepted is not held back afterwards.
    `reissued` the claims that are billed again as the next generation, `credited` those that are taken back: about both
    nobody can decide any more.
    """

    claims: dict[str, Claim] = field(default_factory=dict[str, Claim])
    drafts: dict[str, Draft] = field(default_factory=dict[str, Draft])
    held: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    kept: set[str] = field(default_factory=set[str])
    approved: set[str] = field(default_factory=set[str])
    accepted: set[str] = field(default_factory=set[str])
    reissued: set[str] = field(default_factory=set[str])
    credited: set[str] = field(default_factory=set[str])

    def copy(self) -> Known:
        return Known(**{one.name: getattr(self, one.name).copy() for one in fields(self)})

    def on(self, document: str) -> list[Claim]:
        """Return the claims that a document bills."""
        return [claim for claim in self.claims.values() if document in claim.documents]

    def hold(self, reference: str) -> None:
        """Expect that nothing leaves any more, but for what may be on its way or there already."""
        if reference in self.reissued | self.credited:
            return
        claim = self.claims.get(reference)
        self.held |= (
            {(one.reference, one.output) for one in claim.deliveries if one.state in WAITING}
            if claim
            else {(reference, output) for output in OUTPUTS}
        )
        self.kept.discard(reference)
        self.approved.discard(reference)

    def approve(self, reference: str) -> None:
        if reference in self.reissued | self.credited:
            return
        claim = self.claims.get(reference)
        documents = {reference, *(claim.documents if claim else ())}
        self.held -= {(document, output) for document in documents for output in OUTPUTS}
        self.approved.add(reference)
        self.accepted.add(reference)
        if reference in self.claims:
            self.kept.add(reference)


@dataclass
class Judge:
    """Compares what stands in the books with what was claimed, step by step.

    `drafts` are all that were ever frozen, by reference, and `terms` what each of them bills, for whom, by its SHA-256:
    a restored ledger may freeze another under the same reference. `allowed` is the price of each contract when it was
    last billed. `edits` are the documents that somebody edited, with their outputs.
    """

    world: World
    known: Known = field(default_factory=Known)
    drafts: dict[str, list[Draft]] = field(default_factory=dict[str, list[Draft]])
    terms: dict[str, set[tuple[str, str, str]]] = field(default_factory=dict[str, set[tuple[str, str, str]]])
    allowed: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    seen: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTPUTS, 0))
    edits: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    changed: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    removed: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def edited(self, output: str, reference: str) -> None:
        """Expect a document to differ only if its delivery was over when somebody edited it."""
        self.edits.add((reference, output))
        self.expect_edits()

    def expect_edits(self) -> None:
        """Expect those edited documents to differ whose delivery is over in the ledger as it is now."""
        over = {
            (one.reference, one.output)
            for claim in self.known.claims.values()
            for one in claim.deliveries
            if one.state == "delivered"
        }
        self.changed |= self.edits & over

    def ledger_says(self, claims: Iterable[Claim], window: Window | None = None) -> tuple[Claim, ...]:
        """Take over what the ledger has by now; return the claims that are new."""
        now = {claim.reference: claim for claim in claims}
        assert now.keys() >= self.known.claims.keys(), "a claim is lost"
        for reference, before in self.known.claims.items():
            assert replace(now[reference], deliveries=before.deliveries) == before, "a claim has changed"
        new = tuple(claim for reference, claim in now.items() if reference not in self.known.claims)
        self.known.claims = now
        for claim in new:
            self._claimed(claim, window)
        self._drafted(new)
        return new

    def books_say(self) -> set[str]:
        """Look at what has come into the books since the last time; return its references."""
        arrived: set[str] = set()
        for output, books in self.world.books.items():
            for entry in books.entries[self.seen[output] :]:
                self._arrived(output, entry)
                arrived.add(entry.draft.reference)
            self.seen[output] = len(books.entries)
        return arrived

    def plan_says(self, plan: Plan, unread: Collection[str]) -> None:
        """Nothing that is closed is left out, and a person is not asked what was answered already."""
        listed = {action.milestone.key for action in plan.actions if action.milestone}
        named = {action.project for action in plan.actions if action.milestone is None}
        for label, milestones in self.world.watched().items():
            closed = {milestone.key for milestone in milestones if milestone.state == "closed"}
            assert label in named if label in unread else closed <= listed, "a closed milestone is not listed"
        asked = {action.reference for action in plan.actions if action.reason.code == "reopened-after-billing"}
        assert not asked & self.known.kept, "a person has approved that already"

    def night_says(self, plan: Plan) -> None:
        """Once everything has worked for a while, what was claimed is there, and what waits for a person is listed."""
        asked = {action.reference for action in plan.actions if action.kind == "hold"}
        settled = asked | {action.reference for action in plan.actions if action.reason.code in OPEN_AGAIN}
        settled |= self.known.reissued | self.known.credited
        # a credit note that was refused, and then written by hand
        settled |= {claim.reference for claim in self.known.claims.values() if claim.credits} & self.known.kept
        for claim in self.known.claims.values():
            for delivery in claim.deliveries:
                assert delivery.state not in ("pending", "sending"), "forgotten on its way"
                assert delivery.state not in ("held", "rejected") or claim.reference in settled, "nobody is asked"
                if delivery.state == "delivered" and (delivery.reference, delivery.output) not in self.removed:
                    self._stands(delivery.output, delivery.reference)

    def _stands(self, output: str, reference: str) -> None:
        (entry,) = self.world.books[output].of(reference)
        draft = self.known.drafts[reference]
        accepted = any(claim.reference in self.known.accepted for claim in self.known.on(reference))
        if not accepted and (reference, output) not in self.changed:
            assert (entry.gross, entry.client) == (draft.totals.gross, draft.client.remote[output])

    def _accepted(self, document: str) -> bool:
        """Say whether a person took a document that differs for what the ledger knows by its reference."""
        return any(claim.reference in self.known.accepted for claim in self.known.on(document))

    def _taken_back(self, document: str) -> bool:
        claims = self.known.on(document)
        return bool(claims) and all(claim.reference in self.known.credited for claim in claims)

    def _unknowable(self, one: Entry, other: Entry) -> bool:
        """Say whether the ledger cannot know of a document, nor find it where it looks.

        Its claim is younger than the backup that was restored, and another milestone triggered it: its reference is
        not the one that is looked for.
        """
        forgotten = not self.known.on(one.draft.reference)
        return forgotten and one.draft.why.milestone_key != other.draft.why.milestone_key

    def _claimed(self, claim: Claim, window: Window | None) -> None:
        contract = self.world.contracts[claim.contract]
        if claim.credits:
            self._takes_back(claim)
            return
        for draft in map(self.world.ledger.draft, claim.documents):
            assert draft.type_code == "380"
            assert draft.currency == contract.currency
            assert draft.client in contract.clients
            assert draft.issue_date == local(self.world.clocks.ours())
            if claim.generation == 1 and draft.why.term == claim.term:
                closed = local(draft.why.closed_at)
                in_time = window.since <= closed <= window.until if window else contract.start <= closed
                assert in_time, "history is billed"
            self.terms.setdefault(draft.sha256, set()).add((claim.contract, claim.term, draft.client.id))
        if claim.generation > 1:
            self._replaces(claim)
        latest = {
            one.term: one for one in sorted(self.known.claims.values(), key=age) if one.contract == claim.contract
        }
        assert sum(one.amount.amount for one in latest.values()) <= contract.price.amount, "more than the price"
        self.allowed[claim.contract] = contract.price.amount

    def _drafted(self, claims: Iterable[Claim]) -> None:
        """Look at the documents of new claims; those that share some make their sum together."""
        amounts: dict[tuple[str, ...], Decimal] = {}
        for claim in claims:
            amounts[claim.documents] = amounts.get(claim.documents, Decimal(0)) + claim.amount.amount
        for documents, amount in amounts.items():
            drafts = [self.world.ledger.draft(document) for document in documents]
            # a payer whose invoice never came gets no credit note
            made = sum(signed_net(draft) for draft in drafts)
            assert made == amount if amount >= 0 else amount <= made
            for draft in drafts:
                self.known.drafts[draft.reference] = draft
                self.drafts.setdefault(draft.reference, []).append(draft)

    def _takes_back(self, claim: Claim) -> None:
        assert claim.credits in self.known.credited, "nobody has taken that back"
        assert claim.amount == -self.known.claims[claim.credits].amount
        for draft in map(self.world.ledger.draft, claim.documents):
            assert draft.type_code == "381"
            self.terms.setdefault(draft.sha256, set()).add((claim.contract, claim.term, draft.client.id))

    def _replaces(self, claim: Claim) -> None:
        identity = (claim.contract, claim.term, claim.generation - 1)
        before = [one for one in self.known.claims.values() if (one.contract, one.term, one.generation) == identity]
        if any(one.reference in self.known.credited for one in before):
            return
        assert any(one.reference in self.known.reissued for one in before), "nobody had that billed again"
        assert claim.amount in [one.amount for one in before]

    def _arrived(self, output: str, entry: Entry) -> None:
        draft, others = entry.draft, [one for one in self.world.books[output].entries if one is not entry]
        assert draft in self.drafts.get(draft.reference, ()), "nobody has claimed that"
        assert draft == self.known.drafts[draft.reference], "not what was claimed"
        assert entry.gross == (draft.totals.gross if entry.complete else 0)
        assert entry.client == draft.client.remote[output]
        assert output in self.world.contracts[draft.contract].outputs
        assert (draft.reference, output) not in self.known.held, "a person holds that back"
        assert draft.reference not in {one.draft.reference for one in others}, "a second document"
        billed_here = self.terms[draft.sha256]
        rivals = [
            one
            for one in others
            if is_live(one)
            and self.terms[one.draft.sha256] & billed_here
            and not self._taken_back(one.draft.reference)
            and not self._accepted(one.draft.reference)
        ]
        assert all(self._unknowable(one, entry) for one in rivals), "the term is billed twice"
        there = {one.draft.reference for one in (entry, *others) if is_live(one)}
        # what is taken back counts no more, be the credit note there or written by hand
        claimed = [
            one
            for reference, one in self.known.drafts.items()
            if reference in there and not one.is_credit_note and not self._taken_back(reference)
        ]
        billed = sum(one.totals.net for one in claimed if one.contract == draft.contract)
        assert billed <= self.allowed[draft.contract], "more than the price"


def local(at: datetime) -> date:
    return at.astimezone(BERLIN).date()


def age(claim: Claim) -> tuple[int, datetime]:
    return (claim.generation, claim.claimed_at)


def signed_net(draft: Draft) -> Decimal:
    """Return the net amount; the amounts of a credit note are positive, and taken back."""
    return -draft.totals.net if draft.is_credit_note else draft.totals.net


def is_live(entry: Entry) -> bool:
    return entry.receipt.state not in ("void", "deleted")
