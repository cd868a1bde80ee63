"""Reads a list of several pages that may change in between, or not at all.

Where pages are counted off by position, whatever leaves the list meanwhile moves the rest up, past the page that comes
next. Such a list is read until it is alike twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from tracker2invoice.errors import BadAnswer

READINGS = 3


class Identified(Protocol):
    """What has an id by which it is known again."""

    @property
    def id(self) -> int:
        """Return it."""
        ...


I = TypeVar("I", bound=Identified)  # noqa: E741


@dataclass(frozen=True, slots=True)
class Pages(Generic[I]):
    """One reading of a list; without `whole` something in it shows that the list changed meanwhile."""

    pages: Sequence[Sequence[I]]
    whole: bool = True


def settled(system: str, read: Callable[[], Pages[I]]) -> tuple[I, ...]:
    """Read a list, which `read` does once, until it did not change while it was read.

    Raises:
        BadAnswer: the list does not come to rest. Also what `read` raises.
    """
    before: list[int] | None = None
    for _ in range(READINGS):
        reading = read()
        items = tuple(one for page in reading.pages for one in page)
        ids = [one.id for one in items]
        if reading.whole and (len(reading.pages) == 1 or ids == before):
            return items
        before = ids
    raise BadAnswer(system, "the list changed while it was read")
