"""Invoices and credit notes on receipts. Pure.

A credit note is a sales invoice of negative amounts there: its id has `credit/` before it, so that amounts are read
with the right sign.
"""

from __future__ import annotations

_CREDIT = "credit/"


def remote_id(own_id: str, *, credit_note: bool) -> str:
    """Return the id of a document as it stands on a receipt."""
    return f"{_CREDIT if credit_note else ''}{own_id}"


def own_id(remote_id: str) -> str:
    """Return the id of a document as Moneybird has it."""
    return remote_id.removeprefix(_CREDIT)


def is_credit(remote_id: str) -> bool:
    """Say whether a document is a credit note."""
    return remote_id.startswith(_CREDIT)
