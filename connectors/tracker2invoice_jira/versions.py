"""Reads all versions of one project. Released is closed.

Source: Atlassian's pages on project versions. Jira keeps no time of release and no person: `releaseDate` is a day that
somebody plans or types. Cloud itself counts the issues of each version (`expand=issuesstatus`); Data Center does not.
"""

from __future__ import annotations

from pydantic import TypeAdapter

from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice.plugins import Observed, ProjectCursor, Unchanged
from tracker2invoice_jira.api import Api
from tracker2invoice_jira.cursors import read_cursor, result
from tracker2invoice_jira.listing import PER_PAGE, Page, read_counted
from tracker2invoice_jira.readings import Count, Day, Id, Reading
from tracker2invoice_jira.tally import CountedFields, tally


class _ByStatus(Reading):
    toDo: Count  # noqa: N815 (Jira's name)
    inProgress: Count  # noqa: N815 (Jira's name)
    done: Count
    unmapped: Count


class VersionAnswer(Reading):
    """What we need of a version. The counts are there only if they were asked for, and only in Cloud."""

    id: Id
    name: str
    released: bool
    archived: bool = False
    description: str | None = None
    releaseDate: Day = None  # noqa: N815 (Jira's name)
    issuesStatusForFixVersion: _ByStatus | None = None  # noqa: N815 (Jira's name)


class _VersionPage(Reading):
    values: list[VersionAnswer]
    total: Count


_PAGE = TypeAdapter(_VersionPage)
_ALL = TypeAdapter(list[VersionAnswer])
_VERSION = TypeAdapter(VersionAnswer)


def poll_versions(api: Api, asked: ProjectCursor) -> Observed | Unchanged:
    """Read the versions of a project, and how many issues are in each.

    Raises:
        AccessDenied, NotThere, TryLater: they could not be read completely.
    """
    answers = _read(api, asked.project_id)
    counts = _counts(api, asked.project_id, answers)
    known = read_cursor(asked).project
    reading = _observed(api, asked.project_id, known or api.project(asked.project_id).key, answers, counts)
    outcome = result(asked, reading, {})
    if isinstance(outcome, Unchanged) or not known:
        return outcome
    # something changed: time to see whether the project has another key by now
    reading = _observed(api, asked.project_id, api.project(asked.project_id).key, answers, counts)
    return result(asked, reading, {})


def version(api: Api, version_id: str) -> VersionAnswer:
    """Return one version.

    Raises:
        AccessDenied, NotThere, TryLater: it could not be read.
    """
    return api.get(f"/version/{version_id}", _VERSION)


def project(tracker: str, site: str, project_id: str, key: str) -> Project:
    """Return a project whose milestones are its versions."""
    return Project(tracker, project_id, key, f"{site}/projects/{key}")


def _read(api: Api, project_id: str) -> tuple[VersionAnswer, ...]:
    if not api.server.cloud:
        found: list[VersionAnswer] = api.get(f"/project/{project_id}/versions", _ALL)
        return tuple(found)

    def page_from(start: int) -> Page[VersionAnswer]:
        params = {"startAt": str(start), "maxResults": str(PER_PAGE), "orderBy": "sequence", "expand": "issuesstatus"}
        page = api.get(f"/project/{project_id}/version", _PAGE, params)
        return Page(page.values, page.total)

    return read_counted(api.tracker, page_from)


def _counts(api: Api, project_id: str, answers: tuple[VersionAnswer, ...]) -> dict[str, tuple[int, int]]:
    """Return the open and the finished issues by version."""
    told = {one.id: one.issuesStatusForFixVersion for one in answers}
    counts = {id_: (by.toDo + by.inProgress + by.unmapped, by.done) for id_, by in told.items() if by}
    if len(counts) == len(answers):
        return counts
    found = tally(api, [(f"project = {project_id} AND fixVersion is not EMPTY", ("fixVersions",))], _versions_of)
    return {id_: counts.get(id_) or (found.open[id_], found.done[id_]) for id_ in told}


def _versions_of(fields: CountedFields) -> list[str]:
    return [one.id for one in fields.fixVersions]


def _observed(
    api: Api, project_id: str, key: str, answers: tuple[VersionAnswer, ...], counts: dict[str, tuple[int, int]]
) -> Observed:
    where = project(api.tracker, api.server.site, project_id, key)
    milestones = tuple(_milestone(where, one, *counts[one.id]) for one in answers)
    return Observed(where, milestones, cursor="", complete=True)


def _milestone(where: Project, answer: VersionAnswer, open_items: int, closed_items: int) -> Milestone:
    return Milestone(
        tracker=where.tracker,
        project_id=where.id,
        id=answer.id,
        number=int(answer.id),
        title=answer.name,
        description=answer.description or "",
        url=f"{where.url}/versions/{answer.id}",
        state="closed" if answer.released else "open",
        closed_at=None,
        due_on=answer.releaseDate,
        created_at=None,
        updated_at=None,
        open_items=open_items,
        closed_items=closed_items,
    )
