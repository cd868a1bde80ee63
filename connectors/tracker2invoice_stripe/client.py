"""Stripe's library words the requests, the core's session sends them.

The library by itself sends again what failed, follows addresses elsewhere, makes up idempotency keys, tells about this
machine and keeps an id for that in the home folder. None of it happens here: its transport is ours, and it never sees
the API key. It reads numbers as floats, too, so that answers are read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

import stripe
from pydantic import BaseModel, ValidationError

from tracker2invoice.errors import BadAnswer, NotThere, Unclear
from tracker2invoice.pace import Limit
from tracker2invoice.plugins import Context
from tracker2invoice.rest import Answer, FixedHeaders, Session
from tracker2invoice_stripe import StripeSettings
from tracker2invoice_stripe.answers import (
    Customer,
    Customers,
    Deleted,
    Event,
    Events,
    Happening,
    Happenings,
    Invoice,
    Invoices,
    TaxRate,
    error_words,
)

if TYPE_CHECKING:
    from stripe.params import (
        CustomerCreateParams,
        EventListParams,
        InvoiceAddLinesParamsLine,
        InvoiceCreateParams,
        InvoiceListParams,
    )

API_VERSION = "2026-10-28.endive"
"""What the answers are read as; the account's own version does not matter."""

PAGE_SIZE = 100
_TAX_IDS = "data.tax_ids"
MOST_PAGES = 1000

EACH_ENDPOINT, ALL_LIVE, ALL_TEST = 24, 96, 24
"""Requests a second, a little below what docs.stripe.com/rate-limits allows: others use the account, too."""

_OURS = ("Idempotency-Key", "Stripe-Version")
_ID = re.compile(r"/(?:in|cus|txr)_\w+")

# the library writes a file into the home folder unless this is off
stripe.enable_telemetry = False

T = TypeVar("T", bound=BaseModel)


