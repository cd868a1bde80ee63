"""Reads the epics of many projects with one query. An epic is closed when its status is of the category Done.

What one project makes impossible for all, such as a query that names a project which is gone, is found by halving.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from tracker2invoice.errors import BadAnswer, NotThere, Tracker2InvoiceError
from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice.plugins import Failed, Observed, PollResult, ProjectCursor
from tracker2invoice_jira.api import Api
from tracker2invoice_jira.closings import Closing, closings
from tracker2invoice_jira.cursors import Known, read_cursor, result
from tracker2invoice_jira.listing import Found, Issue, search
from tracker2invoice_jira.readings import FIELDS, Day, Instant, Key, ProjectAnswer, Reading, Status, plain_text
from tracker2invoice_jira.tally import CountedFields, batches, tally

SUFFIX = "/epics"
"""Behind a project's name or id: its milestones are its epics."""

_PROJECTS, _PARENTS = 200, 200
_FIELDS = ("summary", "description", "status", "project", "duedate", "created", "updated")
_EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"


class _EpicFields(Reading):
    summary: str
    status: Status
    project: ProjectAnswer
    created: Instant
    updated: Instant
    duedate: Day = None
    description: Any = None


class EpicAnswer(Issue):
    """What we need of an epic."""

    key: Key
    fields: _EpicFields

    @property
    def done(self) -> bool:
        """Whether it is closed."""
        return self.fields.status.done


class _Type(Reading):
    name: str


class _PlaceFields(Reading):
    project: ProjectAnswer
    issuetype: _Type


class _Place(Issue):
    fields: _PlaceFields


_FOUND = TypeAdapter(Found[EpicAnswer])
_PLACE = TypeAdapter(_Place)


