"""The pretended Stripe as the tests of its connector need it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from tracker2invoice.model.invoice import Draft
from tracker2invoice.pace import Timer
from tracker2invoice.plugins import Context, Output
from tracker2invoice.testing.samples import NOW, sample_draft
from tracker2invoice.testing.sandbox.server import Fault
from tracker2invoice.testing.sandbox.stripe import API_KEY, StripeSandbox
from tracker2invoice.testing.sandbox.stripe_books import lines_of
from tracker2invoice.testing.timer import WaitingTimer
from tracker2invoice_stripe import StripeSettings, plugin
from tracker2invoice_stripe.client import endpoint

CUSTOMER = "cus_NffrFeUfNV2Hib"
TAX = {"S 19": "txr_19", "S 7": "txr_7", "E 0": "txr_exempt", "AE 0": "txr_reverse"}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class FarStripe(StripeSandbox):
    def one(self, reference: str) -> dict[str, Any]:
        (invoice,) = self.of(reference)
        return invoice

    def of(self, reference: str) -> list[dict[str, Any]]:
        invoices: list[Any] = self.books.invoices
        return [one for one in invoices if one["metadata"].get("t2i_ref") == reference]

    def count(self, reference: str) -> int:
        return len(self.of(reference))

    def text(self, reference: str) -> str:
        invoice = self.one(reference)
        shown = [str(one["value"]) for one in invoice["custom_fields"]]
        return "\n".join(
            [invoice["description"] or "", *shown, *(str(one["description"]) for one in lines_of(invoice))]
        )

    def change(self, reference: str, state: Literal["sent", "paid", "deleted"]) -> None:
        invoice_id = self.one(reference)["id"]
        if state == "deleted":
            self.books.delete(invoice_id)
            return
        self.books.finalize(invoice_id)
        if state == "paid":
            self.books.pay(invoice_id)

    def drop_next_write(self, moment: Literal["before", "after"]) -> None:
        self.faults.append(Fault(moment, "drop", method="POST", path="/v1/invoices"))

    def refuse_us(self) -> None:
        self.revoke()

    def asked(self) -> list[str]:
        """Return what was asked for since the last time, each as method and path, without ids."""
        asked = [endpoint(one.method, one.path) for one in self.requests]
        self.requests.clear()
        return asked

    def writes(self) -> list[str]:
        """Return the paths of all writing requests."""
        return [one.path for one in self.requests if one.method != "GET"]


@contextmanager
def connected(url: str, clock: Clock, directory: Path, timer: Timer | None = None, **more: object) -> Generator[Output]:
    settings = StripeSettings.model_validate({"url": url, "api_key": API_KEY, "tax": TAX, **more})
    with closing(plugin.connect(settings, Context("books", directory, clock, timer or WaitingTimer()))) as output:
        yield output


def draft_for(currency: str = "EUR", **fields: Any) -> Draft:
    return sample_draft(currency, remote={"books": CUSTOMER}, **fields)
