"""Xero's twin: the sandbox in the words that all outputs share."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from tracker2invoice.model.claim import DocumentState
from tracker2invoice.model.invoice import REFERENCE
from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox import xero_books
from tracker2invoice.testing.sandbox.xero import CLIENT_ID, CLIENT_SECRET, FIRST_REFRESH_TOKEN, XeroSandbox
from tracker2invoice.testing.twins import Booked
from tracker2invoice_xero.kinds import CREDIT_NOTES, INVOICES, Kind

_SECRET, _TOKEN = "TWIN_XERO_SECRET", "TWIN_XERO_TOKEN"


@contextmanager
def start(clock: Clock) -> Generator[XeroTwin]:
    """Start a Xero with one contact; it stops at the end."""
    with XeroSandbox(clock) as sandbox:
        yield XeroTwin(sandbox)


class XeroTwin:
    """The app is one with refresh tokens, because a chain of tokens can be lost; `custom` is one without."""

    environment: Mapping[str, str] = {_SECRET: CLIENT_SECRET, _TOKEN: FIRST_REFRESH_TOKEN}
    variants: Mapping[str, Mapping[str, object]] = {
        "custom": {"refresh_token": None},
        "strict": {"strict_unique": True},
    }

    def __init__(self, sandbox: XeroSandbox) -> None:
        self.sandbox = sandbox
        self.client = sandbox.books.add_contact("Acme GmbH")
        self.settings: Mapping[str, object] = {
            "url": sandbox.url,
            "tenant": sandbox.tenant,
            "client_id": CLIENT_ID,
            "client_secret": {"env": _SECRET},
            "refresh_token": {"env": _TOKEN},
            "tax": {"S 19": "OUTPUT2"},
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
        """Take the documents with that reference from draft to a state, on the way that Xero allows."""
        steps = {"sent": ["AUTHORISED"], "paid": ["AUTHORISED", "PAID"], "void": ["AUTHORISED", "VOIDED"]}
        books = self.sandbox.books
        for kind, there in ((INVOICES, xero_books.INVOICES), (CREDIT_NOTES, xero_books.CREDIT_NOTES)):
            for document in [one for one in books.kept(there) if _reference(kind, one) == reference]:
                for status in steps.get(state, ["DELETED"]):
                    books.change(str(document[kind.id_field]), {"Status": status}, there)

    def forget_keys(self) -> None:
        """Take no notice of the header Idempotency-Key."""
        self.sandbox.knows_keys = False


def _booked(kind: Kind, document: Mapping[str, Any]) -> Booked:
    return Booked(
        reference=_reference(kind, document),
        client=document["Contact"]["ContactID"],
        currency=document["CurrencyCode"],
        net=Decimal(document["SubTotal"]),
        gross=Decimal(document["Total"]),
        state=kind.states.get(document["Status"], "unknown"),
    )


def _reference(kind: Kind, document: Mapping[str, Any]) -> str:
    found = REFERENCE.search(f"{document['Reference']} {document[kind.number_field]}")
    return found[0] if found else ""
