"""Finds projects by key or name, and says what stands in the way of reading them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pydantic import TypeAdapter

from tracker2invoice.errors import BadAnswer, NoConsent, NotThere, Tracker2InvoiceError
from tracker2invoice.findings import next_step, said
from tracker2invoice.model.milestone import Project
from tracker2invoice.plugins import Failed, Finding, ProjectCursor
from tracker2invoice_jira import JiraSettings
from tracker2invoice_jira.api import Api
from tracker2invoice_jira.epics import SUFFIX, epic_project, poll_epics
from tracker2invoice_jira.listing import PER_PAGE, Page, read_counted
from tracker2invoice_jira.readings import FIELDS, Count, ProjectAnswer, Reading
from tracker2invoice_jira.versions import poll_versions, project

_KEY = re.compile(r"[A-Z][A-Z0-9_]+", re.ASCII)
_RENEW = (
    "renew the token, or correct where the configuration says it is kept; Cloud needs the 'email' of the account, too, "
    "Data Center none"
)
_ALLOW = "give the account the permission 'Browse projects' in this project"
_CORRECT_URL = "correct the url: it is the address of the site, with the context path that a Data Center may have"
_CORRECT_NAME = (
    "correct the key, or let the account browse this project: Jira says 'not found' to whoever may not see it"
)
_CORRECT_TYPE = "see whether 'epic' names an issue type of this site; if it does, try again later"
_CORRECT_FIELD = "correct 'points_field': the custom field has another id, or the account may not see it"


class _Projects(Reading):
    values: list[ProjectAnswer]
    total: Count


_ALL, _PAGE = TypeAdapter(list[ProjectAnswer]), TypeAdapter(_Projects)


def find(api: Api, name: str) -> Project:
    """Return a project by its key or else its full name, which may be followed by `/epics`.

    Raises:
        NotThere: there is none, or the credentials do not show it.
        AccessDenied, TryLater: it could not be looked up.
    """
    plain = name.removesuffix(SUFFIX)
    found = _by_key(api, plain) or _by_name(api, plain)
    if plain != name:
        return epic_project(api.tracker, api.server.site, f"{found.id}{SUFFIX}", found.key)
    return project(api.tracker, api.server.site, found.id, found.key)


def check(api: Api, settings: JiraSettings, names: Iterable[str]) -> Iterator[Finding]:
    """Yield a finding for the field of points and one for each project."""
    if settings.points_field:
        yield _points(api, settings.points_field)
    yield from (_one(api, settings, name) for name in names)


def not_reached(error: Tracker2InvoiceError) -> Finding:
    """Return the finding that Jira cannot be used."""
    if isinstance(error, NoConsent):
        return Finding(ok=False, what=said(error), next_step=f"run `t2i auth {error.system}`")
    return Finding(ok=False, what=said(error), next_step=next_step(error, _RENEW, _CORRECT_URL))


def _by_key(api: Api, key: str) -> ProjectAnswer | None:
    if not _KEY.fullmatch(key):
        return None
    try:
        return api.project(key)
    except NotThere:
        return None


def _by_name(api: Api, name: str) -> ProjectAnswer:
    matching = [one for one in _called(api, name) if one.name == name]
    if len(matching) != 1:
        raise NotThere(api.tracker, "no project has this key or name" if not matching else "several have this name")
    return matching[0]


def _called(api: Api, name: str) -> Iterable[ProjectAnswer]:
    if not api.server.cloud:
        return api.get("/project", _ALL)

    def page_from(start: int) -> Page[ProjectAnswer]:
        params = {"query": name, "startAt": str(start), "maxResults": str(PER_PAGE), "orderBy": "key"}
        page = api.get("/project/search", _PAGE, params)
        return Page(page.values, page.total)

    return read_counted(api.tracker, page_from)


def _points(api: Api, field: str) -> Finding:
    try:
        there = any(one.id == field for one in api.get("/field", FIELDS))
    except Tracker2InvoiceError as error:
        return not_reached(error)
    return Finding(ok=there, what=f"field {field} for points", next_step="" if there else _CORRECT_FIELD)


def _one(api: Api, settings: JiraSettings, name: str) -> Finding:
    try:
        found = find(api, name)
        _read(api, settings, ProjectCursor(found.id, None))
    except Tracker2InvoiceError as error:
        no_such_type = name.endswith(SUFFIX) and isinstance(error, BadAnswer)
        step = _CORRECT_TYPE if no_such_type else next_step(error, _ALLOW, _CORRECT_NAME)
        return Finding(ok=False, what=f"{name}: {said(error)}", next_step=step)
    return Finding(ok=True, what=name)


def _read(api: Api, settings: JiraSettings, asked: ProjectCursor) -> None:
    """Read what a poll reads."""
    if not asked.project_id.endswith(SUFFIX):
        poll_versions(api, asked)
    for one in poll_epics(api, settings.epic, [asked] if asked.project_id.endswith(SUFFIX) else []):
        if isinstance(one, Failed):
            raise one.error
