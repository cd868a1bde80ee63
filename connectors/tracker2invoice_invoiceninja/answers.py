"""What Invoice Ninja answers, as typed values. No I/O.

Fields and states: invoiceninja/invoiceninja 5.10.17, openapi/components/schemas, and app/Transformers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Party
from tracker2invoice.plugins import Document, RemoteClient
from tracker2invoice.wire import plain_words
from tracker2invoice_invoiceninja.kinds import INVOICES, Kind

Day = Annotated[date | None, BeforeValidator(lambda value: value or None)]
"""A day; None for the empty text that stands for none."""

CurrencyId = Annotated[str, BeforeValidator(lambda value: str(value or ""))]


class Settings(BaseModel):
    """What is set for a client, a group of clients or the company; empty where it is left to the next of them."""

    currency_id: CurrencyId = ""


class Item(BaseModel):
    """Something of which there are lists."""

    id: str


class Contact(BaseModel):
    """Somebody at a client."""

    email: str = ""


class Client(Item):
    """A client; `archived_at` is 0 for one that is not archived."""

    name: str = ""
    vat_number: str = ""
    id_number: str = ""
    contacts: tuple[Contact, ...] = ()
    is_deleted: bool
    archived_at: int
    group_settings_id: str = ""
    settings: Settings

    def may_be(self, party: Party) -> bool:
        """Say whether it has the VAT id, the e-mail address or the name of the party, whatever their case."""
        own = {self.vat_number, self.id_number, self.name, *(one.email for one in self.contacts)}
        marks = {party.vat_id, party.email, party.name} - {""}
        return not {text.casefold() for text in own}.isdisjoint(text.casefold() for text in marks)

    def to_client(self, app_url: str) -> RemoteClient:
        """Return who this is for us; `app_url` is where people open it."""
        email = next((one.email for one in self.contacts if one.email), "")
        usable = not (self.is_deleted or self.archived_at)
        return RemoteClient(self.id, self.name, self.vat_number, email, usable, f"{app_url}/#/clients/{self.id}")


class Share(BaseModel):
    """What of a payment is for one invoice, or comes from one credit (app/Transformers/PaymentableTransformer.php)."""

    invoice_id: str = ""
    credit_id: str = ""
    amount: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)


class Payment(BaseModel):
    """A payment of invoices; a credit that is applied to one is a payment, too."""

    date: Day = None
    is_deleted: bool = False
    shares: tuple[Share, ...] = Field((), alias="paymentables")

    def credited(self, invoice_id: str) -> Decimal:
        """Return how much of what it settles of an invoice comes from credits."""
        return min(self._sum(lambda one: one.invoice_id == invoice_id), self._sum(lambda one: bool(one.credit_id)))

    def brought_in(self, invoice_id: str) -> bool:
        """Whether any money came in for an invoice with it."""
        return not self.shares or self._sum(lambda one: one.invoice_id == invoice_id) > self.credited(invoice_id)

    def _sum(self, wanted: Callable[[Share], bool]) -> Decimal:
        return sum((one.amount - one.refunded for one in self.shares if wanted(one)), Decimal(0))


class File(BaseModel):
    """A file that is attached to a document."""

    name: str


class Invoice(Item):
    """An invoice or a credit, with the client and the payments that were asked for with it, and its files."""

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
    documents: tuple[File, ...] | None = None

    def has_file(self, name: str) -> bool | None:
        """Say whether a file of that name is attached to it; None if the answer does not tell."""
        return None if self.documents is None else any(one.name == name for one in self.documents)

    def carries(self, reference: str) -> bool:
        """Whether the reference stands on it, as a word of its own; a deleted number ends in _deleted."""
        word = re.compile(rf"(?<![A-Z0-9-]){re.escape(reference)}(?![A-Z0-9-])")
        return any(word.search(text) for text in (self.number, self.custom_value1, self.private_notes))

    def to_receipt(self, kind: Kind, app_url: str) -> Receipt:
        """Return the receipt; `app_url` is where people open it."""
        url = f"{app_url}/#/{kind.path}/{self.id}/edit"
        state = "deleted" if self.is_deleted else kind.states.get(self.status_id, "unknown")
        # one that is paid at once although a part is due first is left as paid in part (app/Services/Invoice)
        if kind is INVOICES and state == "sent" and 0 < self.amount <= self.paid_to_date:
            state = "paid"
        payments = [one for one in self.payments if not one.is_deleted]
        credited = sum((one.credited(self.id) for one in payments), Decimal(0))
        paid_on = max((one.date for one in payments if one.date and one.brought_in(self.id)), default=None)
        # of a credit it is what was made use of
        paid = self.paid_to_date - credited if kind is INVOICES else None
        return Receipt(kind.remote_id(self.id), self.number, url, state, paid or None, paid_on, credited or None)

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


Listed = TypeVar("Listed", bound=Item)


class Page(BaseModel, Generic[Listed]):
    """A page of a list."""

    data: tuple[Listed, ...]
    meta: Meta


class OneInvoice(BaseModel):
    """An answer with one invoice."""

    data: Invoice


class OneClient(BaseModel):
    """An answer with one client."""

    data: Client


class _Refusal(BaseModel):
    errors: Mapping[str, tuple[str, ...]] = {}


_NO_API = "Feature not available with free"
"""So a hosted server begins when the plan has no API (app/Http/Middleware/TokenAuth.php), in whatever language."""


def error_words(data: object) -> str:
    """Return the reasons of an error answer: its message and what is said of each field."""
    try:
        reasons = [f"{name}: {' '.join(said)}" for name, said in _Refusal.model_validate(data).errors.items()]
    except ValidationError:
        reasons = []
    message = plain_words(data)
    if message.startswith(_NO_API):
        return f"{message.rstrip('.')}: upgrade the plan there, for only paid ones have the API"
    return ": ".join(filter(None, (message, "; ".join(reasons))))
