"""Clients as customers of Stripe: what is asked for, and what one is created with. Pure.

Sources: docs.stripe.com/search ("Query fields for customers"), docs.stripe.com/api/customers/create,
docs.stripe.com/billing/customer/tax-ids. A tax id cannot be searched for.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tracker2invoice.errors import Unsupported
from tracker2invoice.model.contract import Address, Party

if TYPE_CHECKING:
    from stripe.params import CustomerCreateParams, CustomerCreateParamsAddress, CustomerCreateParamsTaxIdDatum

CLIENT = "t2i_client"
"""Our name in the metadata of a customer: the client's id in the configuration."""

# Northern Ireland has ids like the member states
_EU = "AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI"
_TAX_ID_TYPES = {"GB": "gb_vat", **dict.fromkeys(_EU.split(), "eu_vat")}


def search_query(client: Party) -> str:
    """Return the search for customers with the client's name, and for the one that was created for it."""
    created = f'metadata["{CLIENT}"]:"{_quotable(client.id)}"'
    return f'name:"{_quotable(client.name)}" OR {created}' if client.name else created


def creation_key(client: Party) -> str:
    """Return the idempotency key: for a day the same client is created once, however often that is asked for."""
    return hashlib.sha256(f"client|{client.id}".encode()).hexdigest()


def to_customer(output: str, client: Party) -> CustomerCreateParams:
    """Return what the customer is created with. `output` is the configured name.

    Raises:
        Unsupported: the VAT id is one whose notation in Stripe is another.
    """
    customer: CustomerCreateParams = {"name": client.name, "metadata": {CLIENT: client.id}}
    if client.email:
        customer["email"] = client.email
    if client.address:
        customer["address"] = _address(client.address)
    if client.languages:
        customer["preferred_locales"] = list(client.languages)
    if client.vat_id:
        customer["tax_id_data"] = [_tax_id(output, client.vat_id)]
    return customer


def _address(address: Address) -> CustomerCreateParamsAddress:
    fields: CustomerCreateParamsAddress = {
        "line1": address.street,
        "postal_code": address.postcode,
        "city": address.city,
        "country": address.country,
    }
    # an empty text would be refused
    if address.extra:
        fields["line2"] = address.extra
    return fields


def _tax_id(output: str, vat_id: str) -> CustomerCreateParamsTaxIdDatum:
    kind = _TAX_ID_TYPES.get(vat_id[:2])
    if kind is None:
        raise Unsupported(output, f"a new customer with a VAT id of {vat_id[:2]}")
    return {"type": kind, "value": vat_id}


def _quotable(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
