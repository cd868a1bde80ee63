"""Who has set labels on an issue, out of its changes.

Source: Atlassian's REST documentation, changelogs of issues. A change has the names of all labels before and after it,
with blanks between them: no label has one in its name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from tracker2invoice.model.work import Labelling
from tracker2invoice_jira.changes import Change

LABELS = "labels"


def labellings(changes: Iterable[Change], labels: Collection[str], url: str, *, cloud: bool) -> Iterator[Labelling]:
    """Yield each time that one of the labels was set on the issue at `url`, oldest first.

    Who has set it is an account id in Cloud, a user's name in Data Center; a deleted user is nobody.
    """
    for change in changes:
        for item in change.items:
            if item.field == LABELS:
                for name in sorted((_names(item.toString) - _names(item.fromString)).intersection(labels)):
                    yield Labelling(name, _login(change, cloud=cloud), change.created, url)


def _names(text: str | None) -> set[str]:
    return set((text or "").split(" "))


def _login(change: Change, *, cloud: bool) -> str:
    if change.author is None:
        return ""
    return change.author.accountId if cloud else change.author.name
