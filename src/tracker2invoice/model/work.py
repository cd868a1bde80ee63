"""What a tracker says of the work in a milestone: every item in it, with what can be counted. Hostile text, as ever.

Numbers that cannot be meant are refused: nothing later has to be careful with them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tracker2invoice.model.milestone import refuse_instants
from tracker2invoice.model.text import storable

MOST = Decimal(10**9)
"""More points or hours than any item has."""

DECIMALS = 40
"""More decimals than anything that was counted or divided has."""

LONGEST_LINE = 200
"""Characters that are kept of a comment: more than the text by which one can accept has."""

# not what Python takes for the end of a line: a browser shows a form feed within one
_END_OF_LINE = re.compile(r"\r\n|\r|\n")


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
class Comment:
    """What somebody wrote on an item. Of the text the first line is kept that is not blank, and not all of a long one.

    `author` is the login, user name or account id that nobody else has, never the name that people see. `at` (UTC) is
    when it was written, or last edited by its author.

    Raises:
        ValueError: the instant has no offset, or cannot be meant.
    """

    author: str
    at: datetime
    text: str
    url: str

    def __post_init__(self) -> None:
        refuse_instants(self.at)
        object.__setattr__(self, "author", storable(self.author))
        object.__setattr__(self, "text", _first_line(storable(self.text)))
        object.__setattr__(self, "url", storable(self.url))


@dataclass(frozen=True, slots=True)
class Labelling:
    """Somebody has set the `label` on an item, at that instant (UTC); `url` is where the item can be looked at.

    `by` is the login, user name or account id that nobody else has; empty if it was no person, or nobody tells.

    Raises:
        ValueError: the instant has no offset, or cannot be meant.
    """

    label: str
    by: str
    at: datetime
    url: str

    def __post_init__(self) -> None:
        refuse_instants(self.at)
        for name in ("label", "by", "url"):
            object.__setattr__(self, name, storable(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class WorkItem:
    """An issue or merge request of a milestone, open or closed, with what the tracker lets one count.

    `points` are story points or weight, `estimate` is in hours; None where the tracker has none. `closed_at` is None as
    well where the tracker does not tell when. `comments` are in the order in which they were written, `labellings` in
    that in which the labels were set.

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
    comments: tuple[Comment, ...] = ()
    labellings: tuple[Labelling, ...] = ()

    def __post_init__(self) -> None:
        refuse_instants(self.closed_at)
        object.__setattr__(self, "number", storable(self.number))
        object.__setattr__(self, "title", storable(self.title))
        object.__setattr__(self, "labels", tuple(map(storable, self.labels)))
        _refuse_numbers(self.points, self.estimate)


Work = tuple[WorkItem, ...]
"""All items of one milestone, in the order of their numbers."""


def _first_line(text: str) -> str:
    line = _END_OF_LINE.split(text.strip(), maxsplit=1)[0].strip()
    # what was cut must not look like what a shorter comment says
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"


def _refuse_numbers(*numbers: Decimal | None) -> None:
    for number in numbers:
        if number is not None and not (number.is_finite() and 0 <= number < MOST and _decimals(number) <= DECIMALS):
            raise ValueError("a number that nobody counted")


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0
