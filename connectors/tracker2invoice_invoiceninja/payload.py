"""A draft as the body of a request to Invoice Ninja. Pure: the same draft gives the same bytes.

Field names follow invoiceninja/invoiceninja 5.10.17, openapi/components/schemas, invoice_request.yaml and
invoice_item.yaml. What it has no field for (`tracker2invoice.documents.remarks`) stands on lines without a price:
the public notes of a client replace those of a new invoice (Client::setCompanyDefaults).
"""

from __future__ import annotations

from tracker2invoice.documents.limits import beyond_plain_invoices, refuse
from tracker2invoice.documents.remarks import remarks, row_text
from tracker2invoice.errors import Rejected
from tracker2invoice.model.invoice import Draft, Line
from tracker2invoice.taxcodes import tax_code
from tracker2invoice.wire import write_json
from tracker2invoice_invoiceninja import InvoiceNinjaSettings
from tracker2invoice_invoiceninja.inert import inert
from tracker2invoice_invoiceninja.taxes import taxed_on

LONGEST_NOTES = 4000
"""Of one line: a longer text fills a page."""

_LONGEST_STRING = 191
"""AppServiceProvider.php, defaultStringLength; po_number is a string in the database."""


def to_request(output: str, settings: InvoiceNinjaSettings, draft: Draft) -> bytes:
    """Return the body of `POST /invoices`, or `POST /credits`, for the draft. `output` is the configured name.

    Raises:
        Unsupported: the draft has a feature that an invoice there does not have.
        Rejected: no client or tax is configured for it.
    """
    _refuse_unsupported(output, draft)
    on_lines = taxed_on(draft) == "lines"
    fields: dict[str, object] = {
        "client_id": client_id(output, draft),
        "date": draft.issue_date.isoformat(),
        "po_number": draft.order_reference,
        "custom_value1": draft.reference,
        "private_notes": "\n".join(filter(None, (draft.reference, draft.project, draft.why.milestone_url))),
        "uses_inclusive_taxes": False,
        "discount": 0,
        "is_amount_discount": False,
        "line_items": [
            *(_priced(output, settings, draft, row, taxed=on_lines) for row in draft.rows),
            *({"notes": inert(text), "quantity": 0, "cost": 0} for text in remarks(draft, LONGEST_NOTES)),
        ],
    }
    # a credit has nothing to pay; it must not name its invoice, or it is marked as sent (CreditController.php, store)
    if not draft.is_credit_note:
        fields |= {"due_date": draft.due_date.isoformat(), **_first_part(draft)}
    if not on_lines:
        fields |= _tax(output, settings, draft.rows[0])
    if settings.strict_unique:
        fields["number"] = draft.reference
    return write_json(fields).encode()


def client_id(output: str, draft: Draft) -> str:
    """Return the pinned id of the client.

    Raises:
        Rejected: the client has no id configured for this output.
    """
    pinned = draft.client.remote.get(output)
    if not pinned:
        raise Rejected(output, f"client {draft.client.id} has no id there: set remote.{output}")
    return pinned


def _refuse_unsupported(output: str, draft: Draft) -> None:
    own = {
        f"order references of more than {_LONGEST_STRING} characters": len(draft.order_reference) > _LONGEST_STRING,
        "tax that is not rounded to 0.01 line by line, or once for the whole invoice": taxed_on(draft) is None,
    }
    refuse(output, beyond_plain_invoices(draft, price_decimals=4, credit_notes=True) | own)


def _first_part(draft: Draft) -> dict[str, object]:
    """Return the first of two parts of a payment: an invoice there can have one, which is due before the rest."""
    if len(draft.installments) != 2:
        return {}
    first, _ = draft.installments
    if not draft.issue_date <= first.due_date < draft.due_date:
        return {}
    return {"partial": first.amount, "partial_due_date": first.due_date.isoformat()}


def _priced(output: str, settings: InvoiceNinjaSettings, draft: Draft, row: Line, *, taxed: bool) -> dict[str, object]:
    return {
        "notes": inert(row_text(draft, row, LONGEST_NOTES)),
        # a deduction is a negative price there
        "quantity": abs(row.quantity),
        "cost": row.unit_price if row.quantity >= 0 else -row.unit_price,
        **(_tax(output, settings, row) if taxed else {}),
    }


def _tax(output: str, settings: InvoiceNinjaSettings, row: Line) -> dict[str, object]:
    name = tax_code(output, settings.tax, row.tax.category, row.tax.rate)
    return {"tax_name1": name, "tax_rate1": row.tax.rate}
