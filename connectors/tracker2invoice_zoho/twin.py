"""Zoho Books' twin: the sandbox in the words that all outputs share."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tracker2invoice.model.claim import DocumentState
from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.zoho import (
    CLIENT_ID,
    CLIENT_SECRET,
    FIRST_REFRESH_TOKEN,
    ORGANIZATION,
    ZohoSandbox,
)
from tracker2invoice.testing.sandbox.zoho_books import REFERENCE_FIELD
from tracker2invoice.testing.twins import Booked
from tracker2invoice_zoho.kinds import CREDIT_NOTES, INVOICES, Kind

_SECRET, _TOKEN = "TWIN_ZOHO_SECRET", "TWIN_ZOHO_TOKEN"


@contextmanager
def start(clock: Clock) -> Generator[ZohoTwin]:
    """Start a Zoho Books with one customer; it stops at the end."""
    with ZohoSandbox(clock) as sandbox:
        # what counts here is that nothing rests on it
        sandbox.books.fields[0]["is_unique"] = False
        yield ZohoTwin(sandbox)


class ZohoTwin:
    """An organisation in euros whose custom field takes duplicates. What is deleted there is gone from its books."""

    environment: Mapping[str, str] = {_SECRET: CLIENT_SECRET, _TOKEN: FIRST_REFRESH_TOKEN}
    variants: Mapping[str, Mapping[str, object]] = {}

    def __init__(self, sandbox: ZohoSandbox) -> None:
        self.sandbox = sandbox
        self.client = sandbox.books.add_contact("Acme GmbH")
        self.settings: Mapping[str, object] = {
            "url": sandbox.url,
            "organization": ORGANIZATION,
            "client_id": CLIENT_ID,
            "client_secret": {"env": _SECRET},
            "refresh_token": {"env": _TOKEN},
            "item": "460000000027017",
            "reference_field": REFERENCE_FIELD,
            "tax": {"S 19": "460000000557019"},
        }

    def documents(self) -> Sequence[Booked]:
        """Return every invoice and credit note."""
        books = self.sandbox.books
        kept = [(INVOICES, one) for one in books.invoices] + [(CREDIT_NOTES, one) for one in books.credit_notes]
        return [_booked(kind, one) for kind, one in kept]

    def leftovers(self) -> Sequence[str]:
        """Return nothing: a document is one request."""
        return ()

    def change(self, reference: str, state: DocumentState) -> None:
        """Send, pay, void or delete the documents with that reference."""
        books = self.sandbox.books
        for document in [one for one in (*books.invoices, *books.credit_notes) if one["reference_number"] == reference]:
            if state in ("sent", "paid"):
                books.send(document)
            if state == "paid":
                books.pay_all(document)
            if state == "void":
                books.void(document)
            if state == "deleted":
                books.delete(document)

    def forget_keys(self) -> None:
        """Do nothing: no keys are used."""


def _booked(kind: Kind, document: Mapping[str, Any]) -> Booked:
    return Booked(
        reference=document["reference_number"],
        client=document["customer_id"],
        currency=document["currency_code"],
        net=document["sub_total"],
        gross=document["total"],
        state=kind.states.get(document["status"], "unknown"),
    )
