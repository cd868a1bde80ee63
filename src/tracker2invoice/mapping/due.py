"""From instants to the dates on a document: days are those of the contract's time zone, never of UTC.

Whatever comes after is counted in days, so that no change of the clocks can move it.
"""

from __future__ import annotations

from calendar import MONDAY, SUNDAY, monthrange
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from tracker2invoice.mapping.calendar import is_business_day
from tracker2invoice.model.due import BusinessDays, DueRule

_ONE = timedelta(days=1)


def local_date(instant: datetime, timezone: str) -> date:
    """Return the day on which an aware instant falls in a time zone (IANA name).

    Raises:
        ValueError: the instant is naive.
    """
    if instant.tzinfo is None:
        raise ValueError("an instant without an offset has no date")
    return instant.astimezone(ZoneInfo(timezone)).date()


def due_date(issued: date, rule: DueRule) -> date:
    """Return the day by which an invoice of that day is to be paid (EN 16931 BT-9), never before it was issued.

    Raises:
        LookupError: there is no calendar of holidays of the rule's name.
    """
    counted_from = _after_cut_off(issued, rule.cut_off)
    day = _by_kind(counted_from, rule)
    if rule.payment_days:
        day = min(_next(number, day) for number in rule.payment_days)
    return max(issued, business_day(day, rule.business_days, rule.calendar))


def business_day(day: date, convention: BusinessDays, calendar: str) -> date:
    """Return the day itself if it is a business day, else the one that the convention moves it to.

    Raises:
        LookupError: there is no such calendar.
    """
    if convention == "none" or is_business_day(day, calendar):
        return day
    return _CONVENTIONS[convention](day, calendar)


def _after_cut_off(issued: date, cut_off: int | None) -> date:
    if cut_off is None or month_end(issued) - issued > cut_off * _ONE:
        return issued
    return month_end(issued) + _ONE


def _by_kind(start: date, rule: DueRule) -> date:
    later = start + rule.days * _ONE
    match rule.kind:
        case "days":
            return later
        case "month end, then days":
            return month_end(start) + rule.days * _ONE
        case "days, then month end":
            return month_end(later)
        case "days, then month end, then day":
            return _on(rule.day or 1, month_end(later) + _ONE)
        case "days, then next day":
            return _next(rule.day or 1, later)


def month_end(day: date) -> date:
    """Return the last day of that month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def _on(number: int, day: date) -> date:
    """Return that day of the month in which `day` lies, or the month's last one."""
    return day.replace(day=min(number, month_end(day).day))


def _next(number: int, day: date) -> date:
    """Return the first such day of a month on or after `day`."""
    this_month = _on(number, day)
    return this_month if this_month >= day else _on(number, month_end(day) + _ONE)


def _following(day: date, calendar: str) -> date:
    return _walk(day, _ONE, calendar)


def _preceding(day: date, calendar: str) -> date:
    return _walk(day, -_ONE, calendar)


def _modified_following(day: date, calendar: str) -> date:
    following = _following(day, calendar)
    return following if following.month == day.month else _preceding(day, calendar)


def _modified_preceding(day: date, calendar: str) -> date:
    preceding = _preceding(day, calendar)
    return preceding if preceding.month == day.month else _following(day, calendar)


def _nearest(day: date, calendar: str) -> date:
    return _following(day, calendar) if day.weekday() in (SUNDAY, MONDAY) else _preceding(day, calendar)


def _walk(day: date, step: timedelta, calendar: str) -> date:
    while not is_business_day(day, calendar):
        day += step
    return day


_CONVENTIONS: Mapping[BusinessDays, Callable[[date, str], date]] = MappingProxyType(
    {
        "following": _following,
        "modified following": _modified_following,
        "preceding": _preceding,
        "modified preceding": _modified_preceding,
        "nearest": _nearest,
    }
)
