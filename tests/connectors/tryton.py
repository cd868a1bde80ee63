"""A pretended Tryton for tests, what people do in it, and how to connect to it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.invoice import Draft, Line
from tracker2invoice.plugins import Context, Output
from tracker2invoice.testing.bills import with_amounts
from tracker2invoice.testing.samples import NOW, sample_draft
from tracker2invoice.testing.sandbox import tryton_books as books
from tracker2invoice.testing.sandbox.server import Fault
from tracker2invoice.testing.sandbox.tryton import DATABASE, KEY, TrytonSandbox
from tracker2invoice.testing.sandbox.tryton_books import Fields
from tracker2invoice_tryton import TrytonSettings, plugin
from tracker2invoice_tryton.payload import resource_of

CLIENT = "1/1"
EVERYTHING = {"attach_annex": True, "create_missing": True}
KNOWN: dict[str, Any] = {
    "company": books.COMPANY,
    "journal": books.JOURNAL,
    "revenue": books.REVENUE,
    "receivable": books.RECEIVABLE,
    "tax_account": books.TAX_ACCOUNT,
    "currencies": {"EUR": books.EUR, "JPY": books.JPY, "KWD": books.KWD},
    "taxes": {"0.19": books.VAT_19, "0.07": books.VAT_7, "0.00": books.EXEMPT},
    "client": CLIENT,
    "country": 1,
    "inactive": "2/2",
    "key": KEY,
}
"""What is set up in the sandbox: its ids."""


def given(known: Mapping[str, Any], url: str, database: str) -> dict[str, Any]:
    """Return the settings that lead to a database whose ids are known."""
    taxes, account = known["taxes"], known["tax_account"]
    return {
        "url": url,
        "database": database,
        **{name: known[name] for name in ("key", "company", "journal", "receivable", "currencies")},
        "account": known["revenue"],
        "tax": {"S 19": f"{taxes['0.19']}/{account}", "S 7": f"{taxes['0.07']}/{account}", "E 0": str(taxes["0.00"])},
    }


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class FarTryton(TrytonSandbox):
    def bearing(self, reference: str) -> list[Fields]:
        return [one for one in self.books.invoices if reference in str(one["description"])]

    def count(self, reference: str) -> int:
        return len(self.bearing(reference))

    def text(self, reference: str) -> str:
        (invoice,) = self.bearing(reference)
        return "\n".join([*(line["description"] for line in invoice["lines"]), invoice["comment"]])

    def change(self, reference: str, state: Literal["sent", "paid", "deleted"]) -> None:
        (invoice,) = self.bearing(reference)
        if state == "deleted":
            self.books.delete(invoice)
            return
        self.books.act(invoice, "post")
        if state == "paid":
            self.books.pay(invoice, invoice["untaxed_amount"] + invoice["tax_amount"], date(2026, 3, 9))

    def attachments(self, reference: str) -> list[str]:
        resources = [resource_of(one["id"]) for one in self.bearing(reference)]
        return [one["name"] for one in self.books.tables["ir.attachment"].values() if one["resource"] in resources]

    def drop_next_write(self, moment: Literal["before", "after"]) -> None:
        self.faults.append(Fault(moment, "drop", method="POST"))

    def refuse_us(self) -> None:
        self.revoke()


@contextmanager
def running(clock: Clock) -> Generator[FarTryton]:
    """Start a server with one client, and one who is not active."""
    with FarTryton(clock) as tryton:
        tryton.books.add_party("Acme GmbH", "Ring 2")
        tryton.books.add_party("Old")
        tryton.books.tables["party.party"][2]["active"] = False
        yield tryton


@contextmanager
def connected(url: str, clock: Clock, directory: Path, **more: object) -> Generator[Output]:
    settings = TrytonSettings.model_validate(given(KNOWN, url, DATABASE) | more)
    with closing(plugin.connect(settings, Context("books", directory, clock))) as output:
        yield output


def draft_for(currency: str = "EUR", **fields: Any) -> Draft:
    fields.setdefault("remote", {"books": CLIENT})
    return sample_draft(currency, **fields)


def create(output: Output, draft: Draft) -> Receipt:
    return output.create(draft, output.prepare(draft), "k").receipt


def with_lines(*amounts: tuple[str, str], **fields: Any) -> Draft:
    """Return a draft with a line for each quantity and unit price, all of one tax."""
    draft = draft_for(**fields)
    tax = draft.lines[0].tax
    lines = [
        Line(f"Line {number}", Decimal(quantity), "C62", Decimal(price), (Decimal(quantity) * Decimal(price)), tax)
        for number, (quantity, price) in enumerate(amounts)
    ]
    return with_amounts(draft, [replace(line, net=line.net.quantize(Decimal("0.01"))) for line in lines])


OFTEN_WRONG = {
    "half a cent down": (("12.5", "95"),),
    "deductions apart": (("1", "100.02"), ("-1", "33.34"), ("-1", "0.03")),
    "two deductions": (("1", "10.01"), ("1", "10.01"), ("-1", "3.02"), ("-1", "3.02")),
}
"""Lines whose tax Tryton by itself rounds otherwise: quantity and unit price of each."""
