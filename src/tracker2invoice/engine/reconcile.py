"""Read back what became of the documents: sent, paid, edited, voided, deleted. Nothing over there is changed.

What is found is written down with the delivery; what follows from it is decided in `mapping/billed.py`. A document that
is not there any more is never written again by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tracker2invoice.engine.amend import LOCK_PATIENCE, output_lock
from tracker2invoice.engine.compare import edits, written_out
from tracker2invoice.engine.guard import guarded
from tracker2invoice.engine.house import House
from tracker2invoice.engine.observe import Trouble
from tracker2invoice.errors import LedgerBusy, Tracker2InvoiceError
from tracker2invoice.failpoints import failpoint
from tracker2invoice.mapping.billed import ACCEPTED, EDITED
from tracker2invoice.model.claim import Delivery, Receipt
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Document

OVERLAP = timedelta(minutes=15)
"""How much of the time before is read again: clocks differ, and a change takes a while to show."""

WHOLE_EVERY = timedelta(days=1)
"""How often all is read, because not every change moves the instant that outputs keep of it."""


@dataclass(frozen=True, slots=True)
class Change:
    """What has become of a document: the delivery before and now, and the event that the journal has of it."""

    before: Delivery
    now: Delivery
    event: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a reading has found: every change, how many documents were looked at, and what failed."""

    changes: tuple[Change, ...]
    documents: int
    troubles: tuple[Trouble, ...]


def reconcile(house: House, *, whole: bool = True, progress: Callable[[int], None] = lambda _: None) -> Reconciled:
    """Read back every output's documents; `whole` asks for all of them, else for what may have changed lately.

    `progress` is called with the number of documents after each output.

    Raises:
        Stop: the ledger cannot be used.
    """
    changes: list[Change] = []
    troubles: list[Trouble] = []
    documents = 0
    for name in house.configuration.outputs:
        if not house.ledger.delivered(name):
            continue
        try:
            with house.ledger.lock(output_lock(name), LOCK_PATIENCE):
                reader = _Reader(house, name)
                changes.extend(reader.read(whole=whole))
        except LedgerBusy as error:
            troubles.append(Trouble(f"outputs.{name}", error))
            continue
        troubles.extend(reader.troubles)
        documents += reader.documents
        progress(reader.documents)
    return Reconciled(tuple(changes), documents, tuple(troubles))


class _Reader:
    """Reads one output, whose lock the caller holds."""

    def __init__(self, house: House, name: str) -> None:
        self._house, self._name, self._ledger = house, name, house.ledger
        self.documents = 0
        self.troubles: list[Trouble] = []

    def read(self, *, whole: bool) -> Iterator[Change]:
        delivered = {one.receipt.remote_id: one for one in self._ledger.delivered(self._name) if one.receipt}
        started, since, whole_at = self._span(whole=whole)
        self.documents = len(delivered)
        for document in self._documents([one.receipt for one in delivered.values() if one.receipt], since):
            delivery = delivered.get(document.receipt.remote_id)
            if delivery and (change := self._change(delivery, document)):
                self._ledger.save_delivery(change.now, change.event)
                yield change
        if not self.troubles:
            self._ledger.record_read_back(self._name, started, whole_at)

    def _span(self, *, whole: bool) -> tuple[datetime, datetime | None, datetime]:
        """Return when this reading starts, since when changes are asked for, and when all was read last."""
        now, before = self._house.clock(), self._ledger.read_back(self._name)
        # an instant yet to come was written down while the clock was ahead
        if whole or before is None or not before[1] <= before[0] <= now < before[1] + WHOLE_EVERY:
            return now, None, now
        return now, before[0] - OVERLAP, before[1]

    def _documents(self, receipts: list[Receipt], since: datetime | None) -> list[Document]:
        found: list[Document] = []
        try:
            output = self._house.output(self._name)
            with guarded(self._name), failpoint("output.read-back"):
                for document in output.read_back(receipts, since):
                    found.append(document)  # noqa: PERF402 (what was told before an error is kept)
        except Tracker2InvoiceError as error:
            self.troubles.append(Trouble(f"outputs.{self._name}", error))
        return found

    def _change(self, delivery: Delivery, document: Document) -> Change | None:
        now, event = standing(delivery, document, self._ledger.draft(delivery.reference))
        return None if now == delivery else Change(delivery, now, event)


def standing(delivery: Delivery, document: Document, draft: Draft) -> tuple[Delivery, str]:
    """Return a delivery as it is now that its document was read, and the event that the journal has of it."""
    document = written_out(document, draft.currency)
    receipt, before = document.receipt, delivery.receipt
    if receipt.state in ("void", "deleted"):
        words = f"the document was {receipt.state} over there"
        return replace(delivery, state="gone", reason="gone", detail=words, receipt=receipt), "gone"
    words = edits(document, draft, delivery.output)
    read = replace(delivery, receipt=receipt)
    if words != (delivery.detail if delivery.reason in (EDITED, ACCEPTED) else ""):
        return replace(read, reason=EDITED if words else "", detail=words), EDITED if words else "corrected"
    if before and before.state != receipt.state:
        return read, receipt.state
    return read, "payment" if before and before.paid != receipt.paid else "changed"
