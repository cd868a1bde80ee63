"""Contacts of Zoho Books as clients: how they are asked for, and how a new one is created. Pure.

Source: Zoho's OpenAPI description of Books v3, contacts.yml. No list is filtered by VAT id, but the notes of a contact
are searched: a new one has it there, for its own field is another one in each edition of Zoho Books, or none.
"""

from __future__ import annotations

from collections.abc import Iterator

from tracker2invoice.model.contract import Address, Party
from tracker2invoice.wire import write_json

_LONGEST_FILTER = 100


def questions(party: Party) -> Iterator[dict[str, str]]:
    """Yield the filters of a list for those contacts that may be the client."""
    wanted = {"search_text": party.vat_id, "email": party.email, "contact_name_contains": party.name}
    yield from ({name: text[:_LONGEST_FILTER]} for name, text in wanted.items() if text)


def to_contact(party: Party, currency_id: str) -> bytes:
    """Return the body of `POST /contacts` for the client, billed in the currency with that id."""
    fields: dict[str, object] = {
        "contact_name": party.name,
        "company_name": party.name,
        "contact_type": "customer",
        "currency_id": currency_id,
        **({"notes": f"VAT id {party.vat_id}"} if party.vat_id else {}),
        **({"contact_persons": [{"email": party.email, "is_primary_contact": True}]} if party.email else {}),
        **({"billing_address": _address(party.address)} if party.address else {}),
    }
    return write_json(fields).encode()


def _address(address: Address) -> dict[str, object]:
    return {
        "address": address.street,
        "street2": address.extra,
        "city": address.city,
        "zip": address.postcode,
        "country": address.country,
    }
