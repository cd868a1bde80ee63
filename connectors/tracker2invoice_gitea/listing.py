"""Reads a list over all its pages, or not at all.

Source: docs.gitea.com/development/api-usage, "Pagination". How long a page is, is up to the server, and the pages are
counted off by position.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pydantic import TypeAdapter

from tracker2invoice.errors import BadAnswer
from tracker2invoice.settled import I, Identified, Pages, settled
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


def read_filtered(client: Client, shape: TypeAdapter[list[I]], path: str) -> tuple[I, ...]:
    """Read a list from whose pages Gitea takes what the account may not see: they are short, or empty, and go on.

    Its total is that of the server. Raises like `read_settled`.
    """
    return settled(client.tracker, lambda: _read_filtered(client, shape, path))


def read_untold(client: Client, shape: TypeAdapter[list[I]], path: str, *, empty: int) -> tuple[I, ...]:
    """Read a list of which Gitea tells neither the total nor whether another page follows.

    It takes entries out of the pages as well, so that a page in the middle may be empty: `empty` of them in a row are
    the end. Raises like `read_settled`.
    """
    return settled(client.tracker, lambda: _read_untold(client, shape, path, empty))


def _read(client: Client, shape: TypeAdapter[list[I]], path: str, params: Mapping[str, str]) -> Pages[I]:
    """Read every page, up to an empty one or until there are as many entries as the server says."""
    pages, seen = list[list[I]](), set[int]()
    for page, headers in _numbered(client, shape, path, params):
        total = _total(headers)
        pages.append(page)
        if _repeats(page, seen):
            return Pages(pages, whole=False)
        seen |= {one.id for one in page}
        if not page or len(seen) == total:
            return Pages(pages, whole=total in (None, len(seen)))
    raise BadAnswer(client.tracker, "the pages of a list have no end")


def _read_filtered(client: Client, shape: TypeAdapter[list[I]], path: str) -> Pages[I]:
    """Read every page, up to the one that has no other behind it."""
    pages, seen = list[list[I]](), set[int]()
    for page, headers in _numbered(client, shape, path, {}):
        pages.append(page)
        if _repeats(page, seen):
            return Pages(pages, whole=False)
        seen |= {one.id for one in page}
        if not _goes_on(page, headers, PER_PAGE * len(pages)):
            return Pages(pages)
    raise BadAnswer(client.tracker, "the pages of a list have no end")


def _read_untold(client: Client, shape: TypeAdapter[list[I]], path: str, empty: int) -> Pages[I]:
    pages, in_a_row = list[list[I]](), 0
    for page, _ in _numbered(client, shape, path, {}):
        in_a_row = 0 if page else in_a_row + 1
        if in_a_row == empty:
            return Pages(pages)
        if page:
            pages.append(page)
    raise BadAnswer(client.tracker, "the pages of a list have no end")


def _numbered(
    client: Client, shape: TypeAdapter[list[I]], path: str, params: Mapping[str, str]
) -> Iterator[tuple[list[I], Mapping[str, str]]]:
    """Read page after page, each with its headers."""
    for number in range(1, MOST_PAGES + 1):
        answer = client.get(path, {**params, "limit": str(PER_PAGE), "page": str(number)})
        yield read(client.tracker, shape, answer.data), answer.headers


def _repeats(page: Sequence[Identified], seen: set[int]) -> bool:
    ids = {one.id for one in page}
    return len(ids) < len(page) or bool(ids & seen)


def _goes_on(page: Sequence[object], headers: Mapping[str, str], asked_for: int) -> bool:
    """Say whether there is another page: by the link, or by the total if a proxy takes the links away."""
    total = _total(headers)
    more = bool(page) if total is None else total > asked_for
    return more or 'rel="next"' in headers.get("Link", "")


def _total(headers: Mapping[str, str]) -> int | None:
    told = headers.get("X-Total-Count", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None
