"""Requests to the REST API through PyGithub: an answer, or an error of `errors.py`.

PyGithub signs in and keeps the connections. What it would do by itself is switched off here, because it loses
milestones or time: it follows a 301 without the query string, sleeps through rate limits and pauses between
requests. While GitHub limits us nothing is sent at all: going on may get an integration banned
(docs.github.com, rest/using-the-rest-api/rate-limits-for-the-rest-api).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

import github
import urllib3
from github.Auth import Auth

from tracker2invoice import __version__
from tracker2invoice.errors import (
    AccessDenied,
    BadAnswer,
    NotThere,
    RateLimited,
    Tracker2InvoiceError,
    Unreachable,
)
from tracker2invoice.plugins import Clock
from tracker2invoice.wire import NotJson, plain_words, read_instant, read_json

if TYPE_CHECKING:
    from types import TracebackType

    from urllib3.connectionpool import ConnectionPool
    from urllib3.response import BaseHTTPResponse

API_VERSION = "2022-11-28"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BROKEN = frozenset({500, 502, 503, 504})
_AT_LEAST = timedelta(minutes=1)  # same page: "wait for at least one minute" if no header says how long
_AT_MOST = timedelta(hours=1)  # the length of the primary limit's window; more is a wrong clock on either side
_LONGEST_DETAIL = 300


class Moved(BadAnswer):
    """The answer is at another address; `location` is what the header says, not to be trusted."""

    def __init__(self, system: str, location: str) -> None:
        super().__init__(system, "the address has moved")
        self.location = location


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer 200. `headers` has lower-case names."""

    headers: Mapping[str, str]
    data: object


class _Redirected(Exception):  # noqa: N818 (no error: it carries the location past PyGithub)
    """A redirect, before PyGithub follows it."""


class _Retries(urllib3.Retry):
    """Twice more after a broken connection or answer, at most 0.2 s apart; never after a limit."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        if response is not None and response.status in _REDIRECTS:
            response.drain_conn()
            raise _Redirected(response.headers.get("Location", ""))
        return super().increment(method, url, response, error, _pool, _stacktrace)


class Api:
    """The REST API of one GitHub. May be used by several threads; each request takes a client of its own."""

    def __init__(self, system: str, url: str, auth: Auth, clock: Clock, timeout: int) -> None:
        """Connect to nothing yet. `system` is the configured name; `timeout` is in seconds."""
        self._system, self._clock = system, clock
        self._limited: RateLimited | None = None
        self._idle: list[github.Github] = []
        self._new_client: Callable[[], github.Github] = lambda: github.Github(
            auth=auth,
            base_url=url.rstrip("/"),
            timeout=timeout,
            user_agent=f"tracker2invoice/{__version__}",
            retry=_Retries(
                total=2,
                status_forcelist=_REDIRECTS | _BROKEN,
                backoff_factor=0.1,
                respect_retry_after_header=False,
                raise_on_status=False,
            ),
            seconds_between_requests=0,
            lazy=True,
            api_version=API_VERSION,
        )

    def get(self, path: str) -> Answer:
        """Send a GET.

        Raises:
            AccessDenied, NotThere, RateLimited, Unreachable, BadAnswer: as the answer says.
            Moved: it is a redirect.
        """
        answer = self.get_if_changed(path, "")
        if answer is None:
            raise BadAnswer(self._system, "HTTP 304 without a question")
        return answer

    def get_if_changed(self, path: str, etag: str) -> Answer | None:
        """Send a GET; None if the answer still has that ETag. Raises like `get`."""
        self._keep_quiet_while_limited()
        headers = {"Accept": "application/vnd.github+json"}
        if etag:
            headers["If-None-Match"] = etag
        with self._client() as client:
            status, answered, body = self._send(client, path, headers)
        if status == 304:
            return None
        data = read_json(body.encode())
        if status != 200:
            raise self._refusal(status, answered, data, _token_of(headers))
        if isinstance(data, NotJson):
            raise BadAnswer(self._system, "HTTP 200 with a body that is not JSON")
        return Answer(answered, data)

    def close(self) -> None:
        """Let go of the connections."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _client(self) -> Generator[github.Github]:
        try:
            client = self._idle.pop()
        except IndexError:
            client = self._new_client()
        try:
            yield client
        finally:
            self._idle.append(client)

    def _send(self, client: github.Github, path: str, headers: dict[str, str]) -> tuple[int, Mapping[str, str], str]:
        try:
            return client.requester.requestJson("GET", path, headers=headers)
        except _Redirected as redirect:
            raise Moved(self._system, str(redirect)) from None
        except github.GithubException as error:  # from the request for the token of an installation
            raise self._refusal(error.status, error.headers or {}, error.data, "") from None
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise Unreachable(self._system, _reason(error)) from None
        except (ValueError, AssertionError, RuntimeError, TypeError) as error:
            # PyGithub's own objections quote headers and addresses
            raise BadAnswer(self._system, f"PyGithub cannot read the answer ({type(error).__name__})") from None

    def _refusal(self, status: int, headers: Mapping[str, str], data: Any, token: str) -> Tracker2InvoiceError:
        words = plain_words(data)
        detail = _line(f"HTTP {status}: {words}" if words else f"HTTP {status}", token)
        if status == 429 or (status == 403 and _is_limit(headers, words)):
            self._limited = RateLimited(self._system, detail, self._not_before(headers))
            return self._limited
        if status in (401, 403):
            return AccessDenied(self._system, detail)
        if status in (404, 410, 451):
            return NotThere(self._system, detail)
        if status >= 500:
            return Unreachable(self._system, detail)
        return BadAnswer(self._system, detail)

    def _not_before(self, headers: Mapping[str, str]) -> datetime:
        now = self._clock()
        said = read_instant(headers.get("retry-after", ""), now)
        if said is None and headers.get("x-ratelimit-remaining") == "0":
            said = read_instant(headers.get("x-ratelimit-reset", ""), now)
        return min(said, now + _AT_MOST) if said else now + _AT_LEAST

    def _keep_quiet_while_limited(self) -> None:
        limited = self._limited
        if limited and limited.not_before and self._clock() < limited.not_before:
            raise RateLimited(limited.system, limited.detail, limited.not_before)


def _is_limit(headers: Mapping[str, str], words: str) -> bool:
    return "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0" or "rate limit" in words.lower()


def _token_of(headers: Mapping[str, str]) -> str:
    # PyGithub has put it there while it sent the request
    return headers.get("Authorization", "").rpartition(" ")[2]


def _line(text: str, hidden: str) -> str:
    shown = text.replace(hidden, "***") if hidden else text
    return "".join(char if char.isprintable() else " " for char in shown)[:_LONGEST_DETAIL]


def _reason(error: BaseException) -> str:
    """Name the innermost cause; the outer texts hold URLs."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
