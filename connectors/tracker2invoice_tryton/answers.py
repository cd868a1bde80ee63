"""What Tryton answers about invoices and parties, as typed values. No I/O.

Fields and states: trytond_account_invoice 8.2, invoice.py; answers of a server of that version were read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from pydantic import BaseModel, TypeAdapter

from tracker2invoice.model.claim import DocumentState, Receipt
from tracker2invoice.plugins import Document
from tracker2invoice_tryton.pins import Pin, remote_id
from tracker2invoice_tryton.values import Amount, Day

STATES: Mapping[str, DocumentState] = MappingProxyType(
    {"draft": "draft", "validated": "draft", "posted": "sent", "paid": "paid", "cancelled": "void"}
)
"""One that is validated has neither a number nor an entry in the books yet: nobody has sent it."""


class Record(BaseModel):
    """A record of which no more is asked."""

    id: int


class Currency(BaseModel):
    """A currency; `digits` are its decimals there, None where that was not asked for."""

    id: int
    code: str
    digits: int | None = None


class MoveLine(BaseModel):
    """An entry that settles an invoice; one that comes from another invoice is that of a credit note.

    `amount_second_currency` is what it is worth in the invoice's currency, if that is not the company's.
    """

    id: int
    date: Day
    move_origin: str | None
    debit: Amount
    credit: Amount
    amount_second_currency: Amount | None

    @property
    def settles(self) -> Decimal:
        """How much of an invoice it settles."""
        foreign = self.amount_second_currency
        return self.credit - self.debit if foreign is None else -foreign

    def is_credit(self, invoice_id: int) -> bool:
        """Whether it is the entry of a credit note, and not one that pays the invoice."""
        kind, _, origin = (self.move_origin or "").partition(",")
        return kind == "account.invoice" and origin != str(invoice_id)


class Invoice(BaseModel):
    """A customer invoice, or a credit note, whose total is negative.

    `payment_lines` are what has been paid of it, and `reconciliation_lines` all that settles it, once nothing is left
    to pay. `origin_invoices` are those whose lines it takes back.
    """

    id: int
    number: str | None
    state: str
    reference: str | None
    description: str | None
    party: int
    invoice_address: int
    currency: Currency
    total_amount: Amount
    amount_to_pay: Amount
    invoice_date: Day | None
    payment_term: int | None
    payment_term_date: Day | None
    payment_lines: tuple[MoveLine, ...]
    reconciliation_lines: tuple[MoveLine, ...]
    origin_invoices: tuple[int, ...]

    def carries(self, reference: str) -> bool:
        """Whether the reference stands on it, as a word of its own.

        Whoever credits an invoice over there gets a copy of its description, and with it our reference: that is another
        document.
        """
        word = re.compile(rf"(?<![A-Z0-9-]){re.escape(reference)}(?![A-Z0-9-])")
        return not self.origin_invoices and any(word.search(text or "") for text in (self.description, self.reference))

    def to_document(self, app_url: str, *, credit_note: bool) -> Document:
        """Return what the engine compares with the draft; the amounts of a credit note are positive for us."""
        gross = -self.total_amount if credit_note else self.total_amount
        # the term counts from that day; without one, the day is the due date
        due = None if self.payment_term else self.payment_term_date
        client = str(Pin(self.party, self.invoice_address))
        receipt = self._to_receipt(app_url, credit_note=credit_note)
        return Document(receipt, client, self.currency.code, gross, self.invoice_date, due)

    def _to_receipt(self, app_url: str, *, credit_note: bool) -> Receipt:
        url = f"{app_url}/model/account.invoice/{self.id}"
        state = STATES.get(self.state, "unknown")
        own, number = remote_id(self.id, credit_note=credit_note), self.number or ""
        if credit_note or self.state not in ("posted", "paid"):
            return Receipt(own, number, url, state)
        lines = {one.id: one for one in (*self.payment_lines, *self.reconciliation_lines)}.values()
        settled = self.total_amount - self.amount_to_pay
        credited = min(sum((one.settles for one in lines if one.is_credit(self.id)), Decimal(0)), settled)
        paid_on = max((one.date for one in lines if not one.is_credit(self.id)), default=None)
        return Receipt(own, number, url, state, settled - credited or None, paid_on, credited or None)


FIELDS = (
    "number",
    "state",
    "reference",
    "description",
    "party",
    "invoice_address",
    "currency.code",
    "total_amount",
    "amount_to_pay",
    "invoice_date",
    "payment_term",
    "payment_term_date",
    *(f"{lines}.{field}" for lines in ("payment_lines", "reconciliation_lines") for field in MoveLine.model_fields),
    "origin_invoices",
)
"""What is asked for of an invoice."""


class Party(BaseModel):
    """A client."""

    id: int
    active: bool


class PartyAddress(BaseModel):
    """An address of a client."""

    id: int
    active: bool
    rec_name: str
    party: Party


ADDRESS_FIELDS = ("active", "rec_name", "party.active")

INVOICE, INVOICES = TypeAdapter(Invoice), TypeAdapter(tuple[Invoice, ...])
ADDRESS = TypeAdapter(PartyAddress)
RECORD, RECORDS = TypeAdapter(Record), TypeAdapter(tuple[Record, ...])
