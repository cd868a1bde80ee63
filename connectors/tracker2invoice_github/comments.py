"""Reads the comments on the issues and pull requests of a milestone. GraphQL alone tells who has edited one.

Source: schema of GitHub's GraphQL API (`IssueComment`, `IssueCommentOrder`, `Actor`). A list begins with the comment
that was changed last, so that one page of each item is enough unless many were changed since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tracker2invoice.errors import BadAnswer
from tracker2invoice.model.work import Comment
from tracker2invoice_github.client import Client
from tracker2invoice_github.graph import Graph
from tracker2invoice_github.readings import Instant, IssueAnswer, Number

AT_ONCE = 50
"""Items in one query: fifty lists are one point, and their texts some megabytes at most."""
_MOST_PAGES = 1000
_PAGE = """{
    nodes { url body createdAt updatedAt lastEditedAt author { __typename login } editor { __typename login } }
    pageInfo { hasNextPage endCursor }
  }"""
_LIST = f"number comments(first: 20, after: $after, orderBy: {{field: UPDATED_AT, direction: DESC}}) {_PAGE}"
_QUERY = f"""\
query($ids: [ID!]!, $after: String) {{
  rateLimit {{ cost remaining resetAt }}
  nodes(ids: $ids) {{ ...issue ...pull }}
}}
fragment issue on Issue {{ {_LIST} }}
fragment pull on PullRequest {{ {_LIST} }}
"""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Actor(_Part):
    kind: Annotated[str, Field(alias="__typename")]
    login: str


class _Comment(_Part):
    url: str
    body: str
    created_at: Annotated[Instant, Field(alias="createdAt")]
    updated_at: Annotated[Instant, Field(alias="updatedAt")]
    last_edited_at: Annotated[Instant | None, Field(alias="lastEditedAt")]
    author: _Actor | None
    editor: _Actor | None

    @property
    def at(self) -> datetime:
        """When it got the text that it has."""
        return self.last_edited_at or self.created_at

    @property
    def is_its_authors(self) -> bool:
        """Whether a person wrote it, and nobody else changed it.

        An App called anna has the login `anna` here, as the person; a mannequin is somebody that an import made up.
        """
        if self.author is None or self.author.kind != "User":
            return False
        return self.last_edited_at is None or self.editor == self.author


class _PageInfo(_Part):
    more: Annotated[bool, Field(alias="hasNextPage")]
    end: Annotated[str | None, Field(alias="endCursor")]


class _Page(_Part):
    nodes: list[_Comment]
    info: Annotated[_PageInfo, Field(alias="pageInfo")]

    def goes_on(self, since: datetime) -> bool:
        """Say whether the next page can hold what was written or edited since."""
        return self.info.more and all(one.updated_at >= since for one in self.nodes)


class _Item(_Part):
    number: Number
    comments: _Page


class _Data(_Part):
    nodes: list[_Item]


_DATA = TypeAdapter(_Data)


def read_comments(
    client: Client, graph: Graph, items: Sequence[IssueAnswer], since: datetime
) -> Mapping[int, tuple[Comment, ...]]:
    """Return by the numbers of items what their authors wrote or edited since then, in the order of writing.

    Raises:
        AccessDenied, NotThere, TryLater: the comments could not be read completely.
    """
    found: dict[int, tuple[Comment, ...]] = {}
    for start in range(0, len(items), AT_ONCE):
        batch = items[start : start + AT_ONCE]
        for one, page in zip(batch, _ask(client, graph, batch, None), strict=True):
            found[one.number] = tuple(_since(_all_pages(client, graph, one, page, since), since))
    return found


def _node(graph: Graph, item: IssueAnswer) -> str:
    if not item.node_id:
        raise BadAnswer(graph.failures.system, "an issue without its id in GraphQL")
    return item.node_id


def _ask(client: Client, graph: Graph, items: Sequence[IssueAnswer], after: str | None) -> list[_Page]:
    """Return a page for each item, in their order; GraphQL may give an item an id of another form than REST."""
    data = graph.data(client, _QUERY, {"ids": [_node(graph, one) for one in items], "after": after})
    try:
        nodes = _DATA.validate_python(data).nodes
    except (ValidationError, OverflowError):
        raise BadAnswer(graph.failures.system, "comments do not have the form that GitHub documents") from None
    if [one.number for one in nodes] != [one.number for one in items]:
        raise BadAnswer(graph.failures.system, "GraphQL does not tell the comments on every issue")
    return [one.comments for one in nodes]


def _all_pages(client: Client, graph: Graph, item: IssueAnswer, page: _Page, since: datetime) -> Iterator[_Comment]:
    for _ in range(_MOST_PAGES):
        yield from page.nodes
        if not page.goes_on(since):
            return
        (following,) = _ask(client, graph, [item], page.info.end)
        if following.info == page.info:
            break
        page = following
    raise BadAnswer(graph.failures.system, "the pages of a list have no end")


def _since(comments: Iterable[_Comment], since: datetime) -> Iterator[Comment]:
    # one that is edited while the pages are read is on two of them
    each = {one.url: one for one in comments if one.at >= since and one.is_its_authors}
    for one in sorted(each.values(), key=attrgetter("created_at", "url")):
        if one.author:
            yield Comment(one.author.login, one.at, one.body, one.url)
