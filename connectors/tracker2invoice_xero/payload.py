"""A draft as Xero's request body. Pure: no clock, no network; the same draft gives the same bytes.

Field names follow XeroAPI/Xero-OpenAPI, xero_accounting.yaml 16.1.0, schemas Invoice, CreditNote and LineItem.
What Xero has no field for (`tracker2invoice.documents.remarks`) stands on lines that have a description alone.
"""

from __future__ import annotations

from tracker2invoice.documents.limits import beyond_plain_invoices, counted, refuse
from tracker2invoice.documents.remarks import remarks, row_text
from tracker2invoice.documents.text import web_link
from tracker2invoice.errors import Rejected
from tracker2invoice.model.invoice import Draft
from tracker2invoice.taxcodes import tax_code
from tracker2invoice.wire import write_json
from tracker2invoice_xero import XeroSettings
from tracker2invoice_xero.kinds import kind_of
from tracker2invoice_xero.taxes import tax_overrides

LONGEST_DESCRIPTION = 4000
_LONGEST_REFERENCE = 255

_QUANTITY_DECIMALS = 4
"""Of those that Xero keeps (github.com/XeroAPI/Xero-OpenAPI/pull/260)."""


def to_request(output: str, settings: XeroSettings, draft: Draft) -> bytes:
    """Return the body of `PUT /Invoices`, or `PUT /CreditNotes`, for the draft. `output` is the configured name.

    Raises:
        Unsupported: the draft has a feature that a document in Xero does not have.
        Rejected: no contact or tax type is configured for it.
    """
    _refuse_unsupported(output, draft)
    kind = kind_of(draft)
    fields: dict[str, object] = {
        "Type": kind.type,
        "Status": "DRAFT",
        "Contact": {"ContactID": _contact_id(output, draft)},
        "Date": draft.issue_date.isoformat(),
        "LineAmountTypes": "Exclusive",
        "CurrencyCode": draft.currency,
        "Reference": _reference(draft),
        "LineItems": [*_priced_lines(output, settings, draft), *_text_lines(draft)],
    }
    if not draft.is_credit_note:
        fields |= _due_date_and_link(draft)
    if settings.strict_unique:
        fields[kind.number_field] = draft.reference
    return write_json({kind.path: [fields]}).encode()


def _contact_id(output: str, draft: Draft) -> str:
    """Return the pinned id of the client's contact.

    Raises:
        Rejected: the client has no id configured for this output.
    """
    pinned = draft.client.remote.get(output)
    if not pinned:
        raise Rejected(output, f"client {draft.client.id} has no contact id: set remote.{output}")
    return pinned


def _due_date_and_link(draft: Draft) -> dict[str, object]:
    """Return what only invoices have: a credit note has nothing to pay, and no field for a link."""
    link = web_link(draft.why.milestone_url)
    # Xero refuses a link that holds its own name; the address stands in the description as well
    url = {"Url": link} if link and "xero" not in link.lower() else {}
    return {"DueDate": draft.due_date.isoformat(), **url}


def _reference(draft: Draft) -> str:
    return " ".join(filter(None, (draft.order_reference, draft.reference)))


def _refuse_unsupported(output: str, draft: Draft) -> None:
    too_long = f"references of more than {_LONGEST_REFERENCE} characters"
    own = {too_long: len(_reference(draft)) > _LONGEST_REFERENCE}
    refuse(output, beyond_plain_invoices(draft, price_decimals=4, credit_notes=True) | own)


def _priced_lines(output: str, settings: XeroSettings, draft: Draft) -> list[dict[str, object]]:
    overrides = tax_overrides(draft.rows, draft.tax)
    return [
        {
            "Description": row_text(draft, line, LONGEST_DESCRIPTION),
            # a deduction is a negative price at Xero
            "Quantity": abs(line.quantity),
            "UnitAmount": line.unit_price if line.quantity >= 0 else -line.unit_price,
            "AccountCode": settings.account,
            "TaxType": tax_code(output, settings.tax, line.tax.category, line.tax.rate),
            **({"TaxAmount": overrides[index]} if index in overrides else {}),
        }
        for index, line in enumerate(counted(row, _QUANTITY_DECIMALS) for row in draft.rows)
    ]


def _text_lines(draft: Draft) -> list[dict[str, object]]:
    return [{"Description": text} for text in remarks(draft, LONGEST_DESCRIPTION)]
