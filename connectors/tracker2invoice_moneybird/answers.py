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

from tracker2invoice.model.claim import DocumentState, Receipt
from tracker2invoice.plugins import Document
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
    """A client."""

    id: RemoteId
    archived: bool


class Payment(BaseModel):
    """A payment of an invoice."""

    payment_date: date


class Invoice(BaseModel):
    """A sales invoice; `invoice_id` is its number, None as long as it is a draft."""

    id: RemoteId
    contact_id: RemoteId
    invoice_id: RemoteId | None
    state: str
    reference: str | None
    currency: str
    invoice_date: date | None
    due_date: date
    total_price_incl_tax: Decimal
    total_paid: Decimal
    payments: tuple[Payment, ...]

    def carries(self, reference: str) -> bool:
        """Whether the reference stands on it, as a word of its own."""
        word = re.compile(rf"(?<![A-Z0-9-]){re.escape(reference)}(?![A-Z0-9-])")
        return word.search(self.reference or "") is not None

    def to_receipt(self, app_url: str) -> Receipt:
        """Return the receipt; `app_url` is where people open the administration."""
        url = f"{app_url}/sales_invoices/{self.id}"
        state = STATES.get(self.state, "unknown")
        paid_on = max((one.payment_date for one in self.payments), default=None)
        return Receipt(self.id, self.invoice_id or "", url, state, self.total_paid or None, paid_on)

    def to_document(self, app_url: str) -> Document:
        """Return what the engine compares with the draft."""
        receipt = self.to_receipt(app_url)
        gross = self.total_price_incl_tax
        return Document(receipt, self.contact_id, self.currency, gross, self.invoice_date, self.due_date)


INVOICES = TypeAdapter(tuple[Invoice, ...])


class _FieldErrors(BaseModel):
    error: Mapping[str, tuple[object, ...]]


def error_words(data: object) -> str:
    """Return the reasons of an error answer: its message, or what is said of each field."""
    try:
        errors = _FieldErrors.model_validate(data).error
    except ValidationError:
        return data if isinstance(data, str) else plain_words(data)
    return "; ".join(f"{name}: {', '.join(map(str, said))}" for name, said in errors.items())
