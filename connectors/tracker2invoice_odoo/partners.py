"""Clients as contacts of Odoo: what they may be known by, and the values of a new one. Pure.

Field names: odoo/odoo 16.0 to 19.0, odoo/addons/base/models/res_partner.py. `=ilike` compares whole texts, whatever
their case; the signs of patterns in them stand for themselves after a backslash (odoo/osv/expression.py).
"""

from __future__ import annotations

import re

from tracker2invoice.model.contract import Party
from tracker2invoice_odoo.calls import any_of


def known_by(party: Party) -> list[object]:
    """Return the domain of the contacts with the VAT id, e-mail address or name of the client; empty if it has none."""
    marks = {"vat": party.vat_id, "email": party.email, "name": party.name}
    return any_of([field, "=ilike", _literally(text)] for field, text in marks.items() if text)


def partner_values(party: Party, country_id: int | None) -> dict[str, object]:
    """Return the values of the new `res.partner`; `country_id` is that of the client's address."""
    values: dict[str, object] = {"name": party.name, "is_company": True, "email": party.email, "vat": party.vat_id}
    if party.address:
        street = {"street": party.address.street, "street2": party.address.extra}
        values |= {**street, "zip": party.address.postcode, "city": party.address.city, "country_id": country_id}
    return {name: value for name, value in values.items() if value}


def _literally(text: str) -> str:
    return re.sub(r"[\\%_]", r"\\\g<0>", text)
