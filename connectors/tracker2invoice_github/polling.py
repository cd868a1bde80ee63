"""Reads all milestones of one repository, or learns by ETags that nothing has changed.

The cursor holds each page's address and ETag, as JSON. A 304 is free on GitHub's primary limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from urllib.parse import quote

from pydantic import TypeAdapter

from tracker2invoice.errors import BadAnswer
from tracker2invoice.model.milestone import Project
from tracker2invoice.plugins import Observed, ProjectCursor, Unchanged
from tracker2invoice_github.client import Client, Page
from tracker2invoice_github.readings import MILESTONES, REPOSITORY, milestone, project, project_of, read

_CURSOR = TypeAdapter(list[tuple[str, str]])


def poll(client: Client, tracker: str, url: str, one: ProjectCursor) -> Observed | Unchanged:
    """Read one repository, open and closed milestones, all pages.

    Raises:
        AccessDenied, NotThere, TryLater: it could not be read completely.
    """
    address = f"{repository(url, one.project_id)}/milestones?state=all&per_page=100"
    known = _known(one.cursor, address)
    first = client.get_if_changed(*known[0]) if known else client.get(address)
    if first is None and one.cursor is not None and _unchanged(client, known[1:]):
        return Unchanged(one.project_id, one.cursor)
    pages = list(follow(client, tracker, first or client.get(address)))
    cursor = [(page.address, page.etag) for page in pages]
    answers = list(chain.from_iterable(read(tracker, MILESTONES, page.body) for page in pages))
    return Observed(
        project=project_of(tracker, one.project_id, answers) or _ask_for(client, tracker, url, one.project_id),
        milestones=tuple(milestone(tracker, one.project_id, answer) for answer in answers),
        cursor=_CURSOR.dump_json(cursor).decode(),
        # a deletion between two pages moves a milestone to a page that has been read already
        complete=len(pages) == 1 or _unchanged(client, cursor[:-1]),
    )


def follow(client: Client, tracker: str, page: Page) -> Iterator[Page]:
    """Yield the pages of a list from the first, which was read already, to the last.

    Raises:
        AccessDenied, NotThere, TryLater: a page could not be read.
    """
    seen = {page.address}
    yield page
    while page.next_address:
        if page.next_address in seen:
            raise BadAnswer(tracker, "the pages of a list go round in circles")
        seen.add(page.next_address)
        page = client.get(page.next_address)
        yield page


def repository(url: str, project_id: str) -> str:
    """Return the address of a repository by its id, which renaming and moving do not change."""
    return f"{url}/repositories/{quote(project_id, safe='')}"


def _unchanged(client: Client, pages: Sequence[tuple[str, str]]) -> bool:
    return all(etag and client.get_if_changed(address, etag) is None for address, etag in pages)


def _known(cursor: str | None, address: str) -> list[tuple[str, str]]:
    """Return the pages of the last reading, none if it asked for something else."""
    try:
        pages = _CURSOR.validate_json(cursor or "[]")
    except ValueError:
        return []
    return pages if pages and pages[0][0] == address else []


def _ask_for(client: Client, tracker: str, url: str, project_id: str) -> Project:
    return project(tracker, read(tracker, REPOSITORY, client.get(repository(url, project_id)).body))
