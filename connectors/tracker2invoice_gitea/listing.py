"""Reads a list over all its pages, or not at all.

Source: docs.gitea.com/development/api-usage, "Pagination". How long a page is, is up to the server, and the pages are
counted off by position.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import TypeAdapter

from tracker2invoice.errors import BadAnswer
from tracker2invoice.settled import I, Pages, settled
from tracker2invoice_gitea.client import Client
from tracker2invoice_gitea.readings import read

PER_PAGE = 50
"""What servers give at most unless they are told otherwise (`MAX_RESPONSE_ITEMS`)."""
MOST_PAGES = 2000
"""No list of a repository has as many: it would be a fault over there."""


def read_settled(
    client: Client, shape: TypeAdapter[list[I]], path: str, params: Mapping[str, str] | None = None
) -> tuple[I, ...]:
    """Read a list that did not change while it was read.

    Raises:
        AccessDenied, NotThere, TryLater: a page could not be read, or the list does not come to rest.
    """
    return settled(client.tracker, lambda: _read(client, shape, path, params or {}))


def _read(client: Client, shape: TypeAdapter[list[I]], path: str, params: Mapping[str, str]) -> Pages[I]:
    """Read every page, up to an empty one or until there are as many entries as the server says."""
    pages, seen = list[list[I]](), set[int]()
    for number in range(1, MOST_PAGES + 1):
        answer = client.get(path, {**params, "limit": str(PER_PAGE), "page": str(number)})
        page, total = read(client.tracker, shape, answer.data), _total(answer.headers)
        pages.append(page)
        ids = {one.id for one in page}
        if len(ids) < len(page) or ids & seen:
            return Pages(pages, whole=False)
        seen |= ids
        if not page or len(seen) == total:
            return Pages(pages, whole=total in (None, len(seen)))
    raise BadAnswer(client.tracker, "the pages of a list have no end")


def _total(headers: Mapping[str, str]) -> int | None:
    told = headers.get("X-Total-Count", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None
