"""What Moneybird answers, as typed values. No I/O.

Fields and states: moneybird/openapi, openapi.yml v2-20260821, sales_invoice_response, contact_response,
payment_response and the error schemas. Ids are text or numbers there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, TypeAdapter, ValidationError

from tracker2invoice.kinds import CREDIT
from tracker2invoice.model.claim import DocumentState, Receipt
from tracker2invoice.plugins import Document, RemoteClient
from tracker2invoice.wire import plain_words

STATES: Mapping[str, DocumentState] = MappingProxyType(
    {
        "draft": "draft",
        "scheduled": "sent",
        "open": "sent",
        "pending_payment": "sent",
        "reminded": "sent",
        "late": "sent",
        "uncollectible": "sent",
        "paid": "paid",
    }
)
"""One that is scheduled leaves by itself: no draft any more."""


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) else value


RemoteId = Annotated[str, BeforeValidator(_as_text)]


class Contact(BaseModel):
    """A client. What stands on its invoices is `company_name`, or the two others of a person without a company."""

    id: RemoteId
    archived: bool
    company_name: str | None = None
    firstname: str | None = None
    lastname: str | None = None
    email: str | None = None
    tax_number: str | None = None

    def to_client(self, app_url: str) -> RemoteClient:
        """Return what is told of it; `app_url` is where people open the administration."""
        return RemoteClient(
            self.id,
            self.company_name or " ".join(filter(None, (self.firstname, self.lastname))),
            self.tax_number or "",
            self.email or "",
            usable=not self.archived,
            url=f"{app_url}/contacts/{self.id}",
        )


class Attachment(BaseModel):
    """A file with an invoice."""

    filename: str


class Payment(BaseModel):
    """A payment of an invoice; with a credit invoice, that one was set off against it and nothing came in."""

    price: Decimal
    payment_date: date
    credit_invoice_id: RemoteId | None


class Invoice(BaseModel):
    """A sales invoice; `invoice_id` is its number, None as long as it is a draft.

    A credit invoice is one with negative amounts. `original_sales_invoice_id` has only one that Moneybird made itself,
    as a copy of the invoice that it takes back.
    """

    id: RemoteId
    contact_id: RemoteId
    invoice_id: RemoteId | None
    state: str
    reference: str | None
    original_sales_invoice_id: RemoteId | None
    currency: str
    invoice_date: date | None
    due_date: date
    total_price_incl_tax: Decimal
    total_paid: Decimal
    payments: tuple[Payment, ...]
    attachments: tuple[Attachment, ...]

    def carries(self, reference: str) -> bool:
        """Whether the reference stands on it, as a word of its own, and not because it is a copy made there."""
        word = re.compile(rf"(?<![A-Z0-9-]){re.escape(reference)}(?![A-Z0-9-])")
        return self.original_sales_invoice_id is None and word.search(self.reference or "") is not None

    def to_document(self, app_url: str, *, credit_note: bool) -> Document:
        """Return what the engine compares with the draft; the amounts of a credit note are positive for us.

        `app_url` is where people open the administration.
        """
        url = f"{app_url}/sales_invoices/{self.id}"
        receipt = self._credit_receipt(url) if credit_note else self._invoice_receipt(url)
        gross = -self.total_price_incl_tax if credit_note else self.total_price_incl_tax
        return Document(receipt, self.contact_id, self.currency, gross, self.invoice_date, self.due_date)

    def _invoice_receipt(self, url: str) -> Receipt:
        came_in = [one for one in self.payments if one.credit_invoice_id is None]
        credited = sum((one.price for one in self.payments if one.credit_invoice_id), Decimal(0))
        paid_on = max((one.payment_date for one in came_in), default=None)
        return Receipt(
            self.id,
            self.invoice_id or "",
            url,
            STATES.get(self.state, "unknown"),
            self.total_paid - credited or None,
            paid_on,
            credited or None,
        )

    def _credit_receipt(self, url: str) -> Receipt:
        # at Moneybird it is paid when it was set off or paid out: nothing came in
        state = "sent" if self.state == "paid" else STATES.get(self.state, "unknown")
        return Receipt(CREDIT.remote_id(self.id), self.invoice_id or "", url, state)


INVOICES = TypeAdapter(tuple[Invoice, ...])
CONTACTS = TypeAdapter(tuple[Contact, ...])


class _FieldErrors(BaseModel):
    error: Mapping[str, tuple[object, ...]]


def error_words(data: object) -> str:
    """Return the reasons of an error answer: its message, or what is said of each field."""
    try:
        errors = _FieldErrors.model_validate(data).error
    except ValidationError:
        return data if isinstance(data, str) else plain_words(data)
    return "; ".join(f"{name}: {', '.join(map(str, said))}" for name, said in errors.items())
