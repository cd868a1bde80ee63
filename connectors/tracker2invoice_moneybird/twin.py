"""Moneybird's twin: the sandbox in the words that all outputs share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from tracker2invoice.model.claim import DocumentState
from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.moneybird import ADMINISTRATION, TOKEN, MoneybirdSandbox
from tracker2invoice.testing.twins import Booked
from tracker2invoice_moneybird.answers import STATES

_TOKEN = "TWIN_MONEYBIRD_TOKEN"  # noqa: S105 (the name of a variable)


@contextmanager
def start(clock: Clock) -> Generator[MoneybirdTwin]:
    """Start a Moneybird with one contact; it stops at the end."""
    with MoneybirdSandbox(clock) as sandbox:
        yield MoneybirdTwin(sandbox)


class MoneybirdTwin:
    """An administration in euros. What is deleted there is gone from its books."""

    environment: Mapping[str, str] = {_TOKEN: TOKEN}
    variants: Mapping[str, Mapping[str, object]] = {"attached": {"attach_annex": True}}

    def __init__(self, sandbox: MoneybirdSandbox) -> None:
        self.sandbox = sandbox
        self.client = sandbox.books.add_contact("Acme GmbH")
        self.settings: Mapping[str, object] = {
            "url": sandbox.url,
            "administration": ADMINISTRATION,
            "token": {"env": _TOKEN},
            "account": "2001",
            "tax": {"S 19": "1001"},
        }

    def documents(self) -> Sequence[Booked]:
        """Return every invoice and credit invoice."""
        return [_booked(invoice) for invoice in self.sandbox.books.invoices]

    def leftovers(self) -> Sequence[str]:
        """Name the files that are attached more than once; an invoice itself is one request."""
        invoices: list[Any] = self.sandbox.books.invoices
        counted = Counter(f"{file['filename']} of {one['id']}" for one in invoices for file in one["attachments"])
        return [name for name, times in counted.items() if times > 1]

    def change(self, reference: str, state: DocumentState) -> None:
        """Send or pay the invoices with that reference; delete them to void them, for Moneybird knows no other way."""
        books = self.sandbox.books
        for invoice in [one for one in books.invoices if one["reference"] == reference]:
            if state not in ("sent", "paid"):
                books.delete(invoice)
                continue
            books.send(invoice)
            if state == "paid":
                books.pay(
                    invoice,
                    Decimal(str(invoice["total_price_incl_tax"])),
                    date.fromisoformat(str(invoice["invoice_date"])),
                )

    def forget_keys(self) -> None:
        """Do nothing: Moneybird knows no keys."""


def _booked(invoice: Mapping[str, Any]) -> Booked:
    # the amounts of a credit invoice are negative there
    return Booked(
        reference=invoice["reference"],
        client=invoice["contact_id"],
        currency=invoice["currency"],
        net=abs(Decimal(invoice["total_price_excl_tax"])),
        gross=abs(Decimal(invoice["total_price_incl_tax"])),
        state=STATES.get(invoice["state"], "unknown"),
    )
