"""Reads the comments on the issues and pull requests of a milestone. GraphQL alone tells who has edited one.

Source: schema of GitHub's GraphQL API (`IssueComment`, `IssueCommentOrder`, `Actor`). A list begins with the comment
that was changed last, so that one page of each item is enough unless many were changed since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Annotated

from pydantic import Field, TypeAdapter

from tracker2invoice.model.work import Comment
from tracker2invoice_github.client import Client
from tracker2invoice_github.graph import Graph
from tracker2invoice_github.inner import Actor, Data, InnerList, Part
from tracker2invoice_github.readings import Instant, IssueAnswer

_ROW = """\
fragment row on IssueComment {
  url body createdAt updatedAt lastEditedAt author { __typename login } editor { __typename login }
}
"""


class _Comment(Part):
    url: str
    body: str
    created_at: Annotated[Instant, Field(alias="createdAt")]
    updated_at: Annotated[Instant, Field(alias="updatedAt")]
    last_edited_at: Annotated[Instant | None, Field(alias="lastEditedAt")]
    author: Actor | None
    editor: Actor | None

    @property
    def at(self) -> datetime:
        """When it got the text that it has."""
        return self.last_edited_at or self.created_at

    @property
    def is_its_authors(self) -> bool:
        """Whether a person wrote it, and nobody else changed it."""
        if self.author is None or not self.author.is_person:
            return False
        return self.last_edited_at is None or self.editor == self.author


_COMMENTS = InnerList(
    TypeAdapter(Data[_Comment]),
    "comments(first: 20, after: $after, orderBy: {field: UPDATED_AT, direction: DESC})",
    _ROW,
    "the comments",
)


def read_comments(
    client: Client, graph: Graph, items: Sequence[IssueAnswer], since: datetime
) -> Mapping[int, tuple[Comment, ...]]:
    """Return by the numbers of items what their authors wrote or edited since then, in the order of writing.

    Raises:
        AccessDenied, NotThere, TryLater: the comments could not be read completely.
    """

    def further(page: Sequence[_Comment]) -> bool:
        return all(one.updated_at >= since for one in page)

    read = _COMMENTS.read(client, graph, items, further=further)
    return {number: tuple(_since(comments, since)) for number, comments in read.items()}


def _since(comments: Iterable[_Comment], since: datetime) -> Iterator[Comment]:
    # one that is edited while the pages are read is on two of them
    each = {one.url: one for one in comments if one.at >= since and one.is_its_authors}
    for one in sorted(each.values(), key=attrgetter("created_at", "url")):
        if one.author:
            yield Comment(one.author.login, one.at, one.body, one.url)
