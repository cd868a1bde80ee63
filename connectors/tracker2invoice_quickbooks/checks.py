"""What `check` says about a company in QuickBooks Online. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial

from pydantic import BaseModel, Field

from tracker2invoice.errors import Tracker2InvoiceError
from tracker2invoice.findings import finding, next_step, of_one_currency, of_period, said, to_be_created
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Finding
from tracker2invoice.taxcodes import tax_key
from tracker2invoice_quickbooks import MEANING, NO_TAX, QuickBooksSettings
from tracker2invoice_quickbooks.answers import Preferences, Ref
from tracker2invoice_quickbooks.lookup import Lookup

OWN_NUMBERS = (
    "the company numbers its documents by itself, and none could be found again by its reference; "
    "switch custom transaction numbers on (Account and settings, Sales, Sales form content)"
)

_NOTHING_PREPAID = 'QuickBooks has no field for what is deducted outside VAT; write tax = "now", or use another output'
_SOLD = ("Service", "NonInventory", "Inventory")


class _Company(BaseModel):
    country: str = Field("", alias="Country")


class _Item(BaseModel):
    active: bool = Field(alias="Active")
    kind: str = Field("", alias="Type")


class _Part(BaseModel):
    rate: Ref = Field(alias="TaxRateRef")
    on_tax: int = Field(0, alias="TaxOnTaxOrder")


class _Parts(BaseModel):
    parts: tuple[_Part, ...] = Field((), alias="TaxRateDetail")


class _TaxCode(BaseModel):
    active: bool = Field(alias="Active")
    sales: _Parts | None = Field(None, alias="SalesTaxRateList")


class _TaxRate(BaseModel):
    percent: Decimal = Field(alias="RateValue")


def findings(
    lookup: Lookup, name: str, settings: QuickBooksSettings, contracts: Sequence[Contract], today: date
) -> Iterator[Finding]:
    """Yield one finding for each thing the contracts need; only the first one if QuickBooks cannot be reached."""
    company = f"{name}: company {settings.realm}"
    try:
        preferences = lookup.preferences()
        in_the_us = _in_the_us(lookup, settings.realm)
    except Tracker2InvoiceError as error:
        yield Finding(ok=False, what=company, next_step=_step_after(error))
        return
    yield Finding(ok=True, what=company)
    yield of_period(name, today, preferences.books.closed_until)
    yield _of_the_mode(name, settings, preferences)
    numbers = "" if preferences.sales.own_numbers else OWN_NUMBERS
    yield Finding(not numbers, f"{name}: document numbers", numbers)
    yield _finding(f"{name}: item {settings.item}", partial(_item, lookup, settings.item))
    for client in {one.id: one for contract in contracts for one in contract.clients}.values():
        currencies = {contract.currency for contract in contracts if client in contract.clients}
        if settings.create_missing and name not in client.remote:
            yield to_be_created(name, client, of_one_currency(currencies))
            continue
        yield _finding(f"{name}: customer of client {client.id}", partial(_customer, lookup, name, client, currencies))
    taxes = {tax_key(tax.category, tax.rate): tax for contract in contracts for tax in contract.taxes}
    for key, tax in sorted(taxes.items()):
        judge = partial(_no_tax, key, tax) if in_the_us else partial(_tax, lookup, key, tax)
        yield _finding(f"{name}: tax {key}", partial(judge, settings.tax.get(key)))
    for contract in contracts:
        if contract.deposit and contract.deposit.tax:
            yield Finding(ok=False, what=f"{name}: deposit of contract {contract.id}", next_step=_NOTHING_PREPAID)
    for currency in sorted({contract.currency for contract in contracts}):
        wrong = _currency(preferences, currency)
        yield Finding(not wrong, f"{name}: currency {currency}", wrong)


def _step_after(error: Tracker2InvoiceError) -> str:
    return next_step(error, f"check client_id, client_secret and realm ({said(error)})", f"correct url ({said(error)})")


_finding = partial(finding, step_after=_step_after)


def _in_the_us(lookup: Lookup, realm: str) -> bool:
    company = lookup.one("CompanyInfo", realm, _Company)
    return company is not None and company.country in ("US", "USA")


def _of_the_mode(name: str, settings: QuickBooksSettings, preferences: Preferences) -> Finding:
    off = settings.mode == "estimate" and not preferences.sales.estimates
    step = "switch estimates on in the company, or choose another mode" if off else ""
    return Finding(not off, f"{name}: mode {settings.mode}. {MEANING[settings.mode]}", step)


def _item(lookup: Lookup, item_id: str) -> str:
    item = lookup.one("Item", item_id, _Item)
    if item is None or not item.active:
        return "no such active product or service; set item to the id of one"
    return "" if item.kind in _SOLD else f"the item is a {item.kind}; set item to the id of a product or service"


def _customer(lookup: Lookup, name: str, client: Party, currencies: Collection[str]) -> str:
    pinned = client.remote.get(name)
    if not pinned:
        return f"set remote.{name} of client {client.id} to the customer's id"
    customer = lookup.customer(pinned)
    if customer is None:
        return f"no such customer; correct remote.{name} of client {client.id}"
    if not customer.active:
        return "the customer is not active; make it active, or pin another"
    if customer.currency and any(code != customer.currency.value for code in currencies):
        return f"the customer is billed in {customer.currency.value} there, and not in {', '.join(sorted(currencies))}"
    return ""


def _no_tax(key: str, tax: Tax, code: str | None) -> str:
    if tax.rate:
        return (
            "QuickBooks finds the sales tax of the United States by itself, by address; bill these contracts elsewhere"
        )
    return "" if code == NO_TAX else f'set tax."{key}" to {NO_TAX}: the company is in the United States'


def _tax(lookup: Lookup, key: str, tax: Tax, chosen: str | None) -> str:
    if chosen is None:
        return f'set tax."{key}" to the id of the tax code for it'
    code = lookup.one("TaxCode", chosen, _TaxCode)
    if code is None or not code.active:
        return f'no active tax code has the id {chosen}; correct tax."{key}"'
    parts = code.sales.parts if code.sales else ()
    rates = [lookup.one("TaxRate", part.rate.value, _TaxRate) for part in parts]
    if any(part.on_tax for part in parts):
        return f'{chosen} has a tax on a tax; correct tax."{key}"'
    percent = sum((rate.percent for rate in rates if rate), Decimal(0))
    return (
        "" if percent == tax.rate else f'{chosen} is {percent} %, the contract says {tax.rate} %; correct tax."{key}"'
    )


def _currency(preferences: Preferences, code: str) -> str:
    currencies = preferences.currencies
    if currencies.has(code):
        return ""
    return f"the company has {currencies.home.value} alone; switch several currencies on"
