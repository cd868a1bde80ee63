"""Turns seconds into hours. Twenty minutes are no finite decimal, and three times twenty must still be one hour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tracker2invoice.model.work import TimeEntry
from tracker2invoice_jira.worklogs import Worklog

_FINEST = Decimal("1E-10")


@dataclass(frozen=True, slots=True)
class Logged:
    """A worklog and the issue that it belongs to."""

    issue_id: str
    log: Worklog


def in_hours(seconds: int) -> Decimal:
    """Return hours, exactly where they are a decimal of ten places, else rounded to them."""
    hours = (Decimal(seconds) / 3600).quantize(_FINEST).normalize()
    return hours.quantize(Decimal(1)) if hours == hours.to_integral_value() else hours


def times(logged: Iterable[Logged]) -> dict[str, tuple[TimeEntry, ...]]:
    """Return the hours of each issue, by its id.

    What rounding leaves over goes to the next entry of the same person, day by day: the hours of a person until any day
    are those of all the seconds together.
    """
    sums: dict[str, int] = {}
    entries: dict[str, list[TimeEntry]] = {}
    for one in sorted(logged, key=lambda one: (one.log.started.date(), int(one.issue_id), int(one.log.id))):
        person = one.log.author.displayName if one.log.author else ""
        before = sums.get(person, 0)
        sums[person] = before + one.log.timeSpentSeconds
        hours = in_hours(sums[person]) - in_hours(before)
        entries.setdefault(one.issue_id, []).append(TimeEntry(person, one.log.started.date(), hours))
    return {issue_id: tuple(found) for issue_id, found in entries.items()}
