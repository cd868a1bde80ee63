"""Reads the changes of one field of many issues, whoever made them, oldest first.

Source: the changelogs of issues, which Cloud gives for a thousand issues at once (`POST changelog/bulkfetch`) and Data
Center with a search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field, TypeAdapter

from tracker2invoice.errors import BadAnswer
from tracker2invoice_jira.api import Api
from tracker2invoice_jira.listing import Found, Issue, search
from tracker2invoice_jira.readings import Count, Id, Instant, Reading
from tracker2invoice_jira.tally import batches

_AT_ONCE = 1000
_AT_ONCE_WITH_HISTORY = 50
_MOST_PAGES = 1000

Number = Annotated[str, AfterValidator(lambda value: str(int(value)))]


class Author(Reading):
    """A person. Cloud knows them by `accountId`, Data Center by the user's `name`."""

    displayName: str = ""  # noqa: N815 (Jira's name)
    accountId: str = ""  # noqa: N815 (Jira's name)
    name: str = ""


class Item(Reading):
    """A field that changed: the ids of what was there and is there now, and both as people read them."""

    field: str
    from_: str | None = Field(default=None, alias="from")
    to: str | None = None
    fromString: str | None = None  # noqa: N815 (Jira's name)
    toString: str | None = None  # noqa: N815 (Jira's name)


class Change(Reading):
    """Fields that somebody changed at once."""

    id: Number
    created: Instant
    items: list[Item]
    author: Author | None = None


class _History(Reading):
    total: Count
    histories: list[Change]


class _IssueWithHistory(Issue):
    changelog: _History


class _Changes(Reading):
    issueId: Id  # noqa: N815 (Jira's name)
    changeHistories: list[Change]  # noqa: N815 (Jira's name)


class _ManyChanges(Reading):
    issueChangeLogs: list[_Changes]  # noqa: N815 (Jira's name)
    nextPageToken: str | None = None  # noqa: N815 (Jira's name)


_MANY = TypeAdapter(_ManyChanges)
_FOUND = TypeAdapter(Found[_IssueWithHistory])


def read_changes(api: Api, ids: Sequence[str], field: str) -> Mapping[str, Sequence[Change]]:
    """Return by the ids of issues the changes of a field, among which may be others; of some issues there are none.

    Of an issue whose history comes cut short nothing is told.

    Raises:
        AccessDenied, NotThere, TryLater: the changes could not be read completely.
    """
    found = (_many if api.server.cloud else _with_search)(api, ids, field)
    return {id_: sorted(changes, key=lambda one: (one.created, int(one.id))) for id_, changes in found.items()}


def _many(api: Api, ids: Sequence[str], field: str) -> dict[str, list[Change]]:
    found = dict[str, list[Change]]()
    for batch in batches(ids, _AT_ONCE):
        question: dict[str, object] = {"issueIdsOrKeys": list(batch), "fieldIds": [field], "maxResults": _AT_ONCE}
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


def _with_search(api: Api, ids: Sequence[str], field: str) -> dict[str, list[Change]]:
    found = dict[str, list[Change]]()
    for batch in batches(ids, _AT_ONCE_WITH_HISTORY):
        jql = f"issue in ({', '.join(batch)})"
        for issue in search(api, jql, _FOUND, (field,), expand=("changelog",)):
            whole = len(issue.changelog.histories) == issue.changelog.total
            found[issue.id] = issue.changelog.histories if whole else []
    return found
