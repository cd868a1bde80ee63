"""Reads who has set labels on items.

Source: docs.gitlab.com, api/resource_label_events. GraphQL does not tell these events, so that it takes a request for
each item. GitLab gives them in no order that it promises, and without their label where that was deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal

from pydantic import TypeAdapter

from tracker2invoice.model.work import Labelling
from tracker2invoice_gitlab.client import Client
from tracker2invoice_gitlab.items import Item
from tracker2invoice_gitlab.listing import read_settled
from tracker2invoice_gitlab.readings import Instant, Number, Shape

_LISTS = {"issue": "issues", "merge_request": "merge_requests"}


class _User(Shape):
    username: str


class _Label(Shape):
    name: str


class _Event(Shape):
    id: Number
    created_at: Instant
    action: Literal["add", "remove"]
    user: _User | None
    label: _Label | None


_EVENTS = TypeAdapter(list[_Event])


def read_labellings(
    client: Client, items: Iterable[Item], labels: Collection[str]
) -> Mapping[Item, tuple[Labelling, ...]]:
    """Return who has set those of the labels that a finished item has, each time it was done.

    Raises:
        AccessDenied, NotThere, TryLater: it could not be read completely.
    """
    wanted = {one: set(labels).intersection(one.labels) for one in items if one.closed}
    return {one: tuple(_of(client, one, has)) for one, has in wanted.items() if has}


def _of(client: Client, item: Item, labels: Collection[str]) -> Iterator[Labelling]:
    path = f"/projects/{item.project}/{_LISTS[item.kind]}/{item.iid}/resource_label_events"
    for one in sorted(read_settled(client, _EVENTS, path), key=lambda event: event.id):
        if one.action == "add" and one.label and one.label.name in labels:
            yield Labelling(one.label.name, one.user.username if one.user else "", one.created_at, item.url)
