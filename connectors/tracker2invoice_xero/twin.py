"""Xero's twin: the sandbox in the words that all outputs share."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from tracker2invoice.model.claim import DocumentState
from tracker2invoice.model.invoice import REFERENCE
from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.xero import CLIENT_ID, CLIENT_SECRET, FIRST_REFRESH_TOKEN, XeroSandbox
from tracker2invoice.testing.twins import Booked
from tracker2invoice_xero.answers import STATES

_SECRET, _TOKEN = "TWIN_XERO_SECRET", "TWIN_XERO_TOKEN"


@contextmanager
def start(clock: Clock) -> Generator[XeroTwin]:
    """Start a Xero with one contact; it stops at the end."""
    with XeroSandbox(clock) as sandbox:
        yield XeroTwin(sandbox)


class XeroTwin:
    """The app is one with refresh tokens, because a chain of tokens can be lost; `custom` is one without."""

    environment: Mapping[str, str] = {_SECRET: CLIENT_SECRET, _TOKEN: FIRST_REFRESH_TOKEN}
    variants: Mapping[str, Mapping[str, object]] = {
        "custom": {"refresh_token": None},
        "strict": {"strict_unique": True},
    }

    def __init__(self, sandbox: XeroSandbox) -> None:
        self.sandbox = sandbox
        self.client = sandbox.books.add_contact("Acme GmbH")
        self.settings: Mapping[str, object] = {
            "url": sandbox.url,
            "tenant": sandbox.tenant,
            "client_id": CLIENT_ID,
            "client_secret": {"env": _SECRET},
            "refresh_token": {"env": _TOKEN},
            "tax": {"S 19": "OUTPUT2"},
        }

    def documents(self) -> Sequence[Booked]:
        """Return every sales invoice."""
        return [_booked(invoice) for invoice in self.sandbox.books.invoices]

    def leftovers(self) -> Sequence[str]:
        """Return nothing: an invoice is one request."""
        return ()

    def change(self, reference: str, state: DocumentState) -> None:
        """Take the invoices with that reference from draft to a state, on the way that Xero allows."""
        steps = {"sent": ["AUTHORISED"], "paid": ["AUTHORISED", "PAID"], "void": ["AUTHORISED", "VOIDED"]}
        for invoice in [one for one in self.sandbox.books.invoices if _reference(one) == reference]:
            for status in steps.get(state, ["DELETED"]):
                self.sandbox.books.change(str(invoice["InvoiceID"]), {"Status": status})

    def forget_keys(self) -> None:
        """Take no notice of the header Idempotency-Key."""
        self.sandbox.knows_keys = False


def _booked(invoice: Mapping[str, Any]) -> Booked:
    return Booked(
        reference=_reference(invoice),
        client=invoice["Contact"]["ContactID"],
        currency=invoice["CurrencyCode"],
        net=Decimal(invoice["SubTotal"]),
        gross=Decimal(invoice["Total"]),
        state=STATES.get(invoice["Status"], "unknown"),
    )


def _reference(invoice: Mapping[str, Any]) -> str:
    found = REFERENCE.search(f"{invoice['Reference']} {invoice['InvoiceNumber']}")
    return found[0] if found else ""
