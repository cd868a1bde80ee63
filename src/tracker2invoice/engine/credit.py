"""Claim credits: take back what a person had credited, with a credit note for each document that is there.

The credit notes go to the outputs that have the invoice. Nothing is sent here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from tracker2invoice.engine.house import House
from tracker2invoice.engine.preceding import named
from tracker2invoice.mapping.actions import Action
from tracker2invoice.mapping.credit import why
from tracker2invoice.mapping.creditnote import credit_claim, write_credit_note
from tracker2invoice.mapping.due import local_date
from tracker2invoice.model.claim import Claim, Decision, Delivery, credit_documents
from tracker2invoice.model.invoice import Draft


def leading(house: House, actions: Sequence[Action]) -> dict[str, tuple[Claim, ...]]:
    """Return the claims that credits take back together, by the reference of the first action of each bundle.

    Claims on one document are decided about together; without one of them none is credited.
    """
    credited = {one.credits: one.reference for one in actions if one.kind == "credit"}
    bundles: dict[tuple[str, ...], list[Claim]] = {}
    for claim in house.ledger.claims() if credited else ():
        bundles.setdefault(claim.documents, []).append(claim)
    return {
        credited[bundle[0].reference]: tuple(bundle)
        for bundle in bundles.values()
        if all(claim.reference in credited for claim in bundle)
    }


def credit(house: House, bundle: Sequence[Claim]) -> None:
    """Claim the credits of claims on the same documents: all of them with all their credit notes, or nothing.

    Raises:
        LedgerDamaged: a frozen draft is missing or not what was claimed.
    """
    first, ledger, now = bundle[0], house.ledger, house.clock()
    decisions = [_decision(house, claim) for claim in bundle]
    zone = next(one.timezone for one in house.configuration.contracts if one.id == first.contract)
    references = credit_documents(bundle)
    notes: list[Draft] = []
    deliveries: list[Delivery] = []
    for document in _there(first):
        invoice = ledger.draft(document)
        note = write_credit_note(
            invoice,
            reference=references[document],
            day=local_date(now, zone),
            named=named(invoice, first),
            why=why(first, decisions[0]),
        )
        notes.append(note)
        deliveries += [Delivery(note.reference, output, "pending") for output in _outputs(first, document)]
    # a clock that was put back must date no credit before the invoice or the decision
    before = (*(claim.claimed_at for claim in bundle), *(one.at + timedelta.resolution for one in decisions))
    at = max(now, *before)
    ledger.write_claims([credit_claim(claim, notes, deliveries, at) for claim in bundle], notes)


def _decision(house: House, claim: Claim) -> Decision:
    decision = house.ledger.decision(claim.reference)
    if decision is None:
        raise AssertionError("a credit was decided")
    return decision


def _there(claim: Claim) -> Iterator[str]:
    return (document for document in claim.documents if _outputs(claim, document))


def _outputs(claim: Claim, document: str) -> list[str]:
    return [one.output for one in claim.deliveries if (one.reference, one.state) == (document, "delivered")]
