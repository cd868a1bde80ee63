"""Reads a list over all its pages, or not at all.

The pages are separate requests, so that a list may change in between: something moves from a page not yet read to one
that was, and is not seen. `still_as` finds that out afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import TypeAdapter

from tracker2invoice.errors import BadAnswer
from tracker2invoice_github.client import Client, Page
from tracker2invoice_github.readings import read

T = TypeVar("T")

PER_PAGE = 100
MOST_PAGES = 1000
"""No repository has 100,000 milestones, and no milestone so many issues: such a list is a fault over there."""


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A list, and the address and ETag of each page it was on."""

    items: tuple[T, ...]
    pages: tuple[tuple[str, str], ...]


def read_list(client: Client, tracker: str, shape: TypeAdapter[list[T]], page: Page) -> Listing[T]:
    """Read a list from its first page, which is here already, to the last.

    Raises:
        AccessDenied, NotThere, TryLater: a page could not be read.
    """
    items = read(tracker, shape, page.body)
    pages = [(page.address, page.etag)]
    following = _following(tracker, page, len(items))
    while following:
        if following in dict(pages) or len(pages) == MOST_PAGES:
            raise BadAnswer(tracker, "the pages of a list have no end")
        page = client.get(following)
        rows = read(tracker, shape, page.body)
        items += rows
        pages.append((page.address, page.etag))
        following = _following(tracker, page, len(rows))
    return Listing(tuple(items), tuple(pages))


def read_settled(client: Client, tracker: str, shape: TypeAdapter[list[T]], address: str) -> tuple[T, ...]:
    """Read a list that did not change while it was read, once more if it may have.

    Raises:
        AccessDenied, NotThere, TryLater: a page could not be read, or the list does not come to rest.
    """
    before: tuple[T, ...] | None = None
    for _ in range(2):
        listing = read_list(client, tracker, shape, client.get(address))
        if still_as(client, listing.pages[:-1]) or listing.items == before:
            return listing.items
        before = listing.items
    raise BadAnswer(tracker, "the list changed while it was read")


def still_as(client: Client, pages: Sequence[tuple[str, str]]) -> bool:
    """Say whether all these pages are as they were; without an ETag nobody knows."""
    return all(client.get_if_changed(address, etag) is None for address, etag in pages)


def _following(tracker: str, page: Page, rows: int) -> str:
    """Return the address of the next page, empty if there is none.

    A full page without a link to a next one has an empty one behind it: what is added there later leaves the full
    page, and its ETag, as they are.
    """
    if page.next_address or rows < PER_PAGE:
        return page.next_address
    parts = urlsplit(page.address)
    fields = dict(parse_qsl(parts.query))
    number = fields.get("page", "1")
    if not (number.isdecimal() and len(number) <= len(str(MOST_PAGES))):
        raise BadAnswer(tracker, "the pages of a list are not numbered")
    return parts._replace(query=urlencode(fields | {"page": str(int(number) + 1)})).geturl()
