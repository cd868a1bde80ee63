"""Sends one reading request at a time to Jira. It reads no JSON and never sleeps through a rate limit.

Source: developer.atlassian.com/cloud/jira/platform/rate-limiting.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import cast

from tracker2invoice.errors import RateLimited
from tracker2invoice.plugins import Clock
from tracker2invoice.rest import Session
from tracker2invoice.wire import plain_words, write_json

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
        """Remember the limit. Jira does not always say when it ends."""
        until = error.not_before or self.clock() + _UNTOLD_WAIT
        self.latest = RateLimited(error.system, error.detail, until)
        return self.latest


class Client:
    """One connection, for one thread at a time."""

    def __init__(self, session: Session, limit: _Limit) -> None:
        self._session, self._limit = session, limit

    def get(self, path: str, params: Mapping[str, str] | None = None) -> object:
        """Read an address, and return its JSON.

        Raises:
            AccessDenied, NotThere, RateLimited, Unreachable, BadAnswer.
        """
        return self._send(lambda: self._session.read(path, params).data)

    def ask(self, path: str, question: Mapping[str, object]) -> object:
        """Send a search or the like, and return its JSON. Raises like `get`."""
        return self._send(lambda: self._session.query(path, write_json(dict(question)).encode()).data)

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def _send(self, request: Callable[[], object]) -> object:
        self._limit.before_a_request()
        try:
            return request()
        except RateLimited as error:
            raise self._limit.reached(error) from None


class Clients:
    """Lends each thread a client of its own and keeps them for the next time."""

    def __init__(self, session: Callable[[], Session], clock: Clock) -> None:
        self._session, self._limit = session, _Limit(clock)
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
            self._idle.get_nowait().close()

    def _one(self) -> Client:
        try:
            return self._idle.get_nowait()
        except Empty:
            return Client(self._session(), self._limit)


def words(data: object) -> str:
    """Return the messages of an error answer: `errorMessages` and `errors`, a text for each field."""
    if not isinstance(data, dict):
        return ""
    fields = cast("dict[str, object]", data)
    messages, errors = fields.get("errorMessages"), fields.get("errors")
    found = list(cast("list[object]", messages)) if isinstance(messages, list) else []
    found += cast("dict[str, object]", errors).values() if isinstance(errors, dict) else ()
    return " ".join(one for one in found if isinstance(one, str)) or plain_words(fields)
