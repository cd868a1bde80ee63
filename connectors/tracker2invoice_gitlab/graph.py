"""Reads the milestones of many projects or groups with one GraphQL query, counts of issues included.

Sources: docs.gitlab.com, api/graphql (100 entries a page, complexity at most 250) and api/graphql/reference
(`Query.projects`, `Query.groups`, `Milestone`, `MilestoneStats`). A query for 100 projects has a complexity of
about 85. Pages go by when a milestone was created, which never changes: nothing is missed when the list changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, Literal, TypeVar
from urllib.parse import urljoin

from pydantic import Field, TypeAdapter, field_validator
from pydantic.alias_generators import to_camel
from pydantic.config import ConfigDict

from tracker2invoice.errors import BadAnswer
from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice_gitlab.client import Client
from tracker2invoice_gitlab.failures import NoGraphQL
from tracker2invoice_gitlab.readings import GROUP, Count, Day, Instant, MilestoneAnswer, Shape, State, milestone, read

T = TypeVar("T")

AT_ONCE = 100
"""So many projects are in one query; GitLab gives no more a page."""
_MOST_PAGES = 1000

Kind = Literal["projects", "groups"]

_QUERY = """\
query($ids: [ID!], $after: String) {
  owners: %s(ids: $ids, first: 100) {
    nodes {
      id
      fullPath
      webUrl
      milestones(first: 100, after: $after, sort: CREATED_ASC) {
        nodes {
          id iid title description state webPath dueDate createdAt updatedAt
          stats { totalIssuesCount closedIssuesCount }
        }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""


class Camel(Shape):
    """GraphQL's names are in camel case."""

    model_config = ConfigDict(strict=True, frozen=True, alias_generator=to_camel)


class PageInfo(Camel):
    """Where a connection goes on."""

    has_next_page: bool
    end_cursor: str | None


class Connection(Camel, Generic[T]):
    """One page of a list."""

    nodes: list[T]
    page_info: PageInfo


class _Stats(Camel):
    total_issues_count: Count | None
    closed_issues_count: Count | None


class _Milestone(Camel):
    id: Annotated[str, Field(pattern=r"^gid://gitlab/Milestone/[1-9][0-9]{0,17}$")]
    iid: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,17}$")]
    title: str
    description: str | None
    state: State
    web_path: Annotated[str, Field(pattern=r"^/[^/]")]
    due_date: Day | None
    created_at: Instant
    updated_at: Instant
    stats: _Stats | None


class _Owner(Camel):
    id: str
    full_path: str
    web_url: str
    milestones: Connection[_Milestone] | None


class _Owners(Camel):
    nodes: list[_Owner | None]


class _Data(Camel):
    owners: _Owners | None


class _Said(Camel):
    message: str = ""


class Envelope(Camel, Generic[T]):
    """What GraphQL answers: data, errors, or both."""

    data: T | None = None
    errors: list[_Said] | None = None

    @field_validator("errors")
    @classmethod
    def _some(cls, errors: list[_Said] | None) -> list[_Said] | None:
        return errors or None


_ANSWER = TypeAdapter(Envelope[_Data])


@dataclass(frozen=True, slots=True)
class Reading:
    """All milestones of a project or group; when they were closed is still to be found out."""

    project: Project
    milestones: tuple[Milestone, ...]


@dataclass(frozen=True, slots=True)
class Begun:
    """The first page of a reading."""

    kind: Kind
    project: Project
    page: Connection[_Milestone]


def kind_of(project_id: str) -> Kind:
    """Say whether the id is that of a project or of a group."""
    return "groups" if project_id.startswith(GROUP) else "projects"


def begin(client: Client, kind: Kind, project_ids: Sequence[str]) -> Mapping[str, Begun]:
    """Read the first page of all these projects, or groups, at once. Those that GraphQL does not show are left out.

    Raises:
        NoGraphQL: this GitLab has none, or refuses this query.
        AccessDenied, TryLater: nothing could be read.
    """
    found: dict[str, Begun] = {}
    for owner in _ask(client, kind, project_ids, None):
        if owner.milestones is not None:
            project = Project(client.failures.system, _project_id(kind, owner), owner.full_path, owner.web_url)
            found[project.id] = Begun(kind, project, owner.milestones)
    return found


def finish(client: Client, begun: Begun) -> Reading | None:
    """Read the other pages; None if GraphQL does not tell all counts, without which nobody knows what is open.

    Raises:
        AccessDenied, TryLater: a page could not be read.
    """
    site = urljoin(begun.project.url, "/").rstrip("/")
    milestones = [_milestone(begun.project, one, site) for one in _all_pages(client, begun)]
    complete = tuple(one for one in milestones if one)
    return Reading(begun.project, complete) if len(complete) == len(milestones) else None


def answered(client: Client, shape: TypeAdapter[Envelope[T]], query: str, variables: Mapping[str, object]) -> T:
    """Ask, and return the data, which may have gaps where there are errors besides.

    Raises:
        NoGraphQL: this GitLab has none, or refuses this query.
        AccessDenied, TryLater: nothing could be read.
    """
    answer = read(client.failures.system, shape, client.query(query, variables))
    if answer.data is None:
        words = answer.errors[0].message if answer.errors else "no data"
        raise NoGraphQL(client.failures.system, client.failures.worded(f"GraphQL is refused: {words}"))
    return answer.data


def gid(kind: str, number: str) -> str:
    """Return the global id of something."""
    return f"gid://gitlab/{kind}/{number}"


def _ask(client: Client, kind: Kind, project_ids: Sequence[str], after: str | None) -> list[_Owner]:
    prefix = "Project" if kind == "projects" else "Group"
    ids = [gid(prefix, one.removeprefix(GROUP)) for one in project_ids]
    data = answered(client, _ANSWER, _QUERY % kind, {"ids": ids, "after": after})
    return [one for one in data.owners.nodes if one] if data.owners else []


def _all_pages(client: Client, begun: Begun) -> list[_Milestone]:
    nodes, info = list(begun.page.nodes), begun.page.page_info
    for _ in range(_MOST_PAGES):
        if not info.has_next_page:
            return nodes
        owners = _ask(client, begun.kind, [begun.project.id], info.end_cursor)
        if len(owners) != 1 or not (page := owners[0].milestones) or page.page_info == info:
            break
        nodes, info = [*nodes, *page.nodes], page.page_info
    raise BadAnswer(client.failures.system, "a page of the milestones is missing")


def _project_id(kind: Kind, owner: _Owner) -> str:
    number = owner.id.rpartition("/")[2]
    return number if kind == "projects" else f"{GROUP}{number}"


def _milestone(owner: Project, one: _Milestone, site: str) -> Milestone | None:
    answer = MilestoneAnswer(
        id=int(one.id.rpartition("/")[2]),
        iid=int(one.iid),
        title=one.title,
        state=one.state,
        web_url=site + one.web_path,
        created_at=one.created_at,
        updated_at=one.updated_at,
        description=one.description,
        due_date=one.due_date,
    )
    stats = one.stats
    if stats is None or stats.total_issues_count is None or stats.closed_issues_count is None:
        return None
    closed = stats.closed_issues_count
    # the two are counted one after the other: an issue may be gone in between
    return milestone(owner, answer, max(0, stats.total_issues_count - closed), closed)
