"""The two kinds of documents that drafts become: invoices and credit notes. Pure.

Both have the same fields, but for the names of their id and number. On receipts the id of an invoice stands as Xero has
it; that of a credit note has `CreditNotes/` before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tracker2invoice.kinds import DocumentKind
from tracker2invoice.model.claim import DocumentState
from tracker2invoice.model.invoice import Draft

STATES: Mapping[str, DocumentState] = MappingProxyType(
    {
        "DRAFT": "draft",
        "SUBMITTED": "draft",
        "AUTHORISED": "sent",
        "PAID": "paid",
        "VOIDED": "void",
        "DELETED": "deleted",
    }
)


@dataclass(frozen=True, slots=True)
class Kind(DocumentKind):
    """Where documents of a kind are, how Xero calls what it calls differently, and where people open one."""

    path: str
    type: str
    id_field: str
    number_field: str
    page: str
    states: Mapping[str, DocumentState]


INVOICES = Kind(
    "", "Invoices", "ACCREC", "InvoiceID", "InvoiceNumber", "AccountsReceivable/View.aspx?InvoiceID=", STATES
)
CREDIT_NOTES = Kind(
    "CreditNotes/",
    "CreditNotes",
    "ACCRECCREDIT",
    "CreditNoteID",
    "CreditNoteNumber",
    "AccountsReceivable/ViewCreditNote.aspx?creditNoteID=",
    # at Xero it is paid when all of it was allocated or refunded: nothing came in
    MappingProxyType({**STATES, "PAID": "sent"}),
)


def kind_of(draft: Draft) -> Kind:
    """Return what a draft becomes."""
    return CREDIT_NOTES if draft.is_credit_note else INVOICES


def kind_with(remote_id: str) -> Kind:
    """Return the kind of the document with that id."""
    return CREDIT_NOTES if CREDIT_NOTES.has(remote_id) else INVOICES
