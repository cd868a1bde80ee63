"""Tryton's twin: the sandbox in the words that all outputs share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tracker2invoice.model.claim import DocumentState
from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.tryton import DATABASE, KEY, TrytonSandbox
from tracker2invoice.testing.sandbox.tryton_books import (
    COMPANY,
    EUR,
    EXEMPT,
    JOURNAL,
    RECEIVABLE,
    REVENUE,
    TAX_ACCOUNT,
    VAT_19,
)
from tracker2invoice.testing.twins import Booked
from tracker2invoice_tryton.answers import STATES

_KEY = "TWIN_TRYTON_KEY"


@contextmanager
def start(clock: Clock) -> Generator[TrytonTwin]:
    """Start a Tryton with one party; it stops at the end."""
    with TrytonSandbox(clock) as sandbox:
        yield TrytonTwin(sandbox)


class TrytonTwin:
    """A company in euros. What is deleted there is gone from its books."""

    environment: Mapping[str, str] = {_KEY: KEY}
    variants: Mapping[str, Mapping[str, object]] = {"attached": {"attach_annex": True}}

    def __init__(self, sandbox: TrytonSandbox) -> None:
        self.sandbox = sandbox
        self.client = sandbox.books.add_party("Acme GmbH")
        self.settings: Mapping[str, object] = {
            "url": sandbox.url,
            "database": DATABASE,
            "key": {"env": _KEY},
            "company": COMPANY,
            "journal": JOURNAL,
            "account": REVENUE,
            "receivable": RECEIVABLE,
            "currencies": {"EUR": EUR},
            "tax": {"S 19": f"{VAT_19}/{TAX_ACCOUNT}", "E 0": f"{EXEMPT}"},
        }

    def documents(self) -> Sequence[Booked]:
        """Return every invoice and credit note."""
        return [_booked(one) for one in self.sandbox.books.invoices]

    def leftovers(self) -> Sequence[str]:
        """Name the files that are attached more than once; a document itself is one request."""
        files = self.sandbox.books.tables["ir.attachment"].values()
        attached = Counter((file["resource"], file["name"]) for file in files)
        return [f"{name} of {resource}" for (resource, name), times in attached.items() if times > 1]

    def change(self, reference: str, state: DocumentState) -> None:
        """Take the invoices with that reference to a state, on the way that Tryton allows."""
        books = self.sandbox.books
        for invoice in [one for one in books.invoices if one["description"] == reference]:
            if state in ("sent", "paid"):
                books.act(invoice, "post")
            if state == "paid":
                total = invoice["untaxed_amount"] + invoice["tax_amount"]
                books.pay(invoice, total, invoice["invoice_date"])
            if state == "void":
                books.act(invoice, "cancel")
            if state == "deleted":
                books.delete(invoice)

    def forget_keys(self) -> None:
        """Do nothing: Tryton knows no keys."""


def _booked(invoice: Mapping[str, Any]) -> Booked:
    # the amounts of a credit note are negative there
    gross = abs(invoice["untaxed_amount"] + invoice["tax_amount"])
    return Booked(
        reference=invoice["description"],
        client=f"{invoice['party']}/{invoice['invoice_address']}",
        currency="EUR",
        net=abs(invoice["untaxed_amount"]),
        gross=gross,
        state=STATES[invoice["state"]],
    )
