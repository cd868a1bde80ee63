"""The kinds of documents that drafts become. Pure.

For us the id of a document has its kind before it, as in `Invoice/145`.
"""

from __future__ import annotations

from dataclasses import dataclass

from tracker2invoice.model.invoice import Draft
from tracker2invoice_quickbooks import Mode


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of documents: what QuickBooks calls it."""

    entity: str

    @property
    def path(self) -> str:
        """Where documents of this kind are created, and where people open them."""
        return self.entity.lower()

    def remote_id(self, own_id: str) -> str:
        """Return the id of a document as it stands on a receipt."""
        return f"{self.entity}/{own_id}"


INVOICES, ESTIMATES, CREDIT_MEMOS = Kind("Invoice"), Kind("Estimate"), Kind("CreditMemo")


def kind_of(draft: Draft, mode: Mode) -> Kind:
    """Return what a draft becomes."""
    if draft.is_credit_note:
        return CREDIT_MEMOS
    return ESTIMATES if mode == "estimate" else INVOICES


def kinds_of(draft: Draft) -> tuple[Kind, ...]:
    """Return what a draft may have become: in another mode an invoice was an estimate, or the other way round."""
    return (CREDIT_MEMOS,) if draft.is_credit_note else (INVOICES, ESTIMATES)


def split(remote_id: str) -> tuple[Kind, str]:
    """Return the kind of the document with that id on its receipt, and the id that QuickBooks has for it."""
    entity, _, own_id = remote_id.partition("/")
    return Kind(entity), own_id
