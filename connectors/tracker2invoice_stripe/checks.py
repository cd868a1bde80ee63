"""What `check` says about a Stripe account. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from tracker2invoice.errors import AccessDenied, NotThere, Tracker2InvoiceError
from tracker2invoice.findings import finding, of_clients
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Finding
from tracker2invoice.taxcodes import tax_key
from tracker2invoice_stripe import StripeSettings
from tracker2invoice_stripe.amounts import AMBIGUOUS
from tracker2invoice_stripe.answers import is_of_other_mode
from tracker2invoice_stripe.client import StripeApi
from tracker2invoice_stripe.payload import is_customer_id

_NOTHING_PREPAID = 'Stripe has no field for what is deducted outside VAT; write tax = "now", or use another output'


def findings(api: StripeApi, name: str, settings: StripeSettings, contracts: Sequence[Contract]) -> Iterator[Finding]:
    """Yield one finding for each thing the contracts need; only the first one if Stripe cannot be reached."""
    invoices = _finding(f"{name}: invoices", partial(_nothing_wrong, api.some_invoice))
    yield invoices
    if not invoices.ok:
        return
    yield _finding(f"{name}: events", partial(_nothing_wrong, api.some_deletion))
    taxed = {one.id for contract in contracts if _bears_tax(contract) for one in contract.clients}

    def of_client(client: Party) -> Finding:
        look = partial(_customer, api, name, client, taxed=client.id in taxed)
        return _finding(f"{name}: customer of client {client.id}", look)

    yield from of_clients(name, contracts, of_client, creates=settings.create_missing)
    taxes = {tax_key(tax.category, tax.rate): tax for contract in contracts for tax in contract.taxes}
    for key, tax in sorted(taxes.items()):
        yield _finding(f"{name}: tax {key}", partial(_tax, api, key, tax, settings.tax.get(key)))
    for contract in contracts:
        if contract.deposit and contract.deposit.tax:
            yield Finding(ok=False, what=f"{name}: deposit of contract {contract.id}", next_step=_NOTHING_PREPAID)
    for currency in sorted({contract.currency for contract in contracts} & AMBIGUOUS):
        yield Finding(ok=False, what=f"{name}: currency {currency}", next_step="use another output for this currency")


def _step_after(error: Tracker2InvoiceError) -> str:
    if isinstance(error, AccessDenied):
        return f"check api_key and the permissions of the key ({error.detail})"
    return f"try again later, or check the address ({error})"


_finding = partial(finding, step_after=_step_after)


def _nothing_wrong(read: Callable[[], None]) -> str:
    read()
    return ""


def _bears_tax(contract: Contract) -> bool:
    return any(tax.rate for tax in contract.taxes)


def _customer(api: StripeApi, name: str, client: Party, *, taxed: bool) -> str:
    pinned = client.remote.get(name, "")
    if not is_customer_id(pinned):
        return f"set remote.{name} of client {client.id} to the id of the customer (cus_…)"
    try:
        customer = api.customer(pinned)
    except NotThere as error:
        if is_of_other_mode(error.detail):
            return "the customer is of another mode of the account than the key; correct api_key"
        return f"no such customer; correct remote.{name} of client {client.id}"
    why = customer.cannot_be_billed(taxed=taxed)
    return f"the customer {why}; change it, or pin another" if why else ""


def _tax(api: StripeApi, key: str, tax: Tax, tax_rate_id: str | None) -> str:
    if tax_rate_id is None:
        return f'set tax."{key}" to the id of the tax rate (txr_…)'
    try:
        rate = api.tax_rate(tax_rate_id)
    except NotThere:
        return f'no such tax rate as {tax_rate_id}; correct tax."{key}"'
    if not rate.active:
        return f'{tax_rate_id} is archived; correct tax."{key}"'
    if rate.inclusive:
        return f'{tax_rate_id} is included in prices, and drafts have prices without tax; correct tax."{key}"'
    if rate.rate_type == "flat_amount" or rate.percentage != tax.rate:
        return f'{tax_rate_id} is {rate.percentage} %, the contract says {tax.rate} %; correct tax."{key}"'
    return ""
