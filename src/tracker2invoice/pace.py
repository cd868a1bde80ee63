"""Keeps the requests of this process below the limits that an outside system documents, before it has to refuse any."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Protocol


class Timer(Protocol):
    """Time as it passes for this process, in seconds from any beginning; never put back."""

    def now(self) -> float:
        """Return the seconds so far."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        ...


class SystemTimer:
    """The timer of this machine."""

    def now(self) -> float:
        """Return the seconds so far."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many `requests` in any so many `seconds`.

    `of` names by method and path what is counted by itself, such as an endpoint; without it all requests count.
    """

    requests: int
    seconds: float
    of: Callable[[str, str], str] = lambda method, path: ""  # noqa: ARG005


class Pace:
    """Lets requests of all threads through as fast as all limits allow; who comes later waits behind.

    Other processes on the same account are not seen, before a limit is used up all the same: `not_before` is the
    instant (UTC) until which the system has then said to wait.
    """

    def __init__(self, *limits: Limit, timer: Timer) -> None:
        self._limits, self._timer = limits, timer
        self.not_before: datetime | None = None
        self._turn = Lock()
        self._sent: dict[tuple[int, str], deque[float]] = {}

    def wait(self, method: str, path: str) -> None:
        """Return when one more such request may be sent, and count it; `path` has no query."""
        with self._turn:
            kept = [(limit, self._latest(number, limit, method, path)) for number, limit in enumerate(self._limits)]
            ready = max((sent[0] + limit.seconds for limit, sent in kept if len(sent) == limit.requests), default=0.0)
            if (left := ready - self._timer.now()) > 0:
                self._timer.sleep(left)
            now = self._timer.now()
            for _, sent in kept:
                sent.append(now)

    def _latest(self, number: int, limit: Limit, method: str, path: str) -> deque[float]:
        """Return when the latest requests were sent that count for a limit, no more of them than it allows."""
        return self._sent.setdefault((number, limit.of(method, path)), deque(maxlen=limit.requests))


class Paces:
    """The paces of a process: whoever connects anew under the same name waits behind what was sent before."""

    def __init__(self) -> None:
        self._kept: dict[object, Pace] = {}

    def of(self, name: str, *limits: Limit, timer: Timer) -> Pace:
        """Return the pace of the tracker or output that is configured as `name`."""
        return self._kept.setdefault((name, limits), Pace(*limits, timer=timer))
