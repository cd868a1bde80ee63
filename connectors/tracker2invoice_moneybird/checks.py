"""What `check` says about a Moneybird administration. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from tracker2invoice.errors import BadAnswer, NotThere, Tracker2InvoiceError
from tracker2invoice.findings import finding, next_step, of_clients, said
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Finding
from tracker2invoice.rest import Session
from tracker2invoice.taxcodes import tax_key
from tracker2invoice_moneybird import MoneybirdSettings
from tracker2invoice_moneybird.answers import RemoteId
from tracker2invoice_moneybird.lookup import Lookup

_PAGE_SIZE = 100
_MOST_PAGES = 100


class _Account(BaseModel):
    active: bool
    allowed_document_types: tuple[str, ...]


class _TaxRate(BaseModel):
    """`percentage` is None for a tax that is not charged."""

    id: RemoteId
    percentage: Decimal | None
    tax_rate_type: str
    active: bool | None


_ACCOUNT, _TAX_RATES = TypeAdapter(_Account), TypeAdapter(tuple[_TaxRate, ...])

T = TypeVar("T")

_NOTHING_PREPAID = 'Moneybird has no field for what is deducted outside VAT; write tax = "now", or use another output'


def findings(
    session: Session, name: str, settings: MoneybirdSettings, contracts: Sequence[Contract]
) -> Iterator[Finding]:
    """Yield one finding for each thing the contracts need; only the first one if Moneybird cannot be reached."""
    administration = f"{name}: administration {settings.administration}"
    try:
        rates = {rate.id: rate for rate in _tax_rates(session, name)}
    except Tracker2InvoiceError as error:
        yield Finding(ok=False, what=administration, next_step=_step_after(error))
        return
    yield Finding(ok=True, what=administration)
    yield _finding(f"{name}: ledger account {settings.account}", partial(_account, session, name, settings.account))
    lookup = Lookup(session, name)
    yield from of_clients(
        name,
        contracts,
        lambda one: _finding(f"{name}: contact of client {one.id}", partial(_contact, lookup, name, one)),
        creates=settings.create_missing,
    )
    taxes = {tax_key(tax.category, tax.rate): tax for contract in contracts for tax in contract.taxes}
    for key, tax in sorted(taxes.items()):
        wrong = _tax(rates, key, tax, settings.tax.get(key))
        yield Finding(not wrong, f"{name}: tax {key}", wrong)
    for contract in contracts:
        if contract.deposit and contract.deposit.tax:
            yield Finding(ok=False, what=f"{name}: deposit of contract {contract.id}", next_step=_NOTHING_PREPAID)


def _step_after(error: Tracker2InvoiceError) -> str:
    return next_step(
        error, f"check the token and its scopes ({said(error)})", f"correct administration ({said(error)})"
    )


_finding = partial(finding, step_after=_step_after)


def _account(session: Session, name: str, account: str) -> str:
    try:
        found = _read(session, name, f"/ledger_accounts/{account}.json", {}, _ACCOUNT)
    except NotThere:
        return "no such ledger account; set account to the id of one for revenue"
    if not found.active:
        return "the ledger account is not active; set account to the id of another"
    if "sales_invoice" not in found.allowed_document_types:
        return "the ledger account is not for sales invoices; set account to the id of another"
    return ""


def _contact(lookup: Lookup, name: str, client: Party) -> str:
    pinned = client.remote.get(name)
    if not pinned:
        return f"set remote.{name} of client {client.id} to the contact's id"
    contact = lookup.contact(pinned)
    if contact is None:
        return f"no such contact; correct remote.{name} of client {client.id}"
    return "the contact is archived; restore it, or pin another" if contact.archived else ""


def _tax(rates: dict[str, _TaxRate], key: str, tax: Tax, chosen: str | None) -> str:
    if chosen is None:
        return f'set tax."{key}" to the id of the tax rate for it'
    rate = rates.get(chosen)
    if rate is None or not rate.active or rate.tax_rate_type != "sales_invoice":
        return f'no active tax rate for sales invoices has the id {chosen}; correct tax."{key}"'
    if (rate.percentage or Decimal(0)) != tax.rate:
        return f'{chosen} is {rate.percentage} %, the contract says {tax.rate} %; correct tax."{key}"'
    return ""


def _tax_rates(session: Session, name: str) -> Iterator[_TaxRate]:
    for page in range(1, _MOST_PAGES + 1):
        params = {"page": str(page), "per_page": str(_PAGE_SIZE)}
        rates = _read(session, name, "/tax_rates.json", params, _TAX_RATES)
        yield from rates
        if len(rates) < _PAGE_SIZE:
            return


def _read(session: Session, name: str, path: str, params: dict[str, str], model: TypeAdapter[T]) -> T:
    try:
        return model.validate_python(session.read(path, params).data)
    except ValidationError:
        raise BadAnswer(name, f"the answer for {path} cannot be read") from None
