"""Reads a list over all its pages, or not at all.

The pages are separate requests, so that a list may change in between. Where pages are counted, each begins with the
last entry of the one before, and the number of all entries must come out: otherwise something moved to a page that was
read already, and the list is read once more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pydantic import TypeAdapter

from tracker2invoice.errors import BadAnswer
from tracker2invoice_jira.api import Api
from tracker2invoice_jira.readings import Count, Id, Reading

PER_PAGE = 100
MOST_PER_PAGE = 1000
"""For rows of few fields. Jira gives fewer if it wants to."""
_MOST_PAGES = 1000
_MOST_ENTRIES = 1_000_000
"""No list of a Jira has as many: it would be a fault over there."""


class Entry(Protocol):
    """What a list is of."""

    @property
    def id(self) -> str:
        """Tells it from all others in the list."""
        ...


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, slots=True)
class Page(Generic[E]):
    """Some entries of a list, and how many there are in all."""

    entries: Sequence[E]
    total: int


class _Moved(Exception):
    """The list changed while it was read."""


def read_counted(tracker: str, page_from: Callable[[int], Page[E]]) -> tuple[E, ...]:
    """Read a list of which `page_from` returns a page that begins with the given entry, counted from 0.

    Raises:
        BadAnswer: the list does not come to rest. Also what `page_from` raises.
    """
    for _ in range(2):
        try:
            return _counted(page_from)
        except _Moved:
            continue
    raise BadAnswer(tracker, "the list changed while it was read")


def _counted(page_from: Callable[[int], Page[E]]) -> tuple[E, ...]:
    page = page_from(0)
    total, entries = page.total, list(page.entries)
    if total > _MOST_ENTRIES:
        raise _Moved
    while len(entries) < total:
        page = page_from(max(len(entries) - 1, 0))
        if page.total != total or not entries or len(page.entries) < 2 or page.entries[0].id != entries[-1].id:
            raise _Moved
        entries += page.entries[1:]
    if len({one.id for one in entries}) != total:
        raise _Moved
    return tuple(entries)


class Issue(Reading):
    """What every issue in a search has. Whoever searches adds the fields that were asked for."""

    id: Id


I = TypeVar("I", bound=Issue)  # noqa: E741 (an issue)


class Found(Reading, Generic[I]):
    """A page of a search."""

    issues: list[I]
    # a token of Cloud, a number of Data Center
    nextPageToken: str | None = None  # noqa: N815 (Jira's name)
    isLast: bool | None = None  # noqa: N815 (Jira's name)
    total: Count | None = None


def search(
    api: Api,
    jql: str,
    shape: TypeAdapter[Found[I]],
    fields: Sequence[str],
    *,
    size: int = PER_PAGE,
    expand: Sequence[str] = (),
) -> tuple[I, ...]:
    """Return the issues that a query finds, in the order of their keys, each once.

    Sources: Cloud has `POST search/jql` with tokens, and removed `search`; Data Center has `POST search` with numbers.

    Raises:
        AccessDenied, NotThere, TryLater: a page could not be read, or the list does not come to rest.
    """
    question: dict[str, object] = {"jql": f"{jql} ORDER BY key ASC", "fields": list(fields), "maxResults": size}
    if api.server.cloud:
        return _by_tokens(api, shape, question)
    if expand:
        question["expand"] = list(expand)
    return read_counted(api.tracker, lambda start: _numbered(api, shape, question | {"startAt": start}))


def _numbered(api: Api, shape: TypeAdapter[Found[I]], question: dict[str, object]) -> Page[I]:
    found = api.ask("/search", shape, question)
    if found.total is None:
        raise BadAnswer(api.tracker, "a search that does not say how much it found")
    return Page(found.issues, found.total)


def _by_tokens(api: Api, shape: TypeAdapter[Found[I]], question: dict[str, object]) -> tuple[I, ...]:
    found, tokens = dict[str, I](), list[str]()
    while True:
        page = api.ask("/search/jql", shape, question)
        found |= {one.id: one for one in page.issues}
        token = page.nextPageToken
        if token is None:
            break
        if token in tokens or len(tokens) == _MOST_PAGES:
            raise BadAnswer(api.tracker, "the pages of a search have no end")
        tokens.append(token)
        question = question | {"nextPageToken": token}
    if page.isLast is False:
        raise BadAnswer(api.tracker, "a search that does not say where its next page is")
    return tuple(found.values())
