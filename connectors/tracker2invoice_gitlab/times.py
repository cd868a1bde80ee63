"""Reads who spent how much time on an item and when: only GraphQL tells (api/graphql/reference, `Timelog`).

REST has a total for each item. The entries must make that total: hours that we may not see, or that come in between,
are an error, never fewer hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from pydantic import TypeAdapter

from tracker2invoice.errors import AccessDenied, BadAnswer
from tracker2invoice.model.work import TimeEntry
from tracker2invoice_gitlab.client import Client
from tracker2invoice_gitlab.graph import Camel, Envelope
from tracker2invoice_gitlab.inner import Data, InnerList
from tracker2invoice_gitlab.items import HOUR, Item
from tracker2invoice_gitlab.readings import Instant, Seconds


class _User(Camel):
    username: str


class _Timelog(Camel):
    time_spent: Seconds
    spent_at: Instant
    user: _User


_TIMELOGS = InnerList(
    TypeAdapter(Envelope[Data[_Timelog]]),
    "timelogs",
    "timeSpent spentAt user { username }",
    at_once=100,
    tells="who worked when",
    told="the time spent",
)


def read_times(client: Client, items: Iterable[Item]) -> Mapping[Item, tuple[TimeEntry, ...]]:
    """Return the time spent on each item that has a total.

    Raises:
        AccessDenied: the token may not see the single entries, or this GitLab has no GraphQL for us.
        TryLater: they could not be read completely, or do not make the total.
    """
    read = _TIMELOGS.read(client, (one for one in items if one.spent))
    return {one: tuple(_entries(client, one, timelogs)) for one, timelogs in read.items()}


def _entries(client: Client, item: Item, timelogs: Sequence[_Timelog]) -> Iterator[TimeEntry]:
    if not timelogs:
        words = f"the time spent on {item.number} is not shown: the token needs the role Reporter in its project"
        raise AccessDenied(client.failures.system, words)
    if sum(one.time_spent for one in timelogs) != item.spent:
        raise BadAnswer(client.failures.system, f"the entries of time on {item.number} do not make its total")
    for one in timelogs:
        hours = Decimal(one.time_spent) / HOUR
        yield TimeEntry(one.user.username, one.spent_at.date(), hours)
