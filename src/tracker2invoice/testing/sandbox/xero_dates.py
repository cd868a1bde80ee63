"""How Xero writes instants and days in its JSON: milliseconds since 1970. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

_MS_DATE = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")


def ms(instant: datetime) -> str:
    """Return the instant in the notation of Xero's JSON."""
    return f"/Date({int(instant.timestamp() * 1000)}+0000)/"


def _day(value: object) -> date | None:
    """Read `2026-03-02`, as people write it, or `/Date(1772409600000)/`, as Xero's own clients do.

    Raises:
        ValueError: it is neither.
    """
    if value is None:
        return None
    since_1970 = _MS_DATE.fullmatch(str(value))
    if since_1970:
        return datetime.fromtimestamp(int(since_1970[1]) / 1000, UTC).date()
    return date.fromisoformat(str(value))


def is_date(value: object) -> bool:
    """Say whether it is a day in either notation, or nothing."""
    try:
        _day(value)
    except ValueError:
        return False
    return True


def ms_date(value: object) -> str | None:
    """Return midnight in UTC of a day in either notation.

    Raises:
        ValueError: it is in neither.
    """
    day = _day(value)
    return ms(datetime.combine(day, datetime.min.time(), UTC)) if day else None
