"""What Invoice Ninja answers, as typed values. No I/O.

Fields and states: invoiceninja/invoiceninja 5.10.17, openapi/components/schemas, and app/Transformers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ValidationError

from tracker2invoice.model.claim import Receipt
from tracker2invoice.plugins import Document
from tracker2invoice.wire import plain_words
from tracker2invoice_invoiceninja.kinds import INVOICES, Kind

Day = Annotated[date | None, BeforeValidator(lambda value: value or None)]
"""A day; None for the empty text that stands for none."""

CurrencyId = Annotated[str, BeforeValidator(lambda value: str(value or ""))]


class Settings(BaseModel):
    """What is set for a client, a group of clients or the company; empty where it is left to the next of them."""

    currency_id: CurrencyId = ""


class Client(BaseModel):
    """A client; `archived_at` is 0 for one that is not archived."""

    id: str
    is_deleted: bool
    archived_at: int
    group_settings_id: str = ""
    settings: Settings


class Payment(BaseModel):
    """A payment of an invoice."""

    date: Day = None
    is_deleted: bool = False


class Invoice(BaseModel):
    """An invoice or a credit, with the client and the payments that were asked for with it."""

    id: str
    client_id: str
    status_id: str
    is_deleted: bool
    number: str
    amount: Decimal
    paid_to_date: Decimal
    date: Day
    due_date: Day
    custom_value1: str
    private_notes: str = ""
    client: Client | None = None
    payments: tuple[Payment, ...] = ()

    def carries(self, reference: str) -> bool:
        """Whether the reference stands on it, as a word of its own; a deleted number ends in _deleted."""
        word = re.compile(rf"(?<![A-Z0-9-]){re.escape(reference)}(?![A-Z0-9-])")
        return any(word.search(text) for text in (self.number, self.custom_value1, self.private_notes))

    def to_receipt(self, kind: Kind, app_url: str) -> Receipt:
        """Return the receipt; `app_url` is where people open it."""
        url = f"{app_url}/#/{kind.path}/{self.id}/edit"
        state = "deleted" if self.is_deleted else kind.states.get(self.status_id, "unknown")
        paid_on = max((one.date for one in self.payments if one.date and not one.is_deleted), default=None)
        # of a credit it is what was made use of
        paid = self.paid_to_date if kind is INVOICES else None
        return Receipt(kind.remote_id(self.id), self.number, url, state, paid or None, paid_on)

    def to_document(self, kind: Kind, app_url: str, currency: str) -> Document:
        """Return what the engine compares with the draft; `currency` is that of the client."""
        receipt = self.to_receipt(kind, app_url)
        return Document(receipt, self.client_id, currency, self.amount, self.date, self.due_date)


class Pagination(BaseModel):
    """Which page of how many."""

    total_pages: int


class Meta(BaseModel):
    """What comes with a list."""

    pagination: Pagination


class Invoices(BaseModel):
    """A page of invoices."""

    data: tuple[Invoice, ...]
    meta: Meta


class OneInvoice(BaseModel):
    """An answer with one invoice."""

    data: Invoice


class OneClient(BaseModel):
    """An answer with one client."""

    data: Client


class _Refusal(BaseModel):
    errors: Mapping[str, tuple[str, ...]] = {}


def error_words(data: object) -> str:
    """Return the reasons of an error answer: its message and what is said of each field."""
    try:
        reasons = [f"{name}: {' '.join(said)}" for name, said in _Refusal.model_validate(data).errors.items()]
    except ValidationError:
        reasons = []
    return ": ".join(filter(None, (plain_words(data), "; ".join(reasons))))
