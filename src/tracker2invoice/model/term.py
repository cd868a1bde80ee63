"""The payment terms of a contract: what triggers each of them, and how its amount comes about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from tracker2invoice.model.money import Money
from tracker2invoice.model.tax import Tax

TermKind = Literal["work", "advance", "release"]
"""Work is what the price is for; an advance is paid before it; a release pays out retainage."""


@dataclass(frozen=True, slots=True)
class Match:
    """Which milestones trigger a term.

    By exact title, title glob, regular expression over the whole title, number or key. `any` of several: the first
    that is closed; `all` of them: the last; `each` of them triggers the term once.
    """

    by: Literal["title", "glob", "regex", "number", "key", "any", "all", "each"]
    value: str = ""
    of: tuple[Match, ...] = ()

    def __str__(self) -> str:
        match self.by:
            case "number" | "key":
                return f"{self.by} {self.value}"
            case "any" | "all" | "each":
                return f"{self.by} of {', '.join(map(str, self.of))}"
            case _:
                return f"{self.by} '{self.value}'"


@dataclass(frozen=True, slots=True)
class Units:
    """A price for each unit (net), and what is counted: a number of the contract, issues with a label, points.

    `unit` is a UN/ECE Rec 20 code (C62 = one).
    """

    price: Decimal
    by: Literal["number", "label", "points"]
    number: Decimal = Decimal(0)
    label: str = ""
    unit: str = "C62"


@dataclass(frozen=True, slots=True)
class Time:
    """Prices of an hour (net): by person, else by label of the issue, else the general one.

    `alerts` are percentages of the term's ceiling; each is told once, when billing passes it.
    """

    rate: Decimal | None = None
    people: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    labels: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    alerts: tuple[Fraction, ...] = ()


ProgressBy = Literal["issues", "points", "estimate"]
"""What weighs an issue when progress is measured: each the same, its points, its estimated hours."""

Progress = ProgressBy | Literal["certified"]
"""What says how much is done: the issues in the tracker, or a person who certifies it."""


@dataclass(frozen=True, slots=True)
class Term:
    """One payment term. Its price is exactly one of `fixed`, `percent` of the contract's, `units` and `time`.

    `ceiling` is the most that `units` or `time` bill in all. `progress` bills the price as it is earned. `monthly`
    bills at the end of each month from `since` (default: the contract's start) in which one of the milestones is under
    way. A term that bills more than once has `fixed` as the amount of each time, `times` at most. `discount` is in
    percent. `tax` is that of the contract if None. `shares_milestone` says that this term and another may be triggered
    by one milestone on purpose.

    One that was `cancelled` is never billed. With `by_hand` a person has to approve it. `share` is the part that a
    release pays out, in percent. The id of one occasion of a term begins with that of the term: `sprint@github:1:7`.
    """

    id: str
    match: Match
    fixed: Money | None = None
    percent: Fraction | None = None
    description: str = ""
    shares_milestone: bool = False
    units: Units | None = None
    time: Time | None = None
    ceiling: Money | None = None
    progress: Progress | None = None
    monthly: bool = False
    since: date | None = None
    times: int | None = None
    discount: Fraction = Fraction(0)
    tax: Tax | None = None
    kind: TermKind = "work"
    by_hand: bool = False
    share: Fraction = Fraction(100)
    cancelled: bool = False

    @property
    def base(self) -> str:
        """The id of the contract's term that this one is, or is one occasion of."""
        return base_term(self.id)

    @property
    def bills_once(self) -> bool:
        """Whether one bill makes its whole price."""
        repeats = self.monthly or self.match.by == "each" or OCCASION in self.id
        return not (repeats or self.units or self.time or self.progress)

    @property
    def is_certified(self) -> bool:
        """Whether a person certifies how much of it is done."""
        return self.progress == "certified"

    @property
    def bills_each_certification(self) -> bool:
        """Whether it bills what is certified at once, and not at the end of a month."""
        return self.is_certified and not self.monthly

    @property
    def needs_work(self) -> bool:
        """Whether its amount depends on the items in the tracker."""
        counted = self.units is not None and self.units.by != "number"
        weighed = self.progress in ("points", "estimate") or (self.progress == "issues" and self.monthly)
        return self.time is not None or counted or weighed


Countable = Literal["points", "estimates", "times", "comments", "labellings"]
"""What only some trackers keep of an item."""


def needed_of(term: Term) -> frozenset[Countable]:
    """Return what the tracker has to keep of each item so that the term can bill."""
    points = term.progress == "points" or (term.units is not None and term.units.by == "points")
    needed: dict[Countable, bool] = {
        "points": points,
        "estimates": term.progress == "estimate",
        "times": term.time is not None,
    }
    return frozenset(what for what, is_needed in needed.items() if is_needed)


OCCASION = "@"
"""Stands between the id of a term and what tells its occasions apart; no configured id has it."""


def base_term(term_id: str) -> str:
    """Return the id of the contract's term that a claimed term is an occasion of."""
    return term_id.partition(OCCASION)[0]
