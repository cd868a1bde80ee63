"""When an epic was done and by whom: the last change of its status into the category Done that no later one leaves.

`resolutiondate` does not tell: it is empty, or an old one, wherever a workflow does not set it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tracker2invoice_jira.api import Api
from tracker2invoice_jira.changes import Change, read_changes
from tracker2invoice_jira.readings import STATUSES


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
    changes = read_changes(api, tuple(done), "status")
    return {id_: _closing(changes.get(id_, ()), status, finished, unfinished) for id_, status in done.items()}


def _closing(
    changes: Sequence[Change], status: str, finished: Collection[str], unfinished: Collection[str]
) -> Closing | None:
    """Go back from the present status. A gap, or a status that the site no longer has, leaves it open."""
    for change in reversed(changes):
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
