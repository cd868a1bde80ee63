"""Keeps the requests of this process below Stripe's limits.

Source: docs.stripe.com/rate-limits: 25 requests a second for each endpoint, and in all 100 in live mode, 25 with a key
for tests. A method and a path are an endpoint, whatever ids are in it. A little is left to others who use the account.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable

EACH_ENDPOINT, ALL_LIVE, ALL_TEST = 24, 96, 24
_SECOND = 1.0
_ID = re.compile(r"/(?:in|cus|txr)_\w+")


class Pace:
    """Lets at most so many requests through in any second. `is_live` says that the key is not one for tests."""

    def __init__(
        self,
        *,
        is_live: bool,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._monotonic, self._sleep = monotonic, sleep
        self._all = deque[float](maxlen=ALL_LIVE if is_live else ALL_TEST)
        self._by_endpoint: dict[str, deque[float]] = {}

    def wait(self, method: str, path: str) -> None:
        """Return when one more such request may be sent; `path` may have a query."""
        endpoint = f"{method} {_ID.sub('/*', path.partition('?')[0])}"
        own = self._by_endpoint.setdefault(endpoint, deque(maxlen=EACH_ENDPOINT))
        for latest in (own, self._all):
            if len(latest) == latest.maxlen:
                self._sleep(max(0.0, latest[0] + _SECOND - self._monotonic()))
        now = self._monotonic()
        own.append(now)
        self._all.append(now)
