"""What `check` says about an Invoice Ninja company. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import partial

from pydantic import BaseModel, ValidationError

from tracker2invoice.errors import BadAnswer, Tracker2InvoiceError
from tracker2invoice.findings import finding, next_step, of_one_currency, said, to_be_created
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Finding
from tracker2invoice.rest import Session
from tracker2invoice.taxcodes import tax_key
from tracker2invoice_invoiceninja import InvoiceNinjaSettings
from tracker2invoice_invoiceninja.currencies import Currencies, Currency, Member
from tracker2invoice_invoiceninja.lookup import Lookup

_PAGE_SIZE = "1000"
_SEE_ALL = ("view_invoice", "view_all", "edit_invoice", "edit_all")
"""Permissions with which a list shows the invoices of others, too (app/Models/User.php, hasPermission)."""

_CREATE_INVOICES = ("create_invoice", "create_all")
"""Permissions to create invoices (app/Policies/InvoicePolicy.php)."""

_CREATE_CLIENTS = ("create_client", "create_all")
"""Permissions to create clients (app/Policies/ClientPolicy.php)."""

_NOTHING_PREPAID = (
    'Invoice Ninja has no field for what is deducted outside VAT; write tax = "now", or use another output'
)


class _TaxRate(BaseModel):
    name: str
    rate: Decimal
    is_deleted: bool = False


class _TaxRates(BaseModel):
    data: tuple[_TaxRate, ...]


def findings(
    session: Session,
    currencies: Currencies,
    name: str,
    settings: InvoiceNinjaSettings,
    contracts: Sequence[Contract],
) -> Iterator[Finding]:
    """Yield one finding for each thing the contracts need; only the first one if the server cannot be reached."""
    lookup = Lookup(session, name)
    company = _finding(f"{name}: company", partial(_company, currencies, settings))
    yield company
    if not company.ok:
        return
    for client in {one.id: one for contract in contracts for one in contract.clients}.values():
        wanted = {contract.currency for contract in contracts if client in contract.clients}
        if settings.create_missing and name not in client.remote:
            yield _finding(to_be_created(name, client).what, partial(_new_client, currencies, wanted))
            continue
        for currency in sorted(wanted):
            look = partial(_client, lookup, currencies, name, client, currency)
            yield _finding(f"{name}: client {client.id} in {currency}", look)
    taxes = {tax_key(tax.category, tax.rate): tax for contract in contracts for tax in contract.taxes}
    for key, tax in sorted(taxes.items()):
        yield _finding(f"{name}: tax {key}", partial(_tax, session, name, key, tax, settings.tax.get(key)))
    for contract in contracts:
        if contract.deposit and contract.deposit.tax:
            yield Finding(ok=False, what=f"{name}: deposit of contract {contract.id}", next_step=_NOTHING_PREPAID)


def _step_after(error: Tracker2InvoiceError) -> str:
    denied = f"check the token and what its user may do ({said(error)})"
    return next_step(error, denied, f"check the address ({said(error)})")


_finding = partial(finding, step_after=_step_after)


def _company(currencies: Currencies, settings: InvoiceNinjaSettings) -> str:
    company = currencies.company()
    user = company.company_user
    if user and not _may(user, _SEE_ALL):
        return (
            "the token's user sees only invoices of their own; allow them to view all, or what is there is overlooked"
        )
    if user and not _may(user, _CREATE_INVOICES):
        return "the token's user may not create invoices; allow it"
    if user and settings.create_missing and not _may(user, _CREATE_CLIENTS):
        return "the token's user may not create clients; allow it, or take create_missing out"
    if company.calculate_taxes:
        return "switch off the automatic calculation of taxes, which replaces those of the contract"
    return ""


def _may(user: Member, permissions: Iterable[str]) -> bool:
    return user.is_owner or user.is_admin or any(one in user.permissions for one in permissions)


def _new_client(currencies: Currencies, wanted: Collection[str]) -> str:
    for code in sorted(wanted):
        currency = currencies.with_code(code)
        if currency is None:
            return f"the server has no currency {code}"
        if problem := _rounding(currency):
            return problem
    return of_one_currency(wanted)


def _client(lookup: Lookup, currencies: Currencies, name: str, client: Party, wanted: str) -> str:
    pinned = client.remote.get(name)
    if not pinned:
        return f"set remote.{name} of client {client.id} to the client's id there"
    found = lookup.client(pinned)
    if found is None or found.is_deleted:
        return f"no such client; correct remote.{name} of client {client.id}"
    if found.archived_at:
        return "the client is archived; restore it, or pin another"
    currency = currencies.of(found)
    if currency.code != wanted:
        return f"the client is invoiced in {currency.code}; set its currency to {wanted}, or pin another"
    return _rounding(currency)


def _rounding(currency: Currency) -> str:
    decimals = MINOR_UNITS[currency.code]
    if currency.precision == decimals:
        return ""
    return f"the server rounds {currency.code} to {currency.precision} decimals; it has {decimals}"


def _tax(session: Session, name: str, key: str, tax: Tax, called: str | None) -> str:
    if called is None:
        return f'set tax."{key}" to the name of the tax rate for it'
    try:
        rates = _TaxRates.model_validate(session.read("/tax_rates", {"per_page": _PAGE_SIZE}).data).data
    except ValidationError:
        raise BadAnswer(name, "the list of tax rates cannot be read") from None
    named = [one.rate for one in rates if one.name == called and not one.is_deleted]
    if not named:
        return f'no tax rate is called {called}; correct tax."{key}"'
    if tax.rate not in named:
        return f'{called} is {named[0]} %, the contract says {tax.rate} %; correct tax."{key}"'
    return ""
