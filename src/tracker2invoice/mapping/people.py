"""Who the people are whom a contract names, and whether one of them can have seen what is finished.

People are compared by login, never by the name that they show.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from tracker2invoice.model.milestone import EARLIEST

_CLOSED_WITH_IT = timedelta(minutes=1)
"""Who closes an issue with a comment or a label writes or sets that a moment before the issue is closed."""


def is_one_of(login: str, people: Iterable[str]) -> bool:
    """Say whether the login is that of one of the people."""
    return any(_same(login, one) for one in people)


def seen_from(finished: datetime) -> datetime:
    """Return the earliest instant (UTC) at which somebody acts who has seen what was finished then."""
    return max(EARLIEST, finished - _CLOSED_WITH_IT)


def _same(login: str, other: str) -> bool:
    """Compare without case where that is safe: what is not ASCII may fold into the login of somebody else."""
    return login == other or (login.isascii() and other.isascii() and login.lower() == other.lower())
