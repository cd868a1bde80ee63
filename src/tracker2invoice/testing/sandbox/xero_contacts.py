"""How contacts of a pretended Xero are found and created. No HTTP.

Source: developer.xero.com, Accounting API, Contacts (GET, PUT); the refusals are worded as Xero words them where its
wording is known. A name is taken among active contacts alone, a contact number among all.
"""

from __future__ import annotations

from collections.abc import Mapping

from tracker2invoice.testing.sandbox.xero_books import Fields, Refused, XeroBooks, too_long

_SEARCHED = ("Name", "FirstName", "LastName", "ContactNumber", "CompanyNumber", "EmailAddress")
_LONGEST = {"Name": 255, "EmailAddress": 255, "TaxNumber": 50, "ContactNumber": 50}


def contacts_found(books: XeroBooks, asked: Mapping[str, str]) -> list[Fields]:
    """Return the contacts that match; archived ones if they are asked for.

    Raises:
        BadFilter: as `XeroBooks.matching`.
    """
    archived, needle = asked.get("includeArchived") == "true", asked.get("searchTerm", "").lower()
    there = [
        contact
        for contact in books.contacts
        if (archived or contact["ContactStatus"] == "ACTIVE")
        and needle in "\n".join(str(contact.get(name, "")) for name in _SEARCHED).lower()
    ]
    there = books.matching(there, asked.get("where", ""), "Contacts")
    return there if "page" in asked else [_without_merger(contact) for contact in there]


def create_contact(books: XeroBooks, element: Fields) -> Fields:
    """Keep a new contact.

    Raises:
        Refused: as Xero would.
    """
    name, number, email = (str(element.get(one, "")) for one in ("Name", "ContactNumber", "EmailAddress"))
    active = [contact for contact in books.contacts if contact["ContactStatus"] == "ACTIVE"]
    problems = {
        "The contact name must be specified.": not name,
        "The contact name cannot have angle brackets or spaces around it": name != name.strip()
        or bool({*"<>"} & {*name}),
        f"The contact name {name} is already assigned to another contact. The contact name must be unique across all "
        "active contacts.": any(str(contact["Name"]).lower() == name.lower() for contact in active),
        f"The contact number {number} is already assigned to another contact.": bool(number)
        and any(contact.get("ContactNumber") == number for contact in books.contacts),
        "Email address must be valid.": bool(email) and not email.isascii(),
    }
    reasons = [reason for reason, wrong in problems.items() if wrong] + too_long(element, _LONGEST)
    if reasons:
        raise Refused(*reasons)
    contact_id = books.add_contact(name)
    books.contacts[-1] |= element
    return books.contact(contact_id) or {}


def _without_merger(contact: Fields) -> Fields:
    return {name: value for name, value in contact.items() if name != "MergedToContactID"}
