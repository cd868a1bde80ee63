"""A list over many pages, read completely or not at all, and not at all if it is still the same.

The pages of a list are separate requests, so a list may change in between: something moves from a page not yet read
to one that was, and is never seen. Hence all pages but the last are asked for once more, by their ETags.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from requests.utils import parse_header_links

from tracker2invoice.errors import BadAnswer
from tracker2invoice_github.api import Answer, Api

PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was read: the query that gave it, and its ETag."""

    query: str
    etag: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A complete list, and the pages it was on."""

    items: tuple[dict[str, Any], ...]
    pages: tuple[Page, ...]


def read_list(api: Api, system: str, path: str, query: str) -> Listing:
    """Read all pages.

    Raises:
        BadAnswer: the list changed meanwhile, does not end, or is no list.
        Tracker2InvoiceError: what `Api.get` raises.
    """
    return _read_on(api, system, path, query, api.get(f"{path}?{query}"))


def read_if_changed(api: Api, system: str, path: str, query: str, known: tuple[Page, ...]) -> Listing | None:
    """Read all pages; None if they are still the `known` ones. Raises like `read_list`."""
    if not known or known[0].query != query:
        return read_list(api, system, path, query)
    first = api.get_if_changed(f"{path}?{query}", known[0].etag)
    if first is not None:
        return _read_on(api, system, path, query, first)
    if _still_the_same(api, path, known[1:]):
        return None
    return read_list(api, system, path, query)


def to_cursor(pages: Iterable[Page]) -> str:
    """Return the pages as one string."""
    return json.dumps([[page.query, page.etag] for page in pages])


def from_cursor(cursor: str | None) -> tuple[Page, ...]:
    """Return the pages out of the string; none if it is not one of ours or an ETag is missing."""
    try:
        pages = tuple(Page(str(query), str(etag)) for query, etag in json.loads(cursor or "[]"))
    except (ValueError, TypeError):
        return ()
    return pages if all(page.etag for page in pages) else ()


def _read_on(api: Api, system: str, path: str, query: str, first: Answer) -> Listing:
    items, pages, answer = _rows(system, first), [Page(query, _etag(first))], first
    full = len(items) == PER_PAGE
    while following := _following(pages[-1].query, answer, full=full):
        if any(page.query == following for page in pages):
            raise BadAnswer(system, "the list does not end")
        answer = api.get(f"{path}?{following}")
        rows = _rows(system, answer)
        full = len(rows) == PER_PAGE
        items += rows
        pages.append(Page(following, _etag(answer)))
    if len({item.get("id") for item in items}) != len(items) or not _still_the_same(api, path, pages[:-1]):
        raise BadAnswer(system, "the list changed while it was read")
    return Listing(tuple(items), tuple(pages))


def _still_the_same(api: Api, path: str, pages: Iterable[Page]) -> bool:
    return all(api.get_if_changed(f"{path}?{page.query}", page.etag) is None for page in pages if page.etag)


def _following(query: str, answer: Answer, *, full: bool) -> str:
    """Return the query of the next page, empty if there is none.

    Of the link only the query is taken, so that the token never goes to another host. A full page without a link
    has an empty one behind it: an item that is added there later changes no page that was read.
    """
    for link in parse_header_links(answer.headers.get("link", "")):
        if link.get("rel") == "next":
            return urlsplit(link["url"]).query
    if not full:
        return ""
    fields = dict(parse_qsl(query))
    return urlencode(fields | {"page": str(int(fields.get("page", "1")) + 1)})


def _rows(system: str, answer: Answer) -> list[dict[str, Any]]:
    rows = answer.data
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in cast("list[object]", rows)):
        raise BadAnswer(system, "an answer that is no list of objects")
    return cast("list[dict[str, Any]]", rows)


def _etag(answer: Answer) -> str:
    return answer.headers.get("etag", "")
