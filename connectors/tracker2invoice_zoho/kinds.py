"""The two kinds of documents that drafts become: invoices and credit notes. Pure.

On receipts the id of an invoice stands as Zoho has it; that of a credit note has `creditnotes/` before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tracker2invoice.kinds import DocumentKind
from tracker2invoice.model.claim import DocumentState
from tracker2invoice.model.invoice import Draft


@dataclass(frozen=True, slots=True)
class Kind(DocumentKind):
    """Where documents of a kind are, under which name one stands in an answer, and what their states mean."""

    path: str
    name: str
    states: Mapping[str, DocumentState]


INVOICES = Kind(
    "",
    "invoices",
    "invoice",
    MappingProxyType(
        {
            "draft": "draft",
            "sent": "sent",
            "viewed": "sent",
            "overdue": "sent",
            "unpaid": "sent",
            "partially_paid": "sent",
            "paid": "paid",
            "void": "void",
        }
    ),
)
CREDIT_NOTES = Kind(
    "creditnotes/",
    "creditnotes",
    "creditnote",
    # one is closed when all of it was applied or refunded: nothing came in
    MappingProxyType({"draft": "draft", "open": "sent", "closed": "sent", "void": "void"}),
)


def kind_of(draft: Draft) -> Kind:
    """Return what a draft becomes."""
    return CREDIT_NOTES if draft.is_credit_note else INVOICES


def kind_with(remote_id: str) -> Kind:
    """Return the kind of the document with that id."""
    return CREDIT_NOTES if CREDIT_NOTES.has(remote_id) else INVOICES
