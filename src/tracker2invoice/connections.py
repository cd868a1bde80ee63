"""What the connections of one tracker have in common: who uses which, and the rate limit that was hit last.

It opens none by itself and knows no vendor.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Generic, Protocol, TypeVar

from tracker2invoice.errors import RateLimited
from tracker2invoice.plugins import Clock

_UNTOLD_WAIT = timedelta(minutes=1)


class Connection(Protocol):
    """What one thread at a time uses."""

    def close(self) -> None:
        """Let go of it."""
        ...


C = TypeVar("C", bound=Connection)


class Connections(Generic[C]):
    """Lends each thread a connection of its own and keeps it for the next time."""

    def __init__(self, connect: Callable[[], C]) -> None:
        """`connect` makes another one, when all are lent."""
        self._connect = connect
        self._idle: SimpleQueue[C] = SimpleQueue()

    @contextmanager
    def lend(self) -> Generator[C]:
        """Hand out a connection that nobody else uses."""
        connection = self._one()
        try:
            yield connection
        finally:
            self._idle.put(connection)

    def close(self) -> None:
        """Let go of all that are not lent."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def _one(self) -> C:
        try:
            return self._idle.get_nowait()
        except Empty:
            return self._connect()


class LatestLimit:
    """The rate limit that was hit last, by whichever connection. Going on while it lasts may end in a ban."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._latest: RateLimited | None = None

    @contextmanager
    def heeded(self) -> Generator[None]:
        """Send a request inside: not while the limit lasts, and the limit that it runs into is the latest.

        Raises:
            RateLimited: always with the instant until when; a minute from now if nothing told it.
        """
        self._refuse()
        try:
            yield
        except RateLimited as error:
            raise self.reached(error) from None

    def reached(self, error: RateLimited) -> RateLimited:
        """Remember a limit, and return it with the instant at which it ends."""
        until = error.not_before or self._clock() + _UNTOLD_WAIT
        self._latest = RateLimited(error.system, error.detail, until)
        return self._latest

    def _refuse(self) -> None:
        latest = self._latest
        if latest and latest.not_before and self._clock() < latest.not_before:
            raise RateLimited(latest.system, latest.detail, latest.not_before)
