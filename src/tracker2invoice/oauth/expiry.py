"""When a consent ends if nobody does anything. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tracker2invoice.oauth.declaration import Consent
from tracker2invoice.oauth.tokens import Tokens

NOTICE = timedelta(days=14)
"""How long before its end a consent is warned of."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """The end of a consent (UTC): `for_good`, or only if it is not used before."""

    at: datetime
    for_good: bool

    def is_near(self, now: datetime) -> bool:
        """Whether it is time to warn of it, or it is past."""
        return now >= self.at - NOTICE

    def is_past(self, now: datetime) -> bool:
        """Whether the consent has ended."""
        return now >= self.at


def expiry(consent: Consent, tokens: Tokens) -> Expiry | None:
    """Return when the refresh token ends, the earlier of the two ways; None if it does not, or nobody knows."""
    unused = tokens.ends_at
    if unused is None and tokens.renewed_at and consent.idle:
        unused = tokens.renewed_at + consent.idle
    last = tokens.began_at + consent.lasts if tokens.began_at and consent.lasts else None
    ends = [Expiry(at, for_good) for at, for_good in ((last, True), (unused, False)) if at]
    return min(ends, key=lambda end: end.at, default=None)
