"""The pretended Moneybird as the tests of its connector need it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.invoice import Draft
from tracker2invoice.pace import Timer
from tracker2invoice.plugins import Context, Output
from tracker2invoice.testing.samples import NOW, sample_draft
from tracker2invoice.testing.sandbox.moneybird import ADMINISTRATION, TOKEN, MoneybirdSandbox
from tracker2invoice.testing.sandbox.moneybird_books import Fields
from tracker2invoice.testing.sandbox.server import Fault
from tracker2invoice.testing.timer import WaitingTimer
from tracker2invoice_moneybird import MoneybirdSettings, plugin

CONTACT = "496081411808167496"
GIVEN: dict[str, object] = {
    "administration": ADMINISTRATION,
    "token": TOKEN,
    "account": "2001",
    "tax": {"S 19": "1001", "S 7": "1002", "E 0": "1003"},
}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class FarMoneybird(MoneybirdSandbox):
    def _bearing(self, reference: str) -> list[Fields]:
        return [one for one in self.books.invoices if reference in str(one["reference"])]

    def count(self, reference: str) -> int:
        return len(self._bearing(reference))

    def text(self, reference: str) -> str:
        (invoice,) = self._bearing(reference)
        details: Any = invoice["details"]
        return "\n".join(line["description"] for line in details)

    def change(self, reference: str, state: Literal["sent", "paid", "deleted"]) -> None:
        (invoice,) = self._bearing(reference)
        if state == "deleted":
            self.books.delete(invoice)
            return
        self.books.send(invoice)
        if state == "paid":
            self.books.pay(invoice, Decimal(str(invoice["total_price_incl_tax"])), date(2026, 3, 9))

    def attachments(self, reference: str) -> list[str]:
        (invoice,) = self._bearing(reference)
        files: Any = invoice["attachments"]
        return [one["filename"] for one in files]

    def asked(self) -> list[str]:
        """Return what was asked for since the last time, each as method and path within the administration."""
        asked = [f"{one.method} {one.path.removeprefix(f'/api/v2/{ADMINISTRATION}')}" for one in self.requests]
        self.requests.clear()
        return asked

    def drop_next_write(self, moment: Literal["before", "after"]) -> None:
        self.faults.append(Fault(moment, "drop", method="POST", path="/sales_invoices"))

    def refuse_us(self) -> None:
        self.revoke()


@contextmanager
def connected(
    moneybird: MoneybirdSandbox, clock: Clock, directory: Path, timer: Timer | None = None, **more: object
) -> Generator[Output]:
    settings = MoneybirdSettings.model_validate({"url": moneybird.url, **GIVEN, **more})
    with closing(plugin.connect(settings, Context("books", directory, clock, timer or WaitingTimer()))) as output:
        yield output


def draft_for(currency: str = "EUR", **fields: Any) -> Draft:
    return sample_draft(currency, remote={"books": CONTACT}, **fields)


def create(output: Output, draft: Draft) -> Receipt:
    return output.create(draft, output.prepare(draft), "k").receipt
