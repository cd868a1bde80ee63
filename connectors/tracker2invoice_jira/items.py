"""The issues of one version or epic: what was delivered, and all the work with what can be counted.

Source: pages on issue search and issue worklogs of Atlassian's REST documentation. A search carries at most 20 worklogs
of an issue, and perhaps not all comments; the rest is read for those issues alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import ConfigDict, TypeAdapter

from tracker2invoice.errors import NotThere
from tracker2invoice.model.milestone import Deliverable, Milestone
from tracker2invoice.model.work import Labelling, Work, WorkItem
from tracker2invoice_jira import JiraSettings
from tracker2invoice_jira.api import Api
from tracker2invoice_jira.changes import read_changes
from tracker2invoice_jira.comments import CommentPage, comments_since
from tracker2invoice_jira.epics import SUFFIX, EpicAnswer, link_of
from tracker2invoice_jira.hours import Logged, in_hours, times
from tracker2invoice_jira.labels import LABELS, labellings
from tracker2invoice_jira.listing import Found, Issue, search
from tracker2invoice_jira.readings import POINTS, Instant, Key, Reading, Seconds, Status, read
from tracker2invoice_jira.tally import HasId, batches
from tracker2invoice_jira.versions import version
from tracker2invoice_jira.worklogs import User, WorklogPage, all_worklogs

_DELIVERED = ("summary", "status", "resolution", "resolutiondate", "statuscategorychangedate", "assignee")
_COUNTED = ("labels", "timeoriginalestimate", "worklog")
_OF_PARTS = ("status", "resolution", "fixVersions", "parent", "worklog")
_PARENTS = 200
_EPIC = TypeAdapter(EpicAnswer)


class _Resolution(Reading):
    name: str


class _AnyFields(Reading):
    """What is asked of issues and of their parts."""

    status: Status
    fixVersions: list[HasId] = []  # noqa: N815, RUF012 (Jira's name; frozen)
    resolution: _Resolution | None = None
    worklog: WorklogPage | None = None

    def given_up(self, settings: JiraSettings) -> bool:
        """Whether it was closed without being done."""
        names = {name.casefold() for name in settings.given_up}
        return self.status.done and self.resolution is not None and self.resolution.name.casefold() in names


class _PartFields(_AnyFields):
    parent: HasId


class _Part(Issue):
    """A sub-task of an issue."""

    fields: _PartFields


class _Fields(_AnyFields):
    model_config = ConfigDict(extra="allow")

    summary: str
    parent: HasId | None = None
    resolutiondate: Instant | None = None
    statuscategorychangedate: Instant | None = None
    assignee: User | None = None
    labels: list[str] = []  # noqa: RUF012 (frozen)
    timeoriginalestimate: Seconds | None = None
    comment: CommentPage | None = None

    def other(self, name: str) -> Any:
        """Return a custom field, None if the issue has none."""
        return (self.model_extra or {}).get(name)


class ItemAnswer(Issue):
    """What we need of an issue in a milestone."""

    key: Key
    fields: _Fields

    @property
    def closed_at(self) -> datetime | None:
        """When it was done; Data Center knows only when it was resolved, if its workflow resolves issues."""
        return self.fields.statuscategorychangedate or self.fields.resolutiondate


_FOUND = TypeAdapter(Found[ItemAnswer])
_PARTS = TypeAdapter(Found[_Part])


def deliverables(api: Api, settings: JiraSettings, milestone: Milestone) -> tuple[Deliverable, ...]:
    """Return the issues of a milestone that are done and were not given up, by number.

    Raises:
        AccessDenied, NotThere, TryLater: they could not be read completely.
    """
    found = _items(api, settings, milestone, _DELIVERED)
    return tuple(_deliverable(api.server.site, one) for one in found if one.fields.status.done)


def work(
    api: Api, settings: JiraSettings, milestone: Milestone, since: datetime | None, labels: Collection[str]
) -> Work:
    """Return the issues of a milestone that are open or were delivered, by number.

    With `since` they have comments, with `labels` finished ones have who has set those. Raises like `deliverables`.
    """
    points = (settings.points_field,) if settings.points_field else ()
    comment = () if since is None else ("comment",)
    found = tuple(_items(api, settings, milestone, (*_DELIVERED, *_COUNTED, *points, *comment)))
    entries = times(_logged(api, settings, milestone, found))
    labelled = _labelled(api, found, labels)
    return tuple(
        WorkItem(
            number=one.key,
            title=one.fields.summary,
            closed=one.fields.status.done,
            labels=tuple(one.fields.labels),
            points=_points(api, settings, one.fields),
            estimate=None if one.fields.timeoriginalestimate is None else in_hours(one.fields.timeoriginalestimate),
            time=entries.get(one.id, ()),
            closed_at=one.closed_at if one.fields.status.done else None,
            comments=() if since is None else tuple(comments_since(api, one.id, one.key, one.fields.comment, since)),
            labellings=labelled.get(one.id, ()),
        )
        for one in found
    )


def _labelled(api: Api, found: Sequence[ItemAnswer], labels: Collection[str]) -> Mapping[str, tuple[Labelling, ...]]:
    wanted = {one.id: set(labels).intersection(one.fields.labels) for one in found if one.fields.status.done}
    asked = [one for one in found if wanted.get(one.id)]
    changes = read_changes(api, [one.id for one in asked], LABELS)
    return {
        one.id: tuple(
            labellings(changes.get(one.id, ()), wanted[one.id], _page(api.server.site, one), cloud=api.server.cloud)
        )
        for one in asked
    }


def _logged(api: Api, settings: JiraSettings, milestone: Milestone, found: Sequence[ItemAnswer]) -> Iterator[Logged]:
    """Yield what was logged on the issues, and on those of their parts that are in no milestone by themselves."""
    for one in found:
        yield from (Logged(one.id, log) for log in all_worklogs(api, one.id, one.fields.worklog))
    for part in batches([one.id for one in found], _PARENTS):
        for sub in search(api, f"parent in ({', '.join(part)})", _PARTS, _OF_PARTS):
            by_itself = sub.fields.fixVersions and not milestone.project_id.endswith(SUFFIX)
            if not by_itself and not sub.fields.given_up(settings):
                yield from (Logged(sub.fields.parent.id, log) for log in all_worklogs(api, sub.id, sub.fields.worklog))


def _points(api: Api, settings: JiraSettings, fields: _Fields) -> Decimal | None:
    value = fields.other(settings.points_field) if settings.points_field else None
    return None if value is None else read(api.tracker, POINTS, value)


def _items(api: Api, settings: JiraSettings, milestone: Milestone, fields: tuple[str, ...]) -> Iterator[ItemAnswer]:
    found = (_of_epic if milestone.project_id.endswith(SUFFIX) else _of_version)(api, milestone, fields)
    return (one for one in sorted(found, key=_number) if not one.fields.given_up(settings))


def _of_version(api: Api, milestone: Milestone, fields: tuple[str, ...]) -> tuple[ItemAnswer, ...]:
    jql = f"project = {milestone.project_id} AND fixVersion = {milestone.id}"
    found = search(api, jql, _FOUND, (*fields, "fixVersions"))
    if not found:
        version(api, milestone.id)  # nothing in it, or nothing there
    # a number in a query can also be the name of another version
    return tuple(one for one in found if any(version.id == milestone.id for version in one.fields.fixVersions))


def _of_epic(api: Api, milestone: Milestone, fields: tuple[str, ...]) -> tuple[ItemAnswer, ...]:
    link = link_of(api)
    # the key, which Data Center needs, changes with the project
    epic = api.get(f"/issue/{milestone.id}", _EPIC, {"fields": "summary,status,project,created,updated"})
    if epic.id != milestone.id:
        raise NotThere(api.tracker, "the epic is not there")
    return search(api, link.query([(epic.id, epic.key)]), _FOUND, (*fields, *link.fields))


def _deliverable(site: str, one: ItemAnswer) -> Deliverable:
    assignee = one.fields.assignee
    return Deliverable(
        kind="issue",
        number=one.key,
        title=one.fields.summary,
        url=_page(site, one),
        closed_at=one.closed_at,
        assignees=(assignee.displayName,) if assignee and assignee.displayName else (),
    )


def _page(site: str, one: ItemAnswer) -> str:
    return f"{site}/browse/{one.key}"


def _number(one: ItemAnswer) -> tuple[str, int]:
    project, _, number = one.key.rpartition("-")
    return project, int(number)
