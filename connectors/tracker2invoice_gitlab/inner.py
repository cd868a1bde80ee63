"""Reads a list that stands inside items, such as the notes on each: of many items at once, then the rest of long ones.

Source: api/graphql/reference, `Project.issues` and `Project.mergeRequests`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Generic, TypeVar

from pydantic import Field, TypeAdapter

from tracker2invoice.errors import AccessDenied, BadAnswer
from tracker2invoice_gitlab.client import Client
from tracker2invoice_gitlab.failures import NoGraphQL
from tracker2invoice_gitlab.graph import Camel, Connection, Envelope, answered, gid
from tracker2invoice_gitlab.items import Item

T = TypeVar("T")

_MOST_PAGES = 1000

_QUERY = """\
query($project: [ID!], $iids: [String!], $after: String) {
  projects(ids: $project, first: 1) {
    nodes {
      items: %s(iids: $iids, state: all, first: %d) {
        nodes {
          iid
          rows: %s(first: 100, after: $after) {
            nodes { %s }
            pageInfo { hasNextPage endCursor }
          }
        }
      }
    }
  }
}
"""
_LISTS = {"issue": "issues", "merge_request": "mergeRequests"}


class _Item(Camel, Generic[T]):
    iid: Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]
    rows: Connection[T]


class _Items(Camel, Generic[T]):
    nodes: list[_Item[T]]


class _Project(Camel, Generic[T]):
    items: _Items[T]


class _Projects(Camel, Generic[T]):
    nodes: list[_Project[T]]


class Data(Camel, Generic[T]):
    """What GraphQL tells of the items of one project."""

    projects: _Projects[T]


@dataclass(frozen=True, slots=True)
class InnerList(Generic[T]):
    """A list by its `name` in GraphQL and the `fields` of its rows; `at_once` is how many items are in one query.

    `tells` says what GraphQL alone tells by it, `told` what the rows are, both in words.
    """

    answer: TypeAdapter[Envelope[Data[T]]]
    name: str
    fields: str
    at_once: int
    tells: str
    told: str

    def read(self, client: Client, items: Iterable[Item]) -> Mapping[Item, tuple[T, ...]]:
        """Return all rows of each item.

        Raises:
            AccessDenied: this GitLab has no GraphQL for us.
            TryLater: the lists could not be read completely.
        """
        found: dict[Item, tuple[T, ...]] = {}
        for _, of_one_list in groupby(sorted(items, key=_list_of), _list_of):
            several = list(of_one_list)
            for start in range(0, len(several), self.at_once):
                found |= self._read(client, several[start : start + self.at_once])
        return found

    def _read(self, client: Client, items: Sequence[Item]) -> Mapping[Item, tuple[T, ...]]:
        first = self._ask(client, items, None)
        return {one: tuple(self._all_pages(client, one, first[one.iid])) for one in items}

    def _ask(self, client: Client, items: Sequence[Item], after: str | None) -> Mapping[int, Connection[T]]:
        project, kind = _list_of(items[0])
        query = _QUERY % (_LISTS[kind], self.at_once, self.name, self.fields)
        variables = {"project": [gid("Project", str(project))], "iids": [str(one.iid) for one in items], "after": after}
        try:
            data = answered(client, self.answer, query, variables)
        except NoGraphQL as error:
            words = f"only GraphQL tells {self.tells} ({error.detail})"
            raise AccessDenied(client.failures.system, words) from None
        found = {int(one.iid): one.rows for owner in data.projects.nodes for one in owner.items.nodes}
        if found.keys() != {one.iid for one in items}:
            raise BadAnswer(client.failures.system, f"GraphQL does not tell {self.told} on every item")
        return found

    def _all_pages(self, client: Client, item: Item, first: Connection[T]) -> Iterator[T]:
        page = first
        for _ in range(_MOST_PAGES):
            yield from page.nodes
            if not page.page_info.has_next_page:
                return
            following = self._ask(client, [item], page.page_info.end_cursor)[item.iid]
            if following.page_info == page.page_info:
                break
            page = following
        raise BadAnswer(client.failures.system, "the pages of a list have no end")


def _list_of(item: Item) -> tuple[int, str]:
    return item.project, item.kind
