"""What `check` says about an ERPNext company. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial

from pydantic import BaseModel, TypeAdapter

from tracker2invoice.errors import AccessDenied, Tracker2InvoiceError, TryLater
from tracker2invoice.findings import finding, next_step, of_clients, said
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Finding
from tracker2invoice.taxcodes import tax_key
from tracker2invoice_erpnext import ErpnextSettings
from tracker2invoice_erpnext.answers import REFERENCE, ReferenceField
from tracker2invoice_erpnext.lookup import Lookup


class _Named(BaseModel):
    name: str


class _Account(BaseModel):
    company: str
    is_group: bool
    disabled: bool


class _Template(BaseModel):
    company: str
    disabled: bool


class _Rate(BaseModel):
    """A row of an item tax template: the rate that its items bear on an account."""

    tax_type: str
    tax_rate: Decimal


class _Currency(BaseModel):
    enabled: bool


_NAMES, _ACCOUNTS = TypeAdapter(tuple[_Named, ...]), TypeAdapter(tuple[_Account, ...])
_TEMPLATES, _RATES = TypeAdapter(tuple[_Template, ...]), TypeAdapter(tuple[_Rate, ...])
_CURRENCIES, _YES = TypeAdapter(tuple[_Currency, ...]), TypeAdapter(bool)

_NOTHING_PREPAID = 'ERPNext has no field for what is deducted outside VAT; write tax = "now", or use another output'


def findings(lookup: Lookup, name: str, settings: ErpnextSettings, contracts: Sequence[Contract]) -> Iterator[Finding]:
    """Yield one finding for each thing the contracts need; only the first one if ERPNext cannot be reached."""
    field = _finding(f"{name}: field {REFERENCE}", lambda: field_problem(lookup.reference_field()))
    yield field
    if not field.ok:
        return
    yield _finding(f"{name}: company {settings.company}", partial(_company, lookup, settings.company))
    for account in sorted({settings.account, *settings.account_by_tax.values()}):
        yield _finding(f"{name}: account {account}", partial(_account, lookup, settings.company, account, "account"))
    for unit in settings.units.values():
        yield _finding(f"{name}: unit {unit}", partial(_unit, lookup, unit))
    yield from of_clients(
        name,
        contracts,
        lambda one: _finding(f"{name}: client {one.id}", partial(_client, lookup, name, one)),
        creates=settings.create_missing,
    )
    for code in sorted({contract.currency for contract in contracts}):
        yield _finding(f"{name}: currency {code}", partial(_currency, lookup, code))
    yield from _tax_findings(lookup, name, settings, contracts)
    if any(contract.discount or contract.deposit or contract.retainage for contract in contracts):
        yield from _rate_findings(lookup, name)
    for contract in contracts:
        if contract.deposit and contract.deposit.tax:
            yield Finding(ok=False, what=f"{name}: deposit of contract {contract.id}", next_step=_NOTHING_PREPAID)


def _tax_findings(
    lookup: Lookup, name: str, settings: ErpnextSettings, contracts: Sequence[Contract]
) -> Iterator[Finding]:
    for key in sorted({_key(tax) for contract in contracts for tax in contract.taxes}):
        yield _finding(f"{name}: tax {key}", partial(_tax, lookup, settings, key))
    mixed = {_key(tax): tax for contract in contracts if len(contract.taxes) > 1 for tax in contract.taxes}
    for key, tax in sorted(mixed.items()):
        yield _finding(f"{name}: template for tax {key}", partial(_template, lookup, settings, key, tax))


def _rate_findings(lookup: Lookup, name: str) -> Iterator[Finding]:
    try:
        allowed = lookup.setting(_YES, "Selling Settings", "allow_negative_rates_for_items")
    except (AccessDenied, TryLater):
        # few users may read that form; without the setting ERPNext itself refuses an invoice that deducts something
        return
    step = "" if allowed else 'something is deducted: switch on "Allow Negative rates for Items" in Selling Settings'
    yield Finding(allowed, f"{name}: negative rates", step)


def field_problem(field: ReferenceField | None) -> str:
    """Return why a second document with one reference would not be refused, and what to do; empty if it would be."""
    if field is None:
        return f"add a custom field {REFERENCE} to Sales Invoice, of type Data, with Unique and No Copy"
    if field.fieldtype != "Data" or not field.unique:
        return f"make the custom field {REFERENCE} of Sales Invoice Unique, of type Data"
    # a cancelled invoice could not be amended, nor a credit note be made of an invoice
    return "" if field.no_copy else f"set No Copy on the custom field {REFERENCE} of Sales Invoice"


def _step_after(error: Tracker2InvoiceError) -> str:
    denied = f"check key and secret, and the roles of their user ({said(error)})"
    missing = f"check url, which must lead to ERPNext 15 or later ({said(error)})"
    return next_step(error, denied, missing)


_finding = partial(finding, step_after=_step_after)


def _company(lookup: Lookup, company: str) -> str:
    found = lookup.read(_NAMES, "Company", [["name", "=", company]], ("name",))
    return "" if found else "no such company; correct company"


def _account(lookup: Lookup, company: str, account: str, setting: str) -> str:
    found = lookup.read(_ACCOUNTS, "Account", [["name", "=", account]], tuple(_Account.model_fields))
    if not found or found[0].company != company:
        return f"the company has no such account; correct {setting}"
    if found[0].is_group or found[0].disabled:
        return f"nothing can be booked on {account}: it is disabled or a group; correct {setting}"
    return ""


def _unit(lookup: Lookup, unit: str) -> str:
    found = lookup.read(_NAMES, "UOM", [["name", "=", unit]], ("name",))
    return "" if found else "no such unit of measure; correct units"


def _client(lookup: Lookup, name: str, client: Party) -> str:
    pinned = client.remote.get(name)
    if not pinned:
        return f"set remote.{name} of client {client.id} to the customer's id there"
    customer = lookup.customer(pinned)
    if customer is None:
        return f"no such customer; correct remote.{name} of client {client.id}"
    return "the customer is disabled; enable it, or pin another" if customer.disabled else ""


def _currency(lookup: Lookup, code: str) -> str:
    found = lookup.read(_CURRENCIES, "Currency", [["name", "=", code]], ("enabled",))
    return "" if found and found[0].enabled else f"enable {code} in the list of currencies"


def _tax(lookup: Lookup, settings: ErpnextSettings, key: str) -> str:
    setting = f'tax."{key}"'
    if key not in settings.tax:
        return f"set {setting} to the account on which that tax is booked"
    return _account(lookup, settings.company, settings.tax[key], setting)


def _template(lookup: Lookup, settings: ErpnextSettings, key: str, tax: Tax) -> str:
    setting = f'template_by_tax."{key}"'
    named = settings.template_by_tax.get(key)
    if named is None:
        return f"set {setting} to an item tax template, for a contract has several taxes"
    found = lookup.read(_TEMPLATES, "Item Tax Template", [["name", "=", named]], tuple(_Template.model_fields))
    if not found or found[0].disabled or found[0].company != settings.company:
        return f"the company has no such item tax template; correct {setting}"
    rows = lookup.read(
        _RATES,
        "Item Tax Template Detail",
        [["parent", "=", named]],
        tuple(_Rate.model_fields),
        parent="Item Tax Template",
    )
    rates = {row.tax_type: row.tax_rate for row in rows if row.tax_rate or row.tax_type == settings.tax.get(key)}
    return "" if rates == {settings.tax.get(key): tax.rate} else f"{named} is not {key} alone there; correct {setting}"


def _key(tax: Tax) -> str:
    return tax_key(tax.category, tax.rate)
