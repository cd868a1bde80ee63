"""What was decided and what became of it: claims, deliveries, receipts, decisions of people."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import product
from typing import Literal

from tracker2invoice.model.invoice import PartKind, reference
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import OCCASION, base_term

DeliveryState = Literal["pending", "sending", "delivered", "rejected", "held", "gone"]
DocumentState = Literal["draft", "sent", "paid", "void", "deleted", "unknown"]
DecisionWord = Literal["approve", "hold", "withdraw", "reissue", "credit"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an output says of a document: its own id for it, its number if it has one, where to open it, how it stands.

    `paid` is what was paid of it so far, until `paid_on`, the day of the latest payment; `credited` what was taken off
    it over there. Both are gross, in its currency; None where the output does not tell.
    """

    remote_id: str
    number: str
    url: str
    state: DocumentState
    paid: Decimal | None = None
    paid_on: date | None = None
    credited: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One draft to one output. `reference` is that of the document. Instants are UTC.

    `attempt` counts the attempt groups: the idempotency key is derived from reference and attempt and stays the
    same for all retries of one attempt. `payload` is the exact request body of the attempt, None before the first.
    `sent_at` is when the latest request of the attempt left. `misses` counts the look-ups since then that found
    nothing. `not_before` is when the engine may act on it again.
    """

    reference: str
    output: str
    state: DeliveryState
    attempt: int = 1
    payload: bytes | None = None
    first_sent_at: datetime | None = None
    sent_at: datetime | None = None
    misses: int = 0
    not_before: datetime | None = None
    reason: str = ""
    detail: str = ""
    receipt: Receipt | None = None


WORK: tuple[PartKind, ...] = ("work", "written-down")
"""Parts that are the value of work as it counts against the price: what was done, less what a cap has written down."""


FINAL: tuple[DecisionWord, ...] = ("reissue", "credit")
"""Decisions after which nothing else is decided about a reference."""


OUTSIDE_TAX = "outside VAT"
"""The item of an advance that was billed outside VAT, and of what later bills deduct of it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One reason why a claim has the amount that it has; all parts of a claim add up to it.

    `work` less what a cap has `written-down` is the value of the work, before anything is held back. `retained`,
    `drawn` and `discount` are negative, `released` and `advance` positive. `item` names what was counted (a person, a
    label) and `quantity` how much of it; of an advance it is empty or `OUTSIDE_TAX`.
    """

    kind: PartKind
    term: str
    amount: Money
    item: str = ""
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The durable record that a term was triggered by a milestone; its amount never changes.

    Unique by (contract, term, milestone_key, generation). `amount` is net; if the prices of its contract include tax,
    so does it. `documents` are the references under which it is billed: its own, unless several payers have a document
    each or several claims stand on one. `draft_sha256` is the `seal` of the frozen drafts. Claims of the first version
    have no `parts`; see `entries`. `credits` is the reference of the claim that it takes back with a credit note: then
    amount and parts are those of that claim, negated.
    """

    reference: str
    contract: str
    term: str
    milestone_key: str
    generation: int
    amount: Money
    draft_sha256: str
    claimed_at: datetime
    deliveries: tuple[Delivery, ...] = ()
    parts: tuple[Part, ...] = ()
    documents: tuple[str, ...] = ()
    credits: str = ""

    def __post_init__(self) -> None:
        if not self.documents:
            object.__setattr__(self, "documents", (self.reference,))

    @property
    def entries(self) -> tuple[Part, ...]:
        """The parts of the amount; without any, all of it is work."""
        return self.parts or (Part("work", base_term(self.term), self.amount),)

    @property
    def work(self) -> Money:
        """The value of the work in it, net, as it counts against the price: less what a cap has written down."""
        worked = (part.amount for part in self.entries if part.kind in WORK)
        return sum(worked, Money.zero(self.amount.currency))

    @property
    def is_work(self) -> bool:
        """Whether it is for work, and no advance, release of retainage or credit."""
        return not self.credits and all(part.kind not in ("advance", "released") for part in self.entries)

    @property
    def live(self) -> tuple[Delivery, ...]:
        """The deliveries that have a document, or may get one."""
        return tuple(one for one in self.deliveries if one.state not in ("gone", "rejected"))

    @property
    def next_reference(self) -> str:
        """The reference of the claim that replaces this one if it is reissued."""
        return reference(self.contract, self.term, self.milestone_key, self.generation + 1)

    @property
    def credit_term(self) -> str:
        """The term of the claim that takes this one back."""
        return f"{self.term}{CREDIT}"

    @property
    def credit_reference(self) -> str:
        """The reference of the claim that takes this one back."""
        return reference(self.contract, self.credit_term, self.milestone_key, self.generation)


