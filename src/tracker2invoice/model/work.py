"""What a tracker says of the work in a milestone: every item in it, with what can be counted. Hostile text, as ever.

Numbers that cannot be meant are refused: nothing later has to be careful with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tracker2invoice.model.milestone import refuse_instants
from tracker2invoice.model.text import storable

MOST = Decimal(10**9)
"""More points or hours than any item has."""

DECIMALS = 40
"""More decimals than anything that was counted or divided has."""


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """Hours that a person worked on an item on one day; a correction is negative.

    Raises:
        ValueError: the hours are no number, or not less than `MOST`.
    """

    person: str
    day: date
    hours: Decimal

    def __post_init__(self) -> None:
        object.__setattr__(self, "person", storable(self.person))
        _refuse_numbers(self.hours.copy_abs())


@dataclass(frozen=True, slots=True)
class WorkItem:
    """An issue or merge request of a milestone, open or closed, with what the tracker lets one count.

    `points` are story points or weight, `estimate` is in hours; None where the tracker has none. `closed_at` is None as
    well where the tracker does not tell when.

    Raises:
        ValueError: points or estimate are no number, negative, or not less than `MOST`; an instant has no offset.
    """

    number: str
    title: str
    closed: bool
    labels: tuple[str, ...] = ()
    points: Decimal | None = None
    estimate: Decimal | None = None
    time: tuple[TimeEntry, ...] = ()
    closed_at: datetime | None = None

    def __post_init__(self) -> None:
        refuse_instants(self.closed_at)
        object.__setattr__(self, "number", storable(self.number))
        object.__setattr__(self, "title", storable(self.title))
        object.__setattr__(self, "labels", tuple(map(storable, self.labels)))
        _refuse_numbers(self.points, self.estimate)


Work = tuple[WorkItem, ...]
"""All items of one milestone, in the order of their numbers."""


def _refuse_numbers(*numbers: Decimal | None) -> None:
    for number in numbers:
        if number is not None and not (number.is_finite() and 0 <= number < MOST and _decimals(number) <= DECIMALS):
            raise ValueError("a number that nobody counted")


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0
