"""Reads the comments on items: only GraphQL tells those of many items at once, and who has edited one.

Sources: api/graphql/reference, `Note`; with 20 items and 100 notes of each a query has a complexity of about 50. The
list of notes also has what GitLab itself writes (`system`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from pydantic import TypeAdapter

from tracker2invoice.model.work import Comment
from tracker2invoice_gitlab.client import Client
from tracker2invoice_gitlab.graph import Camel, Envelope
from tracker2invoice_gitlab.inner import Data, InnerList
from tracker2invoice_gitlab.items import Item
from tracker2invoice_gitlab.readings import Instant


class _User(Camel):
    username: str


class _Note(Camel):
    system: bool
    body: str
    url: str | None
    created_at: Instant
    last_edited_at: Instant | None
    author: _User | None
    last_edited_by: _User | None

    @property
    def at(self) -> datetime:
        """When it got the text that it has."""
        return self.last_edited_at or self.created_at

    @property
    def is_its_authors(self) -> bool:
        """Whether somebody wrote it, and nobody else changed it."""
        if self.system or self.author is None:
            return False
        return self.last_edited_at is None or self.last_edited_by == self.author


_NOTES = InnerList(
    TypeAdapter(Envelope[Data[_Note]]),
    "notes",
    "system body url createdAt lastEditedAt author { username } lastEditedBy { username }",
    at_once=20,  # their comments are some megabytes at most
    tells="who has edited comments",
    told="the comments",
)


def read_comments(client: Client, items: Iterable[Item], since: datetime) -> Mapping[Item, tuple[Comment, ...]]:
    """Return what their authors wrote or edited since then on each item, in the order of writing.

    Raises:
        AccessDenied: this GitLab has no GraphQL for us.
        TryLater: the comments could not be read completely.
    """
    return {one: tuple(_since(one, notes, since)) for one, notes in _NOTES.read(client, items).items()}


def _since(item: Item, notes: Iterable[_Note], since: datetime) -> Iterator[Comment]:
    for one in sorted(notes, key=lambda note: note.created_at):
        if one.author and one.is_its_authors and one.at >= since:
            yield Comment(one.author.username, one.at, one.body, one.url or item.url)
