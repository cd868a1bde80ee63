"""Kinds of documents in outputs, and what tells their ids apart on receipts. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """Documents of one kind; `prefix` stands before their ids on receipts, empty where nothing has to."""

    prefix: str

    def remote_id(self, own_id: str) -> str:
        """Return the id of a document as it stands on a receipt."""
        return f"{self.prefix}{own_id}"

    def own_id(self, remote_id: str) -> str:
        """Return the id of a document as the output has it."""
        return remote_id.removeprefix(self.prefix)

    def has(self, remote_id: str) -> bool:
        """Say whether the document on a receipt is of this kind, which has a prefix."""
        return remote_id.startswith(self.prefix)


CREDIT = DocumentKind("credit/")
"""Credit notes where these are invoices of negative amounts, so that what is read back gets the right sign."""