class Transport(stripe.HTTPClient):
    """Sends what the library has worded, once, through a session. `answer` is the latest one."""

    name = "tracker2invoice"

    def __init__(self, session: Session, base: str) -> None:
        super().__init__()  # pyright: ignore[reportUnknownMemberType] (one of its arguments has no type)
        self._session, self._base = session, base
        self.answer = Answer({}, None)

    def request_with_retries(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        post_data: Any = None,
        max_network_retries: int | None = None,  # noqa: ARG002 (the engine decides what is sent again)
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Send a request. Raises what the session raises."""
        path = url.removeprefix(self._base)
        ours = {name: headers[name] for name in _OURS if name in headers}
        if method == "get":
            self.answer = self._session.read(path, headers=ours)
        else:
            self.answer = self._session.write(
                "DELETE" if method == "delete" else "POST",
                path,
                (post_data or "").encode(),
                headers=ours,
                content_type="application/x-www-form-urlencoded",
            )
        # the library is content with an empty object; what was answered is read from `answer`
        return "{}", 200, {}

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()


class StripeApi:
    """The requests that an output needs. `name` is its configured name.

    Every method raises what `Session.read` or `Session.write` raises.
    """

    def __init__(self, settings: StripeSettings, context: Context) -> None:
        base = settings.url.rstrip("/")
        key = settings.api_key.reveal()
        session = Session(
            context.name,
            base,
            context.clock,
            authorisation=FixedHeaders({"Authorization": f"Bearer {key}"}),
            words=error_words,
            # docs.stripe.com/keys: sk_live_…, rk_live_…
            pace=context.paces.of(
                context.name,
                Limit(EACH_ENDPOINT, 1, endpoint),
                Limit(ALL_LIVE if "_live_" in key else ALL_TEST, 1),
                timer=context.timer,
            ),
        )
        self._name, self._transport = context.name, Transport(session, base)
        self._stripe = stripe.StripeClient(
            "kept by the session",
            stripe_version=API_VERSION,
            base_addresses={"api": base},
            max_network_retries=0,
            http_client=self._transport,
        )

    def invoices(self, customer: str) -> Iterator[Invoice]:
        """Yield every invoice of a customer, whatever its state; one that was deleted is not among them."""
        asked: InvoiceListParams = {"customer": customer, "limit": PAGE_SIZE}
        for _ in range(MOST_PAGES):
            self._stripe.v1.invoices.list(asked)
            page = self._read(Invoices)
            yield from page.data
            if not page.has_more:
                return
            asked = {**asked, "starting_after": self._last(page.data)}
        raise BadAnswer(self._name, f"the customer has more than {MOST_PAGES * PAGE_SIZE} invoices")

    def newer_invoices(self, customer: str, than: str) -> tuple[Invoice, ...] | None:
        """Return the customer's invoices that are newer than the one with that id, the newest first.

        None if they are more than a page, or that one was deleted, so that nothing can be newer.
        """
        try:
            self._stripe.v1.invoices.list({"customer": customer, "limit": PAGE_SIZE, "ending_before": than})
        except (NotThere, BadAnswer):
            return None
        page = self._read(Invoices)
        return None if page.has_more else page.data

    def deleted_drafts(self) -> Iterator[Deleted]:
        """Yield every draft of the account that was deleted in the last 30 days, which is as long as Stripe tells."""
        asked: EventListParams = {"type": "invoice.deleted", "limit": PAGE_SIZE}
        for _ in range(MOST_PAGES):
            self._stripe.v1.events.list(asked)
            page = self._read(Events)
            yield from (event.data.object for event in page.data)
            if not page.has_more:
                return
            asked = {**asked, "starting_after": self._last(page.data)}
        raise BadAnswer(self._name, f"more than {MOST_PAGES * PAGE_SIZE} drafts were deleted")

    def changed_invoices(self, since: datetime, most_pages: int) -> frozenset[str] | None:
        """Return the ids of the account's invoices that something has happened to since; None if more pages tell it."""
        asked: EventListParams = {"type": "invoice.*", "created": {"gte": int(since.timestamp())}, "limit": PAGE_SIZE}
        found: set[str] = set()
        for _ in range(most_pages):
            self._stripe.v1.events.list(asked)
            page = self._read(Happenings)
            found |= {event.data.object.id for event in page.data}
            if not page.has_more:
                return frozenset(found)
            asked = {**asked, "starting_after": self._last(page.data)}
        return None

    def some_invoice(self) -> None:
        """Read one invoice of whomever, to see that invoices can be read."""
        self._stripe.v1.invoices.list({"limit": 1})
        self._read(Invoices)

    def some_deletion(self) -> None:
        """Read of one draft that was deleted, to see that events can be read."""
        self._stripe.v1.events.list({"type": "invoice.deleted", "limit": 1})
        self._read(Events)

    def invoice(self, invoice_id: str) -> Invoice:
        """Read an invoice with its payments."""
        self._stripe.v1.invoices.retrieve(invoice_id, {"expand": ["payments"]})
        return self._read(Invoice)

    def create(self, invoice: Mapping[str, object], key: str) -> tuple[Invoice, bool]:
        """Create an invoice without lines; say whether that was done before with the same key."""
        self._stripe.v1.invoices.create(cast("InvoiceCreateParams", invoice), {"idempotency_key": key})
        return self._written(Invoice), self._is_replayed()

    def add_lines(self, invoice_id: str, lines: list[dict[str, object]], key: str) -> tuple[Invoice, bool]:
        """Add lines to a draft; say whether that was done before with the same key."""
        added = cast("list[InvoiceAddLinesParamsLine]", lines)
        self._stripe.v1.invoices.add_lines(invoice_id, {"lines": added}, {"idempotency_key": key})
        return self._written(Invoice), self._is_replayed()

    def delete(self, invoice_id: str) -> None:
        """Delete a draft for good."""
        self._stripe.v1.invoices.delete(invoice_id)

    def customer(self, customer_id: str) -> Customer:
        """Read a customer, deleted ones too."""
        self._stripe.v1.customers.retrieve(customer_id)
        return self._read(Customer)

    def customers_with_email(self, email: str) -> tuple[Customer, ...]:
        """Return the customers with exactly that address, at most a page of them."""
        self._stripe.v1.customers.list({"email": email, "limit": PAGE_SIZE, "expand": [_TAX_IDS]})
        return self._read(Customers).data

    def found_customers(self, query: str) -> tuple[Customer, ...]:
        """Search for customers, at most a page of them; those of the last minute, or hour, may be missing."""
        self._stripe.v1.customers.search({"query": query, "limit": PAGE_SIZE, "expand": [_TAX_IDS]})
        return self._read(Customers).data

    def create_customer(self, customer: CustomerCreateParams, key: str) -> tuple[Customer, bool]:
        """Create a customer; say whether that was done before with the same key."""
        self._stripe.v1.customers.create(customer, {"idempotency_key": key})
        return self._written(Customer), self._is_replayed()

    def tax_rate(self, tax_rate_id: str) -> TaxRate:
        """Read a tax rate."""
        self._stripe.v1.tax_rates.retrieve(tax_rate_id)
        return self._read(TaxRate)

    def close(self) -> None:
        """Let go of the connection."""
        self._transport.close()

    def _last(self, items: Sequence[Invoice | Event | Happening]) -> str:
        if not items:
            raise BadAnswer(self._name, "a page of a list is empty, and another one is said to follow")
        return items[-1].id

    def _read(self, model: type[T]) -> T:
        try:
            return model.model_validate(self._transport.answer.data)
        except ValidationError:
            raise BadAnswer(self._name, f"the answer is no {model.__name__.lower()} that can be read") from None

    def _written(self, model: type[T]) -> T:
        try:
            return self._read(model)
        except BadAnswer as error:
            raise Unclear(self._name, error.detail) from None

    def _is_replayed(self) -> bool:
        # docs.stripe.com/error-low-level, "Sending idempotency keys"
        return self._transport.answer.headers.get("Idempotent-Replayed") == "true"


def endpoint(method: str, path: str) -> str:
    """Return what Stripe counts as one endpoint: a method and a path, whatever ids are in it."""
    return f"{method} {_ID.sub('/*', path)}"
