"""Sends one reading request at a time to Gitea. It reads no JSON and never sleeps through a rate limit.

Gitea has no limit of its own; the proxy in front of it may have one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue

from tracker2invoice.errors import RateLimited
from tracker2invoice.plugins import Clock
from tracker2invoice.rest import Answer, Session

_UNTOLD_WAIT = timedelta(minutes=1)


@dataclass(slots=True)
class _Limit:
    """The rate limit that was hit last, by whichever client."""

    clock: Clock
    latest: RateLimited | None = None

    def before_a_request(self) -> None:
        if self.latest and self.latest.not_before and self.clock() < self.latest.not_before:
            raise RateLimited(self.latest.system, self.latest.detail, self.latest.not_before)

    def reached(self, error: RateLimited) -> RateLimited:
        until = error.not_before or self.clock() + _UNTOLD_WAIT
        self.latest = RateLimited(error.system, error.detail, until)
        return self.latest


@dataclass(frozen=True, slots=True)
class Client:
    """One connection to the tracker called `tracker` in the configuration, for one thread at a time."""

    tracker: str
    session: Session
    limit: _Limit

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Read an address below that of the API.

        Raises:
            AccessDenied, NotThere, RateLimited, Unreachable, BadAnswer.
        """
        self.limit.before_a_request()
        try:
            return self.session.read(path, params)
        except RateLimited as error:
            raise self.limit.reached(error) from None


class Clients:
    """Lends each thread a client of its own and keeps them for the next time."""

    def __init__(self, tracker: str, session: Callable[[], Session], clock: Clock) -> None:
        self._tracker, self._session, self._limit = tracker, session, _Limit(clock)
        self._idle: SimpleQueue[Client] = SimpleQueue()

    @contextmanager
    def lend(self) -> Generator[Client]:
        """Hand out a client that nobody else uses."""
        client = self._one()
        try:
            yield client
        finally:
            self._idle.put(client)

    def close(self) -> None:
        """Let go of all connections."""
        while not self._idle.empty():
            self._idle.get_nowait().session.close()

    def _one(self) -> Client:
        try:
            return self._idle.get_nowait()
        except Empty:
            return Client(self._tracker, self._session(), self._limit)
