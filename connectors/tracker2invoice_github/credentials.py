"""Who we are, for PyGithub: a personal token, or an App's installation with one token for all threads.

One token for all, because GitHub's ETags are bound to the token: a second one would cost every 304.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from github import Auth, GithubIntegration

from tracker2invoice.failpoints import failpoint
from tracker2invoice.plugins import Clock

_MARGIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Credentials:
    """`auth` is for PyGithub. `secrets` gives what must never be shown. `close` lets go of connections."""

    auth: Auth.Auth
    secrets: Callable[[], tuple[str, ...]]
    close: Callable[[], None]


def personal(token: str) -> Credentials:
    """Return the credentials of a personal access token."""
    return Credentials(Auth.Token(token), lambda: (token,), lambda: None)


def installation(integration: GithubIntegration, number: int, clock: Clock) -> Credentials:
    """Return the credentials of an App's installation; its token is fetched when it is first needed."""
    auth = _InstallationToken(integration, number, clock)
    return Credentials(auth, auth.secrets, integration.close)


class _InstallationToken(Auth.Auth):
    """Renews the token before it expires. Threads wait for the one that does."""

    def __init__(self, integration: GithubIntegration, number: int, clock: Clock) -> None:
        self._integration, self._number, self._clock = integration, number, clock
        self._renewing = Lock()
        self._current: tuple[str, datetime] | None = None
        self._given: deque[str] = deque(maxlen=2)

    @property
    def token_type(self) -> str:
        """The word before the token."""
        return "token"

    @property
    def token(self) -> str:
        """A token that is good for a minute at least.

        Raises:
            GithubException, requests.RequestException, ValueError: GitHub gave none.
        """
        with self._renewing:
            if self._current is None or self._clock() >= self._current[1] - _MARGIN:
                with failpoint("request.token.POST"):
                    given = self._integration.get_access_token(self._number)
                if not given.token:  # PyGithub makes None of an answer without one
                    raise ValueError("an answer without a token")
                self._given.append(given.token)
                self._current = given.token, given.expires_at
            return self._current[0]

    def secrets(self) -> tuple[str, ...]:
        """Return the token and the one before, which other threads may still be using."""
        return tuple(self._given)
