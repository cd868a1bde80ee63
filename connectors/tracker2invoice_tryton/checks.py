"""What `check` says about a Tryton database. Reads only, and proposes the ids that settings lack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial

from pydantic import BaseModel, TypeAdapter

from tracker2invoice.errors import Tracker2InvoiceError
from tracker2invoice.findings import finding, next_step, of_clients, said
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.model.invoice import Draft, TaxSubtotal
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Finding
from tracker2invoice.taxcodes import tax_key
from tracker2invoice_tryton import TrytonSettings
from tracker2invoice_tryton.answers import ADDRESS, ADDRESS_FIELDS, RECORDS, Currency
from tracker2invoice_tryton.client import Client
from tracker2invoice_tryton.pins import pin_of, tax_ids
from tracker2invoice_tryton.values import Amount, date_value

_NOTHING_PREPAID = 'Tryton has no field for what is deducted outside VAT; write tax = "now", or use another output'
_MOST_PROPOSALS = 5


class _AddressOf(BaseModel):
    id: int
    rec_name: str
    party: int


class _AccountType(BaseModel):
    revenue: bool
    receivable: bool


class _Account(BaseModel):
    company: int
    closed: bool
    type: _AccountType | None


class _Journal(BaseModel):
    type: str
    active: bool


class _Tax(BaseModel):
    id: int
    rec_name: str
    company: int
    active: bool
    type: str
    rate: Amount | None
    parent: int | None
    invoice_account: int | None
    credit_note_account: int | None


class _Rounding(BaseModel):
    tax_rounding: str


_TAX_FIELDS = ("rec_name", "company", "active", "type", "rate", "parent", "invoice_account", "credit_note_account")
_CURRENCY = ("code", "digits")
_ADDRESSES, _CURRENCIES = TypeAdapter(tuple[_AddressOf, ...]), TypeAdapter(tuple[Currency, ...])
_TAX, _TAXES = TypeAdapter(_Tax), TypeAdapter(tuple[_Tax, ...])
_ACCOUNT, _JOURNAL, _ROUNDING = TypeAdapter(_Account), TypeAdapter(_Journal), TypeAdapter(_Rounding)


def findings(client: Client, settings: TrytonSettings, contracts: Sequence[Contract], today: date) -> Iterator[Finding]:
    """Yield one finding for each thing the contracts need; only the first one if the company cannot be read."""
    company = _finding(f"{client.name}: company {settings.company}", partial(_company, client, settings))
    yield company
    if not company.ok:
        return
    yield from _books(client, settings)
    yield _finding(f"{client.name}: period of {today}", partial(_period, client, settings, today))
    yield from of_clients(
        client.name,
        contracts,
        lambda one: _finding(f"{client.name}: client {one.id}", partial(_client, client, one)),
        creates=settings.create_missing,
    )
    for code in sorted({contract.currency for contract in contracts}):
        yield _finding(f"{client.name}: currency {code}", partial(_currency, client, settings, code))
    yield from _taxes(client, settings, (tax for contract in contracts for tax in contract.taxes))
    for contract in contracts:
        if contract.deposit and contract.deposit.tax:
            yield Finding(
                ok=False, what=f"{client.name}: deposit of contract {contract.id}", next_step=_NOTHING_PREPAID
            )


def named_by(draft: Draft, client: Client, settings: TrytonSettings) -> Iterator[Finding]:
    """Yield one finding for each thing that the request for a draft names by its id."""
    yield _finding(f"{client.name}: company {settings.company}", partial(_company, client, settings))
    yield from _books(client, settings)
    yield _finding(f"{client.name}: currency {draft.currency}", partial(_currency, client, settings, draft.currency))
    yield from _taxes(client, settings, draft.tax)


def _books(client: Client, settings: TrytonSettings) -> Iterator[Finding]:
    yield _finding(f"{client.name}: account {settings.account}", partial(_revenue, client, settings))
    yield _finding(f"{client.name}: journal {settings.journal}", partial(_journal, client, settings))


def _taxes(client: Client, settings: TrytonSettings, taxes: Iterable[Tax | TaxSubtotal]) -> Iterator[Finding]:
    rates = {tax_key(tax.category, tax.rate): tax.rate for tax in taxes}
    for key, rate in sorted(rates.items()):
        yield _finding(f"{client.name}: tax {key}", partial(_tax, client, settings, key, rate))


def sees_company(client: Client, settings: TrytonSettings) -> bool:
    """Say whether the user sees what belongs to the company: of another one they get no record, and no error.

    Raises:
        AccessDenied, TryLater: that could not be found out.
    """
    account = _account(client, settings.receivable)
    return account is not None and account.company == settings.company


def _step_after(error: Tracker2InvoiceError) -> str:
    denied = f"check the key, a validated user application for REST, and the groups of its user ({said(error)})"
    return next_step(error, denied, f"check url and database ({said(error)})")


_finding = partial(finding, step_after=_step_after)


def company_unseen(settings: TrytonSettings) -> str:
    """Say that the user does not see what belongs to the company, and what to do about it."""
    sees = f"the key's user sees no account {settings.receivable} of company {settings.company}"
    return f"{sees}; correct company or receivable, or give the company to the user"


def _company(client: Client, settings: TrytonSettings) -> str:
    account = _account(client, settings.receivable)
    if account is None or account.company != settings.company:
        return company_unseen(settings)
    if account.closed or not account.type or not account.type.receivable:
        return f"account {settings.receivable} is closed, or none for receivables; correct receivable"
    # a search without rights is an error, one that finds nothing is fine
    client.search("account.invoice", [["id", "=", 0]], ["id"], RECORDS)
    rounding = client.record("account.configuration", 1, ["tax_rounding"], _ROUNDING)
    if rounding and rounding.tax_rounding != "document":
        return "taxes are rounded line by line; set Tax Rounding to Per Document in the configuration of accounting"
    return ""


def _account(client: Client, account: int) -> _Account | None:
    return client.record("account.account", account, ["company", "closed", "type.revenue", "type.receivable"], _ACCOUNT)


def _revenue(client: Client, settings: TrytonSettings) -> str:
    account = _account(client, settings.account)
    if account is None or account.company != settings.company:
        return "the company has no such account; set account to the id of one for revenue"
    if account.closed or not account.type or not account.type.revenue:
        return "the account is closed, or none for revenue; set account to the id of another"
    return ""


def _journal(client: Client, settings: TrytonSettings) -> str:
    journal = client.record("account.journal", settings.journal, ["type", "active"], _JOURNAL)
    if journal is None or not journal.active or journal.type != "revenue":
        return "no active journal of type Revenue; correct journal"
    return ""


def _period(client: Client, settings: TrytonSettings, today: date) -> str:
    day = date_value(today)
    covers = [["start_date", "<=", day], ["end_date", ">=", day], ["type", "=", "standard"], ["state", "=", "open"]]
    if client.search("account.period", [["company", "=", settings.company], *covers], ["id"], RECORDS):
        return ""
    return "no open period; drafts are created, but nobody can post them before there is one"


def _client(client: Client, party: Party) -> str:
    pin = pin_of(party, client.name)
    setting = f"remote.{client.name} of client {party.id}"
    if pin is None:
        return f"set {setting} to the ids of party and address, as in {_some_addresses(client, party)}"
    address = client.record("party.address", pin.address, ADDRESS_FIELDS, ADDRESS)
    if address is None or address.party.id != pin.party:
        return f"no such party with that address; correct {setting}"
    if not (address.active and address.party.active):
        return "the party or its address is not active; activate it, or pin another"
    return ""


def _some_addresses(client: Client, party: Party) -> str:
    found = client.search(
        "party.address", [["party.name", "ilike", f"%{party.name}%"]], ["rec_name", "party"], _ADDRESSES
    )
    return _proposed([f"{one.party}/{one.id} ({one.rec_name})" for one in found]) or "12/34"


def _currency(client: Client, settings: TrytonSettings, code: str) -> str:
    found = {one.id: one for one in client.search("currency.currency", [["code", "=", code]], _CURRENCY, _CURRENCIES)}
    if not found:
        return f"{code} is not set up; create the currency there"
    currency = found.get(settings.currencies.get(code, 0))
    if currency is None:
        return f"set currencies.{code} to {_proposed([str(one) for one in found])}"
    if currency.digits != MINOR_UNITS[code]:
        return f"the currency has {currency.digits} decimals there; give it {MINOR_UNITS[code]}"
    return ""


def _tax(client: Client, settings: TrytonSettings, key: str, rate: Decimal) -> str:
    chosen = settings.tax.get(key)
    if chosen is None:
        return f'set tax."{key}" to {_some_taxes(client, settings, rate)}'
    tax_id, account = tax_ids(chosen)
    found = client.record("account.tax", tax_id, _TAX_FIELDS, _TAX)
    if found is None or not found.active or found.company != settings.company or found.parent:
        return f'the company has no active tax {tax_id}; correct tax."{key}" to {_some_taxes(client, settings, rate)}'
    if _percent(found) != rate:
        return f'{found.rec_name} is {_percent(found)} %, the contract says {rate} %; correct tax."{key}"'
    if account and {found.invoice_account, found.credit_note_account} != {account}:
        return f'{found.rec_name} is not booked on account {account}; correct tax."{key}" to {_proposal(found)}'
    return ""


def _some_taxes(client: Client, settings: TrytonSettings, rate: Decimal) -> str:
    found = client.search("account.tax", [["company", "=", settings.company]], _TAX_FIELDS, _TAXES)
    alike = [f"{_proposal(one)} ({one.rec_name})" for one in found if not one.parent and _percent(one) == rate]
    return _proposed(alike) or "the id of a tax with that rate, once there is one"


def _proposal(tax: _Tax) -> str:
    return f"{tax.id}/{tax.invoice_account}" if _one_account(tax) else str(tax.id)


def _one_account(tax: _Tax) -> bool:
    return tax.invoice_account is not None and tax.invoice_account == tax.credit_note_account


def _percent(tax: _Tax) -> Decimal | None:
    if tax.type == "none":
        return Decimal(0)
    return tax.rate * 100 if tax.type == "percentage" and tax.rate is not None else None


def _proposed(values: list[str]) -> str:
    return " or ".join(values[:_MOST_PROPOSALS])
