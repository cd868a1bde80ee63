"""New clients of a pretended ERPNext, with what comes with them. No HTTP.

Source: frappe/erpnext version-15, erpnext/selling/doctype/customer/customer.py.
"""

from __future__ import annotations

from tracker2invoice.testing.sandbox.erpnext_books import ErpnextBooks, Fields, Refused


def create_customer(books: ErpnextBooks, given: Fields) -> Fields:
    """Keep a new client, its contact and its address; a name that is taken gets a number.

    Raises:
        Refused: as ERPNext would.
    """
    wanted = str(given.get("customer_name") or "")
    if not wanted:
        raise Refused("[Customer, None]: customer_name", "MandatoryError")
    taken = {str(one["name"]) for one in books.tables["Customer"]}
    name = next(one for one in (wanted, *(f"{wanted} - {n}" for n in range(1, 100))) if one not in taken)
    address = _address(books, given)
    customer = books.record("Customer", books.add_customer(name))
    customer |= {**given, "primary_address": address}
    if given.get("email_id"):
        books.add_contact(name, str(given["email_id"]))
    return customer


def _address(books: ErpnextBooks, given: Fields) -> str:
    if not given.get("address_line1"):
        return ""
    if not given.get("city") or not given.get("country"):
        raise Refused("Following fields are mandatory to create address: <ul><li>City</li></ul>")
    if not any(one["name"] == given["country"] for one in books.tables["Country"]):
        raise Refused(f"Could not find Country: {given['country']}", "LinkValidationError")
    names = ("address_line1", "address_line2", "city", "pincode", "country")
    return "<br>".join(str(given[one]) for one in names if given.get(one))
