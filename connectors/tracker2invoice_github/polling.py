"""Reads all milestones of one repository, or learns by ETags that nothing has changed.

The cursor holds each page's address and ETag, as JSON. A 304 is free on GitHub's primary limit.
"""

from __future__ import annotations

from urllib.parse import quote

from pydantic import TypeAdapter

from tracker2invoice.model.milestone import Project
from tracker2invoice.plugins import Observed, ProjectCursor, Unchanged
from tracker2invoice_github.client import Client
from tracker2invoice_github.listing import PER_PAGE, read_list, still_as
from tracker2invoice_github.readings import MILESTONES, REPOSITORY, milestone, project, project_of, read

_CURSOR = TypeAdapter(tuple[tuple[str, str], ...])


def poll(client: Client, tracker: str, url: str, one: ProjectCursor) -> Observed | Unchanged:
    """Read one repository: open and closed milestones, all pages.

    Raises:
        AccessDenied, NotThere, TryLater: it could not be read completely.
    """
    address = f"{repository(url, one.project_id)}/milestones?state=all&per_page={PER_PAGE}"
    known = _known(one.cursor, address)
    first = client.get_if_changed(*known[0]) if known else client.get(address)
    if first is None and one.cursor is not None and still_as(client, known[1:]):
        return Unchanged(one.project_id, one.cursor)
    listing = read_list(client, tracker, MILESTONES, first or client.get(address))
    # a milestone that is created meanwhile moves others to a page that comes later
    answers = {answer.id: answer for answer in listing.items}.values()
    return Observed(
        project=project_of(tracker, one.project_id, answers) or _ask_for(client, tracker, url, one.project_id),
        milestones=tuple(milestone(tracker, one.project_id, answer) for answer in answers),
        cursor=_CURSOR.dump_json(listing.pages).decode(),
        complete=still_as(client, listing.pages[:-1]),
    )


def repository(url: str, project_id: str) -> str:
    """Return the address of a repository by its id, which renaming and moving do not change."""
    return f"{url}/repositories/{quote(project_id, safe='')}"


def _known(cursor: str | None, address: str) -> tuple[tuple[str, str], ...]:
    """Return the pages of the last reading, none if it asked for something else."""
    try:
        pages = _CURSOR.validate_json(cursor or "[]")
    except ValueError:
        return ()
    return pages if pages and pages[0][0] == address else ()


def _ask_for(client: Client, tracker: str, url: str, project_id: str) -> Project:
    return project(tracker, read(tracker, REPOSITORY, client.get(repository(url, project_id)).body))
