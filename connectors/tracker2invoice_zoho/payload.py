"""A draft as the body of a request to Zoho Books. Pure: the same draft gives the same bytes.

Field names follow Zoho's OpenAPI description of Books v3, invoices.yml, create-an-invoice-request. What it has no field
for (`tracker2invoice.documents.remarks`), and the order reference, stand on lines without a price: how long the notes
may be is not said. `reference_number` holds ours alone, for only there a search is certain to find it.
"""

from __future__ import annotations

from tracker2invoice.documents.limits import beyond_own_tax, beyond_plain_invoices, refuse
from tracker2invoice.documents.remarks import remarks, row_text, shortened
from tracker2invoice.errors import Rejected
from tracker2invoice.model.invoice import Draft, Line
from tracker2invoice.taxcodes import tax_code
from tracker2invoice.wire import write_json
from tracker2invoice_zoho import ZohoSettings

LONGEST_DESCRIPTION = 2000
"""Of one line."""


def to_request(output: str, settings: ZohoSettings, draft: Draft) -> bytes:
    """Return the body of `POST /invoices` for the draft. `output` is the configured name.

    Raises:
        Unsupported: the draft has a feature that an invoice there does not have.
        Rejected: no customer or tax is configured for it.
    """
    refuse(output, beyond_plain_invoices(draft, price_decimals=2) | beyond_own_tax(draft))
    fields: dict[str, object] = {
        "customer_id": customer_id(output, draft),
        "reference_number": draft.reference,
        "custom_fields": [{"customfield_id": settings.reference_field, "value": draft.reference}],
        "date": draft.issue_date.isoformat(),
        "due_date": draft.due_date.isoformat(),
        "is_inclusive_tax": False,
        "line_items": [
            *(_priced(output, settings, draft, row) for row in draft.rows),
            *(_text(output, settings, draft, text) for text in _texts(draft)),
        ],
    }
    return write_json(fields).encode()


def customer_id(output: str, draft: Draft) -> str:
    """Return the pinned id of the client.

    Raises:
        Rejected: the client has no id configured for this output, or one that Zoho cannot have given.
    """
    pinned = draft.client.remote.get(output, "")
    if not (pinned.isascii() and pinned.isdigit()):
        raise Rejected(output, f"client {draft.client.id} has no customer id, which is digits: set remote.{output}")
    return pinned


def _priced(output: str, settings: ZohoSettings, draft: Draft, row: Line) -> dict[str, object]:
    return {
        "description": row_text(draft, row, LONGEST_DESCRIPTION),
        # a deduction is a negative rate: a quantity must be more than zero
        "rate": row.unit_price if row.quantity >= 0 else -row.unit_price,
        "quantity": abs(row.quantity),
        **_booked(output, settings, row),
    }


def _text(output: str, settings: ZohoSettings, draft: Draft, text: str) -> dict[str, object]:
    # without a tax of ours it would have that of the item, which would then stand on the invoice
    return {"description": text, "rate": 0, "quantity": 1, **_booked(output, settings, draft.rows[0])}


def _booked(output: str, settings: ZohoSettings, row: Line) -> dict[str, object]:
    tax = tax_code(output, settings.tax, row.tax.category, row.tax.rate)
    return {"item_id": settings.item, "tax_id": tax}


def _texts(draft: Draft) -> tuple[str, ...]:
    order = (shortened(f"Order reference: {draft.order_reference}", LONGEST_DESCRIPTION),)
    return (*(order if draft.order_reference else ()), *remarks(draft, LONGEST_DESCRIPTION))
