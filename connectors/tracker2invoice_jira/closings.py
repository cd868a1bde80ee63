"""When an epic was done and by whom: the last change of its status into the category Done that no later one leaves.

Source: the changelogs of issues, which Cloud gives for a thousand issues at once (`POST changelog/bulkfetch`) and Data
Center with a search. `resolutiondate` does not tell: it is empty, or an old one, wherever a workflow does not set it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, TypeAdapter

from tracker2invoice.errors import BadAnswer
from tracker2invoice_jira.api import Api
from tracker2invoice_jira.listing import Found, Issue, search
from tracker2invoice_jira.readings import STATUSES, Count, Id, Instant, Reading
from tracker2invoice_jira.tally import batches

_AT_ONCE = 1000
_AT_ONCE_WITH_HISTORY = 50
_MOST_PAGES = 1000

Number = Annotated[str, AfterValidator(lambda value: str(int(value)))]


class _User(Reading):
    displayName: str = ""  # noqa: N815 (Jira's name)


class _Item(Reading):
    field: str
    from_: str | None = Field(default=None, alias="from")
    to: str | None = None


class _Change(Reading):
    id: Number
    created: Instant
    items: list[_Item]
    author: _User | None = None


class _History(Reading):
    total: Count
    histories: list[_Change]


class _IssueWithHistory(Issue):
    changelog: _History


class _Changes(Reading):
    issueId: Id  # noqa: N815 (Jira's name)
    changeHistories: list[_Change]  # noqa: N815 (Jira's name)


class _ManyChanges(Reading):
    issueChangeLogs: list[_Changes]  # noqa: N815 (Jira's name)
    nextPageToken: str | None = None  # noqa: N815 (Jira's name)


_MANY = TypeAdapter(_ManyChanges)
_FOUND = TypeAdapter(Found[_IssueWithHistory])


@dataclass(frozen=True, slots=True)
class Closing:
    """The instant (UTC) and the person, whose name may be empty."""

    at: datetime
    by: str


def closings(api: Api, done: Mapping[str, str]) -> dict[str, Closing | None]:
    """Return when issues that are done became so; `done` has the status of each by its id. None: nobody can tell.

    Raises:
        AccessDenied, NotThere, TryLater: the changes could not be read completely.
    """
    if not done:
        return {}
    statuses = api.get("/status", STATUSES)
    finished = {one.id for one in statuses if one.done}
    unfinished = {one.id for one in statuses} - finished
    changes = (_many if api.server.cloud else _with_search)(api, tuple(done))
    return {id_: _closing(changes.get(id_, ()), status, finished, unfinished) for id_, status in done.items()}


def _closing(
    changes: Sequence[_Change], status: str, finished: Collection[str], unfinished: Collection[str]
) -> Closing | None:
    """Go back from the present status. A gap, or a status that the site no longer has, leaves it open."""
    for change in sorted(changes, key=lambda one: (one.created, int(one.id)), reverse=True):
        for item in reversed(change.items):
            if item.field != "status":
                continue
            if item.to != status or item.from_ is None:
                return None
            if item.from_ in unfinished:
                return Closing(change.created, change.author.displayName if change.author else "")
            if item.from_ not in finished:
                return None
            status = item.from_
    return None


def _many(api: Api, ids: Sequence[str]) -> dict[str, list[_Change]]:
    found = dict[str, list[_Change]]()
    for batch in batches(ids, _AT_ONCE):
        question: dict[str, object] = {"issueIdsOrKeys": list(batch), "fieldIds": ["status"], "maxResults": _AT_ONCE}
        for _ in range(_MOST_PAGES):
            page = api.ask("/changelog/bulkfetch", _MANY, question)
            for one in page.issueChangeLogs:
                found.setdefault(one.issueId, []).extend(one.changeHistories)
            if not page.nextPageToken:
                break
            question = question | {"nextPageToken": page.nextPageToken}
        else:
            raise BadAnswer(api.tracker, "the pages of the changes have no end")
    return found


def _with_search(api: Api, ids: Sequence[str]) -> dict[str, list[_Change]]:
    found = dict[str, list[_Change]]()
    for batch in batches(ids, _AT_ONCE_WITH_HISTORY):
        jql = f"issue in ({', '.join(batch)})"
        for issue in search(api, jql, _FOUND, ("status",), expand=("changelog",)):
            whole = len(issue.changelog.histories) == issue.changelog.total
            found[issue.id] = issue.changelog.histories if whole else []
    return found
