"""Reads a list that stands inside issues and pull requests, such as the comments on each: of many items at once.

Source: schema of GitHub's GraphQL API (`Query.nodes`, `Issue`, `PullRequest`, `PageInfo`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tracker2invoice.errors import BadAnswer
from tracker2invoice_github.client import Client
from tracker2invoice_github.graph import Graph
from tracker2invoice_github.readings import IssueAnswer, Number

AT_ONCE = 50
"""Items in one query: fifty lists are one point, and of comments some megabytes at most."""
_MOST_PAGES = 1000
_QUERY = """\
query($ids: [ID!]!, $after: String) {
  rateLimit { cost remaining resetAt }
  nodes(ids: $ids) { ...issue ...pull }
}
fragment issue on Issue { number rows: %(rows)s }
fragment pull on PullRequest { number rows: %(rows)s }
%(row)s
"""
_ROWS = "{ nodes { ...row } pageInfo { hasNextPage endCursor } }"


class Part(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True)


class Actor(Part):
    """Who did something; an App called anna has the login `anna` here, as the person."""

    kind: Annotated[str, Field(alias="__typename")]
    login: str

    @property
    def is_person(self) -> bool:
        """Whether it is no App, and nobody whom an import made up."""
        return self.kind == "User"


class _PageInfo(Part):
    more: Annotated[bool, Field(alias="hasNextPage")]
    end: Annotated[str | None, Field(alias="endCursor")]


T = TypeVar("T", bound=Part)


class _Page(Part, Generic[T]):
    nodes: list[T]
    info: Annotated[_PageInfo, Field(alias="pageInfo")]


class _Item(Part, Generic[T]):
    number: Number
    rows: _Page[T]


class Data(Part, Generic[T]):
    """What GraphQL tells of items."""

    nodes: list[_Item[T]]


@dataclass(frozen=True, slots=True)
class InnerList(Generic[T]):
    """A list by its name and arguments in GraphQL, which take `$after`; `row` is the fragment about one of its rows.

    `told` says in words what the rows are.
    """

    answer: TypeAdapter[Data[T]]
    name: str
    row: str
    told: str

    def read(
        self, client: Client, graph: Graph, items: Sequence[IssueAnswer], *, further: Callable[[Sequence[T]], bool]
    ) -> Mapping[int, tuple[T, ...]]:
        """Return the rows of each item by its number, page by page as long as those of the last go `further`.

        Raises:
            AccessDenied, NotThere, TryLater: the lists could not be read completely.
        """
        found: dict[int, tuple[T, ...]] = {}
        for start in range(0, len(items), AT_ONCE):
            batch = items[start : start + AT_ONCE]
            for one, page in zip(batch, self._ask(client, graph, batch, None), strict=True):
                found[one.number] = tuple(self._all_pages(client, graph, one, page, further))
        return found

    def _ask(self, client: Client, graph: Graph, items: Sequence[IssueAnswer], after: str | None) -> list[_Page[T]]:
        """Return a page for each item, in their order; GraphQL may give an item an id of another form than REST."""
        query = _QUERY % {"rows": f"{self.name} {_ROWS}", "row": self.row}
        data = graph.data(client, query, {"ids": [_node(graph, one) for one in items], "after": after})
        try:
            nodes = self.answer.validate_python(data).nodes
        except (ValidationError, OverflowError):
            raise BadAnswer(graph.failures.system, f"{self.told} do not have the form that GitHub documents") from None
        if [one.number for one in nodes] != [one.number for one in items]:
            raise BadAnswer(graph.failures.system, f"GraphQL does not tell {self.told} of every issue")
        return [one.rows for one in nodes]

    def _all_pages(
        self, client: Client, graph: Graph, item: IssueAnswer, page: _Page[T], further: Callable[[Sequence[T]], bool]
    ) -> Iterator[T]:
        for _ in range(_MOST_PAGES):
            yield from page.nodes
            if not page.info.more or not further(page.nodes):
                return
            (following,) = self._ask(client, graph, [item], page.info.end)
            if following.info == page.info:
                break
            page = following
        raise BadAnswer(graph.failures.system, "the pages of a list have no end")


def _node(graph: Graph, item: IssueAnswer) -> str:
    if not item.node_id:
        raise BadAnswer(graph.failures.system, "an issue without its id in GraphQL")
    return item.node_id
