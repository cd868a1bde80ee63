"""Does a document over there say what its draft says? Words for a person, nothing if it does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.money import with_decimals
from tracker2invoice.plugins import Document

Field = tuple[str, object, object]
"""What it is, as it stands over there, as the draft has it; None where nobody tells."""


def written_out(document: Document, currency: str) -> Document:
    """Return a document whose amounts have the decimals of a currency: many outputs leave out zeros at the end."""
    paid, credited, gross = (
        None if amount is None else with_decimals(amount, currency)
        for amount in (document.receipt.paid, document.receipt.credited, document.gross)
    )
    return replace(document, receipt=replace(document.receipt, paid=paid, credited=credited), gross=gross)


def differences(document: Document, draft: Draft, output: str) -> str:
    """Return how client, currency and amount of a document differ from those of its draft."""
    return _words(_essentials(written_out(document, draft.currency), draft, output))


def edits(document: Document, draft: Draft, output: str) -> str:
    """Return what a person, or the output, has changed about a document since it was delivered, or paid too much."""
    dates = (
        ("issue date", document.issue_date, draft.issue_date),
        ("due date", document.due_date, draft.due_date),
        ("credited", document.receipt.credited or None, 0),
    )
    changed = _words((*_essentials(document, draft, output), *dates))
    return "; ".join(filter(None, (changed, _overpaid(document, draft))))


def _overpaid(document: Document, draft: Draft) -> str:
    """Say how much more was paid than the document asks for, nothing if it is no more."""
    paid = document.receipt.paid or Decimal(0)
    asked = draft.totals.gross if document.gross is None else document.gross
    return f"{paid} was paid, {paid - asked} more than it asks for" if paid > asked else ""


def _essentials(document: Document, draft: Draft, output: str) -> tuple[Field, ...]:
    return (
        ("client", document.client, draft.client.remote.get(output)),
        ("currency", document.currency, draft.currency),
        ("gross", document.gross, draft.totals.gross),
    )


def _words(fields: Iterable[Field]) -> str:
    return "; ".join(
        f"{what} is {there} there and {wanted} in the draft"
        for what, there, wanted in fields
        if there is not None and wanted is not None and there != wanted
    )
