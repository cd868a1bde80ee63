"""A draft as the body of a request to Tryton. Pure: the same draft gives the same bytes.

Fields: trytond_account_invoice 8.2, invoice.py. The buyer's order number has the field `reference` to itself: Tryton's
electronic invoices give it to the buyer as theirs (trytond_edocument_ubl 8.2, BuyerReference). Ours stands in
`description`. Without a payment term `payment_term_date` is the day on which the invoice is due (`get_move`). What
there is no field for (`tracker2invoice.documents.remarks`) stands in `comment`.
"""

from __future__ import annotations

from collections.abc import Iterable

from tracker2invoice.documents.annex import annex_name, annex_pdf
from tracker2invoice.documents.limits import beyond_plain_invoices, refuse
from tracker2invoice.documents.remarks import remarks, row_text
from tracker2invoice.errors import Rejected, Unsupported
from tracker2invoice.model.invoice import Draft, Line
from tracker2invoice.taxcodes import tax_code, tax_key
from tracker2invoice.wire import write_json
from tracker2invoice_tryton import TrytonSettings
from tracker2invoice_tryton.pins import required_pin, tax_ids
from tracker2invoice_tryton.taxes import TaxLine, corrections, lines_come_out
from tracker2invoice_tryton.values import bytes_value, date_value, decimal_value

LONGEST_TEXT = 4000
"""Of one line or remark: a longer text fills a page."""


def to_request(output: str, settings: TrytonSettings, draft: Draft) -> bytes:
    """Return the fields of the invoice that the draft becomes. `output` is the configured name.

    Raises:
        Unsupported: the draft has a feature that an invoice there does not have.
        Rejected: no client, currency or tax is configured for it.
    """
    _refuse_unsupported(output, draft)
    pin = required_pin(draft.client, output)
    kept = {"company": settings.company, "currency": _currency(output, settings, draft)}
    sign = -1 if draft.is_credit_note else 1
    fields: dict[str, object] = {
        "type": "out",
        **kept,
        "party": pin.party,
        "invoice_address": pin.address,
        "journal": settings.journal,
        "account": settings.receivable,
        "reference": draft.order_reference,
        "description": draft.reference,
        "comment": "\n\n".join(remarks(draft, LONGEST_TEXT)),
        "invoice_date": date_value(draft.issue_date),
        "payment_term_date": date_value(draft.due_date),
        "lines": _created(kept | _line(output, settings, draft, row, sign) for row in draft.rows),
        "taxes": _created(_tax(output, settings, line, sign) for line in corrections(draft)),
    }
    return write_json(fields).encode()


def resource_of(invoice_id: int) -> str:
    """Return what stands for an invoice in a field that may hold a record of any model."""
    return f"account.invoice,{invoice_id}"


def to_attachment(draft: Draft, invoice_id: int) -> bytes:
    """Return the fields of the attachment that says what was delivered.

    Raises:
        Rejected: it cannot be rendered.
    """
    fields = {"name": annex_name(draft), "type": "data", "data": bytes_value(annex_pdf(draft))}
    return write_json({**fields, "resource": resource_of(invoice_id)}).encode()


def _refuse_unsupported(output: str, draft: Draft) -> None:
    own = {
        "order references of several lines": not draft.order_reference.isprintable(),
        "a line whose amount ends in half a cent that is rounded up": not lines_come_out(draft),
    }
    refuse(output, beyond_plain_invoices(draft, price_decimals=4, credit_notes=True) | own)


def _currency(output: str, settings: TrytonSettings, draft: Draft) -> int:
    if draft.currency not in settings.currencies:
        raise Rejected(output, f"currency {draft.currency} has no id there: set currencies.{draft.currency}")
    return settings.currencies[draft.currency]


def _line(output: str, settings: TrytonSettings, draft: Draft, row: Line, sign: int) -> dict[str, object]:
    tax, _ = tax_ids(tax_code(output, settings.tax, row.tax.category, row.tax.rate))
    return {
        "type": "line",
        "account": settings.account,
        "description": row_text(draft, row, LONGEST_TEXT),
        # what is deducted, and all of a credit note, has a negative quantity
        "quantity": sign * row.quantity,
        "unit_price": decimal_value(row.unit_price),
        "taxes": [["add", [tax]]],
    }


def _tax(output: str, settings: TrytonSettings, line: TaxLine, sign: int) -> dict[str, object]:
    tax, account = tax_ids(tax_code(output, settings.tax, line.tax.category, line.tax.rate))
    if account is None:
        key = tax_key(line.tax.category, line.tax.rate)
        feature = f'tax of {line.amount}, which is rounded otherwise there: put the id of its account into tax."{key}"'
        raise Unsupported(output, feature)
    return {
        "tax": tax,
        "account": account,
        "manual": False,
        "description": f"VAT {line.tax.rate.normalize():f} %",
        "base": decimal_value(sign * line.base),
        "amount": decimal_value(sign * line.amount),
    }


def _created(records: Iterable[dict[str, object]]) -> list[object]:
    return [["create", list(records)]]
