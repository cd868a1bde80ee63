"""A pretended Odoo for tests, what people do in it, and how to connect to it."""

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
from tracker2invoice.testing.sandbox.odoo import DATABASE, KEY, LOGIN, OdooSandbox
from tracker2invoice.testing.sandbox.odoo_books import Fields
from tracker2invoice.testing.sandbox.server import Fault
from tracker2invoice_odoo import OdooSettings, plugin

CLIENT = 57
GIVEN: dict[str, object] = {
    "database": DATABASE,
    "key": KEY,
    "company": "1",
    "account": "400",
    "tax": {"S 19": "11", "S 7": "12", "E 0": "13"},
}
BY_XML_RPC = {"login": LOGIN}
EVERYTHING = {"attach_annex": True, "create_missing": True}
CREATING = {"json-2": "/account.move/web_save", "xml-rpc": "/account.move/create"}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class FarOdoo(OdooSandbox):
    def _bearing(self, reference: str) -> list[Fields]:
        return [one for one in self.books.moves if reference in str(one["invoice_origin"])]

    def count(self, reference: str) -> int:
        return len(self._bearing(reference))

    def text(self, reference: str) -> str:
        (move,) = self._bearing(reference)
        lines: Any = move["lines"]
        return "\n".join(line["name"] for line in lines)

    def change(self, reference: str, state: Literal["sent", "paid", "deleted"]) -> None:
        (move,) = self._bearing(reference)
        if state == "deleted":
            self.books.unlink("account.move", [move["id"]])
            return
        self.books.post(move)
        if state == "paid":
            self.books.pay(move)

    def attachments(self, reference: str) -> list[str]:
        ids = [one["id"] for one in self._bearing(reference)]
        return [str(file["name"]) for file in self.books.tables["ir.attachment"] if file["res_id"] in ids]

    def drop_next_write(self, moment: Literal["before", "after"]) -> None:
        for method in ("/web_save", "/create"):
            self.faults.append(Fault(moment, "drop", path=method))

    def refuse_us(self) -> None:
        self.revoke()

    def called(self) -> list[str]:
        """Return the models and methods that were called, oldest first."""
        return ["/".join(self.path_of(one).split("/")[-2:]) for one in self.requests]


@contextmanager
def running(clock: Clock) -> Generator[FarOdoo]:
    with FarOdoo(clock) as odoo:
        odoo.books.add_partner("Acme GmbH", CLIENT)
        yield odoo


@contextmanager
def connected(odoo: OdooSandbox, clock: Clock, directory: Path, **more: object) -> Generator[Output]:
    settings = OdooSettings.model_validate({"url": odoo.url, **GIVEN, **more})
    with closing(plugin.connect(settings, Context("books", directory, clock))) as output:
        yield output


def draft_for(currency: str = "EUR", **fields: Any) -> Draft:
    fields.setdefault("remote", {"books": str(CLIENT)})
    return sample_draft(currency, **fields)


def create(output: Output, draft: Draft) -> Receipt:
    return output.create(draft, output.prepare(draft), "k").receipt
