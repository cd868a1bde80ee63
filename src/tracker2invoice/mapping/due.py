"""From instants to the dates on a document: days are those of the contract's time zone, never of UTC."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tracker2invoice.mapping.text import plural


def local_date(instant: datetime, timezone: str) -> date:
    """Return the day on which an aware instant falls in a time zone (IANA name).

    Raises:
        ValueError: the instant is naive.
    """
    if instant.tzinfo is None:
        raise ValueError("an instant without an offset has no date")
    return instant.astimezone(ZoneInfo(timezone)).date()


def due_date(issued: date, days: int) -> date:
    """Return the issue date plus so many calendar days (EN 16931 BT-9)."""
    return issued + timedelta(days=days)


def payment_terms(issued: date, days: int) -> str:
    """Return the payment terms in words for the client (EN 16931 BT-20)."""
    within = f"within {plural(days, 'day')}" if days else "at once"
    return f"Payable {within}, by {due_date(issued, days)}, without deduction."
