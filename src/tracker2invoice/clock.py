"""The one place that asks the operating system for the time."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from tracker2invoice.plugins import Clock


def system_clock() -> Clock:
    """Return the clock of this process: the system's, or the fixed instant in `T2I_NOW` (RFC 3339; tests only).

    Raises:
        ValueError: `T2I_NOW` is not an instant with an offset.
    """
    fixed = os.environ.get("T2I_NOW")
    if not fixed:
        return lambda: datetime.now(UTC)
    instant = datetime.fromisoformat(fixed)
    if instant.tzinfo is None:
        raise ValueError("T2I_NOW needs an offset: 2026-11-23T09:00:00Z")
    return lambda: instant.astimezone(UTC)
