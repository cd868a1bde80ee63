"""Sends one reading request at a time to Jira. It reads no JSON and never sleeps through a rate limit.

Source: developer.atlassian.com/cloud/jira/platform/rate-limiting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from tracker2invoice.connections import Connections, LatestLimit
from tracker2invoice.plugins import Clock
from tracker2invoice.rest import Session
from tracker2invoice.wire import plain_words, write_json


class Client:
    """One connection, for one thread at a time."""

    def __init__(self, session: Session, limit: LatestLimit) -> None:
        self._session, self._limit = session, limit

    def get(self, path: str, params: Mapping[str, str] | None = None) -> object:
        """Read an address, and return its JSON.

        Raises:
            AccessDenied, NotThere, RateLimited, Unreachable, BadAnswer.
        """
        with self._limit.heeded():
            return self._session.read(path, params).data

    def ask(self, path: str, question: Mapping[str, object]) -> object:
        """Send a search or the like, and return its JSON. Raises like `get`."""
        with self._limit.heeded():
            return self._session.query(path, write_json(dict(question)).encode()).data

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()


class Clients(Connections[Client]):
    """The clients of one Jira."""

    def __init__(self, session: Callable[[], Session], clock: Clock) -> None:
        limit = LatestLimit(clock)
        super().__init__(lambda: Client(session(), limit))


def words(data: object) -> str:
    """Return the messages of an error answer: `errorMessages` and `errors`, a text for each field."""
    if not isinstance(data, dict):
        return ""
    fields = cast("dict[str, object]", data)
    messages, errors = fields.get("errorMessages"), fields.get("errors")
    found = list(cast("list[object]", messages)) if isinstance(messages, list) else []
    found += cast("dict[str, object]", errors).values() if isinstance(errors, dict) else ()
    return " ".join(one for one in found if isinstance(one, str)) or plain_words(fields)
