"""How contacts of a pretended Zoho Books are found and created. No HTTP.

Source: Zoho's OpenAPI description of Books v3, contacts.yml. That a name is taken once is what users report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from tracker2invoice.testing.sandbox.zoho_books import Fields, Refused, ZohoBooks

_IN_FULL = ("notes", "billing_address", "contact_persons")


def contacts_found(books: ZohoBooks, asked: Mapping[str, str]) -> list[Fields]:
    """Return what a list shows of the contacts that match."""
    state = asked.get("filter_by", "Status.All").removeprefix("Status.").lower()
    return [
        {name: value for name, value in one.items() if name not in _IN_FULL}
        for one in books.contacts
        if state in ("all", one["status"])
        and asked.get("contact_type") in (None, one["contact_type"])
        and asked.get("contact_name_contains", "").lower() in str(one["contact_name"]).lower()
        and asked.get("email") in (None, one.get("email"))
        and asked.get("search_text", "").lower() in f"{one['contact_name']}\n{one.get('notes', '')}".lower()
    ]


def create_contact(books: ZohoBooks, asked: Fields) -> Fields:
    """Keep a new contact, in the currency of the organisation unless another is asked for.

    Raises:
        Refused: as Zoho would.
    """
    name = str(asked.get("contact_name") or "")
    if not name:
        raise Refused(4, "Invalid value passed for contact_name")
    if any(one["contact_name"] == name for one in books.contacts):
        raise Refused(3062, f'The customer "{name}" already exists. Specify a different name.')
    currency_id = asked.get("currency_id", books.currencies[0]["currency_id"])
    currency = next((one for one in books.currencies if one["currency_id"] == currency_id), None)
    if currency is None:
        raise Refused(4, "Invalid value passed for currency_id")
    contact_id = books.add_contact(name, str(currency["currency_code"]))
    persons = cast("list[Fields]", asked.get("contact_persons", []))
    email = next((one.get("email", "") for one in persons if one.get("is_primary_contact")), "")
    books.contacts[-1] |= {**asked, "email": email}
    return {**books.contacts[-1], "contact_id": contact_id}
