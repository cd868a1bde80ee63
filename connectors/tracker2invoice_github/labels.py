"""Reads who has set labels on the issues and pull requests of a milestone.

Source: schema of GitHub's GraphQL API (`Issue.timelineItems`, `PullRequest.timelineItems`, `LabeledEvent`). Events
come in the order in which they happened.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Annotated

from pydantic import Field, TypeAdapter

from tracker2invoice.model.work import Labelling
from tracker2invoice_github.client import Client
from tracker2invoice_github.graph import Graph
from tracker2invoice_github.inner import Actor, Data, InnerList, Part
from tracker2invoice_github.readings import Instant, IssueAnswer, labels_of

_ROW = """\
fragment row on LabeledEvent { createdAt actor { __typename login } label { name } }
"""


class _Label(Part):
    name: str


class _Labelled(Part):
    created_at: Annotated[Instant, Field(alias="createdAt")]
    actor: Actor | None
    label: _Label

    @property
    def by(self) -> str:
        """The login of the person who did it, nothing if it was no person."""
        return self.actor.login if self.actor and self.actor.is_person else ""


_LABELLED = InnerList(
    TypeAdapter(Data[_Labelled]),
    "timelineItems(first: 100, after: $after, itemTypes: [LABELED_EVENT])",
    _ROW,
    "the labels",
)


def read_labellings(
    client: Client, graph: Graph, items: Iterable[IssueAnswer], labels: Collection[str]
) -> Mapping[int, tuple[Labelling, ...]]:
    """Return by the numbers of items who has set those of the labels that a closed item has, each time it was done.

    Raises:
        AccessDenied, NotThere, TryLater: it could not be read completely.
    """
    asked = [one for one in items if one.state == "closed" and _wanted(one, labels)]
    read = _LABELLED.read(client, graph, asked, further=lambda _: True)
    return {one.number: tuple(_of(one, read[one.number], labels)) for one in asked}


def _wanted(item: IssueAnswer, labels: Collection[str]) -> set[str]:
    return set(labels).intersection(labels_of(item))


def _of(item: IssueAnswer, events: Iterable[_Labelled], labels: Collection[str]) -> Iterator[Labelling]:
    wanted = _wanted(item, labels)
    for one in events:
        if one.label.name in wanted:
            yield Labelling(one.label.name, one.by, one.created_at, item.html_url)
