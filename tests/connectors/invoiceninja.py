"""A pretended Invoice Ninja for tests, what people do in it, and how to connect to it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Context, Output
from tracker2invoice.testing.samples import NOW, sample_draft
from tracker2invoice.testing.sandbox.invoiceninja import TOKEN, InvoiceNinjaSandbox
from tracker2invoice.testing.sandbox.invoiceninja_books import Fields
from tracker2invoice.testing.sandbox.server import Fault
from tracker2invoice_invoiceninja import InvoiceNinjaSettings, plugin
from tracker2invoice_invoiceninja.inert import JOINER

CLIENT = "Opnel5aKBz"
IN_YEN, IN_DINAR = "VolejRejNm", "Wpmbk5ezJn"
EVERYTHING = {"attach_annex": True, "create_missing": True}
OF_CURRENCY = {"EUR": CLIENT, "JPY": IN_YEN, "KWD": IN_DINAR}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class FarNinja(InvoiceNinjaSandbox):
    def _bearing(self, reference: str) -> list[Fields]:
        return [one for one in (*self.books.invoices, *self.books.credits) if reference in str(one["custom_value1"])]

    def count(self, reference: str) -> int:
        return len(self._bearing(reference))

    def text(self, reference: str) -> str:
        """Return what a person reads: the joiner has no width."""
        (invoice,) = self._bearing(reference)
        lines: Any = invoice["line_items"]
        return "\n".join(line["notes"] for line in lines).replace(JOINER, "")

    def change(self, reference: str, state: Literal["sent", "paid", "deleted"]) -> None:
        (invoice,) = self._bearing(reference)
        steps = {"sent": ["mark_sent"], "paid": ["mark_sent", "mark_paid"], "deleted": ["delete"]}
        for action in steps[state]:
            self.books.act(invoice, action)

    def attachments(self, reference: str) -> list[str]:
        files = [self.books.files.get(str(one["id"]), []) for one in self._bearing(reference)]
        return [str(file["name"]) for some in files for file in some]

    def drop_next_write(self, moment: Literal["before", "after"]) -> None:
        self.faults.append(Fault(moment, "drop", method="POST", path="/invoices"))

    def refuse_us(self) -> None:
        self.revoke()


@contextmanager
def running(clock: Clock) -> Generator[FarNinja]:
    """Start a server with a client in euros, one in yen and one in dinars."""
    with FarNinja(clock) as ninja:
        ninja.books.add_client("Acme GmbH", client_id=CLIENT)
        ninja.books.add_client("Acme KK", "45", IN_YEN)
        ninja.books.add_client("Acme WLL", "89", IN_DINAR)
        yield ninja


@contextmanager
def connected(ninja: InvoiceNinjaSandbox, clock: Clock, directory: Path, **more: object) -> Generator[Output]:
    tax = {"S 19": "VAT", "S 7": "VAT low", "E 0": "Exempt"}
    settings = InvoiceNinjaSettings.model_validate({"url": ninja.url, "token": TOKEN, "tax": tax, **more})
    with closing(plugin.connect(settings, Context("books", directory, clock))) as output:
        yield output


def draft_for(currency: str = "EUR", **fields: Any) -> Draft:
    fields.setdefault("remote", {"books": OF_CURRENCY[currency]})
    return sample_draft(currency, **fields)


def create(output: Output, draft: Draft) -> Receipt:
    return output.create(draft, output.prepare(draft), "k").receipt
