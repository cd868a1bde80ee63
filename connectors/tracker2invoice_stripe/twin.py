"""Stripe's twin: the sandbox in the words that all outputs share."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tracker2invoice.model.claim import DocumentState
from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.stripe import API_KEY, StripeSandbox
from tracker2invoice.testing.sandbox.stripe_books import lines_of
from tracker2invoice.testing.twins import Booked
from tracker2invoice_stripe.amounts import from_units
from tracker2invoice_stripe.answers import STATES
from tracker2invoice_stripe.payload import REFERENCE

_KEY = "TWIN_STRIPE_KEY"


@contextmanager
def start(clock: Clock) -> Generator[StripeTwin]:
    """Start a Stripe with one customer; it stops at the end."""
    with StripeSandbox(clock) as sandbox:
        yield StripeTwin(sandbox)


class StripeTwin:
    """The books show drafts that were deleted, too, which Stripe itself forgets."""

    environment: Mapping[str, str] = {_KEY: API_KEY}
    variants: Mapping[str, Mapping[str, object]] = {}

    def __init__(self, sandbox: StripeSandbox) -> None:
        self.sandbox = sandbox
        self.client = sandbox.books.add_customer("Acme GmbH")
        self.settings: Mapping[str, object] = {
            "url": sandbox.url,
            "api_key": {"env": _KEY},
            "tax": {"S 19": "txr_19"},
        }

    def documents(self) -> Sequence[Booked]:
        """Return every invoice."""
        books = self.sandbox.books
        there = [_booked(one, STATES.get(one["status"], "unknown")) for one in map(_fields, books.invoices)]
        return [*there, *(_booked(one, "deleted") for one in map(_fields, books.deleted))]

    def leftovers(self) -> Sequence[str]:
        """Name the drafts without lines."""
        return [f"{one['id']} without lines" for one in self.sandbox.books.invoices if not lines_of(one)]

    def change(self, reference: str, state: DocumentState) -> None:
        """Take the invoices with that reference from draft to a state, on the way that Stripe allows."""
        books = self.sandbox.books
        for one in [one for one in map(_fields, books.invoices) if _reference(one) == reference]:
            if state == "deleted" and one["status"] == "draft":
                books.delete(one["id"])
                continue
            if one["status"] == "draft":
                books.finalize(one["id"])
            if state == "paid":
                books.pay(one["id"])
            if state in ("void", "deleted") and one["status"] == "open":
                books.mark(one["id"], "void")

    def forget_keys(self) -> None:
        """Take no notice of the header Idempotency-Key."""
        self.sandbox.knows_keys = False


def _fields(invoice: Mapping[str, Any]) -> Mapping[str, Any]:
    return invoice


def _booked(invoice: Mapping[str, Any], state: DocumentState) -> Booked:
    currency = invoice["currency"].upper()
    return Booked(
        reference=_reference(invoice),
        client=invoice["customer"],
        currency=currency,
        net=from_units(invoice["subtotal"], currency),
        gross=from_units(invoice["total"], currency),
        state=state,
    )


def _reference(invoice: Mapping[str, Any]) -> str:
    return str(invoice["metadata"].get(REFERENCE, ""))
