"""QuickBooks Online's twin: the sandbox in the words that all outputs share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from tracker2invoice.model.claim import DocumentState
from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.quickbooks import (
    CLIENT_ID,
    CLIENT_SECRET,
    FIRST_REFRESH_TOKEN,
    REALM,
    QuickBooksSandbox,
)
from tracker2invoice.testing.twins import Booked
from tracker2invoice_quickbooks.answers import Transaction
from tracker2invoice_quickbooks.kinds import Kind

_SECRET, _TOKEN = "TWIN_QUICKBOOKS_SECRET", "TWIN_QUICKBOOKS_TOKEN"


@contextmanager
def start(clock: Clock) -> Generator[QuickBooksTwin]:
    """Start a QuickBooks with one customer; it stops at the end."""
    with QuickBooksSandbox(clock) as sandbox:
        yield QuickBooksTwin(sandbox)


class QuickBooksTwin:
    """A company in euros that gets unsent invoices; `estimate` is one that gets estimates."""

    environment: Mapping[str, str] = {_SECRET: CLIENT_SECRET, _TOKEN: FIRST_REFRESH_TOKEN}
    variants: Mapping[str, Mapping[str, object]] = {
        "estimate": {"mode": "estimate"},
        "attached": {"attach_annex": True},
    }

    def __init__(self, sandbox: QuickBooksSandbox) -> None:
        self.sandbox = sandbox
        self.client = sandbox.books.add_customer("Acme GmbH")
        self.settings: Mapping[str, object] = {
            "url": sandbox.url,
            "realm": REALM,
            "client_id": CLIENT_ID,
            "client_secret": {"env": _SECRET},
            "refresh_token": {"env": _TOKEN},
            "mode": "unsent-invoice",
            "item": "1",
            "tax": {"S 19": "10"},
        }

    def documents(self) -> Sequence[Booked]:
        """Return every document, deleted ones too."""
        return [_booked(one) for one in self.sandbox.books.documents]

    def leftovers(self) -> Sequence[str]:
        """Name the files that are attached more than once; a document is one request."""
        counted = Counter(str(one["FileName"]) for one in self.sandbox.books.attachables)
        return [name for name, times in counted.items() if times > 1]

    def change(self, reference: str, state: DocumentState) -> None:
        """Send, pay, void or delete the documents with that reference; an estimate is paid by its invoice."""
        books = self.sandbox.books
        for document in [one for one in books.documents if one["DocNumber"] == reference]:
            if state in ("sent", "paid"):
                books.send(document)
            if state == "paid":
                books.pay(document, Decimal(str(document["TotalAmt"])), date.fromisoformat(str(document["TxnDate"])))
            if state == "void":
                books.void(document)
            if state == "deleted":
                books.delete(document)

    def forget_keys(self) -> None:
        """Take no notice of the parameter requestid."""
        self.sandbox.knows_keys = False


def _booked(document: Mapping[str, Any]) -> Booked:
    item = Transaction.model_validate(document)
    kind = Kind(document["entity"])
    return Booked(
        reference=item.number or "",
        client=item.customer.value,
        currency=document["CurrencyRef"]["value"],
        net=item.total - document["TxnTaxDetail"]["TotalTax"],
        gross=item.total,
        state="deleted" if document["deleted"] else item.state(kind),
    )
