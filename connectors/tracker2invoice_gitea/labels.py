"""Reads who has set labels on the issues and pull requests of a milestone, one by one.

Source: the Swagger description, `issueGetCommentsAndTimeline`, and the server's code behind it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from tracker2invoice.model.work import Labelling
from tracker2invoice_gitea.client import Client
from tracker2invoice_gitea.listing import read_untold
from tracker2invoice_gitea.polling import refuse_renamed
from tracker2invoice_gitea.readings import TIMELINE, IssueAnswer, RepositoryAnswer

_EMPTY_PAGES, _EMPTY_PAGES_OF_PULL = 1, 4
"""So many empty pages end a timeline: of a review with many comments on lines of code none is in its pages."""


def read_labellings(
    client: Client, where: RepositoryAnswer, items: Sequence[IssueAnswer], labels: Collection[str]
) -> Mapping[int, tuple[Labelling, ...]]:
    """Return by the numbers of items who has set those of the labels that a finished item has, each time it was done.

    Raises:
        AccessDenied, NotThere, TryLater: it could not be read completely.
    """
    wanted = {one.number: set(labels).intersection(label.name for label in one.labels) for one in items}
    asked = [one for one in items if one.delivered and wanted[one.number]]
    found = {one.number: tuple(_of(client, where, one, wanted[one.number])) for one in asked}
    if asked:
        refuse_renamed(client, where)
    return found


def _of(client: Client, where: RepositoryAnswer, item: IssueAnswer, labels: Collection[str]) -> Iterator[Labelling]:
    empty = _EMPTY_PAGES_OF_PULL if item.pull_request else _EMPTY_PAGES
    timeline = read_untold(client, TIMELINE, f"{where.path}/issues/{item.number}/timeline", empty=empty)
    for one in sorted(timeline, key=lambda one: one.id):
        if one.sets and one.label and one.label.name in labels:
            yield Labelling(one.label.name, one.user.login if one.user else "", one.created_at, item.html_url)
