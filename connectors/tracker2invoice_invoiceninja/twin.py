"""Invoice Ninja's twin: the sandbox in the words that all outputs share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from tracker2invoice.model.claim import DocumentState
from tracker2invoice.model.invoice import REFERENCE
from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.invoiceninja import TOKEN, InvoiceNinjaSandbox
from tracker2invoice.testing.twins import Booked
from tracker2invoice_invoiceninja.kinds import CREDITS, INVOICES, Kind

_TOKEN = "TWIN_INVOICENINJA_TOKEN"  # noqa: S105 (the name of a variable)


@contextmanager
def start(clock: Clock) -> Generator[InvoiceNinjaTwin]:
    """Start an Invoice Ninja with one client; it stops at the end."""
    with InvoiceNinjaSandbox(clock) as sandbox:
        yield InvoiceNinjaTwin(sandbox)


class InvoiceNinjaTwin:
    """A company in euros, whose client has no currency of its own."""

    environment: Mapping[str, str] = {_TOKEN: TOKEN}
    variants: Mapping[str, Mapping[str, object]] = {
        "strict": {"strict_unique": True},
        "attached": {"attach_annex": True},
    }

    def __init__(self, sandbox: InvoiceNinjaSandbox) -> None:
        self.sandbox = sandbox
        self.client = sandbox.books.add_client("Acme GmbH")
        self.settings: Mapping[str, object] = {
            "url": sandbox.url,
            "token": {"env": _TOKEN},
            "tax": {"S 19": "VAT"},
        }

    def documents(self) -> Sequence[Booked]:
        """Return every invoice and credit."""
        books = self.sandbox.books
        kept = [(INVOICES, one) for one in books.invoices] + [(CREDITS, one) for one in books.credits]
        return [_booked(kind, one) for kind, one in kept]

    def leftovers(self) -> Sequence[str]:
        """Name the files that are attached more than once; a document itself is one request."""
        attached = Counter((item, file["name"]) for item, files in self.sandbox.books.files.items() for file in files)
        return [f"{name} of {item}" for (item, name), times in attached.items() if times > 1]

    def change(self, reference: str, state: DocumentState) -> None:
        """Take the documents with that reference to a state, on the way that Invoice Ninja allows."""
        steps = {"sent": ["mark_sent"], "paid": ["mark_sent", "mark_paid"], "void": ["mark_sent", "cancel"]}
        books = self.sandbox.books
        for invoice in [one for one in (*books.invoices, *books.credits) if _reference(one) == reference]:
            for action in steps.get(state, ["delete"]):
                self.sandbox.books.act(invoice, action)

    def forget_keys(self) -> None:
        """Do nothing: Invoice Ninja knows no keys."""


def _booked(kind: Kind, invoice: Mapping[str, Any]) -> Booked:
    return Booked(
        reference=_reference(invoice),
        client=invoice["client_id"],
        currency="EUR",
        net=Decimal(invoice["amount"]) - Decimal(invoice["total_taxes"]),
        gross=Decimal(invoice["amount"]),
        state="deleted" if invoice["is_deleted"] else kind.states.get(invoice["status_id"], "unknown"),
    )


def _reference(invoice: Mapping[str, Any]) -> str:
    found = REFERENCE.search(f"{invoice['custom_value1']} {invoice['number']}")
    return found[0] if found else ""
