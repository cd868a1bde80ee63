"""The pretended Zoho Books as the tests of its connector need it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Context, Document, Output
from tracker2invoice.testing.samples import NOW, sample_draft
from tracker2invoice.testing.sandbox.server import Fault
from tracker2invoice.testing.sandbox.zoho import (
    CLIENT_ID,
    CLIENT_SECRET,
    FIRST_REFRESH_TOKEN,
    ORGANIZATION,
    ZohoSandbox,
)
from tracker2invoice.testing.sandbox.zoho_books import REFERENCE_FIELD, Fields
from tracker2invoice.testing.timer import WaitingTimer
from tracker2invoice_zoho import ZohoSettings, plugin

CUSTOMER = "460000000026049"
GIVEN: dict[str, object] = {
    "organization": ORGANIZATION,
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "refresh_token": FIRST_REFRESH_TOKEN,
    "item": "460000000027017",
    "reference_field": REFERENCE_FIELD,
    "tax": {"S 19": "460000000557019", "S 7": "460000000557007", "E 0": "460000000557000", "AE 0": "460000000557000"},
}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class FarZoho(ZohoSandbox):
    def bearing(self, reference: str) -> list[Fields]:
        kept = (*self.books.invoices, *self.books.credit_notes)
        return [one for one in kept if one["reference_number"] == reference]

    def count(self, reference: str) -> int:
        return len(self.bearing(reference))

    def text(self, reference: str) -> str:
        (document,) = self.bearing(reference)
        lines: Any = document["line_items"]
        return "\n".join(line["description"] for line in lines)

    def attachments(self, reference: str) -> Sequence[str]:
        (document,) = self.bearing(reference)
        return self.books.attachments.get(str(document.get("invoice_id") or document.get("creditnote_id")), [])

    def change(self, reference: str, state: Literal["sent", "paid", "deleted"]) -> None:
        (document,) = self.bearing(reference)
        if state == "deleted":
            self.books.delete(document)
            return
        self.books.send(document)
        if state == "paid":
            self.books.pay_all(document)

    def drop_next_write(self, moment: Literal["before", "after"]) -> None:
        self.faults.append(Fault(moment, "drop", method="POST", path="/invoices"))

    def refuse_us(self) -> None:
        self.revoke()

    def writes(self) -> list[str]:
        """Return what was asked by all writing requests to the organisation."""
        return [f"{one.method} {one.path}" for one in self.requests if one.method != "GET" and "/books/" in one.path]


@contextmanager
def running(clock: Clock) -> Generator[FarZoho]:
    """Start an organisation with one customer."""
    with FarZoho(clock) as zoho:
        zoho.books.add_contact("Acme GmbH", contact_id=CUSTOMER)
        yield zoho


@contextmanager
def connected(
    url: str, clock: Clock, directory: Path, timer: WaitingTimer | None = None, **more: object
) -> Generator[Output]:
    settings = ZohoSettings.model_validate({"url": url, **GIVEN, **more})
    with closing(plugin.connect(settings, Context("books", directory, clock, timer or WaitingTimer()))) as output:
        yield output


def draft_for(currency: str = "EUR", **fields: Any) -> Draft:
    fields.setdefault("remote", {"books": CUSTOMER})
    return sample_draft(currency, **fields)


def create(output: Output, draft: Draft) -> Document:
    return output.create(draft, output.prepare(draft), draft.reference)
