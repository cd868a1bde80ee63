"""What `check` says about a Xero organisation. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel, Field, ValidationError

from tracker2invoice.errors import BadAnswer, NotThere, Tracker2InvoiceError
from tracker2invoice.findings import finding, next_step, of_clients, of_period, said
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Finding
from tracker2invoice.rest import Session
from tracker2invoice.taxcodes import tax_key
from tracker2invoice_xero import XeroSettings
from tracker2invoice_xero.answers import Contacts, Day


class _Organisation(BaseModel):
    id: str = Field(alias="OrganisationID")
    period_locked: Day = Field(None, alias="PeriodLockDate")
    year_locked: Day = Field(None, alias="EndOfYearLockDate")

    @property
    def locked_until(self) -> date | None:
        """The last day for which nothing is booked any more."""
        return max((day for day in (self.period_locked, self.year_locked) if day), default=None)


class _Organisations(BaseModel):
    items: tuple[_Organisation, ...] = Field(alias="Organisations", min_length=1)


class _Account(BaseModel):
    code: str | None = Field(None, alias="Code")
    status: str = Field("", alias="Status")
    kind: str = Field("", alias="Class")


class _Accounts(BaseModel):
    items: tuple[_Account, ...] = Field(alias="Accounts")


class _TaxRate(BaseModel):
    tax_type: str = Field(alias="TaxType")
    status: str = Field("", alias="Status")
    rate: Decimal | None = Field(None, alias="EffectiveRate")
    for_revenue: bool = Field(default=True, alias="CanApplyToRevenue")


class _TaxRates(BaseModel):
    items: tuple[_TaxRate, ...] = Field(alias="TaxRates")


class _Currency(BaseModel):
    code: str = Field(alias="Code")


class _Currencies(BaseModel):
    items: tuple[_Currency, ...] = Field(alias="Currencies")


T = TypeVar("T", bound=BaseModel)

_NOTHING_PREPAID = 'Xero has no field for what is deducted outside VAT; write tax = "now", or use another output'


def findings(
    session: Session, name: str, settings: XeroSettings, contracts: Sequence[Contract], today: date
) -> Iterator[Finding]:
    """Yield one finding for each thing the contracts need; only the first one if Xero cannot be reached."""
    try:
        organisation = _read(session, name, "/Organisation", _Organisations).items[0]
    except Tracker2InvoiceError as error:
        yield Finding(ok=False, what=f"{name}: organisation", next_step=_step_after(error))
        return
    yield Finding(ok=True, what=f"{name}: organisation")
    yield of_period(name, today, organisation.locked_until)
    yield _finding(f"{name}: account {settings.account}", partial(_account, session, name, settings.account))
    yield from of_clients(
        name,
        contracts,
        lambda one: _finding(f"{name}: contact of client {one.id}", partial(_contact, session, name, one)),
        creates=settings.create_missing,
    )
    pins = (one.remote.get(name) for contract in contracts for one in contract.clients)
    if settings.attach_annex and (pinned := next(filter(None, pins), "")):
        yield _finding(f"{name}: scope accounting.attachments", partial(_attachments, session, pinned))
    taxes = {tax_key(tax.category, tax.rate): tax for contract in contracts for tax in contract.taxes}
    for key, tax in sorted(taxes.items()):
        look = partial(_tax, session, name, key, tax, settings.tax.get(key))
        yield _finding(f"{name}: tax {key}", look)
    for contract in contracts:
        if contract.deposit and contract.deposit.tax:
            yield Finding(ok=False, what=f"{name}: deposit of contract {contract.id}", next_step=_NOTHING_PREPAID)
    for currency in sorted({contract.currency for contract in contracts}):
        yield _finding(f"{name}: currency {currency}", partial(_currency, session, name, currency))


def _step_after(error: Tracker2InvoiceError) -> str:
    denied = f"check client_id, client_secret, tenant and the scopes of the app ({said(error)})"
    return next_step(error, denied, f"correct url ({said(error)})")


_finding = partial(finding, step_after=_step_after)


def _contact(session: Session, name: str, client: Party) -> str:
    pinned = client.remote.get(name)
    if not pinned:
        return f"set remote.{name} of client {client.id} to its ContactID"
    try:
        contacts = _read(session, name, f"/Contacts/{quote(pinned, safe='')}", Contacts).items
    except NotThere:
        contacts = ()
    if not contacts or contacts[0].merged_into:
        return f"no such contact; correct remote.{name} of client {client.id}"
    status = contacts[0].status
    return "" if status == "ACTIVE" else f"the contact is {status}; restore it, or pin another"


def _attachments(session: Session, contact_id: str) -> str:
    """Look at what is attached to a contact, which takes the same scope as that of an invoice."""
    with suppress(NotThere):
        session.read(f"/Contacts/{quote(contact_id, safe='')}/Attachments")
    return ""


def _account(session: Session, name: str, code: str) -> str:
    accounts = _read(session, name, "/Accounts", _Accounts).items
    account = next((one for one in accounts if one.code == code), None)
    if account is None or account.status != "ACTIVE":
        return "no such active account; set account to the code of a revenue account"
    return "" if account.kind == "REVENUE" else f"the account is of class {account.kind}, not REVENUE"


def _tax(session: Session, name: str, key: str, tax: Tax, tax_type: str | None) -> str:
    if tax_type is None:
        return f'set tax."{key}" to the TaxType that Xero uses for it'
    rates = _read(session, name, "/TaxRates", _TaxRates).items
    rate = next((one for one in rates if one.tax_type == tax_type), None)
    if rate is None or rate.status != "ACTIVE":
        return f'no such active tax rate as {tax_type}; correct tax."{key}"'
    if rate.rate != tax.rate:
        return f'{tax_type} is {rate.rate} %, the contract says {tax.rate} %; correct tax."{key}"'
    return "" if rate.for_revenue else f"{tax_type} cannot be used for revenue accounts"


def _currency(session: Session, name: str, code: str) -> str:
    currencies = _read(session, name, "/Currencies", _Currencies).items
    known = any(one.code == code for one in currencies)
    return "" if known else f"add {code} to the currencies of the organisation"


def _read(session: Session, name: str, path: str, model: type[T]) -> T:
    try:
        return model.model_validate(session.read(path).data)
    except ValidationError:
        raise BadAnswer(name, f"the answer for {path} cannot be read") from None
