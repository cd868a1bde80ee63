"""A draft as the values of a new record in Odoo. Pure: the same draft gives the same bytes.

Field names follow odoo/odoo 16.0 to 19.0, addons/account/models, account_move.py and account_move_line.py; (0, 0, …)
creates a record in a list and (6, 0, …) sets one (odoo/fields.py, Command). The currency stands there by its code, and
a credit note names the reference of what it takes back: `create` puts the ids of that database.
What an invoice has no field for (`tracker2invoice.documents.remarks`) stands on notes between the lines: the terms and
conditions of the company would go if others were sent.
"""

from __future__ import annotations

from base64 import b64encode

from tracker2invoice.documents.annex import annex_name, annex_pdf
from tracker2invoice.documents.limits import beyond_plain_invoices, counted, refuse
from tracker2invoice.documents.remarks import remarks, row_text
from tracker2invoice.errors import Rejected
from tracker2invoice.model.invoice import Draft, Line
from tracker2invoice.taxcodes import tax_code, tax_key
from tracker2invoice.wire import write_json
from tracker2invoice_odoo import OdooSettings
from tracker2invoice_odoo.answers import CREDIT_NOTE, INVOICE
from tracker2invoice_odoo.taxes import can_come_out

LONGEST_TEXT = 4000
"""Of one line: a longer text fills a page."""

_DECIMALS = 2
"""Of prices and quantities, unless a person has changed the decimal accuracy (addons/product/data/product_data.xml)."""


def to_values(output: str, settings: OdooSettings, draft: Draft) -> bytes:
    """Return the values of the new `account.move` as JSON. `output` is the configured name.

    Raises:
        Unsupported: the draft has a feature that an invoice there does not have.
        Rejected: no client or tax is configured for it.
    """
    _refuse_unsupported(output, draft)
    values: dict[str, object] = {
        "move_type": move_type(draft),
        "partner_id": partner_id(output, draft),
        "currency_id": draft.currency,
        "invoice_date": draft.issue_date.isoformat(),
        "invoice_date_due": draft.due_date.isoformat(),
        # else the client's own terms of payment would set another day
        "invoice_payment_term_id": False,
        "invoice_origin": draft.reference,
        "ref": draft.order_reference or False,
        "invoice_line_ids": [
            *([0, 0, _priced(output, settings, draft, row)] for row in draft.rows),
            *([0, 0, {"display_type": "line_note", "name": text}] for text in remarks(draft, LONGEST_TEXT)),
        ],
    }
    if settings.journal:
        values["journal_id"] = int(settings.journal)
    return write_json(values).encode()


def annex_values(draft: Draft, model: str, record_id: int) -> dict[str, object]:
    """Return the values of the new `ir.attachment` that says what was delivered (odoo/addons/base/models).

    Raises:
        Rejected: it cannot be rendered.
    """
    content = b64encode(annex_pdf(draft)).decode()
    kept = {"name": annex_name(draft), "mimetype": "application/pdf", "datas": content}
    return {"res_model": model, "res_id": record_id, **kept}


def move_type(draft: Draft) -> str:
    """Return what kind of entry the draft is."""
    return CREDIT_NOTE if draft.is_credit_note else INVOICE


def partner_id(output: str, draft: Draft) -> int:
    """Return the pinned id of the client.

    Raises:
        Rejected: the client has no id configured for this output, or one that is none.
    """
    pinned = draft.client.remote.get(output, "")
    if not (pinned.isascii() and pinned.isdigit()):
        raise Rejected(output, f"client {draft.client.id} has no id there: set remote.{output} to digits")
    return int(pinned)


def _refuse_unsupported(output: str, draft: Draft) -> None:
    own = {
        "tax that is rounded neither line by line nor by tax to the decimals of the currency": not can_come_out(draft),
    }
    refuse(output, beyond_plain_invoices(draft, price_decimals=_DECIMALS, credit_notes=True) | own)


def _priced(output: str, settings: OdooSettings, draft: Draft, row: Line) -> dict[str, object]:
    tax = tax_code(output, settings.tax, row.tax.category, row.tax.rate)
    account = settings.account_by_tax.get(tax_key(row.tax.category, row.tax.rate), settings.account)
    kept = counted(row, _DECIMALS)
    return {
        "name": row_text(draft, kept, LONGEST_TEXT),
        # a deduction is a negative quantity
        "quantity": kept.quantity,
        "price_unit": kept.unit_price,
        "tax_ids": [[6, 0, [int(tax)]]],
        "account_id": int(account),
    }
