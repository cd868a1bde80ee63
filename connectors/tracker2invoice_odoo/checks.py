"""What `check` says about an Odoo company. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import partial

from pydantic import BaseModel, TypeAdapter

from tracker2invoice.errors import Tracker2InvoiceError
from tracker2invoice.findings import finding, next_step, of_clients, said
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import Draft, TaxSubtotal
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Finding
from tracker2invoice.taxcodes import tax_key
from tracker2invoice_odoo import OdooSettings
from tracker2invoice_odoo.answers import RECORDS
from tracker2invoice_odoo.lookup import Lookup


class _Journal(BaseModel):
    type: str
    active: bool


class _Tax(BaseModel):
    """`price_include`: the price of a line has the tax in it."""

    name: str
    amount: Decimal
    amount_type: str
    type_tax_use: str
    price_include: bool
    active: bool


_JOURNALS, _TAXES = TypeAdapter(tuple[_Journal, ...]), TypeAdapter(tuple[_Tax, ...])

_NOTHING_PREPAID = 'Odoo has no field for what is deducted outside VAT; write tax = "now", or use another output'


def findings(lookup: Lookup, name: str, settings: OdooSettings, contracts: Sequence[Contract]) -> Iterator[Finding]:
    """Yield one finding for each thing the contracts need; only the first one if Odoo cannot be reached."""
    company = _finding(f"{name}: company {settings.company}", partial(_company, lookup, settings))
    yield company
    if not company.ok:
        return
    yield from _books(lookup, name, settings)
    yield from of_clients(
        name,
        contracts,
        lambda one: _finding(f"{name}: client {one.id}", partial(_client, lookup, settings, name, one)),
        creates=settings.create_missing,
    )
    for code in sorted({contract.currency for contract in contracts}):
        yield _finding(f"{name}: currency {code}", partial(_currency, lookup, code))
    yield from _taxes(lookup, name, settings, (tax for contract in contracts for tax in contract.taxes))
    for contract in contracts:
        if contract.deposit and contract.deposit.tax:
            yield Finding(ok=False, what=f"{name}: deposit of contract {contract.id}", next_step=_NOTHING_PREPAID)


def named_by(draft: Draft, lookup: Lookup, name: str, settings: OdooSettings) -> Iterator[Finding]:
    """Yield one finding for each thing that the values of a draft name by its id."""
    yield from _books(lookup, name, settings)
    yield from _taxes(lookup, name, settings, draft.tax)


def _books(lookup: Lookup, name: str, settings: OdooSettings) -> Iterator[Finding]:
    if settings.journal:
        yield _finding(f"{name}: journal {settings.journal}", partial(_journal, lookup, settings.journal))
    for account in sorted({settings.account, *settings.account_by_tax.values()}, key=int):
        yield _finding(f"{name}: account {account}", partial(_account, lookup, account))


def _taxes(lookup: Lookup, name: str, settings: OdooSettings, taxes: Iterable[Tax | TaxSubtotal]) -> Iterator[Finding]:
    rates = {tax_key(tax.category, tax.rate): tax.rate for tax in taxes}
    for key, rate in sorted(rates.items()):
        yield _finding(f"{name}: tax {key}", partial(_tax, lookup, key, rate, settings.tax.get(key)))


def _step_after(error: Tracker2InvoiceError) -> str:
    # odoo.com/documentation, External JSON-2 API: of Odoo Online's plans, only Custom ones
    plan = "at Odoo Online, also the plan, for only Custom ones have the API"
    denied = f"check the key and its user, who needs Invoicing: Billing in that company; {plan} ({said(error)})"
    missing = f"check url and database; before Odoo 19 set login, for there is no JSON-2 ({said(error)})"
    return next_step(error, denied, missing)


_finding = partial(finding, step_after=_step_after)


def _company(lookup: Lookup, settings: OdooSettings) -> str:
    # nothing is to be found: the question alone is denied to a user who sees but their own invoices
    next(lookup.with_ids([0]), None)
    found = lookup.read(RECORDS, "res.company", _with_id(settings.company), ("id",))
    return "" if found else "no such company; correct company"


def _journal(lookup: Lookup, journal: str) -> str:
    found = lookup.read(_JOURNALS, "account.journal", _with_id(journal), ("type", "active"))
    if not found or not found[0].active:
        return "no active journal with that id; correct journal, or leave it out"
    return "" if found[0].type == "sale" else "the journal is not for sales; correct journal, or leave it out"


def _account(lookup: Lookup, account: str) -> str:
    found = lookup.read(RECORDS, "account.account", _with_id(account), ("id",))
    return "" if found else "no such account; set account to the id of one for revenue"


def _client(lookup: Lookup, settings: OdooSettings, name: str, client: Party) -> str:
    pinned = client.remote.get(name, "")
    if not (pinned.isascii() and pinned.isdigit()):
        return f"set remote.{name} of client {client.id} to the contact's id"
    partner = lookup.partner(int(pinned))
    if partner is None:
        return f"no such contact; correct remote.{name} of client {client.id}"
    if not partner.active:
        return "the contact is archived; restore it, or pin another"
    blocked = settings.login and lookup.is_blocked(partner.id)
    return "the contact is blocked for invoices; unblock it, or pin another" if blocked else ""


def _currency(lookup: Lookup, code: str) -> str:
    return "" if lookup.currency(code) else currency_step(code)


def currency_step(code: str) -> str:
    """Return what to do about a currency that is not active."""
    return f"activate {code} under Invoicing, Configuration, Currencies"


def _tax(lookup: Lookup, key: str, rate: Decimal, chosen: str | None) -> str:
    if chosen is None:
        return f'set tax."{key}" to the id of the tax for it'
    found = lookup.read(_TAXES, "account.tax", _with_id(chosen), tuple(_Tax.model_fields))
    if not found or not found[0].active or found[0].type_tax_use != "sale":
        return f'no active tax for sales has the id {chosen}; correct tax."{key}"'
    (there,) = found
    if there.price_include:
        return f"{there.name} is included in prices there, and prices are sent without it; choose another"
    if there.amount_type != "percent" or there.amount != rate:
        return f'{there.name} is not {rate} percent there, as the contract says; correct tax."{key}"'
    return ""


def _with_id(record_id: str) -> list[object]:
    return [["id", "=", int(record_id)]]
