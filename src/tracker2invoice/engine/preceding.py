"""Which invoices does a document refer to? Those whose amounts it deducts or takes back, as the ledger knows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker2invoice.ledger.store import Ledger
from tracker2invoice.mapping.bill import Bill
from tracker2invoice.mapping.counting import in_force
from tracker2invoice.model.claim import Claim
from tracker2invoice.model.invoice import Draft, Preceding


def deducted_by(bills: Sequence[Bill], ledger: Ledger) -> tuple[Preceding, ...]:
    """Return the invoices of the advances that the bills of a document deduct, the oldest first; none if they do not.

    Of several payers, each is told of the invoice that they got.

    Raises:
        LedgerDamaged: a frozen draft is missing or not what was claimed.
    """
    if all(part.kind != "drawn" for bill in bills for part in bill.parts):
        return ()
    contract = bills[0].contract
    own = (claim for claim in in_force(ledger.claims()).values() if claim.contract == contract.id)
    advances = (claim for claim in own if any(part.kind == "advance" for part in claim.entries))
    in_order = sorted(advances, key=lambda claim: claim.claimed_at)
    return tuple(one for claim in in_order for one in preceding(claim, ledger, contract.client.id))


def preceding(claim: Claim, ledger: Ledger, client: str) -> Iterator[Preceding]:
    """Yield how a later document names those of a claim that the client got (BG-3), or all if they got none.

    Raises:
        LedgerDamaged: a frozen draft is missing or not what was claimed.
    """
    drafts = [ledger.draft(document) for document in claim.documents]
    for draft in [one for one in drafts if one.client.id == client] or drafts:
        yield named(draft, claim)


def named(draft: Draft, claim: Claim) -> Preceding:
    """Return how a later document names a document of a claim (BG-3); the number is what the first output gave it."""
    receipts = (one.receipt for one in claim.deliveries if one.reference == draft.reference)
    number = next((one.number for one in receipts if one and one.number), "")
    return Preceding(draft.reference, number, draft.issue_date)
