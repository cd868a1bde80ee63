"""What the tracker's items come to: units with a price each, hours by person, the part of the work that is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.term import ProgressBy, Time, Units
from tracker2invoice.model.work import Work, WorkItem

HOUR = "HUR"
"""UN/ECE Recommendation 20: hour."""


@dataclass(frozen=True, slots=True)
class Counted:
    """So much of something, at a price for each (net). `unit` is a UN/ECE Rec 20 code."""

    item: str
    quantity: Decimal
    price: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Hours of a person that no rate of the contract is for."""

    person: str


def units(agreed: Units, work: Iterable[WorkItem]) -> Counted:
    """Count what units are of: a number of the contract, closed items with the label, points of closed items."""
    return Counted(agreed.label or agreed.by, _quantity(agreed, work), agreed.price, agreed.unit)


def hours(agreed: Time, work: Iterable[WorkItem], until: date | None) -> Sequence[Counted | Unpriced]:
    """Sum hours by rate and person, of all items, of days until `until` (inclusive; None: all), ordered by name."""
    sums: dict[tuple[str, Decimal | None], Decimal] = {}
    for one in work:
        for entry in one.time:
            if until is None or entry.day <= until:
                key = (entry.person, _rate(agreed, one, entry.person))
                sums[key] = sums.get(key, Decimal(0)) + entry.hours
    found = sorted(sums.items(), key=lambda each: (each[0][0], each[0][1] or 0))
    return [Unpriced(person) if rate is None else Counted(person, sum_, rate, HOUR) for (person, rate), sum_ in found]


def done(by: ProgressBy, milestones: Iterable[Milestone], work: Mapping[str, Work]) -> Fraction:
    """Return the part that is done, from 0 to 1. A closed milestone is done as a whole; without any weight nothing is.

    Raises:
        KeyError: the items of a milestone were never read.
    """
    weights = [_weights(by, one, work) for one in milestones]
    total = sum((whole for whole, _ in weights), Fraction(0))
    return sum((part for _, part in weights), Fraction(0)) / total if total else Fraction(0)


def _quantity(agreed: Units, work: Iterable[WorkItem]) -> Decimal:
    match agreed.by:
        case "number":
            return agreed.number
        case "label":
            return Decimal(sum(1 for one in work if one.closed and agreed.label in one.labels))
        case "points":
            return sum((one.points or Decimal(0) for one in work if one.closed), Decimal(0))


def _rate(agreed: Time, item: WorkItem, person: str) -> Decimal | None:
    if person in agreed.people:
        return agreed.people[person]
    labelled = [rate for label, rate in agreed.labels.items() if label in item.labels]
    return labelled[0] if labelled else agreed.rate


def _weights(by: ProgressBy, milestone: Milestone, work: Mapping[str, Work]) -> tuple[Fraction, Fraction]:
    """Return the weight of all items of a milestone, and of those that are done."""
    if by == "issues":
        whole, part = Fraction(milestone.open_items + milestone.closed_items), Fraction(milestone.closed_items)
    else:
        items = [(one.closed, _weight(by, one)) for one in work[milestone.key]]
        whole = sum((weight for _, weight in items), Fraction(0))
        part = sum((weight for closed, weight in items if closed), Fraction(0))
    return (whole, whole) if milestone.state == "closed" else (whole, part)


def _weight(by: ProgressBy, item: WorkItem) -> Fraction:
    return Fraction((item.points if by == "points" else item.estimate) or 0)
