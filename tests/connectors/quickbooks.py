"""The pretended QuickBooks Online as the tests of its connector need it."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from tests.connectors.vendor_schemas import element_names

from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Context, Document, Output
from tracker2invoice.testing.samples import NOW, sample_draft
from tracker2invoice.testing.sandbox.quickbooks import (
    CLIENT_ID,
    CLIENT_SECRET,
    FIRST_REFRESH_TOKEN,
    REALM,
    QuickBooksSandbox,
)
from tracker2invoice.testing.sandbox.quickbooks_books import Fields
from tracker2invoice.testing.sandbox.server import Fault
from tracker2invoice.testing.timer import WaitingTimer
from tracker2invoice_quickbooks import QuickBooksSettings, plugin
from tracker2invoice_quickbooks.payload import JOINER

CUSTOMER, IN_YEN = "58", "59"
GIVEN: dict[str, object] = {
    "realm": REALM,
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "refresh_token": FIRST_REFRESH_TOKEN,
    "mode": "unsent-invoice",
    "item": "1",
    "tax": {"S 19": "10", "S 7": "11", "E 0": "12", "AE 0": "12"},
}


class Clock:
    def __init__(self) -> None:
        self.now = NOW
        self.timer = WaitingTimer()

    def __call__(self) -> datetime:
        return self.now


class FarQuickBooks(QuickBooksSandbox):
    def bearing(self, reference: str) -> list[Fields]:
        return [one for one in self.books.documents if one["DocNumber"] == reference and not one["deleted"]]

    def count(self, reference: str) -> int:
        return len(self.bearing(reference))

    def text(self, reference: str) -> str:
        """Return what a person reads: the joiner has no width."""
        (document,) = self.bearing(reference)
        lines: Any = document["Line"]
        return "\n".join(line.get("Description", "") for line in lines).replace(JOINER, "")

    def change(self, reference: str, state: Literal["sent", "paid", "deleted"]) -> None:
        (document,) = self.bearing(reference)
        if state == "deleted":
            self.books.delete(document)
            return
        self.books.send(document)
        if state == "paid":
            self.books.pay(document, Decimal(str(document["TotalAmt"])), date(2026, 3, 9))

    def attachments(self, reference: str) -> list[str]:
        (document,) = self.bearing(reference)
        belongs_to = {"EntityRef": {"type": document["entity"], "value": document["Id"]}, "IncludeOnSend": False}
        return [str(one["FileName"]) for one in self.books.attachables if one["AttachableRef"] == [belongs_to]]

    def drop_next_write(self, moment: Literal["before", "after"]) -> None:
        self.faults.append(Fault(moment, "drop", method="POST", path="/v3/company"))

    def refuse_us(self) -> None:
        self.revoke()

    def writes(self) -> list[str]:
        """Return the paths of all writing requests to the company."""
        return [one.path for one in self.requests if one.method == "POST" and "/company/" in one.path]


@contextmanager
def running(clock: Clock) -> Generator[FarQuickBooks]:
    """Start a company with a customer in euros and one in yen."""
    with FarQuickBooks(clock) as quickbooks:
        quickbooks.books.add_customer("Acme GmbH", customer_id=CUSTOMER)
        quickbooks.books.add_customer("Acme KK", "JPY", IN_YEN)
        yield quickbooks


@contextmanager
def connected(url: str, clock: Clock, directory: Path, **more: object) -> Generator[Output]:
    settings = QuickBooksSettings.model_validate({"url": url, **GIVEN, **more})
    with closing(plugin.connect(settings, Context("books", directory, clock, clock.timer))) as output:
        yield output


def draft_for(currency: str = "EUR", **fields: Any) -> Draft:
    fields.setdefault("remote", {"books": IN_YEN if currency == "JPY" else CUSTOMER})
    return sample_draft(currency, **fields)


def create(output: Output, draft: Draft) -> Document:
    return output.create(draft, output.prepare(draft), draft.reference)


def unknown_to_intuit(body: bytes) -> set[str]:
    """Return the fields of a request that none of Intuit's schemas for names and files has."""
    used: set[str] = set()

    def note(pairs: list[tuple[str, object]]) -> None:
        used.update(name for name, _ in pairs)

    json.loads(body, object_pairs_hook=note)
    known = (element_names(f"{one}.xsd") for one in ("Finance", "IntuitNamesTypes", "IntuitBaseTypes"))
    # a reference has its value as the text of its element, and its type as an attribute
    return used - {"value", "type"}.union(*known)
