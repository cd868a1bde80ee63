"""A draft as the body of a request to QuickBooks Online. Pure: the same draft gives the same bytes.

Field names follow developer.intuit.com, the entities Invoice, Estimate and CreditMemo, and Finance.xsd. What they have
no field for (`tracker2invoice.documents.remarks`), and the order reference, stand on lines that have a description
alone: the field PONumber of the schema has 15 characters, and the pages about the entities do not know it.
"""

from __future__ import annotations

from tracker2invoice.documents.limits import beyond_own_tax, beyond_plain_invoices, refuse
from tracker2invoice.documents.remarks import ordered, remarks, row_text, shortened
from tracker2invoice.errors import Rejected
from tracker2invoice.model.invoice import Draft, Line
from tracker2invoice.taxcodes import tax_code
from tracker2invoice.wire import write_json
from tracker2invoice_quickbooks import QuickBooksSettings
from tracker2invoice_quickbooks.kinds import CREDIT_MEMOS, kind_of

LONGEST_TEXT = 4000
"""Of the description of a line, and of the private note."""

_SUBTOTAL = "Subtotal:"
"""A description that begins so makes a line of the sum of those above it."""

JOINER = "\u2060"
"""Has no width."""


def to_request(output: str, settings: QuickBooksSettings, draft: Draft) -> bytes:
    """Return the body of the request that creates the draft. `output` is the configured name.

    Raises:
        Unsupported: the draft has a feature that a document there does not have.
        Rejected: no customer or tax code is configured for it.
    """
    _refuse_unsupported(output, settings, draft)
    fields: dict[str, object] = {
        "CustomerRef": _ref(customer_id(output, draft)),
        "DocNumber": draft.reference,
        "TxnDate": draft.issue_date.isoformat(),
        "CurrencyRef": _ref(draft.currency),
        "EmailStatus": "NotSet",
        "PrivateNote": shortened(
            "\n".join(filter(None, (draft.reference, draft.project, draft.why.milestone_url))), LONGEST_TEXT
        ),
        "Line": [
            *(_priced(output, settings, draft, row) for row in draft.rows),
            *(_text(text) for text in _texts(settings, draft)),
        ],
    }
    if kind_of(draft, settings.mode) != CREDIT_MEMOS:
        fields["DueDate"] = draft.due_date.isoformat()
    if not settings.in_the_us:
        fields["GlobalTaxCalculation"] = "TaxExcluded"
    return write_json(fields).encode()


def customer_id(output: str, draft: Draft) -> str:
    """Return the pinned id of the client.

    Raises:
        Rejected: the client has no id configured for this output.
    """
    pinned = draft.client.remote.get(output)
    if not pinned:
        raise Rejected(output, f"client {draft.client.id} has no customer id: set remote.{output}")
    return pinned


def _refuse_unsupported(output: str, settings: QuickBooksSettings, draft: Draft) -> None:
    own = {"credit notes in the mode estimate": draft.is_credit_note and settings.mode == "estimate"}
    plain = beyond_plain_invoices(draft, price_decimals=5, credit_notes=True)
    refuse(output, own | plain | beyond_own_tax(draft))


def _priced(output: str, settings: QuickBooksSettings, draft: Draft, row: Line) -> dict[str, object]:
    return {
        "DetailType": "SalesItemLineDetail",
        "Description": row_text(draft, row, LONGEST_TEXT),
        "Amount": row.net,
        "SalesItemLineDetail": {
            "ItemRef": _ref(settings.item),
            # a deduction is a negative price
            "Qty": abs(row.quantity),
            "UnitPrice": row.unit_price if row.quantity >= 0 else -row.unit_price,
            "TaxCodeRef": _ref(tax_code(output, settings.tax, row.tax.category, row.tax.rate)),
        },
    }


def _texts(settings: QuickBooksSettings, draft: Draft) -> tuple[str, ...]:
    order = (shortened(ordered(draft), LONGEST_TEXT),) if draft.order_reference else ()
    texts = remarks(draft, LONGEST_TEXT)
    # the invoice that somebody makes of an estimate gets the due date of the customer's usual terms
    wanted = settings.mode == "estimate" and draft.payment_terms and draft.payment_terms not in texts
    return (*order, *((draft.payment_terms,) if wanted else ()), *texts)


def _text(text: str) -> dict[str, object]:
    inert = f"{JOINER}{text}" if text.startswith(_SUBTOTAL) else text
    return {"DetailType": "DescriptionOnly", "Description": inert, "DescriptionLineDetail": {}}


def _ref(value: str) -> dict[str, object]:
    return {"value": value}
