"""Conditions of a contract that change what its terms make, or when that is paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Literal

from tracker2invoice.model.money import Money
from tracker2invoice.model.tax import Tax
from tracker2invoice.model.term import Match


@dataclass(frozen=True, slots=True)
class ChangeOrder:
    """An approved change of the price from a day on (inclusive, local); `amount` is net and may be negative.

    With `term` it changes that term alone; without, the price that percentages are taken of.
    """

    number: str
    effective: date
    amount: Money
    description: str = ""
    term: str = ""


@dataclass(frozen=True, slots=True)
class Escalation:
    """Work that is triggered on `since` or later (local) costs so many percent more than agreed; less if negative.

    The latest one that applies counts alone. `words` say where it comes from, for example an index.
    """

    since: date
    percent: Fraction
    words: str = ""


Drawdown = Literal["pro rata", "first", "percent", "amount", "end", "credit"]


@dataclass(frozen=True, slots=True)
class Deposit:
    """An advance, billed before the work, and how later bills draw it down.

    It is `percent` of the price at the start or a `fixed` amount; `match` is what triggers it, None the first day of
    the contract. Drawn down in proportion to the work, by the first bills, by a percentage of each bill, by an amount
    in each bill, by the last bill, or not at all, so that it stays the client's credit.

    It bears the contract's tax, and bills deduct it with its tax. With a `tax` of its own it is outside VAT: bills bear
    the tax of all their work and deduct it from what is payable (EN 16931 BT-113).
    """

    percent: Fraction | None = None
    fixed: Money | None = None
    match: Match | None = None
    drawdown: Drawdown = "pro rata"
    draw_percent: Fraction | None = None
    draw_amount: Money | None = None
    tax: Tax | None = None


@dataclass(frozen=True, slots=True)
class RetainageStep:
    """Up to `until` percent of the contract sum, `percent` of the work is held back; then `returns` percent of what
    is held by then is paid out (Arizona 41-2576).
    """

    until: Fraction
    percent: Fraction
    returns: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Release:
    """Pays out `percent` of all retainage: on a day, when a milestone is closed, or when a person says so."""

    percent: Fraction = Fraction(100)
    match: Match | None = None
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Retainage:
    """What is earned but held back: `percent` of the work or by `steps`, at most `ceiling` percent of the contract sum.

    `terms` has other percentages for single terms. Unless `reduces_tax`, VAT is due on the whole work at once.
    """

    percent: Fraction
    releases: tuple[Release, ...] = ()
    steps: tuple[RetainageStep, ...] = ()
    ceiling: Fraction | None = None
    terms: Mapping[str, Fraction] = field(default_factory=dict[str, Fraction])
    reduces_tax: bool = False
