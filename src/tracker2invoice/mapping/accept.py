"""When was a milestone closed, is that a day that is billed, and does it count as accepted?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from tracker2invoice.mapping.actions import Reason, Window
from tracker2invoice.mapping.due import local_date
from tracker2invoice.mapping.text import one_line, plural
from tracker2invoice.model.contract import Acceptance, Contract
from tracker2invoice.model.digits import percent
from tracker2invoice.model.milestone import CALENDAR, Milestone

BY_HAND = "approved by a person"
"""Why something counts that a person has to approve and no milestone triggers."""


@dataclass(frozen=True, slots=True)
class Closing:
    """When a milestone was closed (UTC); without `exact`, the latest instant at which it can have been.

    `after` is then an instant at which it was still open or not there yet, None if none is known. `by` is who closed
    it, in the tracker's words, if it tells.
    """

    at: datetime
    exact: bool
    after: datetime | None = None
    by: str = ""

    @property
    def earliest(self) -> datetime | None:
        """The earliest instant at which it can have been, None if none is known."""
        return self.at if self.exact else self.after

    def __str__(self) -> str:
        by = f" by {one_line(self.by)}" if self.by else ""
        if self.exact:
            return f"closed {in_words(self.at)}{by}"
        if self.after is not None:
            return (
                f"closed{by} between {in_words(self.after)} and {in_words(self.at)} (the tracker gives no closing time)"
            )
        return f"closed {in_words(self.at)} or earlier{by} (the tracker gives no closing time)"


def closing_of(milestone: Milestone) -> Closing | None:
    """Return when a closed milestone was closed, None if nothing is known about it.

    Not every tracker gives a closing time: of GitLab's group milestones and Jira's versions there is only what was
    seen of them. A milestone cannot have been closed after its last change, nor before it was created.
    """
    if milestone.closed_at is not None:
        return Closing(milestone.closed_at, exact=True, by=milestone.closed_by)
    until = milestone.closed_until or milestone.updated_at
    if until is None:
        return None
    open_at = [at for at in (milestone.closed_after, milestone.created_at) if at is not None and at <= until]
    return Closing(until, exact=False, after=max(open_at, default=None), by=milestone.closed_by)


def not_in_time(contract: Contract, closing: Closing, window: Window | None) -> Reason | None:
    """Say why a milestone closed then is not billed: before the start, or outside the days of a backfill.

    Days are those of the contract's time zone.
    """
    day = local_date(closing.at, contract.timezone)
    if window is not None:
        inside = window.since <= day <= window.until
        words = f"{closing}, not from {window.since} to {window.until}"
        return None if inside else Reason("outside-window", words)
    if day < contract.start:
        words = f"{closing}, before {contract.start}, the start of the contract; `t2i backfill` bills the past"
        return Reason("before-start", words)
    return None


def perhaps_too_early(contract: Contract, closing: Closing, window: Window | None) -> bool:
    """Say whether it may have been closed before the days that are billed: nothing shows that it was open then."""
    first = window.since if window else contract.start
    return closing.earliest is None or local_date(closing.earliest, contract.timezone) < first


def after_cancellation(contract: Contract, closing: Closing) -> Reason | None:
    """Say that a milestone was closed when the contract was over, if that is certain."""
    first = closing.earliest
    if contract.cancelled is None or first is None or local_date(first, contract.timezone) <= contract.cancelled:
        return None
    return Reason("contract-cancelled", f"{closing}, after {contract.cancelled}, the last day of the contract")


def perhaps_too_late(contract: Contract, closing: Closing) -> bool:
    """Say whether it may have been closed when the contract was over: only the latest instant is after that."""
    return contract.cancelled is not None and local_date(closing.at, contract.timezone) > contract.cancelled


def is_over(contract: Contract, now: datetime) -> bool:
    """Say whether nothing that is closed `now` (UTC) or later is billed."""
    return contract.cancelled is not None and local_date(now, contract.timezone) > contract.cancelled


def accept(acceptance: Acceptance, milestone: Milestone, closing: Closing | None, now: datetime) -> str | Reason:
    """Judge a closed milestone at `now` (UTC): return why it counts, in words, or why it does not yet."""
    if refusal := not_yet(acceptance, milestone, closing, now):
        return refusal
    return str(closing) if milestone.tracker == CALENDAR else _accepted(acceptance, closing)


def not_yet(acceptance: Acceptance, milestone: Milestone, closing: Closing | None, now: datetime) -> Reason | None:
    """Say why a closed milestone does not count at `now` (UTC), None if it does.

    The age counts from the closing; without a known one there is no age, and a person has approved the bill. A day or
    a month of the calendar counts once it is there: nobody closes one by mistake.
    """
    if milestone.tracker == CALENDAR:
        return None
    if acceptance.nothing_open and milestone.open_items > 0:
        return Reason("items-open", f"closed, but {plural(milestone.open_items, 'item')} in it still open")
    if acceptance.issues_closed is not None and (short := _too_few(acceptance.issues_closed, milestone)):
        return short
    counts_from = closing.at + acceptance.after if closing else now
    if acceptance.after and now < counts_from:
        words = f"{closing}; counts from {in_words(counts_from)}, {_duration(acceptance.after)} later"
        return Reason("too-young", words)
    return None


def _too_few(share: Fraction, milestone: Milestone) -> Reason | None:
    finished, all_items = milestone.closed_items, milestone.open_items + milestone.closed_items
    if finished * 100 >= share * all_items:
        return None
    words = f"closed, but {finished} of {plural(all_items, 'item')} in it finished; the contract wants {percent(share)}"
    return Reason("items-open", words)


def _accepted(acceptance: Acceptance, closing: Closing | None) -> str:
    if closing is None:
        return "closed at an unknown time and approved by a person"
    words = [str(closing)]
    if acceptance.nothing_open:
        words.append("nothing in it open")
    if acceptance.issues_closed is not None:
        words.append(f"{percent(acceptance.issues_closed)} of it finished")
    if acceptance.after:
        words.append(f"for at least {_duration(acceptance.after)}")
    return ", ".join(words)


def in_words(at: datetime) -> str:
    """Return an instant (UTC) to the second, as it stands in reasons."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _duration(length: timedelta) -> str:
    for unit, seconds in (("day", 86400), ("hour", 3600), ("minute", 60)):
        count, rest = divmod(int(length.total_seconds()), seconds)
        if count and not rest and (unit != "day" or count > 1):
            return plural(count, unit)
    return plural(int(length.total_seconds()), "second")
