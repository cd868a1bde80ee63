"""What a tracker says of the work in a milestone: every item in it, with what can be counted. Hostile text, as ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tracker2invoice.model.text import storable


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """Hours that a person worked on an item on one day; a correction is negative."""

    person: str
    day: date
    hours: Decimal

    def __post_init__(self) -> None:
        object.__setattr__(self, "person", storable(self.person))


@dataclass(frozen=True, slots=True)
class WorkItem:
    """An issue or merge request of a milestone, open or closed, with what the tracker lets one count.

    `points` are story points or weight, `estimate` is in hours; None where the tracker has none.
    """

    number: str
    title: str
    closed: bool
    labels: tuple[str, ...] = ()
    points: Decimal | None = None
    estimate: Decimal | None = None
    time: tuple[TimeEntry, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "number", storable(self.number))
        object.__setattr__(self, "title", storable(self.title))
        object.__setattr__(self, "labels", tuple(map(storable, self.labels)))


Work = tuple[WorkItem, ...]
"""All items of one milestone, in the order of their numbers."""
