"""Reads who spent how much time on an item and when: only GraphQL tells (api/graphql/reference, `Timelog`).

REST has a total for each item. The entries must make that total: hours that we may not see, or that come in between,
are an error, never fewer hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Annotated

from pydantic import Field, TypeAdapter

from tracker2invoice.errors import AccessDenied, BadAnswer
from tracker2invoice.model.work import TimeEntry
from tracker2invoice_gitlab.client import Client
from tracker2invoice_gitlab.failures import NoGraphQL
from tracker2invoice_gitlab.graph import Camel, Connection, Envelope, answered, gid
from tracker2invoice_gitlab.items import HOUR, Item
from tracker2invoice_gitlab.readings import Instant, Seconds

_AT_ONCE = 100
_MOST_PAGES = 1000

_QUERY = """\
query($project: [ID!], $iids: [String!], $after: String) {
  projects(ids: $project, first: 1) {
    nodes {
      items: %s(iids: $iids, state: all, first: 100) {
        nodes {
          iid
          timelogs(first: 100, after: $after) {
            nodes { timeSpent spentAt user { username } }
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


class _Timelog(Camel):
    time_spent: Seconds
    spent_at: Instant
    user: _User


class _Item(Camel):
    iid: Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]
    timelogs: Connection[_Timelog]


class _Items(Camel):
    nodes: list[_Item]


class _Project(Camel):
    items: _Items


class _Projects(Camel):
    nodes: list[_Project]


class _Data(Camel):
    projects: _Projects


_ANSWER = TypeAdapter(Envelope[_Data])


def read_times(client: Client, items: Iterable[Item]) -> Mapping[Item, tuple[TimeEntry, ...]]:
    """Return the time spent on each item that has a total.

    Raises:
        AccessDenied: the token may not see the single entries, or this GitLab has no GraphQL for us.
        TryLater: they could not be read completely, or do not make the total.
    """
    found: dict[Item, tuple[TimeEntry, ...]] = {}
    spent = sorted((one for one in items if one.spent), key=_list_of)
    for _, of_one_list in groupby(spent, _list_of):
        several = list(of_one_list)
        for start in range(0, len(several), _AT_ONCE):
            found |= _read(client, several[start : start + _AT_ONCE])
    return found


def _list_of(item: Item) -> tuple[int, str]:
    return item.project, item.kind


def _read(client: Client, items: Sequence[Item]) -> Mapping[Item, tuple[TimeEntry, ...]]:
    first = _ask(client, items, None)
    return {one: tuple(_entries(client, one, _all_pages(client, one, first[one.iid]))) for one in items}


def _ask(client: Client, items: Sequence[Item], after: str | None) -> Mapping[int, Connection[_Timelog]]:
    project, kind = _list_of(items[0])
    variables = {"project": [gid("Project", str(project))], "iids": [str(one.iid) for one in items], "after": after}
    try:
        data = answered(client, _ANSWER, _QUERY % _LISTS[kind], variables)
    except NoGraphQL as error:
        words = f"only GraphQL tells who worked when ({error.detail})"
        raise AccessDenied(client.failures.system, words) from None
    found = {int(one.iid): one.timelogs for owner in data.projects.nodes for one in owner.items.nodes}
    if found.keys() != {one.iid for one in items}:
        raise BadAnswer(client.failures.system, "GraphQL does not tell the time spent on every item")
    return found


def _all_pages(client: Client, item: Item, first: Connection[_Timelog]) -> list[_Timelog]:
    nodes, info = list(first.nodes), first.page_info
    for _ in range(_MOST_PAGES):
        if not info.has_next_page:
            return nodes
        page = _ask(client, [item], info.end_cursor)[item.iid]
        if page.page_info == info:
            break
        nodes, info = [*nodes, *page.nodes], page.page_info
    raise BadAnswer(client.failures.system, "the pages of a list have no end")


def _entries(client: Client, item: Item, timelogs: Sequence[_Timelog]) -> Iterator[TimeEntry]:
    if not timelogs:
        words = f"the time spent on {item.number} is not shown: the token needs the role Reporter in its project"
        raise AccessDenied(client.failures.system, words)
    if sum(one.time_spent for one in timelogs) != item.spent:
        raise BadAnswer(client.failures.system, f"the entries of time on {item.number} do not make its total")
    for one in timelogs:
        hours = Decimal(one.time_spent) / HOUR
        yield TimeEntry(one.user.username, one.spent_at.date(), hours)
