"""Invoice Ninja's twin: the sandbox in the words that all outputs share."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from tracker2invoice.model.claim import DocumentState
from tracker2invoice.model.invoice import REFERENCE
from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.invoiceninja import TOKEN, InvoiceNinjaSandbox
from tracker2invoice.testing.twins import Booked
from tracker2invoice_invoiceninja.answers import STATES

_TOKEN = "TWIN_INVOICENINJA_TOKEN"  # noqa: S105 (the name of a variable)


@contextmanager
def start(clock: Clock) -> Generator[InvoiceNinjaTwin]:
    """Start an Invoice Ninja with one client; it stops at the end."""
    with InvoiceNinjaSandbox(clock) as sandbox:
        yield InvoiceNinjaTwin(sandbox)


class InvoiceNinjaTwin:
    """A company in euros, whose client has no currency of its own."""

    environment: Mapping[str, str] = {_TOKEN: TOKEN}
    variants: Mapping[str, Mapping[str, object]] = {"strict": {"strict_unique": True}}

    def __init__(self, sandbox: InvoiceNinjaSandbox) -> None:
        self.sandbox = sandbox
        self.client = sandbox.books.add_client("Acme GmbH")
        self.settings: Mapping[str, object] = {
            "url": sandbox.url,
            "token": {"env": _TOKEN},
            "tax": {"S 19": "VAT"},
        }

    def documents(self) -> Sequence[Booked]:
        """Return every invoice."""
        return [_booked(invoice) for invoice in self.sandbox.books.invoices]

    def leftovers(self) -> Sequence[str]:
        """Return nothing: an invoice is one request."""
        return ()

    def change(self, reference: str, state: DocumentState) -> None:
        """Take the invoices with that reference to a state, on the way that Invoice Ninja allows."""
        steps = {"sent": ["mark_sent"], "paid": ["mark_sent", "mark_paid"], "void": ["mark_sent", "cancel"]}
        for invoice in [one for one in self.sandbox.books.invoices if _reference(one) == reference]:
            for action in steps.get(state, ["delete"]):
                self.sandbox.books.act(invoice, action)

    def forget_keys(self) -> None:
        """Do nothing: Invoice Ninja knows no keys."""


def _booked(invoice: Mapping[str, Any]) -> Booked:
    return Booked(
        reference=_reference(invoice),
        client=invoice["client_id"],
        currency="EUR",
        net=Decimal(invoice["amount"]) - Decimal(invoice["total_taxes"]),
        gross=Decimal(invoice["amount"]),
        state="deleted" if invoice["is_deleted"] else STATES.get(invoice["status_id"], "unknown"),
    )


def _reference(invoice: Mapping[str, Any]) -> str:
    found = REFERENCE.search(f"{invoice['custom_value1']} {invoice['number']}")
    return found[0] if found else ""
