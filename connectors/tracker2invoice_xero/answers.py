"""What Xero answers, as typed values. No I/O.

Fields and states: XeroAPI/Xero-OpenAPI, xero_accounting.yaml 16.1.0, schemas Invoice, CreditNote, Contact, Error.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import AliasChoices, BaseModel, BeforeValidator, Field, ValidationError

from tracker2invoice.model.claim import Receipt
from tracker2invoice.plugins import Document
from tracker2invoice.wire import plain_words
from tracker2invoice_xero.kinds import INVOICES, Kind

_MS_DATE = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_EPOCH = date(1970, 1, 1)


class Message(BaseModel):
    """One sentence about what Xero did not like."""

    text: str = Field("", alias="Message")


class Contact(BaseModel):
    """A client. `merged_into` is set when a person merged the contact into another."""

    id: str = Field(alias="ContactID", min_length=1)
    name: str = Field("", alias="Name")
    email: str = Field("", alias="EmailAddress")
    tax_number: str = Field("", alias="TaxNumber")
    status: str | None = Field(None, alias="ContactStatus")
    merged_into: str | None = Field(None, alias="MergedToContactID")


def _day(value: object) -> object:
    """Read `/Date(1772409600000+0000)/`: midnight in UTC of the day that is meant."""
    found = _MS_DATE.fullmatch(value) if isinstance(value, str) else None
    return _EPOCH + timedelta(milliseconds=int(found[1])) if found else None


Day = Annotated[date | None, BeforeValidator(_day)]
"""A day in the notation of Xero's JSON; None if it is none."""


class Payment(BaseModel):
    """A payment of an invoice."""

    on: Day = Field(None, alias="Date")


class Advance(Payment):
    """A prepayment or an overpayment that was applied to an invoice. Xero counts what it is worth there as credited."""

    applied: Decimal = Field(Decimal(0), alias="AppliedAmount")


class Invoice(BaseModel):
    """An invoice or a credit note, for sales or purchases; what an element of a refused request lacks is empty."""

    id: str = Field("", validation_alias=AliasChoices("InvoiceID", "CreditNoteID"))
    type: str = Field("", alias="Type")
    number: str | None = Field(None, validation_alias=AliasChoices("InvoiceNumber", "CreditNoteNumber"))
    reference: str | None = Field(None, alias="Reference")
    status: str = Field("", alias="Status")
    currency: str | None = Field(None, alias="CurrencyCode")
    total: Decimal | None = Field(None, alias="Total")
    issued: Day = Field(None, alias="Date")
    due: Day = Field(None, alias="DueDate")
    paid: Decimal | None = Field(None, alias="AmountPaid")
    credited: Decimal | None = Field(None, alias="AmountCredited")
    payments: tuple[Payment, ...] = Field((), alias="Payments")
    prepayments: tuple[Advance, ...] = Field((), alias="Prepayments")
    overpayments: tuple[Advance, ...] = Field((), alias="Overpayments")
    contact: Contact | None = Field(None, alias="Contact")
    has_errors: bool = Field(default=False, alias="HasErrors")
    outcome: str | None = Field(None, alias="StatusAttributeString")
    errors: tuple[Message, ...] = Field((), alias="ValidationErrors")

    def refused_because(self) -> str | None:
        """Return Xero's reasons if the element was refused: the HTTP status alone says 200."""
        if self.has_errors or self.errors or self.outcome == "ERROR":
            return "; ".join(error.text for error in self.errors) or "no reason given"
        return None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing by which a document is told from another, or compared with a draft."""
        return bool(self.id and self.type and self.status and self.currency and self.contact) and self.total is not None

    def carries(self, kind: Kind, reference: str) -> bool:
        """Whether this is of that kind and has the reference, as a word of its own."""
        word = re.compile(rf"(?<![A-Z0-9-]){re.escape(reference)}(?![A-Z0-9-])")
        texts = (self.reference or "", self.number or "")
        return self.type == kind.type and any(word.search(text) for text in texts)

    def to_receipt(self, kind: Kind, app_url: str) -> Receipt:
        """Return the receipt; `app_url` is where people open it."""
        url = f"{app_url}/{kind.page}{self.id}"
        state = kind.states.get(self.status, "unknown")
        advances = (*self.prepayments, *self.overpayments)
        advanced = sum((one.applied for one in advances), Decimal(0))
        # a payment of a credit note is money that was given back
        payments = (*self.payments, *advances) if kind is INVOICES else ()
        return Receipt(
            kind.remote_id(self.id),
            self.number or "",
            url,
            state,
            (self.paid or 0) + advanced or None,
            max((one.on for one in payments if one.on), default=None),
            (self.credited or 0) - advanced or None,
        )

    def to_document(self, kind: Kind, app_url: str) -> Document:
        """Return what the engine compares with the draft."""
        client = self.contact.id if self.contact else None
        # nothing is due of a credit note
        due = self.due if kind is INVOICES else None
        return Document(self.to_receipt(kind, app_url), client, self.currency, self.total, self.issued, due)


class Pagination(BaseModel):
    """Which page of how many."""

    page_count: int = Field(alias="pageCount")


class Invoices(BaseModel):
    """An answer with invoices or credit notes."""

    items: tuple[Invoice, ...] = Field(validation_alias=AliasChoices("Invoices", "CreditNotes"))
    pagination: Pagination | None = None


class Contacts(BaseModel):
    """An answer with contacts."""

    items: tuple[Contact, ...] = Field(alias="Contacts")


class _Element(BaseModel):
    errors: tuple[Message, ...] = Field((), alias="ValidationErrors")


class _Refusal(BaseModel):
    elements: tuple[_Element, ...] = Field((), alias="Elements")


_NOT_CONNECTED = (
    "the app is not connected to this organisation: correct the tenant, connect the app there again, or renew the plan "
    "of the organisation"
)
"""What `AuthenticationUnsuccessful` means (developer.xero.com, documentation, oauth2, Troubleshooting)."""


def error_words(data: object) -> str:
    """Return the reasons of an error answer: its message and the message of every element."""
    try:
        elements = _Refusal.model_validate(data).elements
    except ValidationError:
        elements = ()
    reasons = [error.text for element in elements for error in element.errors]
    words = plain_words(data)
    means = (_NOT_CONNECTED,) if words == "Forbidden: AuthenticationUnsuccessful" else ()
    return ": ".join(filter(None, (words, *means, "; ".join(reasons))))
