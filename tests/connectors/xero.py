"""A pretended Xero for tests, what people do in it, and how to connect to it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Context, Output
from tracker2invoice.testing.samples import NOW, sample_draft
from tracker2invoice.testing.sandbox.server import Fault
from tracker2invoice.testing.sandbox.xero import CLIENT_ID, CLIENT_SECRET, XeroSandbox
from tracker2invoice.testing.sandbox.xero_books import CREDIT_NOTES, INVOICES, Fields, Kind
from tracker2invoice.testing.timer import WaitingTimer
from tracker2invoice_xero import XeroSettings, plugin

CONTACT = "5b4a3c2d-1e0f-4a5b-8c7d-9e0f1a2b3c4d"
EVERYTHING: dict[str, Any] = {"attach_annex": True, "create_missing": True}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class FarXero(XeroSandbox):
    def _bearing(self, reference: str) -> list[tuple[Kind, Fields]]:
        kept = [(kind, one) for kind in (INVOICES, CREDIT_NOTES) for one in self.books.kept(kind)]
        return [(kind, one) for kind, one in kept if reference in str(one["Reference"])]

    def count(self, reference: str) -> int:
        return len(self._bearing(reference))

    def text(self, reference: str) -> str:
        ((_, document),) = self._bearing(reference)
        lines: Any = document["LineItems"]
        return "\n".join(line["Description"] for line in lines)

    def attachments(self, reference: str) -> Sequence[str]:
        ((kind, document),) = self._bearing(reference)
        return list(self.books.attachments.get(str(document[kind.id]), {}))

    def change(self, reference: str, state: Literal["sent", "paid", "deleted"]) -> None:
        ((kind, document),) = self._bearing(reference)
        steps = {"sent": ["AUTHORISED"], "paid": ["AUTHORISED", "PAID"], "deleted": ["DELETED"]}
        for status in steps[state]:
            self.books.change(str(document[kind.id]), {"Status": status}, kind)

    def drop_next_write(self, moment: Literal["before", "after"]) -> None:
        self.faults.append(Fault(moment, "drop", method="PUT", path="/Invoices"))

    def refuse_us(self) -> None:
        self.revoke()


@contextmanager
def running(clock: Clock) -> Generator[FarXero]:
    """Start a Xero with one contact."""
    with FarXero(clock) as xero:
        xero.books.add_contact("Acme GmbH", contact_id=CONTACT)
        yield xero


@contextmanager
def connected(
    xero: XeroSandbox, clock: Clock, directory: Path, timer: WaitingTimer | None = None, **more: object
) -> Generator[Output]:
    settings = XeroSettings.model_validate(
        {
            "url": xero.url,
            "identity_url": xero.url,
            "tenant": xero.tenant,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "tax": {"S 19": "OUTPUT2", "S 7": "OUTPUT", "AE 0": "ECOUTPUTSERVICES", "E 0": "EXEMPTOUTPUT"},
            **more,
        }
    )
    with closing(plugin.connect(settings, Context("books", directory, clock, timer or WaitingTimer()))) as output:
        yield output


def draft_for(currency: str = "EUR", **fields: Any) -> Draft:
    return sample_draft(currency, remote={"books": CONTACT}, **fields)


def create(output: Output, draft: Draft, key: str = "k") -> str:
    return output.create(draft, output.prepare(draft), key).receipt.remote_id
