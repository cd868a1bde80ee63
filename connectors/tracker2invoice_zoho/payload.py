"""A draft as the body of a request to Zoho Books. Pure: the same draft gives the same bytes.

Field names follow Zoho's OpenAPI description of Books v3, invoices.yml, create-an-invoice-request, and
credit-notes.yml, create-a-credit-note-request. What these have no field for (`tracker2invoice.documents.remarks`), and
the order reference, stand on lines without a price: how long the notes of an invoice may be is not said.
`reference_number` holds ours alone, for only there a search is certain to find it.
"""

from __future__ import annotations

from tracker2invoice.documents.limits import beyond_own_tax, beyond_plain_invoices, counted, refuse
from tracker2invoice.documents.remarks import ordered, remarks, row_text, shortened
from tracker2invoice.errors import Rejected
from tracker2invoice.model.invoice import Draft, Line
from tracker2invoice.taxcodes import tax_code
from tracker2invoice.wire import write_json
from tracker2invoice_zoho import ZohoSettings

LONGEST_DESCRIPTION = 2000
"""Of one line."""

_QUANTITY_DECIMALS = 2
"""As long as a person has not set others (zoho.com/books/help, Item Preferences)."""


def to_request(output: str, settings: ZohoSettings, draft: Draft) -> bytes:
    """Return the body of `POST /invoices`, or `POST /creditnotes`, for the draft. `output` is the configured name.

    Raises:
        Unsupported: the draft has a feature that a document there does not have.
        Rejected: no customer or tax is configured for it.
    """
    refuse(output, beyond_plain_invoices(draft, price_decimals=2, credit_notes=True) | beyond_own_tax(draft))
    fields: dict[str, object] = {
        "customer_id": customer_id(output, draft),
        "reference_number": draft.reference,
        "date": draft.issue_date.isoformat(),
        "is_inclusive_tax": False,
        **(_of_a_credit_note() if draft.is_credit_note else _of_an_invoice(settings, draft)),
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


def _of_a_credit_note() -> dict[str, object]:
    # an invoice is a draft without saying so
    return {"is_draft": True}


def _of_an_invoice(settings: ZohoSettings, draft: Draft) -> dict[str, object]:
    """Return what only invoices have: a credit note has nothing to pay, and custom fields of its own."""
    return {
        "custom_fields": [{"customfield_id": settings.reference_field, "value": draft.reference}],
        "due_date": draft.due_date.isoformat(),
    }


def _priced(output: str, settings: ZohoSettings, draft: Draft, row: Line) -> dict[str, object]:
    # the quantities of credit notes are whole numbers
    kept = counted(row, 0 if draft.is_credit_note else _QUANTITY_DECIMALS)
    return {
        "description": row_text(draft, kept, LONGEST_DESCRIPTION),
        # a deduction is a negative rate: a quantity must be more than zero
        "rate": kept.unit_price if kept.quantity >= 0 else -kept.unit_price,
        "quantity": abs(kept.quantity),
        **_booked(output, settings, row),
    }


def _text(output: str, settings: ZohoSettings, draft: Draft, text: str) -> dict[str, object]:
    # without a tax of ours it would have that of the item, which would then stand on the invoice
    return {"description": text, "rate": 0, "quantity": 1, **_booked(output, settings, draft.rows[0])}


def _booked(output: str, settings: ZohoSettings, row: Line) -> dict[str, object]:
    tax = tax_code(output, settings.tax, row.tax.category, row.tax.rate)
    return {"item_id": settings.item, "tax_id": tax}


def _texts(draft: Draft) -> tuple[str, ...]:
    order = (shortened(ordered(draft), LONGEST_DESCRIPTION),)
    return (*(order if draft.order_reference else ()), *remarks(draft, LONGEST_DESCRIPTION))
