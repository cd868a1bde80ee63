"""Give a document its number (BT-1), and have it written anew with it: from then on it is an invoice, no draft.

The ledger gives the number first, for good, and then each folder that has the document gets it. Interrupted in between,
it is done again with the same number. Where an accounting platform has the document, too, its number is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from tracker2invoice.abilities import FinalizingOutput
from tracker2invoice.engine.amend import nobody_delivers
from tracker2invoice.engine.guard import guarded
from tracker2invoice.engine.house import House
from tracker2invoice.engine.reconcile import standing
from tracker2invoice.failpoints import failpoint
from tracker2invoice.mapping.billed import EDITED
from tracker2invoice.model.claim import Delivery
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Capabilities


def finalize(house: House, document: str, by: str) -> tuple[str, str]:
    """Return the number of a document, given its reference, once every folder has it; or what stands against it.

    The caller has seen that the ledger knows the document. Safe to repeat.

    Raises:
        LedgerBusy: another process has been delivering for too long; nothing was done.
        FixConfig, TryLater, Unclear, Rejected, StorageFailed: an output could not be asked, or refused; it may have the
            number all the same.
    """
    with nobody_delivers(house.ledger, house.ledger.claims_on(document)):
        draft = house.ledger.draft(document)
        read = [_as_it_stands(house, one, draft) for one in _deliveries(house, document)]
        deliveries = [one for one in read if one.state != "gone"]
        if words := "; ".join(_objections(house, deliveries)):
            return "", words
        number = _number(house, draft, deliveries, by)
        for delivery, output in _finalizing(house, deliveries):
            _write(house, delivery, output, replace(draft, number=number))
        return number, ""


def _deliveries(house: House, document: str) -> list[Delivery]:
    claim, *_ = house.ledger.claims_on(document)
    return [one for one in claim.deliveries if one.reference == document]


def _able(house: House, delivery: Delivery) -> Capabilities:
    return house.output(delivery.output).capabilities


def _finalizing(house: House, deliveries: Sequence[Delivery]) -> list[tuple[Delivery, FinalizingOutput]]:
    """Return the deliveries whose outputs take our numbers, with these outputs."""
    ours = (one for one in deliveries if _able(house, one).finalizes)
    return [(one, cast("FinalizingOutput", house.output(one.output))) for one in ours]


def _as_it_stands(house: House, delivery: Delivery, draft: Draft) -> Delivery:
    """Read a document back, and write down what is new about it."""
    if delivery.state != "delivered" or delivery.receipt is None or delivery.output not in house.configuration.outputs:
        return delivery
    with guarded(delivery.output), failpoint("output.read-back"):
        (found,) = house.output(delivery.output).read_back([delivery.receipt], None)
    now, event = standing(delivery, found, draft)
    if now != delivery:
        house.ledger.save_delivery(now, event)
    return now


def _objections(house: House, deliveries: Sequence[Delivery]) -> Iterator[str]:
    if not deliveries:
        yield "no document of it is there"
    for one in deliveries:
        if one.output not in house.configuration.outputs:
            yield f"{one.output} is not configured any more"
        elif one.state != "delivered":
            yield f"{one.output} is {one.state}; settle that first, `t2i plan` says how"
        elif one.reason == EDITED:
            yield f"{one.output}: {one.detail}; `t2i approve` accepts that"
        elif _able(house, one).numbers and not _number_there(one):
            yield f"{one.output} numbers it; send it there, then finalize it here"
    known = [one for one in deliveries if one.output in house.configuration.outputs]
    if known and not any(_able(house, one).finalizes for one in known):
        yield f"{', '.join(one.output for one in known)} takes no number from here"


def _number_there(delivery: Delivery) -> str:
    receipt = delivery.receipt
    return receipt.number if receipt and receipt.state not in ("draft", "unknown") else ""


def _number(house: House, draft: Draft, deliveries: Sequence[Delivery], by: str) -> str:
    """Return the number that the document has somewhere, or else the next one of the ledger."""
    if there := [number for one in deliveries if (number := _number_there(one))]:
        return there[0]
    taken: set[str] = set()
    for delivery, output in _finalizing(house, deliveries):
        with guarded(delivery.output), failpoint("output.numbers"):
            taken |= set(output.numbers())
    series = house.configuration.numbering.series(draft.issue_date.year)
    return house.ledger.allot_number(draft.reference, series, taken, by)


def _write(house: House, delivery: Delivery, output: FinalizingOutput, final: Draft) -> None:
    receipt = delivery.receipt
    assert receipt is not None, "what is delivered has a receipt"
    with guarded(delivery.output, writing=True), failpoint("output.finalize"):
        document = output.finalize(final, receipt)
    if document.receipt != receipt:
        house.ledger.save_delivery(replace(delivery, receipt=document.receipt), "finalized")
