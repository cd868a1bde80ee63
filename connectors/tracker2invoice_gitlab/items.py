"""Reads the issues and merge requests of a milestone: what was delivered, and all the work with what can be counted.

Sources: docs.gitlab.com, api/milestones, api/issues, api/merge_requests. The lists of a project's milestone go by its
id. Those of a group's milestone leave out the issues of subgroups, so that they go by title, and by id here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import TypeAdapter

from tracker2invoice.errors import BadAnswer, NotThere
from tracker2invoice.model.milestone import Deliverable, Milestone
from tracker2invoice.model.work import Comment, Labelling, TimeEntry, WorkItem
from tracker2invoice_gitlab.client import Client
from tracker2invoice_gitlab.graph import kind_of
from tracker2invoice_gitlab.listing import read_settled
from tracker2invoice_gitlab.readings import MILESTONE, Count, Instant, Number, Seconds, Shape, read
from tracker2invoice_gitlab.rest import in_archived_projects, path_of

HOUR = 3600

# api/issues and api/merge_requests, `milestone`: these are no titles there, in whatever case
_NO_TITLES = frozenset(
    {"", "none", "any", "upcoming", "started", "no milestone", "any milestone", "#upcoming", "#started"}
)


class _MilestoneId(Shape):
    id: Number


class _User(Shape):
    username: str


class _References(Shape):
    full: str


class _TimeStats(Shape):
    time_estimate: Count
    total_time_spent: Seconds


class _ItemAnswer(Shape):
    """What issues and merge requests have in common. `weight` is there in paid tiers only."""

    id: Number
    iid: Number
    project_id: Number
    title: str
    web_url: str
    labels: list[str]
    milestone: _MilestoneId | None
    time_stats: _TimeStats
    assignees: list[_User] | None = None
    references: _References | None = None


class IssueAnswer(_ItemAnswer):
    """What we need of an issue. One that was moved to another project is closed here, and was not done."""

    state: Literal["opened", "closed"]
    closed_at: Instant | None
    weight: Count | None = None
    moved_to_id: Number | None = None


class MergeRequestAnswer(_ItemAnswer):
    """What we need of a merge request; a locked one is being merged."""

    state: Literal["opened", "closed", "locked", "merged"]
    merged_at: Instant | None


ISSUES = TypeAdapter(list[IssueAnswer])
MERGE_REQUESTS = TypeAdapter(list[MergeRequestAnswer])


@dataclass(frozen=True, slots=True)
class Item:
    """An issue or merge request that is open or was delivered. `estimate` and `spent` are in seconds.

    `number` is that in its project; `reference`, which may be empty, has the project's path, too.
    """

    kind: Literal["issue", "merge_request"]
    project: int
    iid: int
    number: str
    reference: str
    title: str
    url: str
    closed: bool
    closed_at: datetime | None
    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    weight: int | None
    estimate: int
    spent: int


def items_of(client: Client, milestone: Milestone) -> tuple[Item, ...]:
    """Return what is open in a milestone or was delivered, by number; issues before merge requests of the same number.

    Raises:
        AccessDenied, NotThere, TryLater: it could not be read completely.
    """
    in_group = kind_of(milestone.project_id) == "groups"
    issues, merge_requests = (_of_group if in_group else _of_project)(client, milestone)
    found = [_issue(one) for one in issues if not _given_up(one)]
    found += [_merge_request(one) for one in merge_requests if one.state != "closed"]
    if in_group:
        found = [replace(one, number=one.reference) for one in found]
    return tuple(sorted(found, key=lambda one: (one.project, one.iid, one.kind)))


def deliverables(items: Iterable[Item]) -> tuple[Deliverable, ...]:
    """Return what was delivered."""
    done = (one for one in items if one.closed)
    return tuple(Deliverable(one.kind, one.number, one.title, one.url, one.closed_at, one.assignees) for one in done)


def work(
    items: Iterable[Item],
    times: Mapping[Item, tuple[TimeEntry, ...]],
    comments: Mapping[Item, tuple[Comment, ...]],
    labellings: Mapping[Item, tuple[Labelling, ...]],
) -> tuple[WorkItem, ...]:
    """Return the items with what can be counted, their hours and comments, and who has set their labels."""
    return tuple(
        WorkItem(
            number=one.number,
            title=one.title,
            closed=one.closed,
            labels=one.labels,
            points=None if one.weight is None else Decimal(one.weight),
            estimate=Decimal(one.estimate) / HOUR if one.estimate else None,
            time=times.get(one, ()),
            closed_at=one.closed_at,
            comments=comments.get(one, ()),
            labellings=labellings.get(one, ()),
        )
        for one in items
    )


_Lists = tuple[tuple[IssueAnswer, ...], tuple[MergeRequestAnswer, ...]]


def _of_project(client: Client, milestone: Milestone) -> _Lists:
    _refuse_title(client, milestone.title)
    path = f"{path_of(milestone.project_id)}/milestones/{milestone.id}"
    issues = read_settled(client, ISSUES, f"{path}/issues")
    merge_requests = read_settled(client, MERGE_REQUESTS, f"{path}/merge_requests")
    if not all(_is_in(milestone, one) for one in (*issues, *merge_requests)):
        raise BadAnswer(client.failures.system, "the list holds what is not in the milestone")
    return issues, merge_requests


def _of_group(client: Client, milestone: Milestone) -> _Lists:
    path = path_of(milestone.project_id)
    # it may have been renamed since, or be gone
    title = read(client.failures.system, MILESTONE, client.get(f"{path}/milestones/{milestone.id}").body).title
    _refuse_title(client, title)
    fields = {"milestone": title, "state": "all", "scope": "all", **in_archived_projects(milestone.project_id)}
    issues = read_settled(client, ISSUES, f"{path}/issues", fields)
    merge_requests = read_settled(client, MERGE_REQUESTS, f"{path}/merge_requests", fields)
    issues = tuple(one for one in issues if _is_in(milestone, one))
    merge_requests = tuple(one for one in merge_requests if _is_in(milestone, one))
    if not all(one.references for one in (*issues, *merge_requests)):
        raise BadAnswer(client.failures.system, "an item of a group's milestone does not say of which project it is")
    return issues, merge_requests


def _refuse_title(client: Client, title: str) -> None:
    """GitLab looks items up by the milestone's title, within the list of a project's milestone as well."""
    if title.strip().lower() in _NO_TITLES:
        raise NotThere(client.failures.system, "the work of a milestone with this title: give it another one")


def _is_in(milestone: Milestone, one: _ItemAnswer) -> bool:
    return one.milestone is not None and str(one.milestone.id) == milestone.id


def _given_up(one: IssueAnswer) -> bool:
    return one.state == "closed" and one.moved_to_id is not None


def _issue(one: IssueAnswer) -> Item:
    closed = one.state == "closed"
    return _item(one, "issue", str(one.iid), closed=closed, closed_at=one.closed_at, weight=one.weight)


def _merge_request(one: MergeRequestAnswer) -> Item:
    # issues and merge requests are numbered apart: !1 is not #1
    return _item(one, "merge_request", f"!{one.iid}", closed=one.state == "merged", closed_at=one.merged_at)


def _item(
    one: _ItemAnswer, kind: Literal["issue", "merge_request"], number: str, *, closed: bool, closed_at: datetime | None,
    weight: int | None = None,
) -> Item:  # fmt: skip
    return Item(
        kind=kind,
        project=one.project_id,
        iid=one.iid,
        number=number,
        reference=one.references.full if one.references else "",
        title=one.title,
        url=one.web_url,
        closed=closed,
        closed_at=closed_at if closed else None,
        labels=tuple(one.labels),
        assignees=tuple(user.username for user in one.assignees or ()),
        weight=weight,
        estimate=one.time_stats.time_estimate,
        spent=one.time_stats.total_time_spent,
    )