def credit_documents(claims: Sequence[Claim]) -> dict[str, str]:
    """Return the references of the credit notes for the documents that claims have in common, by the document's.

    A document that goes by the reference of a claim is taken back by that claim's credit; any other by a credit note
    whose reference depends on that of the document alone.
    """
    own = {claim.reference: claim.credit_reference for claim in claims}
    first = claims[0]
    return {one: own.get(one) or reference(first.contract, CREDIT, one, generation=1) for one in first.documents}


def seal(digests: Sequence[str]) -> str:
    """Return what stands for several drafts, given the SHA-256 of each: of one draft, just that."""
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()


CREDIT = f"{OCCASION}credit"
"""Ends the term of a credit, and stands for the term of a credit note for a document that claims or payers share."""

SHARED = OCCASION
"""Stands for the term in the reference of a document that several claims may share: the n-th of its kind."""

MOST_SHARED = 10_000
"""More documents than are made under one contract."""


def shared_reference(contract: str, milestone_key: str, number: int, payer: str = "") -> str:
    """Return the reference of the n-th document that claims of a contract, or of one milestone, share.

    It says nothing of what is on it: an older ledger that collects other bills than before comes to the same reference,
    and finds the document.
    """
    return reference(contract, SHARED, milestone_key, number, payer)


def rivals(document: str, payer: str, claims: Iterable[Claim]) -> tuple[str, ...]:
    """Return the references of other documents that would bill the same claims once more.

    Those are the documents of the next generation or number, which an older ledger does not know, and, where several
    claims or payers share them, the documents that each claim would have by itself or for that payer. A credit has no
    next one: the credit note of that generation takes back another invoice.
    """
    found: dict[str, None] = {}
    for claim in claims:
        if claim.credits:
            found[claim.reference] = None
            continue
        found[claim.next_reference] = None
        if claim.documents != (claim.reference,):
            alone = [claim.reference, *(_alone(claim, generation, payer) for generation in (0, 1))]
            found |= dict.fromkeys(alone)
            if document not in alone:
                found[_next_shared(document, payer, claim)] = None
    return tuple(one for one in found if one != document)


def _alone(claim: Claim, later: int, payer: str) -> str:
    return reference(claim.contract, claim.term, claim.milestone_key, claim.generation + later, payer)


def _next_shared(document: str, payer: str, claim: Claim) -> str:
    kinds = tuple(product(("", claim.milestone_key), ("", payer)))
    for number in range(1, MOST_SHARED):
        for key, who in kinds:
            if shared_reference(claim.contract, key, number, who) == document:
                return shared_reference(claim.contract, key, number + 1, who)
    raise AssertionError("a document is of a claim, of a payer or shared")


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about a reference: `approve` (bill it), `hold` (do not, until approved), `withdraw` (nobody
    has sent it: delete the draft), `reissue` (its documents are no longer anywhere: bill the same again as the next
    generation) or `credit` (it was sent: take it back with a credit note). The last two are final.
    """

    reference: str
    decision: DecisionWord
    by: str
    at: datetime
    note: str = ""
