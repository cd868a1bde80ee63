"""Reads a list of the REST API over all its pages, or not at all.

Its pages are counted off by position (api/rest, "offset-based pagination"), so that whatever leaves the list meanwhile
moves the rest up, past the page that comes next. A list of several pages is therefore read until it is alike twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from pydantic import TypeAdapter

from tracker2invoice.errors import BadAnswer
from tracker2invoice_gitlab.client import PER_PAGE, Client, Fields
from tracker2invoice_gitlab.readings import read

MOST_PAGES = 1000
"""No project has 100,000 milestones, and no milestone so many issues: such a list is a fault over there."""
_READINGS = 3


class Identified(Protocol):
    """What has an id by which it is known again."""

    @property
    def id(self) -> int:
        """Return it."""
        ...


T = TypeVar("T")
I = TypeVar("I", bound=Identified)  # noqa: E741


def read_list(client: Client, shape: TypeAdapter[list[T]], path: str, fields: Fields) -> list[list[T]]:
    """Read every page. One may be short, or empty, and yet others follow.

    Raises:
        AccessDenied, NotThere, TryLater: a page could not be read.
    """
    system, pages = client.failures.system, list[list[T]]()
    page, seen = "1", set[str]()
    while page:
        if page in seen or len(seen) == MOST_PAGES:
            raise BadAnswer(system, "the pages of a list have no end")
        seen.add(page)
        answer = client.get(path, {**fields, "per_page": str(PER_PAGE), "page": page})
        pages.append(read(system, shape, answer.body))
        page = answer.next_page
    return pages


def read_settled(client: Client, shape: TypeAdapter[list[I]], path: str, fields: Fields | None = None) -> tuple[I, ...]:
    """Read a list that did not change while it was read.

    Raises:
        AccessDenied, NotThere, TryLater: a page could not be read, or the list does not come to rest.
    """
    before: list[int] | None = None
    for _ in range(_READINGS):
        pages = read_list(client, shape, path, fields or {})
        items = tuple(one for page in pages for one in page)
        ids = _ids(items)
        if len(pages) == 1 or ids == before:
            return items
        before = ids
    raise BadAnswer(client.failures.system, "the list changed while it was read")


def _ids(items: Sequence[Identified]) -> list[int]:
    return [one.id for one in items]
