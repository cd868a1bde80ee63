"""A client as a new contact of Moneybird. Pure.

Field names follow moneybird/openapi, openapi.yml v2-20260821, `POST /contacts`.
"""

from __future__ import annotations

from tracker2invoice.model.contract import Party
from tracker2invoice.wire import write_json


def to_contact(client: Party) -> bytes:
    """Return the body of the request that creates the contact.

    Its `customer_id`, which is unique there by the description, is ours: a client is not created twice.
    """
    fields = {
        "company_name": client.name,
        "customer_id": f"T2I-{client.id}",
        "tax_number": client.vat_id,
        "send_invoices_to_email": client.email,
    }
    if address := client.address:
        fields |= {
            "address1": address.street,
            "address2": address.extra,
            "zipcode": address.postcode,
            "city": address.city,
            "country": address.country,
        }
    return write_json({"contact": {name: text for name, text in fields.items() if text}}).encode()
