"""The two kinds of documents that drafts become: invoices and credits. Pure.

Both have the same fields. Their ids are made of numbers that are counted for each kind, so an invoice and a credit may
have the same one: for us, that of a credit has `credits/` before it.
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
    """Where documents of a kind are, what is asked for with them, and what their states mean."""

    path: str
    include: str
    states: Mapping[str, DocumentState]


INVOICES = Kind(
    "",
    "invoices",
    "client,payments",
    # app/Models/Invoice.php: draft, sent, partially paid, paid, cancelled, reversed
    MappingProxyType({"1": "draft", "2": "sent", "3": "sent", "4": "paid", "5": "void", "6": "void"}),
)
CREDITS = Kind(
    "credits/",
    "credits",
    "client",
    # app/Models/Credit.php: draft, sent, partially applied, applied
    MappingProxyType({"1": "draft", "2": "sent", "3": "sent", "4": "sent"}),
)


def kind_of(draft: Draft) -> Kind:
    """Return what a draft becomes."""
    return CREDITS if draft.is_credit_note else INVOICES


def kind_with(remote_id: str) -> Kind:
    """Return the kind of the document with that id."""
    return CREDITS if CREDITS.has(remote_id) else INVOICES
