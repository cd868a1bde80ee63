"""What QuickBooks Online answers, as typed values. No I/O.

Fields and states: intuit/QuickBooks-V3-Java-SDK 6.5, Finance.xsd, and developer.intuit.com, the entities Invoice,
Estimate, CreditMemo, Payment, Customer, Attachable and Preferences. How a void document looks is told by users alone:
no amounts, and a private note that begins with Voided.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AliasChoices, BaseModel, BeforeValidator, Field, ValidationError

from tracker2invoice.model.claim import DocumentState, Receipt
from tracker2invoice.plugins import Document, RemoteClient
from tracker2invoice.wire import plain_words
from tracker2invoice_quickbooks.kinds import ESTIMATES, INVOICES, Kind

Day = Annotated[date, BeforeValidator(lambda value: value[:10] if isinstance(value, str) else value)]
"""A day, which may have a time zone behind it."""

RemoteId = Annotated[str, Field(pattern=r"^\d{1,20}$")]


class Ref(BaseModel):
    """What something else refers to by its id."""

    value: str


class Linked(BaseModel):
    """A document that is linked to another."""

    id: RemoteId = Field(alias="TxnId")
    kind: str = Field(alias="TxnType")


class Share(BaseModel):
    """How much of a payment is for which documents; credit memos among them are what it is paid with."""

    amount: Decimal = Field(Decimal(0), alias="Amount")
    linked: tuple[Linked, ...] = Field((), alias="LinkedTxn")


class Payment(BaseModel):
    """A payment; a credit that is applied to an invoice is one, too."""

    on: Day = Field(alias="TxnDate")
    shares: tuple[Share, ...] = Field((), alias="Line")

    def is_for(self, invoice: str) -> Decimal:
        """Return how much of it settles an invoice."""
        return self._with(lambda one: one.kind == "Invoice" and one.id == invoice)

    def credited(self, invoice: str) -> Decimal:
        """Return how much of that comes from credit memos."""
        return min(self.is_for(invoice), self._with(lambda one: one.kind == "CreditMemo"))

    def _with(self, wanted: Callable[[Linked], bool]) -> Decimal:
        return sum((share.amount for share in self.shares if any(map(wanted, share.linked))), Decimal(0))


class Transaction(BaseModel):
    """An invoice, estimate or credit memo."""

    id: RemoteId = Field(alias="Id")
    version: str = Field(alias="SyncToken")
    number: str | None = Field(None, alias="DocNumber")
    note: str = Field("", alias="PrivateNote")
    issued: Day = Field(alias="TxnDate")
    due: Day | None = Field(None, alias="DueDate")
    customer: Ref = Field(alias="CustomerRef")
    currency: Ref | None = Field(None, alias="CurrencyRef")
    total: Decimal = Field(alias="TotalAmt")
    balance: Decimal | None = Field(None, alias="Balance")
    mailed: str = Field("NotSet", alias="EmailStatus")
    printed: str = Field("NotSet", alias="PrintStatus")
    status: str = Field("", alias="TxnStatus")
    linked: tuple[Linked, ...] = Field((), alias="LinkedTxn")

    @property
    def settled(self) -> Decimal:
        """What of it was paid or credited, or used up of a credit memo."""
        return Decimal(0) if self.balance is None else self.total - self.balance

    @property
    def payments(self) -> frozenset[str]:
        """The ids of the payments that are linked to it."""
        return frozenset(one.id for one in self.linked if one.kind == "Payment")

    def carries(self, reference: str) -> bool:
        """Whether it has the reference as its number, or in its private note as a word of its own."""
        word = re.compile(rf"(?<![A-Z0-9-]){re.escape(reference)}(?![A-Z0-9-])")
        return self.number == reference or word.search(self.note) is not None

    def state(self, kind: Kind) -> DocumentState:
        """Return how it stands; one that nobody has sent, printed, settled or decided about counts as a draft."""
        if self.total == 0 and self.note.startswith("Voided"):
            return "void"
        if kind == INVOICES and self.balance == 0 and self.total > 0:
            return "paid"
        decided = kind == ESTIMATES and (self.status != "Pending" or bool(self.linked))
        left = self.mailed != "NotSet" or self.printed == "PrintComplete"
        return "sent" if decided or left or self.settled else "draft"

    def to_document(self, kind: Kind, app_url: str, payments: Iterable[Payment] = ()) -> Document:
        """Return what the engine compares with the draft; `app_url` is where people open it."""
        currency = self.currency.value if self.currency else None
        return Document(
            self._receipt(kind, app_url, tuple(payments)),
            self.customer.value,
            currency,
            self.total,
            self.issued,
            self.due,
        )

    def _receipt(self, kind: Kind, app_url: str, payments: Sequence[Payment]) -> Receipt:
        url = f"{app_url}/app/{kind.path}?txnId={self.id}"
        credited = sum((one.credited(self.id) for one in payments), Decimal(0))
        paid = self.settled - credited if kind == INVOICES else Decimal(0)
        days = (one.on for one in payments if one.is_for(self.id) > one.credited(self.id))
        return Receipt(
            kind.remote_id(self.id),
            self.number or "",
            url,
            self.state(kind),
            paid or None,
            max(days, default=None),
            credited or None,
        )


class _Email(BaseModel):
    address: str = Field(alias="Address")


class Customer(BaseModel):
    """A client; its currency is that of all its documents, where the company has several."""

    id: RemoteId = Field(alias="Id")
    active: bool = Field(alias="Active")
    name: str = Field("", alias="DisplayName")
    email: _Email | None = Field(None, alias="PrimaryEmailAddr")
    currency: Ref | None = Field(None, alias="CurrencyRef")

    def to_client(self, app_url: str) -> RemoteClient:
        """Return what the engine compares; of VAT ids QuickBooks tells the last characters alone."""
        email = self.email.address if self.email else ""
        url = f"{app_url}/app/customerdetail?nameId={self.id}"
        return RemoteClient(self.id, self.name, email=email, usable=self.active, url=url)


class Attachable(BaseModel):
    """A file in the list of attachments; a note has no name."""

    file: str = Field("", alias="FileName")


class SalesForms(BaseModel):
    """What a company has chosen about invoices and estimates."""

    own_numbers: bool = Field(default=False, alias="CustomTxnNumbers")
    estimates: bool = Field(default=True, alias="AllowEstimates")


class Currencies(BaseModel):
    """The currency of a company, and whether it has others."""

    several: bool = Field(default=False, alias="MultiCurrencyEnabled")
    home: Ref = Field(alias="HomeCurrency")

    def has(self, code: str) -> bool:
        """Say whether documents may be in that currency (ISO 4217)."""
        return self.several or self.home.value == code


class Books(BaseModel):
    """The last day for which the books of a company are closed."""

    closed_until: date | None = Field(None, alias="BookCloseDate")


class Preferences(BaseModel):
    """What a company has chosen."""

    books: Books = Field(Books(BookCloseDate=None), alias="AccountingInfoPrefs")
    sales: SalesForms = Field(alias="SalesFormsPrefs")
    currencies: Currencies = Field(alias="CurrencyPrefs")


_MEANS = {"3100": "the consent is not for this company"}
"""What some codes mean whose words tell nothing (developer.intuit.com, Error codes)."""


class _Error(BaseModel):
    code: str = ""
    message: str = Field("", validation_alias=AliasChoices("Message", "message"))
    detail: str = Field("", validation_alias=AliasChoices("Detail", "detail"))
    element: str = ""


class Errors(BaseModel):
    """Why something was refused."""

    errors: tuple[_Error, ...] = Field((), validation_alias=AliasChoices("Error", "error"))

    def __str__(self) -> str:
        parts = (
            (f"code {one.code}", _MEANS.get(one.code, ""), one.message, one.detail, one.element) for one in self.errors
        )
        return "; ".join(": ".join(dict.fromkeys(filter(None, texts))) for texts in parts)


class _Refusal(BaseModel):
    fault: Errors = Field(validation_alias=AliasChoices("Fault", "fault"))


def error_words(data: object) -> str:
    """Return the reasons of an error answer, each with its code and the field that it is about."""
    try:
        return str(_Refusal.model_validate(data).fault)
    except ValidationError:
        return plain_words(data)


def has_code(detail: str, *codes: str) -> bool:
    """Whether the words of an error have one of these codes."""
    return any(re.search(rf"\bcode {code}\b", detail) for code in codes)
