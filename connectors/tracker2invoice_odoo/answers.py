"""What Odoo answers, as typed values. No I/O.

Fields and states: odoo/odoo 16.0 to 19.0, addons/account/models/account_move.py. Whatever is empty is `false` there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, cast

from pydantic import BaseModel, BeforeValidator, TypeAdapter

from tracker2invoice.model.claim import DocumentState, Receipt
from tracker2invoice.plugins import Document, RemoteClient

INVOICE, CREDIT_NOTE = "out_invoice", "out_refund"

_STATES: Mapping[str, DocumentState] = MappingProxyType({"draft": "draft", "posted": "sent", "cancel": "void"})
_PAID = ("paid", "in_payment")
"""All is paid; `in_payment` as long as the bank's statement has not been matched."""

Text = Annotated[str, BeforeValidator(lambda value: value or "")]
Day = Annotated[date | None, BeforeValidator(lambda value: value or None)]


def _id_of(value: object) -> object:
    # a search gives the id of another record with its name, and whoever creates one gets the id
    return next(iter(cast("list[object]", value)), None) if isinstance(value, list) else value or None


RecordId = Annotated[int | None, BeforeValidator(_id_of)]


class Settled(BaseModel):
    """A payment or a credit note that was matched with an invoice, as `_compute_payments_widget_reconciled_info` tells.

    `move_id` is the entry of either. `is_exchange` is a difference between rates, and no money. `is_refund` is a credit
    note, of which Odoo before 19 does not tell.
    """

    amount: Decimal
    date: date
    move_id: int
    is_exchange: bool = False
    is_refund: bool | None = None


class Settlement(BaseModel):
    """All that was matched with an invoice."""

    content: tuple[Settled, ...] = ()


class Move(BaseModel):
    """A journal entry: a customer's invoice or credit note. Its number is not final before it is posted."""

    id: int
    move_type: str
    state: str
    posted_before: bool
    name: Text
    invoice_origin: Text
    partner_id: RecordId
    currency_id: RecordId
    invoice_date: Day
    invoice_date_due: Day
    amount_total: Decimal
    payment_state: Text
    invoice_payments_widget: Annotated[Settlement, BeforeValidator(lambda value: value or {})]

    def carries(self, reference: str) -> bool:
        """Whether the reference stands on it, as a word of its own."""
        word = re.compile(rf"(?<![A-Z0-9-]){re.escape(reference)}(?![A-Z0-9-])")
        return word.search(self.invoice_origin) is not None

    def to_receipt(self, app_url: str) -> Receipt:
        """Return the receipt; `app_url` is where people open Odoo, whose own mails have addresses like these."""
        url = f"{app_url}/mail/view?model=account.move&res_id={self.id}"
        number = "" if self.state == "draft" else self.name
        return Receipt(str(self.id), number, url, self._state(), *self._paid(), self._credited())

    def to_document(self, app_url: str, currency: str) -> Document:
        """Return what the engine compares with the draft; `currency` is its code."""
        client = str(self.partner_id) if self.partner_id else None
        receipt = self.to_receipt(app_url)
        return Document(receipt, client, currency, self.amount_total, self.invoice_date, self.invoice_date_due)

    def _state(self) -> DocumentState:
        # what is matched with a credit note is the invoice, and no payment
        if self.state == "posted" and self.move_type == INVOICE and self.payment_state in _PAID:
            return "paid"
        return _STATES.get(self.state, "unknown")

    @property
    def matched(self) -> tuple[Settled, ...]:
        """What an invoice was settled with; nothing for a credit note, which is no claim for money."""
        content = self.invoice_payments_widget.content if self.move_type == INVOICE else ()
        return tuple(one for one in content if not one.is_exchange)

    def knowing(self, credit_notes: Collection[int]) -> Move:
        """Return the document with what is a credit note among `matched`, by the ids of these."""
        known = (
            one.model_copy(update={"is_refund": one.is_refund or one.move_id in credit_notes}) for one in self.matched
        )
        return self.model_copy(update={"invoice_payments_widget": Settlement(content=tuple(known))})

    def _paid(self) -> tuple[Decimal | None, date | None]:
        payments = [one for one in self.matched if not one.is_refund]
        return _sum(payments), max((one.date for one in payments), default=None)

    def _credited(self) -> Decimal | None:
        return _sum([one for one in self.matched if one.is_refund])


def _sum(settled: list[Settled]) -> Decimal | None:
    return sum((one.amount for one in settled), Decimal(0)) or None


class Record(BaseModel):
    """A record of which no more is asked."""

    id: int


class Kind(Record):
    """What kind of entry a record is."""

    move_type: str


class Partner(Record):
    """A client: a company or a person. An archived one is not `active`."""

    active: bool
    display_name: Text
    vat: Text
    email: Text

    def to_client(self, app_url: str) -> RemoteClient:
        """Return who this is for us; `app_url` is where people open Odoo."""
        url = f"{app_url}/mail/view?model=res.partner&res_id={self.id}"
        return RemoteClient(str(self.id), self.display_name, self.vat, self.email, self.active, url)


class Currency(BaseModel):
    """A currency. `name` is its code (ISO 4217); documents are made in active ones alone."""

    id: int
    name: str
    active: bool


MOVES, PARTNERS = TypeAdapter(tuple[Move, ...]), TypeAdapter(tuple[Partner, ...])
CURRENCIES, KINDS = TypeAdapter(tuple[Currency, ...]), TypeAdapter(tuple[Kind, ...])
RECORDS = TypeAdapter(tuple[Record, ...])
