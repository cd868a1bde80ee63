"""Sends one reading request at a time to Gitea. It reads no JSON and never sleeps through a rate limit.

Gitea has no limit of its own; the proxy in front of it may have one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tracker2invoice.connections import Connections, LatestLimit
from tracker2invoice.plugins import Clock
from tracker2invoice.rest import Answer, Session


@dataclass(frozen=True, slots=True)
class Client:
    """One connection to the tracker called `tracker` in the configuration, for one thread at a time."""

    tracker: str
    session: Session
    limit: LatestLimit

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Read an address below that of the API.

        Raises:
            AccessDenied, NotThere, RateLimited, Unreachable, BadAnswer.
        """
        with self.limit.heeded():
            return self.session.read(path, params)

    def close(self) -> None:
        """Let go of the connection."""
        self.session.close()


class Clients(Connections[Client]):
    """The clients of one Gitea."""

    def __init__(self, tracker: str, session: Callable[[], Session], clock: Clock) -> None:
        limit = LatestLimit(clock)
        super().__init__(lambda: Client(tracker, session(), limit))
