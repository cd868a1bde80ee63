"""Ports of outputs that can do more than `Output` asks for; `Capabilities` says which can."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Document, Output


class FinalizingOutput(Output, Protocol):
    """An output with the capability `finalizes`: it takes the numbers of the ledger."""

    def numbers(self) -> Collection[str]:
        """Return the numbers of all documents that are there, whoever has given them.

        Raises:
            Rejected: it cannot tell. AccessDenied, BadAnswer, StorageFailed, TryLater: they could not be read.
        """
        ...

    def finalize(self, draft: Draft, receipt: Receipt) -> Document:
        """Write the document anew, with the number that the draft has now; from then on it is no draft.

        Safe to repeat: the same number makes the same document.

        Raises:
            Rejected: it has another number already, or cannot be written. StorageFailed, TryLater, Unclear: it may have
                been written; the engine asks again.
        """
        ...
