"""An invoice that is paid in parts: how much by when. The parts make the total to the last unit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tracker2invoice.mapping.due import due_date
from tracker2invoice.model.due import Installment
from tracker2invoice.model.invoice import InstallmentDue
from tracker2invoice.model.money import Money


def installments_of(parts: Sequence[Installment], issued: date, total: Money) -> tuple[InstallmentDue, ...]:
    """Return the parts of what is payable with tax, in their order; parts of nothing are left out.

    Each part is rounded half up and has the sign of the total. Parts that make more than the total are cut to what is
    left, so that none turns the other way; the last part takes all that is left.
    """
    left = total
    found: list[InstallmentDue] = []
    for number, part in enumerate(parts, start=1):
        amount = left if number == len(parts) else _at_most(_wanted(part, total, left), left)
        left = left - amount
        if amount.units:
            found.append(InstallmentDue(due_date(issued, part.due), amount.amount))
    return tuple(found)


def _wanted(part: Installment, total: Money, left: Money) -> Money:
    if part.percent is not None:
        return total.percent(part.percent)
    if part.percent_of_rest is not None:
        return left.percent(part.percent_of_rest)
    if part.fixed is not None:
        return part.fixed if total.units > 0 else -part.fixed
    return left


def _at_most(wanted: Money, left: Money) -> Money:
    if not left.units:
        return left
    return min(wanted, left) if left.units > 0 else max(wanted, left)
