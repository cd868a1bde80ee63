"""What `check` says about an organisation in Zoho Books. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial

from tracker2invoice.errors import AccessDenied, Tracker2InvoiceError
from tracker2invoice.findings import finding, next_step, of_clients, of_one_currency, said, to_be_created
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Finding
from tracker2invoice.taxcodes import tax_key
from tracker2invoice_zoho import ZohoSettings
from tracker2invoice_zoho.answers import TaxRate
from tracker2invoice_zoho.lookup import Lookup

_NOTHING_PREPAID = 'Zoho has no field for what is deducted outside VAT; write tax = "now", or use another output'
_DUPLICATES = (
    "make the field refuse duplicate values: that is what stops a second invoice when two copies of this program run"
)


def findings(lookup: Lookup, name: str, settings: ZohoSettings, contracts: Sequence[Contract]) -> Iterator[Finding]:
    """Yield one finding for each thing the contracts need; only the first one if Zoho cannot be reached."""
    organization = f"{name}: organization {settings.organization}"
    try:
        taxes = lookup.taxes()
    except Tracker2InvoiceError as error:
        yield Finding(ok=False, what=organization, next_step=_step_after(error))
        return
    yield Finding(ok=True, what=organization)
    yield _of_credit_notes(lookup, name)
    yield _of_the_field(lookup, name, settings.reference_field)
    yield _finding(f"{name}: item {settings.item}", partial(_item, lookup, settings.item))

    def of_client(client: Party) -> Finding:
        currencies = {contract.currency for contract in contracts if client in contract.clients}
        if settings.create_missing and name not in client.remote:
            return _finding(to_be_created(name, client).what, partial(_new_customer, lookup, currencies))
        return _finding(f"{name}: customer of client {client.id}", partial(_customer, lookup, name, client, currencies))

    yield from of_clients(name, contracts, of_client, creates=False)
    needed = {tax_key(tax.category, tax.rate): tax for contract in contracts for tax in contract.taxes}
    for key, tax in sorted(needed.items()):
        wrong = _tax(taxes, key, tax, settings.tax.get(key))
        yield Finding(not wrong, f"{name}: tax {key}", wrong)
    for contract in contracts:
        if contract.deposit and contract.deposit.tax:
            yield Finding(ok=False, what=f"{name}: deposit of contract {contract.id}", next_step=_NOTHING_PREPAID)


def _step_after(error: Tracker2InvoiceError) -> str:
    denied = f"check organization, client_id, client_secret and the scopes of the consent ({said(error)})"
    return next_step(error, denied, f"correct url ({said(error)})")


_finding = partial(finding, step_after=_step_after)


def _of_credit_notes(lookup: Lookup, name: str) -> Finding:
    what = f"{name}: credit notes"
    try:
        lookup.see_credit_notes()
    except AccessDenied as error:
        return Finding(ok=False, what=what, next_step=f"consent again with `t2i auth {name}` ({said(error)})")
    except Tracker2InvoiceError as error:
        return Finding(ok=False, what=what, next_step=_step_after(error))
    return Finding(ok=True, what=what)


def _of_the_field(lookup: Lookup, name: str, wanted: str) -> Finding:
    what = f"{name}: custom field {wanted}"
    try:
        fields = lookup.invoice_fields()
    except Tracker2InvoiceError as error:
        return Finding(ok=False, what=what, next_step=_step_after(error))
    field = next((one for one in fields if one.id == wanted), None)
    if field is None:
        known = ", ".join(f"{one.id} is {one.api_name}" for one in fields)
        return Finding(
            ok=False, what=what, next_step=f"set reference_field to the id of one ({known or 'none is there'})"
        )
    if field.unique is None:
        return Finding(ok=True, what=f"{what}. Zoho does not tell whether it refuses duplicates: see for yourself")
    return Finding(ok=field.unique, what=what, next_step="" if field.unique else _DUPLICATES)


def _item(lookup: Lookup, item_id: str) -> str:
    item = lookup.item(item_id)
    return "" if item and item.status == "active" else "no such active item; set item to the id of one"


def _customer(lookup: Lookup, name: str, client: Party, currencies: Collection[str]) -> str:
    pinned = client.remote.get(name)
    if not pinned:
        return f"set remote.{name} of client {client.id} to the customer's id"
    contact = lookup.contact(pinned)
    if contact is None or contact.kind != "customer":
        return f"no such customer; correct remote.{name} of client {client.id}"
    if contact.status != "active":
        return "the customer is not active; mark it as active, or pin another"
    if any(code != contact.currency for code in currencies):
        return f"the customer is billed in {contact.currency} there, and not in {', '.join(sorted(currencies))}"
    return ""


def _new_customer(lookup: Lookup, currencies: Collection[str]) -> str:
    missing = [code for code in sorted(currencies) if not lookup.currency_id(code)]
    return f"add {', '.join(missing)} to the currencies there" if missing else of_one_currency(currencies)


def _tax(taxes: Mapping[str, TaxRate], key: str, tax: Tax, chosen: str | None) -> str:
    if chosen is None:
        return f'set tax."{key}" to the id of the tax for it'
    found = taxes.get(chosen)
    if found is None:
        return f'no tax has the id {chosen}; correct tax."{key}"'
    if found.kind == "compound_tax":
        return f'{chosen} is a tax on another tax; correct tax."{key}"'
    if found.percentage != tax.rate:
        return f'{chosen} is {found.percentage} %, the contract says {tax.rate} %; correct tax."{key}"'
    return ""
