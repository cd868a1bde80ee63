"""Clients as customers of QuickBooks Online: who there may be one, and how a new one is sent.

Source: developer.intuit.com, the entity Customer. Which fields a query can ask for is said there: of tax numbers none.
"""

from __future__ import annotations

from collections.abc import Iterable

from tracker2invoice.model.contract import Party
from tracker2invoice.wire import write_json
from tracker2invoice_quickbooks.answers import Customer
from tracker2invoice_quickbooks.lookup import Lookup


def candidates(lookup: Lookup, party: Party) -> Iterable[Customer]:
    """Return the customers with the name or the e-mail address of a client.

    A name may have more behind it: that of an inactive customer ends with "(deleted)".
    """
    found: list[Customer] = []
    if party.name:
        found += lookup.customers("DisplayName", "like", f"{party.name}%")
        found += lookup.customers("CompanyName", "like", f"{party.name}%")
    if party.email:
        found += lookup.customers("PrimaryEmailAddr", "=", party.email)
    return {one.id: one for one in found}.values()


def to_customer(party: Party, currency: str) -> bytes:
    """Return the body of the request that creates the customer, billed for good in that currency (ISO 4217)."""
    fields: dict[str, object] = {
        "DisplayName": party.name,
        "CurrencyRef": {"value": currency},
        "PrimaryTaxIdentifier": party.vat_id,
        "PrimaryEmailAddr": _filled({"Address": party.email}),
        "BillAddr": _address(party),
    }
    return write_json(_filled(fields)).encode()


def _address(party: Party) -> dict[str, object]:
    if party.address is None:
        return {}
    fields: dict[str, object] = {
        "Line1": party.address.street,
        "Line2": party.address.extra,
        "City": party.address.city,
        "PostalCode": party.address.postcode,
        "Country": party.address.country,
    }
    return _filled(fields)


def _filled(fields: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value}
