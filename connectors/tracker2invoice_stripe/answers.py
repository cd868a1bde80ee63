"""What Stripe answers, as typed values. No I/O.

Fields and states: docs.stripe.com/api/invoices/object, docs.stripe.com/api/customers/object,
docs.stripe.com/api/tax_rates/object, docs.stripe.com/api/events/object, docs.stripe.com/api/errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from pydantic import BaseModel, Field, ValidationError

from tracker2invoice.model.claim import DocumentState, Receipt
from tracker2invoice.plugins import Document, RemoteClient
from tracker2invoice_stripe.amounts import from_units, to_day
from tracker2invoice_stripe.payload import REFERENCE

STATES: Mapping[str, DocumentState] = MappingProxyType(
    {"draft": "draft", "open": "sent", "paid": "paid", "uncollectible": "sent", "void": "void"}
)


class _Line(BaseModel):
    """A line; that it is there is all that counts."""


class _Lines(BaseModel):
    data: tuple[_Line, ...]


class _Transitions(BaseModel):
    paid_at: int | None = None


class _Payment(BaseModel):
    """A payment of an invoice, as a whole or in part."""

    status_transitions: _Transitions = _Transitions()


class _Payments(BaseModel):
    data: tuple[_Payment, ...] = ()


class Invoice(BaseModel):
    """An invoice. Amounts are in Stripe's units, instants in seconds since 1970. `payments` are there if asked for."""

    id: str = Field(min_length=1)
    status: str = Field(min_length=1)
    customer: str
    currency: str
    total: int
    amount_paid: int
    metadata: Mapping[str, str]
    lines: _Lines
    livemode: bool
    number: str | None = None
    due_date: int | None = None
    effective_at: int | None = None
    pre_payment_credit_notes_amount: int = 0
    post_payment_credit_notes_amount: int = 0
    status_transitions: _Transitions = _Transitions()
    payments: _Payments | None = None
    customer_tax_exempt: str | None = None

    @property
    def reference(self) -> str:
        """The reference that it was made for, empty if it is not ours."""
        return self.metadata.get(REFERENCE, "")

    @property
    def is_cut_short(self) -> bool:
        """Whether it is a draft whose lines were never added."""
        return self.status == "draft" and not self.lines.data

    def to_document(self, app_url: str) -> Document:
        """Return what the engine compares with the draft; `app_url` is where people open it."""
        currency = self.currency.upper()
        return Document(
            self._receipt(app_url, currency),
            self.customer,
            currency,
            from_units(self.total, currency),
            _day(self.effective_at),
            _day(self.due_date),
            complete=not self.is_cut_short,
        )

    def _receipt(self, app_url: str, currency: str) -> Receipt:
        credited = self.pre_payment_credit_notes_amount + self.post_payment_credit_notes_amount
        return Receipt(
            remote_id=self.id,
            number=self.number or "",
            url=f"{app_url}{'' if self.livemode else '/test'}/invoices/{self.id}",
            state=STATES.get(self.status, "unknown"),
            paid=_unless_nothing(self.amount_paid, currency),
            paid_on=_day(self._paid_at()),
            credited=_unless_nothing(credited, currency),
        )

    def _paid_at(self) -> int | None:
        """Return when it was paid as a whole, or else when the latest payment came in."""
        payments = self.payments.data if self.payments else ()
        instants = (one.status_transitions.paid_at for one in payments)
        return self.status_transitions.paid_at or max(filter(None, instants), default=None)


class Invoices(BaseModel):
    """A page of a list, the newest invoice first."""

    data: tuple[Invoice, ...]
    has_more: bool


class Deleted(BaseModel):
    """A draft that was deleted, in the words of the API version that the account had then."""

    id: str
    total: int = 0
    currency: str = ""
    customer: str | None = None
    metadata: Mapping[str, str] | None = None

    @property
    def reference(self) -> str:
        """The reference that it was made for; a draft that never got its lines was nothing yet, and has none."""
        return (self.metadata or {}).get(REFERENCE, "") if self.total else ""

    def to_document(self) -> Document:
        """Return what is known of it."""
        currency = self.currency.upper()
        gross = from_units(self.total, currency)
        return Document(Receipt(self.id, "", "", "deleted"), self.customer, currency, gross)


class _Deletion(BaseModel):
    object: Deleted


class Event(BaseModel):
    """What happened to a draft: its deletion."""

    id: str
    data: _Deletion


class Events(BaseModel):
    """A page of what happened, the latest first."""

    data: tuple[Event, ...]
    has_more: bool


class _Concerned(BaseModel):
    id: str = ""


class _About(BaseModel):
    object: _Concerned


class Happening(BaseModel):
    """Something that happened to an invoice; one that is only forecast may have no id."""

    id: str
    data: _About


class Happenings(BaseModel):
    """A page of what happened, the latest first."""

    data: tuple[Happening, ...]
    has_more: bool


class _TaxId(BaseModel):
    value: str


class _TaxIds(BaseModel):
    data: tuple[_TaxId, ...]


class Customer(BaseModel):
    """A client. One that was deleted has nothing but its id."""

    id: str
    deleted: bool = False
    tax_exempt: str | None = None
    name: str | None = None
    email: str | None = None
    tax_ids: _TaxIds = _TaxIds(data=())
    livemode: bool = False

    def cannot_be_billed(self, *, taxed: bool) -> str:
        """Return why no invoice can be made out to it, or nothing. `taxed` says that the invoice bears tax."""
        return "is deleted" if self.deleted else untaxed(self.tax_exempt, taxed=taxed)

    def to_client(self, app_url: str) -> RemoteClient:
        """Return what is told of it; `app_url` is where people open it."""
        return RemoteClient(
            self.id,
            self.name or "",
            next((one.value for one in self.tax_ids.data), ""),
            self.email or "",
            usable=not self.deleted,
            url=f"{app_url}{'' if self.livemode else '/test'}/customers/{self.id}",
        )


class Customers(BaseModel):
    """A page of a list or of a search."""

    data: tuple[Customer, ...]


def untaxed(tax_exempt: str | None, *, taxed: bool) -> str:
    """Return why Stripe would leave the tax off for such a customer, or nothing."""
    if taxed and tax_exempt in ("exempt", "reverse"):
        return f"is tax exempt ({tax_exempt}), and what is billed bears tax"
    return ""


class TaxRate(BaseModel):
    """A tax rate in percent; `rate_type` is empty in older accounts."""

    id: str
    active: bool
    inclusive: bool
    percentage: Decimal
    rate_type: str | None = None


class _Error(BaseModel):
    type: str = ""
    code: str | None = None
    param: str | None = None
    message: str | None = None


class _Refusal(BaseModel):
    error: _Error


def error_words(data: object) -> str:
    """Return what an error answer says: its code or type, its message and the parameter that it is about."""
    try:
        error = _Refusal.model_validate(data).error
    except ValidationError:
        return ""
    about = f"({error.param})" if error.param else ""
    return " ".join(filter(None, (f"{error.code or error.type}:", error.message, about)))


def is_of_other_mode(detail: str) -> bool:
    """Whether the words of an error say that a key for tests was used for what is real, or the other way round."""
    return "a similar object exists in" in detail


def _unless_nothing(units: int, currency: str) -> Decimal | None:
    return from_units(units, currency) if units else None


def _day(seconds: int | None) -> date | None:
    return None if seconds is None else to_day(seconds)
