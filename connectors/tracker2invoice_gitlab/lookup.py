"""Finds projects and groups by name, and says what stands in the way of reading them.

Source: docs.gitlab.com, user/permissions, api/rest/authentication, api/rest ("path parameters": a name is one encoded
path) and api/groups ("list projects").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from tracker2invoice.errors import NotThere, Tracker2InvoiceError
from tracker2invoice.findings import next_step, said
from tracker2invoice.model.milestone import Project
from tracker2invoice.plugins import Finding
from tracker2invoice_gitlab.client import Client
from tracker2invoice_gitlab.failures import NoGraphQL
from tracker2invoice_gitlab.graph import kind_of
from tracker2invoice_gitlab.listing import read_settled
from tracker2invoice_gitlab.readings import PROJECTS, project
from tracker2invoice_gitlab.rest import named, path_of

_PART = r"(?!\.{1,2}(?:/|$))[\w.-]+"
_NAME = re.compile(rf"{_PART}(?:/{_PART})*", re.ASCII)
_IN_THE_GROUP = {
    "include_subgroups": "true",
    "with_shared": "false",
    "order_by": "id",
    "sort": "asc",
    "simple": "true",
}
_REACHED = "the API can be reached"
_RENEW = "renew the token, or correct where the configuration says it is kept"
_ALLOW = "give the token the scope 'read_api' and its user the role Reporter in this project or group"
_CORRECT_URL = "correct the url: it is that of GitLab itself, without /api/v4"
_CORRECT_NAME = (
    "correct the name (group/project, or a group), or let the token see it: GitLab says 'not found' to whoever may "
    "not see it"
)


def find(client: Client, name: str) -> Project:
    """Return a project by its path `group/sub/project`, or else the group of that path. A former path leads there, too.

    Raises:
        NotThere: there is none, or the token does not show it.
        AccessDenied, TryLater: it could not be looked up.
    """
    encoded = _encoded(client, name)
    if "/" in name:
        try:
            return named(client, False, f"/projects/{encoded}")  # noqa: FBT003
        except NotThere:
            pass
    return named(client, True, f"/groups/{encoded}")  # noqa: FBT003


def find_all(client: Client, name: str) -> tuple[Project, ...]:
    """Return the projects of the group with this path and of all groups in it. A former path leads there, too.

    Projects of other groups that are shared with it are not among them: their milestones are somebody else's.

    Raises:
        NotThere: there is no such group, or the token does not show it.
        AccessDenied, TryLater: they could not be listed completely.
    """
    found = named(client, True, f"/groups/{_encoded(client, name)}")  # noqa: FBT003
    answers = read_settled(client, PROJECTS, f"{path_of(found.id)}/projects", _IN_THE_GROUP)
    return tuple(project(client.failures.system, answer) for answer in answers)


def _encoded(client: Client, name: str) -> str:
    # a number alone is an id to GitLab, that of anything
    if not _NAME.fullmatch(name) or name.isdigit():
        raise NotThere(client.failures.system, "a project is named group/project, a group by its path")
    return quote(name, safe="")


def check(client: Client, names: Iterable[str]) -> Iterator[Finding]:
    """Yield a finding for the API, and one for each project or group if the API can be used."""
    reached = _api(client)
    yield reached
    if reached.ok:
        yield from (_one(client, name) for name in names)


def _api(client: Client) -> Finding:
    try:
        client.get("/version")
        client.query("query { currentUser { id } }", {})
    except NoGraphQL as error:
        return Finding(
            ok=True, what=f"{_REACHED}, but no GraphQL ({error.detail}): polls cost more, hours cannot be read"
        )
    except Tracker2InvoiceError as error:
        return Finding(ok=False, what=said(error), next_step=next_step(error, _RENEW, _CORRECT_URL))
    return Finding(ok=True, what=_REACHED)


def _one(client: Client, name: str) -> Finding:
    try:
        found = find(client, name)
        for listing in _read_by_a_run(found.id):
            client.get(f"{path_of(found.id)}/{listing}", {"per_page": "1"})
    except Tracker2InvoiceError as error:
        return Finding(ok=False, what=f"{name}: {said(error)}", next_step=next_step(error, _ALLOW, _CORRECT_NAME))
    return Finding(ok=True, what=name)


def _read_by_a_run(project_id: str) -> tuple[str, ...]:
    lists = ("milestones", "issues", "merge_requests")
    return lists if kind_of(project_id) == "groups" else (*lists, "events")
