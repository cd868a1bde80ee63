"""What ERPNext answers, as typed values. No I/O.

Fields and states: frappe/erpnext version-15, erpnext/accounts/doctype, sales_invoice and payment_ledger_entry, and
erpnext/selling/doctype/customer; files and errors: frappe/frappe version-15, frappe/core/doctype/file,
frappe/utils/response.py and frappe/exceptions.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Generic, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, Field, Json, TypeAdapter, ValidationError

from tracker2invoice.model.claim import DocumentState, Receipt
from tracker2invoice.plugins import Document, RemoteClient

INVOICES = "Sales Invoice"
REFERENCE = "t2i_ref"
"""The custom field of the reference."""

_STATES: Mapping[int, DocumentState] = MappingProxyType({0: "draft", 1: "sent", 2: "void"})

Record = TypeVar("Record", bound=BaseModel)
Text = Annotated[str, BeforeValidator(lambda value: value or "")]


class Entry(BaseModel):
    """A payment or a credit note that was set against an invoice; what takes off the invoice is negative.

    `against_voucher_no` is the invoice, `voucher_type` and `voucher_no` are what it was settled with.
    """

    against_voucher_no: str
    voucher_type: str
    voucher_no: str
    amount_in_account_currency: Decimal
    account_currency: str
    posting_date: date


class Invoice(BaseModel):
    """A sales invoice, or with `is_return` a credit note, whose amounts are negative."""

    name: str
    t2i_ref: Text = ""
    docstatus: int
    is_return: bool
    customer: str
    currency: str
    conversion_rate: Decimal
    posting_date: date
    due_date: date | None = None
    grand_total: Decimal
    outstanding_amount: Decimal

    def to_document(self, app_url: str, entries: Iterable[Entry]) -> Document:
        """Return what the engine compares with the draft; `entries` are those against the invoice."""
        gross = -self.grand_total if self.is_return else self.grand_total
        # a credit note has nothing to pay, and its due date no meaning
        due = None if self.is_return else self.due_date
        receipt = self._receipt(app_url, [one for one in entries if one.against_voucher_no == self.name])
        return Document(receipt, self.customer, self.currency, gross, self.posting_date, due)

    def _receipt(self, app_url: str, entries: list[Entry]) -> Receipt:
        url = f"{app_url}/app/sales-invoice/{quote(self.name, safe='')}"
        payments = [one for one in entries if one.voucher_type != INVOICES and one.amount_in_account_currency]
        state = _STATES.get(self.docstatus, "unknown")
        if state == "sent" and payments and self.outstanding_amount <= 0:
            state = "paid"
        if any(one.account_currency != self.currency for one in entries):
            return Receipt(self.name, self.name, url, state)
        credited = [one for one in entries if one.voucher_type == INVOICES]
        paid_on = max((one.posting_date for one in payments), default=None)
        return Receipt(self.name, self.name, url, state, _sum(payments), paid_on, _sum(credited))


def _sum(entries: list[Entry]) -> Decimal | None:
    return -sum((one.amount_in_account_currency for one in entries), Decimal(0)) or None


class Customer(BaseModel):
    """A client; the name is the id. Only people with a role of their own may book for one that is frozen."""

    name: str
    disabled: bool
    is_frozen: bool
    customer_name: Text = ""
    tax_id: Text = ""
    email_id: Text = ""

    def to_client(self, app_url: str) -> RemoteClient:
        """Return what the engine compares; `app_url` is where people open ERPNext."""
        url = f"{app_url}/app/customer/{quote(self.name, safe='')}"
        return RemoteClient(self.name, self.customer_name, self.tax_id, self.email_id, not self.blocked, url)

    @property
    def blocked(self) -> str:
        """In a word why it is not to be invoiced; empty if it is."""
        if self.disabled:
            return "disabled: enable it there"
        return "frozen: take Is Frozen off it there" if self.is_frozen else ""


class Created(BaseModel, Generic[Record]):
    """The answer to a new record."""

    data: Record


class File(BaseModel):
    """A file that is attached to a document."""

    file_name: str

    def is_copy_of(self, name: str) -> bool:
        """Whether it was uploaded under that name: where the server's disk has one, more goes before its ending."""
        stem, dot, ending = name.rpartition(".")
        return self.file_name.startswith(stem) and self.file_name.endswith(f"{dot}{ending}")


class Uploaded(BaseModel):
    """The answer to an upload."""

    message: File


class ReferenceField(BaseModel):
    """A field of the sales invoice. Only a short text can be unique in the database (frappe/database/schema.py)."""

    fieldname: str
    fieldtype: str
    unique: bool = False
    no_copy: bool = False


class _Fields(BaseModel):
    fields: tuple[ReferenceField, ...]


class Meta(BaseModel):
    """What ERPNext says of a kind of documents."""

    data: _Fields


class _Message(BaseModel):
    message: str = ""


class _Refusal(BaseModel):
    """An error answer. The messages are a JSON text in it, and each of them is one in that."""

    exc_type: str = ""
    server_messages: Json[tuple[Json[_Message], ...]] = Field(default=(), alias="_server_messages")


INVOICE_LIST, ENTRY_LIST = TypeAdapter(tuple[Invoice, ...]), TypeAdapter(tuple[Entry, ...])
CUSTOMER_LIST, FILE_LIST = TypeAdapter(tuple[Customer, ...]), TypeAdapter(tuple[File, ...])

_TAG = re.compile(r"<[^>]*>")


def error_words(data: object) -> str:
    """Return the kind of the error and what is said to people, without markup and without any traceback."""
    try:
        refusal = _Refusal.model_validate(data)
    except ValidationError:
        return ""
    texts = (_TAG.sub("", one.message) for one in refusal.server_messages)
    return ": ".join(filter(None, (refusal.exc_type, *dict.fromkeys(texts))))
