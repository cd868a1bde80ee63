"""Take back drafts that nobody has sent: delete them where they are, and remember that we did.

All documents of a bill are looked at before the first is deleted. What was sent is not deleted: that is for a credit
note. Interrupted in the middle, it can be done again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from tracker2invoice.engine.amend import nobody_delivers
from tracker2invoice.engine.guard import guarded
from tracker2invoice.engine.house import House
from tracker2invoice.engine.observe import Trouble
from tracker2invoice.engine.reconcile import standing
from tracker2invoice.errors import Rejected, Tracker2InvoiceError
from tracker2invoice.failpoints import failpoint
from tracker2invoice.mapping.billed import EDITED, WITHDRAWN
from tracker2invoice.mapping.credit import together
from tracker2invoice.model.claim import FINAL, Claim, Delivery, Receipt
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Document


@dataclass(frozen=True, slots=True)
class _Draft:
    """A delivery whose document is to be deleted; without a receipt it is not there any more."""

    delivery: Delivery
    receipt: Receipt | None


def delete_drafts(house: House, claims: Sequence[Claim], why: str, *, edited: bool) -> str:
    """Delete every document of claims that have their documents in common; return what stands against it, in words.

    `why` is written down with each. With `edited`, also drafts that a person has changed over there are deleted. The
    caller holds the locks of their outputs.

    Raises:
        FixConfig, TryLater, Unclear, Rejected: an output could not be asked, or refused; some may have been deleted.
    """
    if words := next((words for claim in claims if (words := _objection(house, claim))), ""):
        return words
    found: list[_Draft] = []
    for delivery in dict.fromkeys(one for claim in claims for one in claim.live):
        document, words = _look(house, delivery, edited=edited)
        if words:
            return f"{delivery.output}: {words}"
        found.append(document)
    for one in found:
        _delete(house, one, why)
    return ""


def delete_reopened(house: House, reference: str) -> tuple[Trouble, ...]:
    """Delete the drafts of a claim whose milestone was reopened, if it has any; return what stands against it."""
    claim = house.ledger.claim(reference)
    if claim is None or not any(one.state == "delivered" for one in claim.deliveries):
        return ()
    references = {one.reference for one in together(claim, house.ledger.claims())}
    try:
        with nobody_delivers(house.ledger, [claim]):
            shared = [one for one in house.ledger.claims() if one.reference in references]
            words = delete_drafts(house, shared, "the milestone was reopened; the draft was deleted", edited=False)
    except Tracker2InvoiceError as error:
        return (Trouble(reference, error),)
    return (Trouble(reference, Rejected("withdraw", words)),) if words else ()


def _objection(house: House, claim: Claim) -> str:
    decision = house.ledger.decision(claim.reference)
    if claim.credits:
        return f"{claim.reference} is a credit note, which is taken back by hand"
    if decision and decision.decision in FINAL:
        return f"{claim.reference} was {decision.decision}ed"
    if not claim.live:
        return f"no document of {claim.reference} is there"
    return "; ".join(_unable(house, claim.live))


def _unable(house: House, deliveries: Sequence[Delivery]) -> Iterator[str]:
    for one in deliveries:
        if one.output not in house.configuration.outputs:
            yield f"{one.output} is not configured any more"
        elif not house.output(one.output).capabilities.withdraws:
            yield f"{one.output} deletes no drafts; delete it there by hand, then `t2i reconcile`"
        elif one.state != "delivered":
            yield f"{one.output} is {one.state}; settle that first, `t2i plan` says how"


def _look(house: House, delivery: Delivery, *, edited: bool) -> tuple[_Draft, str]:
    """Look a document up; what is new about it is written down, so that the next plan knows."""
    draft = house.ledger.draft(delivery.reference)
    documents = [one for one in _documents(house, delivery, draft) if one.receipt.state not in ("void", "deleted")]
    if not documents:
        return _Draft(delivery, None), ""
    if len(documents) > 1:
        return _Draft(delivery, None), f"{len(documents)} documents with this reference; delete there what is wrong"
    now, event = standing(delivery, documents[0], draft)
    if now != delivery:
        house.ledger.save_delivery(now, event)
    words = "" if edited or now.reason != EDITED else now.detail
    if now.receipt and now.receipt.state != "draft":
        words = f"it is {now.receipt.state}; `t2i credit` takes back what was sent"
    return _Draft(now, now.receipt), words


def _documents(house: House, delivery: Delivery, draft: Draft) -> Collection[Document]:
    """Return the delivery's document by its id, which a search may not show yet, and whatever else a search shows."""
    output = house.output(delivery.output)
    with guarded(delivery.output), failpoint("output.find"):
        found = {one.receipt.remote_id: one for one in output.find(draft)}
    with guarded(delivery.output), failpoint("output.read-back"):
        own = output.read_back([delivery.receipt] if delivery.receipt else [], None)
        return (found | {one.receipt.remote_id: one for one in own}).values()


def _delete(house: House, found: _Draft, why: str) -> None:
    delivery, receipt = found.delivery, found.receipt
    if receipt:
        with guarded(delivery.output, writing=True), failpoint("output.withdraw"):
            house.output(delivery.output).withdraw(receipt)
    last = receipt or delivery.receipt
    gone = replace(
        delivery, state="gone", reason=WITHDRAWN, detail=why, receipt=replace(last, state="deleted") if last else None
    )
    house.ledger.save_delivery(gone, "deleted")
