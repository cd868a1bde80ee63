"""When an invoice is due, and what the client may take off for paying early. `mapping/due.py` does the counting."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from tracker2invoice.model.money import Money

DueKind = Literal[
    "days",
    "month end, then days",
    "days, then month end",
    "days, then month end, then day",
    "days, then next day",
]
"""How the day is found that payment days and business days start from, see `DueRule`."""

BusinessDays = Literal["none", "following", "modified following", "preceding", "modified preceding", "nearest"]
"""What becomes of a day that is no business day (FpML, BusinessDayConventionEnum)."""

LAST_DAY = 31
"""The last day of a long month; a shorter month takes its own last day instead."""

LONGEST_CUT_OFF = 27
"""The days that every month has before its last one."""


@dataclass(frozen=True, slots=True)
class DueRule:
    """When an invoice is due, counted in calendar days from its date. Each step starts from the day of the one before.

    1. `cut_off`: an invoice of a month's last day, or of at most so many days before it, counts as one of the first
       day of the next month.
    2. `kind`, with so many `days` and the `day` of a month.
       - days: so many days later
       - month end, then days: the last day of the month, then so many days later
       - days, then month end: so many days later, then the last day of that month
       - days, then month end, then day: the same, then that day of the next month
       - days, then next day: so many days later, then the first such day of a month on or after it
    3. `payment_days`: the first of these days of a month on or after it.
    4. `business_days`: moved to a business day of the `calendar` (`mapping/calendar.py`).

    Raises:
        ValueError: a number out of bounds, or parts that contradict one another.
    """

    kind: DueKind = "days"
    days: int = 0
    day: int | None = None
    payment_days: tuple[int, ...] = ()
    cut_off: int | None = None
    business_days: BusinessDays = "none"
    calendar: str = ""

    def __post_init__(self) -> None:
        if self.days < 0 or not 0 <= (self.cut_off or 0) <= LONGEST_CUT_OFF:
            raise ValueError("no number of days")
        named = self.payment_days if self.day is None else (self.day, *self.payment_days)
        if not all(1 <= day <= LAST_DAY for day in named):
            raise ValueError("no day of a month")
        if self.names_a_day != (self.day is not None):
            raise ValueError("a day of the month without a rule for it, or a rule without its day")
        if self.names_a_day and self.payment_days:
            raise ValueError("payment days beside a rule that ends on a day of the month already")
        if (self.business_days == "none") != (not self.calendar):
            raise ValueError("business days without a calendar, or a calendar without business days")

    @property
    def names_a_day(self) -> bool:
        """Whether the kind itself ends on a day of the month that the contract names."""
        return self.kind in ("days, then month end, then day", "days, then next day")

    @property
    def is_plain(self) -> bool:
        """Whether the invoice is due so many days after its date and no step moves that day."""
        return self == DueRule(days=self.days)


DiscountTax = Literal["included", "excluded"]
"""Whether a discount for paying early is taken of the amount with tax, so that the tax falls, or of the net amount."""


@dataclass(frozen=True, slots=True)
class EarlyPayment:
    """One step of a discount: `percent` off, for paying at most `days` after the invoice date."""

    days: int
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Installment:
    """One part of an invoice that is paid in parts, with a due date of its own: `percent` of what is payable with tax,
    `percent_of_rest` of what the parts before leave, a `fixed` amount, or, with none of these, the rest.

    Raises:
        ValueError: more than one of them.
    """

    due: DueRule
    percent: Fraction | None = None
    percent_of_rest: Fraction | None = None
    fixed: Money | None = None

    def __post_init__(self) -> None:
        if sum(way is not None for way in (self.percent, self.percent_of_rest, self.fixed)) > 1:
            raise ValueError("a part is one share or one amount")

    @property
    def is_rest(self) -> bool:
        """Whether it is all that the parts before leave."""
        return self.percent is None and self.percent_of_rest is None and self.fixed is None
