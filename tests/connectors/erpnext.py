"""A pretended ERPNext for tests, what people do in it, and how to connect to it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any, Literal

from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Context, Output
from tracker2invoice.testing.samples import NOW, sample_draft
from tracker2invoice.testing.sandbox.erpnext import KEY, SECRET, ErpnextSandbox
from tracker2invoice.testing.sandbox.erpnext_books import COMPANY, NO_VAT, REVENUE, VAT, VAT_LOW, Fields
from tracker2invoice.testing.sandbox.server import Fault, Request
from tracker2invoice_erpnext import ErpnextSettings, plugin

CLIENT = "Acme GmbH"
GIVEN: dict[str, object] = {
    "key": KEY,
    "secret": SECRET,
    "company": COMPANY,
    "account": REVENUE,
    "tax": {"S 19": VAT, "S 7": VAT_LOW, "E 0": NO_VAT},
    "template_by_tax": {"S 19": "19% - N", "S 7": "7% - N", "E 0": "0% - N"},
}
CREATING = "/api/resource/Sales Invoice"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class FaultOfAWrite(Fault):
    def matches(self, request: Request) -> bool:
        """Leave out the lists, which are asked for by POST, too."""
        return request.method == "POST" and "/frappe.client." not in request.path


class FarErpnext(ErpnextSandbox):
    def _bearing(self, reference: str) -> list[Fields]:
        return [one for one in self.books.invoices if one["t2i_ref"] == reference]

    def count(self, reference: str) -> int:
        return len(self._bearing(reference))

    def text(self, reference: str) -> str:
        (invoice,) = self._bearing(reference)
        items: Any = invoice["items"]
        html = "\n".join([*(item["description"] for item in items), str(invoice["terms"])])
        return unescape(html.replace("<br>", "\n"))

    def change(self, reference: str, state: Literal["sent", "paid", "deleted"]) -> None:
        (invoice,) = self._bearing(reference)
        if state == "deleted":
            self.books.delete(str(invoice["name"]))
            return
        self.books.submit(invoice)
        if state == "paid":
            self.books.pay(invoice)

    def attachments(self, reference: str) -> list[str]:
        (invoice,) = self._bearing(reference)
        return [
            str(one["file_name"]) for one in self.books.tables["File"] if one["attached_to_name"] == invoice["name"]
        ]

    def drop_next_write(self, moment: Literal["before", "after"]) -> None:
        self.faults.append(FaultOfAWrite(moment, "drop"))

    def refuse_us(self) -> None:
        self.revoke()


@contextmanager
def running(clock: Clock) -> Generator[FarErpnext]:
    with FarErpnext(clock) as erpnext:
        erpnext.books.add_customer(CLIENT)
        yield erpnext


@contextmanager
def connected(erpnext: ErpnextSandbox, clock: Clock, directory: Path, **more: object) -> Generator[Output]:
    settings = ErpnextSettings.model_validate({"url": erpnext.url, **GIVEN, **more})
    with closing(plugin.connect(settings, Context("books", directory, clock))) as output:
        yield output


def draft_for(currency: str = "EUR", **fields: Any) -> Draft:
    fields.setdefault("remote", {"books": CLIENT})
    return sample_draft(currency, **fields)


def create(output: Output, draft: Draft) -> Receipt:
    return output.create(draft, output.prepare(draft), "k").receipt
