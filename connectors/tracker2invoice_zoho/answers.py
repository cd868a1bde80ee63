"""What Zoho Books answers, as typed values. No I/O.

Fields and states: Zoho's OpenAPI description of Books v3, invoices.yml (list-invoices-response, invoice-response),
credit-notes.yml, contacts.yml and currency.yml. A list shows less of a document than the document itself. Ids are text
or numbers.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AliasChoices, BaseModel, BeforeValidator, Field, ValidationError

from tracker2invoice.model.claim import DocumentState, Receipt
from tracker2invoice.plugins import Document
from tracker2invoice.wire import plain_words
from tracker2invoice_zoho.kinds import INVOICES, Kind

NOT_THERE, NOT_OURS = 1002, 6041
"""Codes: what is asked for does not exist; the organisation is none of the user's."""

Text = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value or "")]
RemoteId = Text
Day = Annotated[date | None, BeforeValidator(lambda value: value or None)]
"""A day, which is an empty text where there is none."""


class Attachment(BaseModel):
    """A file that is attached to a document."""

    name: Text = Field("", alias="file_name")


class CustomField(BaseModel):
    """The value of a custom field."""

    id: RemoteId = Field(alias="customfield_id")
    value: object = None


class Invoice(BaseModel):
    """An invoice or a credit note. In a list an invoice has neither payments nor credits, and only there a time at
    which it will be sent. A credit note has neither; it may name an invoice that it is for.
    """

    id: RemoteId = Field(validation_alias=AliasChoices("creditnote_id", "invoice_id"))
    customer_id: RemoteId
    status: str
    number: Text = Field("", validation_alias=AliasChoices("creditnote_number", "invoice_number"))
    reference: Text = Field("", alias="reference_number")
    fields: tuple[CustomField, ...] = Field((), alias="custom_fields")
    currency: str = Field(alias="currency_code")
    issued: Day = Field(alias="date")
    due: Day = Field(None, alias="due_date")
    scheduled: Text = Field("", alias="schedule_time")
    total: Decimal
    balance: Decimal
    paid: Decimal = Field(Decimal(0), alias="payment_made")
    credited: Decimal = Field(Decimal(0), alias="credits_applied")
    paid_on: Day = Field(None, alias="last_payment_date")
    modified: Text = Field("", alias="last_modified_time")
    attachments: tuple[Attachment, ...] | None = Field(None, alias="documents")
    latest_attachment: Text = Field("", alias="attachment_name")
    has_attachment: bool | None = None

    def in_full(self, kind: Kind, known: Receipt | None) -> Invoice | None:
        """Return what a list shows with what settled it, which lists do not tell: as it is known if that is as much.

        None if it has to be read by its id.
        """
        settled = self.total - self.balance
        if kind is not INVOICES or not settled:
            return self
        if known is None or (known.paid or 0) + (known.credited or 0) != settled:
            return None
        told = {"paid": known.paid or 0, "credited": known.credited or 0, "paid_on": known.paid_on}
        return self.model_copy(update=told)

    def state(self, kind: Kind) -> DocumentState:
        """Return how it stands; a draft that is scheduled leaves by itself: no draft any more."""
        return "sent" if self.status == "draft" and self.scheduled else kind.states.get(self.status, "unknown")

    def carries(self, field_id: str, reference: str) -> bool:
        """Whether it has the reference in the custom field, or as its own."""
        return self.reference == reference or any(one.id == field_id and one.value == reference for one in self.fields)

    def has_attached(self, name: str) -> bool | None:
        """Return whether a file of that name is attached; None if the document does not tell.

        The description has the name of the latest file of an invoice; that all are listed is what others report.
        """
        if name == self.latest_attachment or any(one.name == name for one in self.attachments or ()):
            return True
        return False if self.attachments is not None or self.has_attachment is False else None

    def unchanged_since(self, instant: datetime) -> bool:
        """Whether Zoho says that nobody has modified it from that instant (aware) on."""
        try:
            return datetime.fromisoformat(self.modified) < instant
        except (ValueError, TypeError):  # no time, or one without a time zone
            return False

    def to_document(self, kind: Kind, app_url: str) -> Document:
        """Return what the engine compares with the draft; `app_url` is where people open the organisation."""
        receipt = Receipt(
            kind.remote_id(self.id),
            self.number,
            f"{app_url}#/{kind.path}/{self.id}",
            self.state(kind),
            self.paid or None,
            self.paid_on,
            self.credited or None,
        )
        return Document(receipt, self.customer_id, self.currency, self.total, self.issued, self.due)


class Contact(BaseModel):
    """A client, or somebody whom bills come from."""

    id: RemoteId = Field(alias="contact_id")
    name: Text = Field("", alias="contact_name")
    email: Text = ""
    kind: str = Field(alias="contact_type")
    status: str
    currency: str = Field(alias="currency_code")


class InvoiceField(BaseModel):
    """A custom field of invoices; `unique` is None where Zoho does not tell."""

    id: RemoteId = Field(validation_alias=AliasChoices("customfield_id", "field_id"))
    api_name: Text = ""
    unique: bool | None = Field(None, alias="is_unique")


class Item(BaseModel):
    """A product or service."""

    id: RemoteId = Field(alias="item_id")
    status: str


class TaxRate(BaseModel):
    """A tax; a `compound_tax` is one on another tax."""

    id: RemoteId = Field(alias="tax_id")
    percentage: Decimal = Field(alias="tax_percentage")
    kind: str = Field("tax", alias="tax_type")


class Currency(BaseModel):
    """A currency that the organisation has (ISO 4217)."""

    id: RemoteId = Field(alias="currency_id")
    code: str = Field(alias="currency_code")


class _Said(BaseModel):
    code: int
    message: str = ""


def error_words(data: object) -> str:
    """Return the message of an error answer with its code."""
    try:
        told = _Said.model_validate(data)
    except ValidationError:
        return plain_words(data)
    return f"code {told.code}: {told.message}"


def has_code(detail: str, code: int) -> bool:
    """Whether the words of an error have that code."""
    return re.search(rf"\bcode {code}:", detail) is not None


def succeeded(data: object) -> bool:
    """Whether an answer says so: a refusal may come with HTTP 200."""
    try:
        return _Said.model_validate(data).code == 0
    except ValidationError:
        return False
