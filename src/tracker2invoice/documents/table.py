"""The CSV document: one row for each line and each allowance, for spreadsheets and imports.

RFC 4180: comma, CRLF, every cell quoted, doubled quotes; UTF-8 without byte order mark. Text cells are kept
from being taken for formulas; numbers and dates are written as they are, with a point and no grouping.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from tracker2invoice.documents.text import cell
from tracker2invoice.model.invoice import Draft, Line


def render_table(draft: Draft) -> bytes:
    """Return the draft as CSV: a row of column names, then one for each line and, as negative lines, each allowance.

    `line_net` of all rows adds up to `total_net`.
    """
    return render_rows([_row(draft, number, line) for number, line in enumerate(draft.rows, start=1)])


def render_rows(rows: Sequence[Mapping[str, str]]) -> bytes:
    """Return rows of the same columns as CSV, the names of the columns in front; the cells are safe already."""
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, fieldnames=list(rows[0]), quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue().encode()


def _row(draft: Draft, number: int, line: Line) -> dict[str, str]:
    why, totals, converted = draft.why, draft.totals, draft.accounting_tax
    return {
        "reference": cell(draft.reference),
        "type_code": cell(draft.type_code),
        "issue_date": draft.issue_date.isoformat(),
        "delivery_date": draft.delivery_date.isoformat(),
        "due_date": draft.due_date.isoformat(),
        "supplier": cell(draft.supplier.name),
        "supplier_vat_id": cell(draft.supplier.vat_id),
        "client": cell(draft.client.name),
        "client_id": cell(draft.client.id),
        "client_vat_id": cell(draft.client.vat_id),
        "contract": cell(draft.contract),
        "contract_title": cell(draft.contract_title),
        "order_reference": cell(draft.order_reference),
        "project": cell(draft.project),
        "term": cell(why.term),
        "milestone": cell(why.milestone_title),
        "milestone_url": cell(why.milestone_url),
        "line": str(number),
        "description": cell(line.description),
        "quantity": _plain(line.quantity),
        "unit": cell(line.unit),
        "unit_price": _plain(line.unit_price),
        "line_net": _plain(line.net),
        "tax_category": cell(line.tax.category),
        "tax_rate": _plain(line.tax.rate),
        "currency": cell(draft.currency),
        "total_net": _plain(totals.net),
        "total_tax": _plain(totals.tax),
        "total_gross": _plain(totals.gross),
        "prepaid": _plain(totals.prepaid),
        "payable": _plain(totals.payable),
        "payment_terms": cell(draft.payment_terms),
        "basis": cell(line.basis),
        "delivery_start": _first_day(draft).isoformat(),
        "kind": "line" if number <= len(draft.lines) else "allowance",
        "preceding": cell("; ".join(map(str, draft.preceding))),
        "tax_note": cell(draft.tax_note),
        "number": cell(draft.number or ""),
        "accounting_currency": converted.currency if converted else "",
        "accounting_tax": _plain(converted.amount) if converted else "",
    }


def _first_day(draft: Draft) -> date:
    return draft.delivery_period.start if draft.delivery_period else draft.delivery_date


def _plain(number: Decimal) -> str:
    return format(number, "f")
