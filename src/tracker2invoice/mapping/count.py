"""What the tracker's items come to: units with a price each, hours by person, the part of the work that is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from tracker2invoice.mapping.accept import closing_of
from tracker2invoice.mapping.text import one_line
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.term import ProgressBy, Time, Units
from tracker2invoice.model.work import Work, WorkItem

HOUR = "HUR"
"""UN/ECE Recommendation 20: hour."""

OF_LABEL = ", "
"""Stands between a person and the label of the issues that the hours are of."""


@dataclass(frozen=True, slots=True)
class Counted:
    """So much of something, at a price for each (net). `unit` is a UN/ECE Rec 20 code.

    `item` names it on the bill; `of` is the person whose hours they are, or again the item.
    """

    item: str
    of: str
    quantity: Decimal
    price: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Hours of a person that no rate of the contract is for."""

    person: str


def units(agreed: Units, work: Iterable[WorkItem]) -> Counted:
    """Count what units are of: a number of the contract, closed items with the label, points of closed items."""
    item = one_line(agreed.label or agreed.by)
    return Counted(item, item, _quantity(agreed, work), agreed.price, agreed.unit)


def hours(agreed: Time, work: Iterable[WorkItem], until: date | None) -> Sequence[Counted | Unpriced]:
    """Sum the hours of each person, of days until `until` (inclusive; None: all), ordered by name.

    Hours on items whose label has a rate of its own are summed apart.
    """
    sums: dict[tuple[str, str], Decimal] = {}
    for one in work:
        for entry in one.time:
            if until is None or entry.day <= until:
                key = (one_line(entry.person), _label(agreed, one, entry.person))
                sums[key] = sums.get(key, Decimal(0)) + entry.hours
    return [_at_its_rate(agreed, person, label, sum_) for (person, label), sum_ in sorted(sums.items())]


def item_of(person: str, label: str) -> str:
    """Return what hours are called on a bill: those of a person, or of a person under a label."""
    return f"{person}{OF_LABEL}{label}" if label else person


def done(by: ProgressBy, milestones: Iterable[Milestone], work: Mapping[str, Work]) -> Fraction:
    """Return the part that is done, from 0 to 1. A closed milestone is done as a whole; without any weight nothing is.

    Raises:
        KeyError: the items of a milestone were never read.
    """
    weights = [_weights(by, one, work) for one in milestones]
    total = sum((whole for whole, _ in weights), Fraction(0))
    return sum((part for _, part in weights), Fraction(0)) / total if total else Fraction(0)


def milestone_at(milestone: Milestone, at: datetime) -> Milestone:
    """Return a milestone as it stood then: one that was closed later was open."""
    closing = closing_of(milestone)
    later = milestone.state == "closed" and closing is not None and closing.at > at
    return replace(milestone, state="open", closed_at=None) if later else milestone


def work_at(work: Work, at: datetime) -> Work:
    """Return items as they stood then: what was closed later was open. Without a closing time there is no telling."""
    return tuple(
        replace(one, closed=False, closed_at=None) if one.closed_at is not None and one.closed_at > at else one
        for one in work
    )


def _quantity(agreed: Units, work: Iterable[WorkItem]) -> Decimal:
    match agreed.by:
        case "number":
            return agreed.number
        case "label":
            return Decimal(sum(1 for one in work if one.closed and agreed.label in one.labels))
        case "points":
            return sum((one.points or Decimal(0) for one in work if one.closed), Decimal(0))


def _label(agreed: Time, item: WorkItem, person: str) -> str:
    if person in agreed.people:
        return ""
    return next((label for label in agreed.labels if label in item.labels), "")


def _at_its_rate(agreed: Time, person: str, label: str, sum_: Decimal) -> Counted | Unpriced:
    rate = agreed.labels[label] if label else agreed.people.get(person, agreed.rate)
    return Unpriced(person) if rate is None else Counted(item_of(person, label), person, sum_, rate, HOUR)


def _weights(by: ProgressBy, milestone: Milestone, work: Mapping[str, Work]) -> tuple[Fraction, Fraction]:
    """Return the weight of all items of a milestone, and of those that are done."""
    if by == "issues" and milestone.key not in work:
        whole, part = Fraction(milestone.open_items + milestone.closed_items), Fraction(milestone.closed_items)
    else:
        items = [(one.closed, _weight(by, one)) for one in work[milestone.key]]
        whole = sum((weight for _, weight in items), Fraction(0))
        part = sum((weight for closed, weight in items if closed), Fraction(0))
    return (whole, whole) if milestone.state == "closed" else (whole, part)


def _weight(by: ProgressBy, item: WorkItem) -> Fraction:
    match by:
        case "issues":
            return Fraction(1)
        case "points":
            return Fraction(item.points or 0)
        case "estimate":
            return Fraction(item.estimate or 0)
