"""Finds repositories by name, and says what stands in the way of reading them.

Source: pages permissions-required-for-fine-grained-personal-access-tokens and troubleshooting-the-rest-api.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tracker2invoice.errors import AccessDenied, NotThere, Tracker2InvoiceError
from tracker2invoice.findings import next_step, said
from tracker2invoice.model.milestone import Project
from tracker2invoice.plugins import Finding
from tracker2invoice_github.client import Client
from tracker2invoice_github.listing import PER_PAGE, read_list
from tracker2invoice_github.polling import repository
from tracker2invoice_github.readings import REPOSITORIES, REPOSITORY, USER, RepositoryAnswer, project, read

_NAME = re.compile(r"(?!\.{1,2}/)[\w.-]+/(?!\.{1,2}$)[\w.-]+", re.ASCII)
_OWNER = re.compile(r"[\w-]+", re.ASCII)
_RENEW = "renew the token, or correct where the configuration says it is kept"
_ALLOW = (
    "allow 'Issues: read' and 'Pull requests: read' for this repository (fine-grained token or App), or give the "
    "classic token the scope 'repo'; an organisation with single sign-on must have authorised the token"
)
_REACHED = "the API can be reached"
_CORRECT_URL = "correct the url; Enterprise Server has its API at https://HOST/api/v3"
_CORRECT_NAME = (
    "correct the name (owner/repository), or let the token or App see this repository: GitHub says 'not found' "
    "to whoever may not see it"
)


def find(client: Client, tracker: str, url: str, name: str) -> Project:
    """Return a repository by `owner/name`. GitHub redirects a former name to the repository's id.

    Raises:
        NotThere: there is none, or the credentials do not show it.
        AccessDenied, TryLater: it could not be looked up.
    """
    if not _NAME.fullmatch(name):
        raise NotThere(tracker, "a repository is named owner/name")
    return project(tracker, read(tracker, REPOSITORY, client.get(f"{url}/repos/{name}").body))


def find_all(client: Client, tracker: str, url: str, owner: str) -> tuple[Project, ...]:
    """Return the repositories of an organisation, or of a user: with that user's own token the private ones, too.

    Raises:
        NotThere: there is no such owner, or the credentials do not show it.
        AccessDenied, TryLater: they could not be listed.
    """
    if not _OWNER.fullmatch(owner):
        raise NotThere(tracker, "an organisation or user is named by letters, digits and hyphens")
    try:
        answers = _list(client, tracker, f"{url}/orgs/{owner}/repos?type=all")
    except NotThere:
        own = _is_us(client, tracker, url, owner)
        answers = _list(
            client, tracker, f"{url}/user/repos?affiliation=owner" if own else f"{url}/users/{owner}/repos?type=owner"
        )
    return tuple(project(tracker, answer) for answer in answers)


def _list(client: Client, tracker: str, address: str) -> tuple[RepositoryAnswer, ...]:
    # the oldest first: one that is created while the pages are read comes last and moves no other
    page = client.get(f"{address}&sort=created&direction=asc&per_page={PER_PAGE}")
    return read_list(client, tracker, REPOSITORIES, page).items


def _is_us(client: Client, tracker: str, url: str, owner: str) -> bool:
    try:
        login = read(tracker, USER, client.get(f"{url}/user").body).login
    except AccessDenied:  # an App is no user
        return False
    return login.casefold() == owner.casefold()


def check(client: Client, tracker: str, url: str, names: Iterable[str]) -> Iterator[Finding]:
    """Yield a finding for the API, and one for each repository if the API can be used."""
    reached = _api(client, url)
    yield reached
    if reached.ok:
        yield from (_one(client, tracker, url, name) for name in names)


def _api(client: Client, url: str) -> Finding:
    try:
        client.get(f"{url}/rate_limit")
    except Tracker2InvoiceError as error:
        # Enterprise Server answers so when its limits are switched off (page rate-limit)
        if isinstance(error, NotThere) and "rate limit" in error.detail.lower():
            return Finding(ok=True, what=_REACHED)
        return Finding(ok=False, what=said(error), next_step=next_step(error, _RENEW, _CORRECT_URL))
    return Finding(ok=True, what=_REACHED)


def _one(client: Client, tracker: str, url: str, name: str) -> Finding:
    try:
        address = repository(url, find(client, tracker, url, name).id)
        for listing in ("milestones", "issues"):
            client.get(f"{address}/{listing}?state=all&per_page=1")
    except Tracker2InvoiceError as error:
        return Finding(ok=False, what=f"{name}: {said(error)}", next_step=next_step(error, _ALLOW, _CORRECT_NAME))
    return Finding(ok=True, what=name)
