"""Reads the comments on items: only GraphQL tells those of many items at once, and who has edited one.

Sources: api/graphql/reference, `Note`; with 20 items and 100 notes of each a query has a complexity of about 50. The
list of notes also has what GitLab itself writes (`system`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Annotated

from pydantic import Field, TypeAdapter

from tracker2invoice.errors import AccessDenied, BadAnswer
from tracker2invoice.model.work import Comment
from tracker2invoice_gitlab.client import Client
from tracker2invoice_gitlab.failures import NoGraphQL
from tracker2invoice_gitlab.graph import Camel, Connection, Envelope, answered, gid
from tracker2invoice_gitlab.items import Item
from tracker2invoice_gitlab.readings import Instant

AT_ONCE = 20
"""Items in one query: their comments are some megabytes at most."""
_MOST_PAGES = 1000

_QUERY = """\
query($project: [ID!], $iids: [String!], $after: String) {
  projects(ids: $project, first: 1) {
    nodes {
      items: %s(iids: $iids, state: all, first: 20) {
        nodes {
          iid
          notes(first: 100, after: $after) {
            nodes { system body url createdAt lastEditedAt author { username } lastEditedBy { username } }
            pageInfo { hasNextPage endCursor }
          }
        }
      }
    }
  }
}
"""
_LISTS = {"issue": "issues", "merge_request": "mergeRequests"}


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


class _Item(Camel):
    iid: Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]
    notes: Connection[_Note]


class _Items(Camel):
    nodes: list[_Item]


class _Project(Camel):
    items: _Items


class _Projects(Camel):
    nodes: list[_Project]


class _Data(Camel):
    projects: _Projects


_ANSWER = TypeAdapter(Envelope[_Data])


def read_comments(client: Client, items: Iterable[Item], since: datetime) -> Mapping[Item, tuple[Comment, ...]]:
    """Return what their authors wrote or edited since then on each item, in the order of writing.

    Raises:
        AccessDenied: this GitLab has no GraphQL for us.
        TryLater: the comments could not be read completely.
    """
    found: dict[Item, tuple[Comment, ...]] = {}
    for _, of_one_list in groupby(sorted(items, key=_list_of), _list_of):
        several = list(of_one_list)
        for start in range(0, len(several), AT_ONCE):
            found |= _read(client, several[start : start + AT_ONCE], since)
    return found


def _list_of(item: Item) -> tuple[int, str]:
    return item.project, item.kind


def _read(client: Client, items: Sequence[Item], since: datetime) -> Mapping[Item, tuple[Comment, ...]]:
    first = _ask(client, items, None)
    return {one: tuple(_since(one, _all_pages(client, one, first[one.iid]), since)) for one in items}


def _ask(client: Client, items: Sequence[Item], after: str | None) -> Mapping[int, Connection[_Note]]:
    project, kind = _list_of(items[0])
    variables = {"project": [gid("Project", str(project))], "iids": [str(one.iid) for one in items], "after": after}
    try:
        data = answered(client, _ANSWER, _QUERY % _LISTS[kind], variables)
    except NoGraphQL as error:
        words = f"only GraphQL tells who has edited comments ({error.detail})"
        raise AccessDenied(client.failures.system, words) from None
    found = {int(one.iid): one.notes for owner in data.projects.nodes for one in owner.items.nodes}
    if found.keys() != {one.iid for one in items}:
        raise BadAnswer(client.failures.system, "GraphQL does not tell the comments on every item")
    return found


def _all_pages(client: Client, item: Item, first: Connection[_Note]) -> Iterator[_Note]:
    page = first
    for _ in range(_MOST_PAGES):
        yield from page.nodes
        if not page.page_info.has_next_page:
            return
        following = _ask(client, [item], page.page_info.end_cursor)[item.iid]
        if following.page_info == page.page_info:
            break
        page = following
    raise BadAnswer(client.failures.system, "the pages of a list have no end")


def _since(item: Item, notes: Iterable[_Note], since: datetime) -> Iterator[Comment]:
    for one in sorted(notes, key=lambda note: note.created_at):
        if one.author and one.is_its_authors and one.at >= since:
            yield Comment(one.author.username, one.at, one.body, one.url or item.url)
