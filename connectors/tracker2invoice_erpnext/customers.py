"""Clients as customers of ERPNext: who there may be one, and how a new one is sent.

Source: frappe/erpnext version-15, erpnext/selling/doctype/customer: a new customer with an address and an e-mail
address gets records of both, in the same transaction. Its group and territory are the defaults of the site.
"""

from __future__ import annotations

from pydantic import BaseModel, TypeAdapter

from tracker2invoice.model.contract import Party
from tracker2invoice.wire import write_json
from tracker2invoice_erpnext.answers import Customer
from tracker2invoice_erpnext.lookup import Lookup


class _Email(BaseModel):
    """A row of a contact."""

    parent: str


class _Link(BaseModel):
    """A row of a contact: to whom it belongs."""

    link_name: str


class _Country(BaseModel):
    name: str


_EMAILS, _LINKS = TypeAdapter(tuple[_Email, ...]), TypeAdapter(tuple[_Link, ...])
_COUNTRIES = TypeAdapter(tuple[_Country, ...])


def candidates(lookup: Lookup, party: Party) -> tuple[Customer, ...]:
    """Return the customers with the VAT id, the name or a contact with the e-mail address of a client."""
    conditions: list[object] = [["customer_name", "=", party.name]]
    if party.vat_id:
        conditions.append(["tax_id", "=", party.vat_id])
    if party.email and (names := _reached_at(lookup, party.email)):
        conditions.append(["name", "in", names])
    return lookup.customers(conditions)


def country_name(lookup: Lookup, code: str) -> str:
    """Return the name of the country with that code (ISO 3166-1 alpha-2), which is its id; empty if there is none."""
    found = lookup.read(_COUNTRIES, "Country", [["code", "=", code.lower()]], ("name",))
    return found[0].name if found else ""


def to_customer(party: Party, country: str) -> bytes:
    """Return the body of the request that creates the customer; `country` is the name of that of its address."""
    fields: dict[str, object] = {
        "customer_name": party.name,
        "customer_type": "Company",
        "tax_id": party.vat_id,
        "email_id": party.email,
    }
    if party.address:
        fields |= {
            "address_line1": party.address.street,
            "address_line2": party.address.extra,
            "city": party.address.city,
            "pincode": party.address.postcode,
            "country": country,
        }
    return write_json({name: value for name, value in fields.items() if value}).encode()


def _reached_at(lookup: Lookup, email: str) -> list[str]:
    """Return the names of the customers who have a contact with that e-mail address."""
    emails = lookup.read(_EMAILS, "Contact Email", [["email_id", "=", email]], ("parent",), parent="Contact")
    if not emails:
        return []
    filters = [["parent", "in", [one.parent for one in emails]], ["link_doctype", "=", "Customer"]]
    links = lookup.read(_LINKS, "Dynamic Link", filters, ("link_name",), parent="Contact")
    return [one.link_name for one in links]
