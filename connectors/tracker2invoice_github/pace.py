"""Keeps the requests of all threads below GitHub's secondary limit, which nobody can look up.

GitHub allows 900 points a minute on REST, one for each GET, a 304 included (rate-limits-for-the-rest-api). Without
this, whoever has more repositories than that would see the same ones refused at every poll.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Lock

REQUESTS, SECONDS = 800, 60.0


class Pace:
    """Lets at most `REQUESTS` through in any `SECONDS`."""

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._monotonic, self._sleep = monotonic, sleep
        self._turn = Lock()
        self._latest: deque[float] = deque(maxlen=REQUESTS)

    def wait(self) -> None:
        """Return when one more request may be sent. Who comes later waits behind."""
        with self._turn:
            if len(self._latest) == REQUESTS:
                self._sleep(max(0.0, self._latest[0] + SECONDS - self._monotonic()))
            self._latest.append(self._monotonic())
