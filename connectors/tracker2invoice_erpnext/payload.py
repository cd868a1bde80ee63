"""A draft as the body of a request to ERPNext. Pure: the same draft gives the same bytes.

Field names follow frappe/erpnext version-15, erpnext/accounts/doctype: sales_invoice, sales_invoice_item,
payment_schedule and sales_taxes_and_charges; what becomes of dates, erpnext/controllers/accounts_controller.py. Signs
follow erpnext/controllers/status_updater.py, validate_qty: quantities are positive, on a credit note negative, so that
a deduction has a negative rate. What an invoice has no field for (`tracker2invoice.documents.remarks`) stands in its
terms. Descriptions and terms are HTML there.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from html import escape

from tracker2invoice.documents.limits import beyond_plain_invoices, counted, refuse
from tracker2invoice.documents.remarks import remarks, row_text, shortened
from tracker2invoice.errors import Rejected
from tracker2invoice.model.invoice import Draft, Line, TaxSubtotal
from tracker2invoice.taxcodes import tax_key
from tracker2invoice.wire import write_json
from tracker2invoice_erpnext import ErpnextSettings
from tracker2invoice_erpnext.answers import REFERENCE
from tracker2invoice_erpnext.taxes import by_account, comes_out

LONGEST_TEXT = 4000
"""Of one text: a longer one fills a page."""

LONGEST_NAME = 140
"""Of a short text (frappe/database, VARCHAR_LEN)."""

_PRICE_DECIMALS, _QUANTITY_DECIMALS = 2, 3
"""As long as a person has not changed the precision in the system settings."""

_NO_BRACKETS = str.maketrans(
    "<>", "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
)


def to_request(output: str, settings: ErpnextSettings, draft: Draft) -> bytes:
    """Return the body of `POST /api/resource/Sales Invoice` for the draft. `output` is the configured name.

    Raises:
        Unsupported: the draft has a feature that an invoice there does not have.
        Rejected: no client, tax or unit is configured for it.
    """
    booked = by_account(output, settings.tax, draft)
    _refuse_unsupported(output, draft, booked)
    fields: dict[str, object] = {
        REFERENCE: draft.reference,
        "customer": customer_name(output, draft),
        "company": settings.company,
        "posting_date": draft.issue_date.isoformat(),
        # else that would become the day of sending
        "set_posting_time": 1,
        "due_date": draft.due_date.isoformat(),
        "currency": draft.currency,
        "po_no": draft.order_reference,
        "is_return": int(draft.is_credit_note),
        # a credit note takes off what is open of its invoice
        "update_outstanding_for_self": 0,
        # else the client's own terms of payment would set another due date, or refuse this one
        "payment_schedule": _schedule(draft),
        "ignore_default_payment_terms_template": 1,
        "disable_rounded_total": 1,
        "items": [_item(output, settings, draft, row) for row in draft.rows],
        # without any, ERPNext would put those of its default template
        "taxes": [_tax(account, taxes, alone=len(draft.tax) == 1) for account, taxes in booked.items()],
        "terms": "<br><br>".join(map(_html, remarks(draft, LONGEST_TEXT))),
    }
    return write_json(fields).encode()


def customer_name(output: str, draft: Draft) -> str:
    """Return the pinned name of the client.

    Raises:
        Rejected: the client has no name configured for this output.
    """
    pinned = draft.client.remote.get(output)
    if not pinned:
        raise Rejected(output, f"client {draft.client.id} has no name there: set remote.{output}")
    return pinned


def _refuse_unsupported(output: str, draft: Draft, booked: dict[str, list[TaxSubtotal]]) -> None:
    own = {
        f"order references of more than {LONGEST_NAME} characters": len(draft.order_reference) > LONGEST_NAME,
        "tax that is not rounded once for each account to 0.01": not comes_out(draft, booked),
    }
    refuse(output, beyond_plain_invoices(draft, price_decimals=_PRICE_DECIMALS, credit_notes=True) | own)


def _schedule(draft: Draft) -> list[dict[str, object]]:
    """Return when what is payable is due, in parts or as a whole: ERPNext takes no two rows for one day."""
    if not draft.installments:
        return [{"due_date": draft.due_date.isoformat(), "invoice_portion": 100, **_discount(draft)}]
    parts = defaultdict[date, Decimal](Decimal)
    for one in draft.installments:
        parts[one.due_date] += one.amount
    return [{"due_date": day.isoformat(), "payment_amount": amount} for day, amount in parts.items()]


def _discount(draft: Draft) -> dict[str, object]:
    """Return the discount for paying early if it is the only one and of the whole amount: a row has no other."""
    if len(draft.early_payment) != 1:
        return {}
    (offer,) = draft.early_payment
    if offer.base is not None or offer.last_day > draft.due_date:
        return {}
    return {"discount_type": "Percentage", "discount": offer.percent, "discount_date": offer.last_day.isoformat()}


def _item(output: str, settings: ErpnextSettings, draft: Draft, row: Line) -> dict[str, object]:
    key, kept = tax_key(row.tax.category, row.tax.rate), counted(row, _QUANTITY_DECIMALS)
    item: dict[str, object] = {
        "item_name": shortened(" ".join(row.description.split()), LONGEST_NAME).translate(_NO_BRACKETS),
        "description": _html(row_text(draft, kept, LONGEST_TEXT)),
        "qty": -abs(kept.quantity) if draft.is_credit_note else abs(kept.quantity),
        "rate": kept.unit_price if kept.quantity >= 0 else -kept.unit_price,
        # what is one of its whole net is none of its unit
        "uom": _unit(output, settings, row.unit if kept is row else "C62"),
        "conversion_factor": 1,
        "income_account": settings.account_by_tax.get(key, settings.account),
    }
    if len(draft.tax) > 1:
        item["item_tax_template"] = _template(output, settings, key)
    return item


def _unit(output: str, settings: ErpnextSettings, unit: str) -> str:
    if unit not in settings.units:
        raise Rejected(output, f"nothing is configured for unit {unit}: set units.{unit}")
    return settings.units[unit]


def _template(output: str, settings: ErpnextSettings, key: str) -> str:
    if key not in settings.template_by_tax:
        raise Rejected(output, f'an invoice of several taxes needs item tax templates: set template_by_tax."{key}"')
    return settings.template_by_tax[key]


def _tax(account: str, taxes: list[TaxSubtotal], *, alone: bool) -> dict[str, object]:
    rates = " and ".join(f"{tax.rate.normalize():f} %" for tax in taxes)
    return {
        "charge_type": "On Net Total",
        "account_head": account,
        "description": rates,
        # of several taxes each row has its own, which its template says; 0 is for the other rows
        "rate": taxes[0].rate if alone else 0,
    }


def _html(text: str) -> str:
    return escape(text).replace("\n", "<br>")
