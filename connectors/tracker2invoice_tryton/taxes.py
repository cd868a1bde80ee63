"""The amounts of a draft as Tryton calculates them. Pure.

Source: trytond_account 8.2, tax.py, `_get_taxes`; trytond_account_invoice 8.2, invoice.py, `update_taxes`;
trytond_currency 8.2, `Currency.round`. Lines of the same taxes are taken together, those that deduct apart from the
others, and their exact tax is rounded once, half to even. A tax line that comes with the invoice stays as it is, if its
base is the one that comes out of the lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.model.invoice import Draft, Line, LineTax


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One tax of an invoice there, with the signs of the draft."""

    tax: LineTax
    base: Decimal
    amount: Decimal


def lines_come_out(draft: Draft) -> bool:
    """Say whether quantity times price of every row is rounded there as in the draft."""
    return all(_rounded(draft, _exact(row)) == row.net for row in draft.rows)


def corrections(draft: Draft) -> Iterator[TaxLine]:
    """Yield the tax lines that must come with the invoice, so that each tax is that of the draft: one for each tax."""
    for wanted in draft.tax:
        tax = LineTax(wanted.category, wanted.rate)
        lines = _tax_lines(draft, tax)
        missing = wanted.amount - sum(line.amount for line in lines)
        if missing:
            yield TaxLine(tax, lines[0].base, lines[0].amount + missing)


def _tax_lines(draft: Draft, tax: LineTax) -> list[TaxLine]:
    rows = [row for row in draft.rows if row.tax == tax]
    signs = [[row for row in rows if row.quantity >= 0], [row for row in rows if row.quantity < 0]]
    return [_tax_line(draft, tax, some) for some in signs if some]


def _tax_line(draft: Draft, tax: LineTax, rows: list[Line]) -> TaxLine:
    exact = sum(map(_exact, rows), Decimal(0)) * tax.rate / 100
    return TaxLine(tax, sum((row.net for row in rows), Decimal(0)), _rounded(draft, exact))


def _exact(row: Line) -> Decimal:
    return row.quantity * row.unit_price


def _rounded(draft: Draft, amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-MINOR_UNITS[draft.currency]), ROUND_HALF_EVEN)
