"""Reads the worklogs of an issue that a search has cut short."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter

from tracker2invoice_jira.api import Api
from tracker2invoice_jira.listing import MOST_PER_PAGE, Page, read_counted
from tracker2invoice_jira.readings import Count, Id, LocalInstant, Reading, Seconds


class User(Reading):
    """A person, by the name that people see. It is what contracts name people by."""

    displayName: str = ""  # noqa: N815 (Jira's name)


class Worklog(Reading):
    """Time that somebody worked; `started` keeps the offset in which it was typed. A deleted person is no author."""

    id: Id
    started: LocalInstant
    timeSpentSeconds: Seconds  # noqa: N815 (Jira's name)
    author: User | None = None


class WorklogPage(Reading):
    """Some worklogs of an issue, and how many there are."""

    worklogs: list[Worklog]
    total: Count


_PAGE = TypeAdapter(WorklogPage)


def all_worklogs(api: Api, issue_id: str, found: WorklogPage | None) -> Sequence[Worklog]:
    """Return every worklog of an issue; `found` are those that came with a search.

    Raises:
        AccessDenied, NotThere, TryLater: they could not be read completely.
    """
    if found is None:  # the site keeps no times
        return ()
    if len(found.worklogs) == found.total:
        return found.worklogs

    def page_from(start: int) -> Page[Worklog]:
        params = {"startAt": str(start), "maxResults": str(MOST_PER_PAGE)}
        page = api.get(f"/issue/{issue_id}/worklog", _PAGE, params)
        return Page(page.worklogs, page.total)

    return read_counted(api.tracker, page_from)
