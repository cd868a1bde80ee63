"""Reads a list of the REST API over all its pages, or not at all.

Its pages are counted off by position (api/rest, "offset-based pagination").
"""

from __future__ import annotations

from typing import TypeVar

from pydantic import TypeAdapter

from tracker2invoice.errors import BadAnswer
from tracker2invoice.settled import I, Pages, settled
from tracker2invoice_gitlab.client import PER_PAGE, Client, Fields
from tracker2invoice_gitlab.readings import read

MOST_PAGES = 1000
"""No project has 100,000 milestones, and no milestone so many issues: such a list is a fault over there."""

T = TypeVar("T")


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
    return settled(client.failures.system, lambda: Pages(read_list(client, shape, path, fields or {})))
