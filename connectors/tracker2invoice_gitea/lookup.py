"""Finds repositories by name, and says what stands in the way of reading them.

Source: docs.gitea.com/development/oauth2-provider, "Scopes".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tracker2invoice.errors import NotThere, Tracker2InvoiceError
from tracker2invoice.findings import next_step, said
from tracker2invoice.model.milestone import Project
from tracker2invoice.plugins import Finding, ProjectCursor
from tracker2invoice_gitea.client import Client
from tracker2invoice_gitea.listing import read_filtered
from tracker2invoice_gitea.polling import poll, repository
from tracker2invoice_gitea.readings import NAME, REPOSITORIES, REPOSITORY, project, read
from tracker2invoice_gitea.times import OWN_ONLY, refuse_own_only

_OWNER = re.compile(r"(?!\.{1,2}$)[\w.-]+", re.ASCII)
_REACHED = "the API can be reached"
_RENEW = "renew the token, or correct where the configuration says it is kept"
_ALLOW = (
    "give the token the scopes read:issue and read:repository, and let its account read issues and pull requests "
    "of this repository"
)
_ALLOW_TIMES = "let the account write issues of this repository, or set 'times = false' if nothing is billed by hours"
_CORRECT_URL = "correct the url: it is the address of the server, without /api/v1"
_CORRECT_NAME = (
    "correct the name (owner/repository), or let the account read this repository: Gitea says 'not found' to whoever "
    "may not see it"
)


def find(client: Client, name: str) -> Project:
    """Return a repository by `owner/name`. Gitea redirects a former name to the present one.

    Raises:
        NotThere: there is none, or the credentials do not show it.
        AccessDenied, TryLater: it could not be looked up.
    """
    if not NAME.fullmatch(name):
        raise NotThere(client.tracker, "a repository is named owner/name")
    return project(client.tracker, read(client.tracker, REPOSITORY, client.get(f"/repos/{name}").data))


def find_all(client: Client, owner: str) -> tuple[Project, ...]:
    """Return the repositories of an organisation or user whose code the account may read. A former name leads there.

    Raises:
        NotThere: there is no such owner, or the credentials do not show it.
        AccessDenied, TryLater: they could not be listed completely.
    """
    if not _OWNER.fullmatch(owner):
        raise NotThere(client.tracker, "an organisation or user is named by letters, digits, hyphens, dots and lines")
    answers = read_filtered(client, REPOSITORIES, f"/users/{owner}/repos")
    return tuple(project(client.tracker, answer) for answer in answers)


def check(client: Client, names: Iterable[str], *, times: bool) -> Iterator[Finding]:
    """Yield a finding for the API, and one for each repository if the API can be used."""
    try:
        client.get("/repos/search", {"limit": "1"})
    except Tracker2InvoiceError as error:
        yield Finding(ok=False, what=said(error), next_step=next_step(error, _RENEW, _CORRECT_URL))
        return
    yield Finding(ok=True, what=_REACHED)
    yield from (_one(client, name, times=times) for name in names)


def _one(client: Client, name: str, *, times: bool) -> Finding:
    try:
        _read(client, find(client, name).id, times=times)
    except Tracker2InvoiceError as error:
        denied = _ALLOW_TIMES if OWN_ONLY in str(error) else _ALLOW
        return Finding(ok=False, what=f"{name}: {said(error)}", next_step=next_step(error, denied, _CORRECT_NAME))
    return Finding(ok=True, what=name)


def _read(client: Client, project_id: str, *, times: bool) -> None:
    """Read what a poll and a claim read."""
    poll(client, ProjectCursor(project_id, None))
    where = repository(client, project_id)
    client.get(f"{where.path}/issues", {"state": "all", "limit": "1"})
    if times and where.keeps_times:
        refuse_own_only(client, where)
