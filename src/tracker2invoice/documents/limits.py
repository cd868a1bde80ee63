"""What platforms that calculate in cents cannot express of a draft. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from tracker2invoice.documents.remarks import UNITS
from tracker2invoice.errors import Unsupported
from tracker2invoice.model.invoice import COMMERCIAL_INVOICE, CREDIT_NOTE, Draft, Line, LineTax
from tracker2invoice.model.money import half_up

_CENT = Decimal("0.01")


def refuse(output: str, features: Mapping[str, bool]) -> None:
    """Refuse the first feature that a draft has.

    Raises:
        Unsupported: with the words for that feature.
    """
    for feature, wanted in features.items():
        if wanted:
            raise Unsupported(output, feature)


def beyond_plain_invoices(draft: Draft, *, price_decimals: int, credit_notes: bool = False) -> dict[str, bool]:
    """Say which features a draft has that an invoice of lines in cents, each quantity times price, does not have."""
    known = (COMMERCIAL_INVOICE, CREDIT_NOTE) if credit_notes else (COMMERCIAL_INVOICE,)
    return {
        f"document type {draft.type_code}": draft.type_code not in known,
        "a number of our own": draft.number is not None,
        "a prepaid amount": draft.totals.prepaid != 0,
        "amounts smaller than 0.01": any(amount != cents(amount) for amount in _amounts(draft)),
        f"unit prices with more than {price_decimals} decimals": any(
            decimals(line.unit_price) > price_decimals for line in draft.lines
        ),
        "units other than one, hour, day and month": any(line.unit not in UNITS for line in draft.lines),
        "a line that is not quantity times unit price": any(_uneven(line) for line in draft.lines),
        "totals that lines and allowances do not add up to": not _adds_up(draft),
    }


def beyond_own_tax(draft: Draft) -> dict[str, bool]:
    """Say whether a draft has a tax that cannot come out of a platform which calculates it by itself, in cents.

    It is for platforms that do not say whether they round line by line or by tax rate.
    """
    by_line = sum((_tax_of(row.net, row.tax) for row in draft.rows), Decimal(0))
    by_rate = sum((_tax_of(one.base, LineTax(one.category, one.rate)) for one in draft.tax), Decimal(0))
    neither = draft.totals.tax not in (by_line, by_rate)
    return {"tax that is rounded neither line by line nor by rate to 0.01": neither}


def counted(row: Line, quantity_decimals: int) -> Line:
    """Return a row as an output keeps it whose quantities have so many decimals: one with more as one of its whole net.

    The quantity and its price then stand in the text.
    """
    if decimals(row.quantity) <= quantity_decimals:
        return row
    text = f"{abs(row.quantity):f} x {row.unit_price}: {row.description}"
    return replace(row, description=text, quantity=Decimal(1 if row.net >= 0 else -1), unit_price=abs(row.net))


def cents(amount: Decimal) -> Decimal:
    """Round half up (away from zero) to two decimals."""
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)


def decimals(amount: Decimal) -> int:
    """Return how many decimals an amount needs."""
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _amounts(draft: Draft) -> Iterator[Decimal]:
    yield from (line.net for line in draft.rows)
    yield from (subtotal.amount for subtotal in draft.tax)


def _adds_up(draft: Draft) -> bool:
    """Whether the rows and the tax of each category and rate come to the totals."""
    totals, subtotals = draft.totals, draft.tax
    taxed = {LineTax(one.category, one.rate) for one in subtotals}
    return (
        {row.tax for row in draft.rows} == taxed
        and sum(row.net for row in draft.rows) == totals.net
        and sum(one.amount for one in subtotals) == totals.tax
        and totals.net + totals.tax == totals.gross
    )


def _uneven(line: Line) -> bool:
    return cents(line.quantity * line.unit_price) != line.net


def _tax_of(net: Decimal, tax: LineTax) -> Decimal:
    return half_up(Fraction(net) * Fraction(tax.rate) / 100, 2)
