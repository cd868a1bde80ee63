"""Marks: two readings of a repository have the same mark if nobody has changed a milestone in between.

A mark is made of what REST and GraphQL both tell: the name of the repository, how many milestones it has, and of those
that were changed last number, title, state, instants and share done. Whatever is done to a milestone moves its
`updated_at`; a deletion changes how many there are. The share is there because nobody says whether an issue that is
closed in a milestone counts as a change of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tracker2invoice.model.milestone import Milestone

SHOWN = 50
"""How many milestones of a repository a mark is made of. For GitHub's limit a query costs the same with 1 or 100."""


@dataclass(frozen=True, slots=True)
class Trait:
    """What a mark keeps of one milestone. `done` is the share of its items that are closed, in percent."""

    updated_at: datetime
    number: int
    title: str
    state: Literal["open", "closed"]
    closed_at: datetime | None
    done: float


def mark_of(name: str, total: int, changed_last: Iterable[Trait]) -> str:
    """Return the mark of a repository that has `total` milestones; given are the `SHOWN` that were changed last.

    It is empty if all of these were changed in the same second: in that second others may yet change unseen.
    """
    traits = sorted(changed_last, key=lambda one: (one.updated_at, one.number))
    if total > len(traits):
        # among those changed in the same second it is chance which are shown
        traits = [one for one in traits if one.updated_at > traits[0].updated_at]
        if not traits:
            return ""
    content = repr((name, total, [_words(one) for one in traits]))
    return hashlib.sha256(content.encode(errors="surrogatepass")).hexdigest()[:32]


def mark_of_reading(name: str, milestones: Sequence[Milestone]) -> str:
    """Return the mark of what REST told, empty if it did not tell when each milestone was changed."""
    traits = [
        Trait(one.updated_at, one.number, one.title, one.state, one.closed_at, _done(one))
        for one in milestones
        if one.updated_at
    ]
    if len(traits) < len(milestones):
        return ""
    traits.sort(key=lambda one: one.updated_at, reverse=True)
    return mark_of(name, len(milestones), traits[:SHOWN])


def _words(one: Trait) -> tuple[str, ...]:
    closed_at = one.closed_at.isoformat() if one.closed_at and one.state == "closed" else ""
    # a thousandth of a percent tells any two shares of up to 300 items apart
    return (one.updated_at.isoformat(), str(one.number), one.title, one.state, closed_at, f"{one.done:.3f}")


def _done(milestone: Milestone) -> float:
    items = milestone.open_items + milestone.closed_items
    return 100 * milestone.closed_items / items if items else 0.0