@dataclass(frozen=True, slots=True)
class Link:
    """How issues say which epic they are in: by the parent, or by the custom field `field` of Data Center."""

    field: str = ""

    def query(self, epics: Iterable[tuple[str, str]]) -> str:
        """Return the query for the issues in epics, each given by id and key."""
        if self.field:
            keys = ", ".join(f'"{key}"' for _, key in epics)
            return f"cf[{self.field.removeprefix('customfield_')}] in ({keys})"
        return f"parent in ({', '.join(id_ for id_, _ in epics)})"

    def epic_of(self, fields: CountedFields) -> str:
        """Return the id, or in Data Center the key, of the epic that an issue is in."""
        return str(fields.other(self.field)) if self.field else fields.parent.id if fields.parent else ""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that `epic_of` needs."""
        return (self.field or "parent",)


def link_of(api: Api) -> Link:
    """Find out how issues are linked to epics. Raises like `Api.get`."""
    if api.server.cloud:
        return Link()
    fields = api.get("/field", FIELDS)
    return next((Link(one.id) for one in fields if one.schema_.get("custom") == _EPIC_LINK), Link())


def jql_of(projects: Iterable[str], epic: str) -> str:
    """Return the query for all epics of projects; `epic` is the configured name of the issue type."""
    quoted = epic.replace("\\", "\\\\").replace('"', '\\"')
    return f'project in ({", ".join(projects)}) AND issuetype = "{quoted}"'


def poll_epics(api: Api, epic: str, asked: Sequence[ProjectCursor]) -> Iterator[PollResult]:
    """Read the epics of projects; the project ids have the suffix. Yields one result for each."""
    for start in range(0, len(asked), _PROJECTS):
        yield from _poll(api, epic, asked[start : start + _PROJECTS])


def _poll(api: Api, epic: str, asked: Sequence[ProjectCursor]) -> Iterator[PollResult]:
    try:
        results = _read(api, epic, asked)
    except BadAnswer as error:
        if len(asked) == 1:
            yield Failed(asked[0].project_id, _why(api, asked[0], error))
            return
        middle = len(asked) // 2
        yield from _poll(api, epic, asked[:middle])
        yield from _poll(api, epic, asked[middle:])
    except Tracker2InvoiceError as error:
        yield from (Failed(one.project_id, error) for one in asked)
    else:
        yield from results


def _why(api: Api, asked: ProjectCursor, error: Tracker2InvoiceError) -> Tracker2InvoiceError:
    """Return why a query for one project was refused: mostly because it is gone, or not visible to us."""
    try:
        api.project(_number(asked))
    except Tracker2InvoiceError as reason:
        return reason
    return error


def _read(api: Api, epic: str, asked: Sequence[ProjectCursor]) -> list[PollResult]:
    found = search(api, jql_of(map(_number, asked), epic), _FOUND, _FIELDS)
    _refuse_to_overlook(api, epic, found, asked)
    closed = _closings(api, found, asked)
    counts = _tally(api, found)
    by_project: dict[str, list[EpicAnswer]] = {}
    for one in found:
        by_project.setdefault(one.fields.project.id, []).append(one)
    return [_result(api, one, by_project.get(_number(one), []), closed, counts) for one in asked]


def _refuse_to_overlook(api: Api, epic: str, found: Iterable[EpicAnswer], asked: Iterable[ProjectCursor]) -> None:
    """Look closed epics up that the search no longer shows: it lags behind, and would make them seem deleted.

    Raises:
        BadAnswer: one of them is where it was. Also what `Api.get` raises.
    """
    shown = {one.id for one in found}
    for one in asked:
        for epic_id in read_cursor(one).closings.keys() - shown:
            if _is_still_in(api, epic, _number(one), epic_id):
                raise BadAnswer(api.tracker, "the search does not show an epic that is there")


def _is_still_in(api: Api, epic: str, project_id: str, epic_id: str) -> bool:
    try:
        place = api.get(f"/issue/{epic_id}", _PLACE, {"fields": "project,issuetype"}).fields
    except NotThere:
        return False
    return place.project.id == project_id and place.issuetype.name == epic


def _closings(api: Api, found: Iterable[EpicAnswer], asked: Iterable[ProjectCursor]) -> dict[str, Known]:
    """Return the closings of all that are done; those of epics that have not changed since are known already."""
    known = {id_: closing for one in asked for id_, closing in read_cursor(one).closings.items()}
    done = {one.id: one for one in found if one.done}
    kept = {id_: known[id_] for id_, one in done.items() if id_ in known and known[id_][0] == one.fields.updated}
    fresh = closings(api, {id_: one.fields.status.id for id_, one in done.items() if id_ not in kept})
    return kept | {id_: _known(done[id_], closing) for id_, closing in fresh.items()}


def _known(epic: EpicAnswer, closing: Closing | None) -> Known:
    return (epic.fields.updated, closing.at, closing.by) if closing else (epic.fields.updated, None, "")


def _tally(api: Api, found: Sequence[EpicAnswer]) -> dict[str, tuple[int, int]]:
    if not found:
        return {}
    link = link_of(api)
    key_of = {one.id: one.key for one in found}
    parts = batches(tuple(key_of.items()), _PARENTS)
    counts = tally(api, [(link.query(part), link.fields) for part in parts], lambda fields: [link.epic_of(fields)])
    names = {id_: key if link.field else id_ for id_, key in key_of.items()}
    return {id_: (counts.open[name], counts.done[name]) for id_, name in names.items()}


def _result(
    api: Api,
    asked: ProjectCursor,
    found: Sequence[EpicAnswer],
    closed: Mapping[str, Known],
    counts: Mapping[str, tuple[int, int]],
) -> PollResult:
    try:
        # an empty list is what a project gives that we may not see
        key = found[0].fields.project.key if found else api.project(_number(asked)).key
    except Tracker2InvoiceError as error:
        return Failed(asked.project_id, error)
    where = epic_project(api.tracker, api.server.site, asked.project_id, key)
    milestones = tuple(_milestone(api, where, one, closed.get(one.id), *counts[one.id]) for one in found)
    closings_here = {one.id: closed[one.id] for one in found if one.done}
    return result(asked, Observed(where, milestones, cursor="", complete=True), closings_here)


def epic_project(tracker: str, site: str, project_id: str, key: str) -> Project:
    """Return a project whose milestones are its epics; `project_id` has the suffix."""
    return Project(tracker, project_id, f"{key}{SUFFIX}", f"{site}/projects/{key}")


def _number(asked: ProjectCursor) -> str:
    return asked.project_id.removesuffix(SUFFIX)


def _milestone(
    api: Api, where: Project, answer: EpicAnswer, known: Known | None, open_items: int, closed_items: int
) -> Milestone:
    _, closed_at, closed_by = known or (None, None, "")
    return Milestone(
        tracker=where.tracker,
        project_id=where.id,
        id=answer.id,
        number=int(answer.key.rpartition("-")[2]),
        title=answer.fields.summary,
        description=plain_text(answer.fields.description),
        url=f"{api.server.site}/browse/{answer.key}",
        state="closed" if answer.done else "open",
        closed_at=closed_at,
        due_on=answer.fields.duedate,
        created_at=answer.fields.created,
        updated_at=answer.fields.updated,
        open_items=open_items,
        closed_items=closed_items,
        closed_by=closed_by,
    )
