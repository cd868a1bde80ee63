"""Finds out when milestones of a project were closed, and by whom, from the project's events.

Source: docs.gitlab.com, api/events and user/profile/contributions_calendar, by which events are kept for three years.
A milestone has no closing time of its own, and one of a group leaves no events. `after` is a day, not included itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from tracker2invoice.errors import AccessDenied, NotThere
from tracker2invoice_gitlab.client import Client
from tracker2invoice_gitlab.failures import TokenRefused
from tracker2invoice_gitlab.listing import read_list
from tracker2invoice_gitlab.readings import Instant, Number, Shape

# the day itself is not included, and a day begins elsewhere in another time zone
_MARGIN = timedelta(days=2)
# a milestone that was opened again is called either way; what else can happen to one leaves it as it was
_OPENED = frozenset({"opened", "reopened", "created"})


class _Author(Shape):
    username: str


class EventAnswer(Shape):
    """What we need of an event."""

    id: Number
    action_name: str
    target_id: Number | None
    target_type: str | None
    created_at: Instant
    author_username: str | None = None
    author: _Author | None = None


_EVENTS = TypeAdapter(list[EventAnswer])


@dataclass(frozen=True, slots=True)
class Closing:
    """When a milestone was closed (UTC), and by whom; empty if GitLab does not tell."""

    at: datetime
    by: str


def look_up(client: Client, project_id: str, wanted: Mapping[str, datetime]) -> Mapping[str, Closing]:
    """Return the latest closing of each milestone of a project that no reopening follows, as far as events tell.

    Args:
        client: a connection.
        project_id: the project's id.
        wanted: the ids of milestones, each with an instant before which it was not closed the last time.

    Raises:
        AccessDenied: the token is not accepted.
        TryLater: the events could not be read completely.
    """
    if not wanted:
        return {}
    after = min(wanted.values()) - _MARGIN
    fields = {"target_type": "milestone", "after": f"{after:%Y-%m-%d}", "sort": "asc"}
    try:
        pages = read_list(client, _EVENTS, f"/projects/{project_id}/events", fields)
    except TokenRefused:
        raise
    except (AccessDenied, NotThere):
        return {}
    return _latest(wanted, (event for page in pages for event in page))


def _latest(wanted: Iterable[str], events: Iterable[EventAnswer]) -> Mapping[str, Closing]:
    by_milestone: dict[str, list[EventAnswer]] = {one: [] for one in wanted}
    for event in {event.id: event for event in events}.values():
        of = str(event.target_id)
        if of in by_milestone and event.target_type == "Milestone":
            by_milestone[of].append(event)
    found = {of: _closing(told) for of, told in by_milestone.items()}
    return {of: closing for of, closing in found.items() if closing}


def _closing(events: Sequence[EventAnswer]) -> Closing | None:
    turns = [one for one in events if one.action_name == "closed" or one.action_name in _OPENED]
    latest = max(turns, key=lambda one: (one.created_at, one.id), default=None)
    if latest is None or latest.action_name != "closed":
        return None
    return Closing(latest.created_at, latest.author_username or (latest.author.username if latest.author else ""))
