"""What `check` says about an ERPNext company. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial

from pydantic import BaseModel, TypeAdapter

from tracker2invoice.errors import AccessDenied, Tracker2InvoiceError, TryLater
from tracker2invoice.findings import finding, next_step, of_clients, said
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import Draft, TaxSubtotal
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Finding
from tracker2invoice.taxcodes import tax_key
from tracker2invoice_erpnext import ErpnextSettings
from tracker2invoice_erpnext.answers import INVOICES, REFERENCE, ReferenceField
from tracker2invoice_erpnext.lookup import Lookup


class _Named(BaseModel):
    name: str


class _Company(BaseModel):
    default_currency: str


class _Account(BaseModel):
    company: str
    is_group: bool
    disabled: bool
    account_currency: str


class _PartyAccount(BaseModel):
    """A row of a customer: the account on which a company books what they owe."""

    account: str


class _Closed(BaseModel):
    """A row of an accounting period: documents that are closed in it."""

    parent: str


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
_COMPANIES, _PARTY_ACCOUNTS = TypeAdapter(tuple[_Company, ...]), TypeAdapter(tuple[_PartyAccount, ...])
_CLOSED = TypeAdapter(tuple[_Closed, ...])

_NOTHING_PREPAID = 'ERPNext has no field for what is deducted outside VAT; write tax = "now", or use another output'


def findings(
    lookup: Lookup, name: str, settings: ErpnextSettings, contracts: Sequence[Contract], today: date
) -> Iterator[Finding]:
    """Yield one finding for each thing the contracts need, until ERPNext cannot be reached or has no such company."""
    field = _finding(f"{name}: field {REFERENCE}", lambda: field_problem(lookup.reference_field()))
    yield field
    if not field.ok:
        return
    company = _finding(f"{name}: company {settings.company}", partial(_company, lookup, settings.company))
    yield company
    if not company.ok:
        return
    yield from _accounts(lookup, name, settings)
    yield _finding(f"{name}: period of {today}", partial(_period, lookup, settings.company, today))
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
    billed = {(one.id, contract.currency): one for contract in contracts for one in contract.clients}
    for (_, code), client in billed.items():
        if pinned := client.remote.get(name):
            look = partial(_receivable, lookup, settings.company, pinned, code)
            yield _finding(f"{name}: client {client.id} in {code}", look)
    yield from _taxes(lookup, name, settings, [tax for contract in contracts for tax in contract.taxes])
    mixed = [tax for contract in contracts if len(contract.taxes) > 1 for tax in contract.taxes]
    yield from _templates(lookup, name, settings, mixed)
    if any(contract.discount or contract.deposit or contract.retainage for contract in contracts):
        yield from _rate_findings(lookup, name)
    for contract in contracts:
        if contract.deposit and contract.deposit.tax:
            yield Finding(ok=False, what=f"{name}: deposit of contract {contract.id}", next_step=_NOTHING_PREPAID)


def named_by(draft: Draft, lookup: Lookup, name: str, settings: ErpnextSettings) -> Iterator[Finding]:
    """Yield one finding for each thing that the request for a draft names."""
    yield from _accounts(lookup, name, settings)
    yield _finding(f"{name}: currency {draft.currency}", partial(_currency, lookup, draft.currency))
    look = partial(_receivable, lookup, settings.company, draft.client.remote.get(name, ""), draft.currency)
    yield _finding(f"{name}: client {draft.client.id} in {draft.currency}", look)
    yield from _taxes(lookup, name, settings, draft.tax)
    yield from _templates(lookup, name, settings, draft.tax if len(draft.tax) > 1 else ())


def _accounts(lookup: Lookup, name: str, settings: ErpnextSettings) -> Iterator[Finding]:
    for account in sorted({settings.account, *settings.account_by_tax.values()}):
        yield _finding(f"{name}: account {account}", partial(_account, lookup, settings.company, account, "account"))


def _taxes(
    lookup: Lookup, name: str, settings: ErpnextSettings, taxes: Iterable[Tax | TaxSubtotal]
) -> Iterator[Finding]:
    for key in sorted({_key(tax) for tax in taxes}):
        yield _finding(f"{name}: tax {key}", partial(_tax, lookup, settings, key))


def _templates(
    lookup: Lookup, name: str, settings: ErpnextSettings, taxes: Iterable[Tax | TaxSubtotal]
) -> Iterator[Finding]:
    for key, rate in sorted({_key(tax): tax.rate for tax in taxes}.items()):
        yield _finding(f"{name}: template for tax {key}", partial(_template, lookup, settings, key, rate))


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


def has_company(lookup: Lookup, company: str) -> bool:
    """Say whether the company is there, and its user sees it."""
    return bool(lookup.read(_NAMES, "Company", [["name", "=", company]], ("name",)))


def _company(lookup: Lookup, company: str) -> str:
    return "" if has_company(lookup, company) else "no such company; correct company"


def _account(lookup: Lookup, company: str, account: str, setting: str) -> str:
    found = lookup.read(_ACCOUNTS, "Account", [["name", "=", account]], tuple(_Account.model_fields))
    if not found or found[0].company != company:
        return f"the company has no such account; correct {setting}"
    if found[0].is_group or found[0].disabled:
        return f"nothing can be booked on {account}: it is disabled or a group; correct {setting}"
    return ""


def _period(lookup: Lookup, company: str, day: date) -> str:
    covers = [["start_date", "<=", day.isoformat()], ["end_date", ">=", day.isoformat()]]
    periods = lookup.read(_NAMES, "Accounting Period", [["company", "=", company], *covers], ("name",))
    if not periods:
        return ""
    within = ["parent", "in", [one.name for one in periods]]
    closed = [within, ["document_type", "=", INVOICES], ["closed", "=", 1]]
    found = lookup.read(_CLOSED, "Closed Document", closed, ("parent",), parent="Accounting Period")
    return (
        f"{day} is in an accounting period that is closed for sales invoices; open the period for them" if found else ""
    )


def _receivable(lookup: Lookup, company: str, customer: str, code: str) -> str:
    """Look for an account on which invoices in that currency can be booked.

    Source: frappe/erpnext version-15, erpnext/controllers/accounts_controller.py, validate_party_account_currency.
    """
    own = lookup.read(_COMPANIES, "Company", [["name", "=", company]], ("default_currency",))
    if any(one.default_currency == code for one in own) or _takes_any_currency(lookup):
        return ""
    filters = [["parenttype", "=", "Customer"], ["parent", "=", customer], ["company", "=", company]]
    rows = lookup.read(_PARTY_ACCOUNTS, "Party Account", filters, ("account",), parent="Customer")
    names = [one.account for one in rows]
    accounts = lookup.read(_ACCOUNTS, "Account", [["name", "in", names]], tuple(_Account.model_fields)) if rows else ()
    if any(one.account_currency == code for one in accounts):
        return ""
    return (
        f"add a receivable account in {code} to the customer, or allow multi-currency invoices against a single party "
        "account in Accounts Settings"
    )


def _takes_any_currency(lookup: Lookup) -> bool:
    field = "allow_multi_currency_invoices_against_single_party_account"
    try:
        return lookup.setting(_YES, "Accounts Settings", field)
    except (AccessDenied, TryLater):
        # few users may read that form; without the setting ERPNext itself refuses the invoice
        return True


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
    return f"the customer is {customer.blocked}, or pin another" if customer.blocked else ""


def _currency(lookup: Lookup, code: str) -> str:
    found = lookup.read(_CURRENCIES, "Currency", [["name", "=", code]], ("enabled",))
    return "" if found and found[0].enabled else f"enable {code} in the list of currencies"


def _tax(lookup: Lookup, settings: ErpnextSettings, key: str) -> str:
    setting = f'tax."{key}"'
    if key not in settings.tax:
        return f"set {setting} to the account on which that tax is booked"
    return _account(lookup, settings.company, settings.tax[key], setting)


def _template(lookup: Lookup, settings: ErpnextSettings, key: str, rate: Decimal) -> str:
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
    return "" if rates == {settings.tax.get(key): rate} else f"{named} is not {key} alone there; correct {setting}"


def _key(tax: Tax | TaxSubtotal) -> str:
    return tax_key(tax.category, tax.rate)
