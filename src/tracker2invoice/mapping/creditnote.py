"""Writes a credit note and its claim: the invoice as it was frozen, taken back. Nothing in it is reckoned anew.

EN 16931 takes the amounts of a credit note as positive; it is the type code that turns them around. In the ledger the
claim is negative, so that invoice and credit note make nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from tracker2invoice.model.claim import Claim, Delivery, Part, seal
from tracker2invoice.model.invoice import CREDIT_NOTE, Draft, Preceding


def write_credit_note(invoice: Draft, *, reference: str, day: date, named: Preceding, why: str) -> Draft:
    """Return the credit note for the whole of an invoice, dated on a local day, but not before the invoice.

    `named` is how it names the invoice (BG-3), `why` says who decided it. Lines, allowances, taxes and totals are those
    of the invoice; there is nothing to pay.
    """
    issued = max(day, invoice.issue_date)
    return replace(
        invoice,
        reference=reference,
        number=None,
        type_code=CREDIT_NOTE,
        issue_date=issued,
        due_date=issued,
        payment_terms="",
        early_payment=(),
        installments=(),
        late_fee="",
        preceding=(named,),
        exact_type_code="",
        why=replace(invoice.why, accepted=why),
    )


def credit_claim(claim: Claim, notes: Sequence[Draft], deliveries: Iterable[Delivery], at: datetime) -> Claim:
    """Return the claim that takes another one back with credit notes, written at `at` (UTC)."""
    return Claim(
        reference=claim.credit_reference,
        contract=claim.contract,
        term=claim.credit_term,
        milestone_key=claim.milestone_key,
        generation=claim.generation,
        amount=-claim.amount,
        draft_sha256=seal([note.sha256 for note in notes]),
        claimed_at=at,
        deliveries=tuple(deliveries),
        parts=tuple(map(_negated, claim.entries)),
        documents=tuple(note.reference for note in notes),
        credits=claim.reference,
    )


def _negated(part: Part) -> Part:
    return replace(part, amount=-part.amount, quantity=None if part.quantity is None else -part.quantity)
