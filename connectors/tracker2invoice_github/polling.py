"""Reads all milestones of one repository, or learns by ETags that nothing has changed.

A 304 is free on GitHub's primary limit.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from tracker2invoice.model.milestone import Project
from tracker2invoice.plugins import Observed, ProjectCursor, Unchanged
from tracker2invoice_github.client import Client
from tracker2invoice_github.cursor import Cursor, load
from tracker2invoice_github.graph import NOTHING, Told
from tracker2invoice_github.listing import PER_PAGE, read_list, still_as
from tracker2invoice_github.marks import mark_of_reading
from tracker2invoice_github.readings import MILESTONES, REPOSITORY, milestone, project, project_of, read


def poll(
    client: Client, tracker: str, url: str, one: ProjectCursor, now: datetime, told: Told = NOTHING
) -> Observed | Unchanged:
    """Read one repository: open and closed milestones, all pages. `told` is what GraphQL said of it just before.

    Raises:
        AccessDenied, NotThere, TryLater: it could not be read completely.
    """
    address = f"{repository(url, one.project_id)}/milestones?state=all&per_page={PER_PAGE}"
    known = _known(one.cursor, address)
    first = client.get_if_changed(*known.pages[0]) if known else client.get(address)
    if first is None and known and still_as(client, known.pages[1:]):
        return Unchanged(one.project_id, known.confirmed(now, told.node, told.mark).text())
    listing = read_list(client, tracker, MILESTONES, first or client.get(address))
    # a milestone that is created meanwhile moves others to a page that comes later
    answers = {answer.id: answer for answer in listing.items}.values()
    owner = project_of(tracker, one.project_id, answers) or _ask_for(client, tracker, url, one.project_id)
    milestones = tuple(milestone(tracker, one.project_id, answer) for answer in answers)
    complete = still_as(client, listing.pages[:-1])
    cursor = Cursor(
        pages=listing.pages,
        read_at=now,
        name=owner.name,
        node=told.node or (known.node if known else ""),
        mark=mark_of_reading(owner.name, milestones) if complete else "",
        doubtful=told.mark,
    )
    return Observed(owner, milestones, cursor.text(), complete)


def repository(url: str, project_id: str) -> str:
    """Return the address of a repository by its id, which renaming and moving do not change."""
    return f"{url}/repositories/{quote(project_id, safe='')}"


def _known(cursor: str | None, address: str) -> Cursor | None:
    """Return how the repository was at the last reading, None if that asked for something else."""
    known = load(cursor)
    return known if known and known.pages[0][0] == address else None


def _ask_for(client: Client, tracker: str, url: str, project_id: str) -> Project:
    return project(tracker, read(tracker, REPOSITORY, client.get(repository(url, project_id)).body))
