"""HTTP for connectors: one session per outside system; every outcome is an answer or an error of `errors.py`.

It knows no vendor. It sleeps only to keep the limits that it is given, never sends a write twice, and follows no
redirect to another origin. The details of its errors are one short line, without control characters and without any
credential it has seen.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from tracker2invoice import __version__
from tracker2invoice.errors import (
    AccessDenied,
    BadAnswer,
    NotThere,
    RateLimited,
    Rejected,
    Unclear,
    Unreachable,
)
from tracker2invoice.failpoints import failpoint
from tracker2invoice.pace import Pace
from tracker2invoice.plugins import Clock
from tracker2invoice.wire import NotJson, innermost, plain_words, read_instant, read_json, redacted

_LARGEST_ANSWER = 20 * 1024 * 1024
_LONGEST_DETAIL = 500
_LONGEST_WAIT = timedelta(days=1)
_REDIRECTS = 3
_WAIT_HEADERS = ("Retry-After", "X-RateLimit-Reset", "RateLimit-Reset")


class Authorisation(Protocol):
    """Who we are, as headers. `headers` may fetch a token first and raises what that raises."""

    def headers(self) -> Mapping[str, str]:
        """Return the headers for the next request."""
        ...

    def refused(self) -> None:
        """The system did not accept the latest headers (401): a cached token is worthless."""
        ...


@dataclass(frozen=True, slots=True)
class FixedHeaders:
    """Credentials that do not change: an API key, a personal token."""

    values: Mapping[str, str]

    def headers(self) -> Mapping[str, str]:
        """Return them."""
        return self.values

    def refused(self) -> None:
        """Do nothing: there is nothing to forget."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer. `headers` ignores case; `data` is the body; of JSON with exact numbers (int, Decimal)."""

    headers: Mapping[str, str]
    data: object


@dataclass(frozen=True, slots=True)
class _Raw:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Failure:
    """No complete answer. `sent` says whether any of the request's body may have left."""

    detail: str
    sent: bool
    timed_out: bool


@dataclass(frozen=True, slots=True)
class Media:
    """What bodies are written in: the name of the type, and what turns one into a value, or into a `NotJson`."""

    type: str
    read: Callable[[bytes], object]


JSON = Media("application/json", read_json)


class _Body(io.BytesIO):
    """Notices when it is first read: until then no byte of it has left, and nothing can be carried out."""

    touched = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.touched = True
        return super().read(size)


class Session:
    """A connection to one outside system. Not for use by several threads at once."""

    def __init__(
        self,
        system: str,
        base_url: str,
        clock: Clock,
        *,
        authorisation: Authorisation | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30,
        words: Callable[[object], str] = plain_words,
        media: Media = JSON,
        pace: Pace | None = None,
    ) -> None:
        """Connect to nothing yet.

        Args:
            system: the configured name, for errors.
            base_url: where paths are appended.
            clock: for instants that the system gives as "in so many seconds".
            authorisation: asked before every request.
            headers: sent with every request; not secret.
            timeout: seconds to wait for the connection and between two pieces of the answer.
            words: takes the vendor's message out of an error answer.
            media: what requests and successful answers are written in.
            pace: asked before every request, and told of limits that are used up all the same.
        """
        self._system, self._base, self._clock = system, base_url.rstrip("/"), clock
        self._authorisation = authorisation or FixedHeaders({})
        self._timeout, self._words, self._media, self._pace = timeout, words, media, pace
        self._hidden: set[str] = set()
        self._credentials: Mapping[str, str] = {}
        self._http = requests.Session()
        self._http.headers.update({"Accept": media.type, "User-Agent": f"tracker2invoice/{__version__}"})
        self._http.headers.update(headers or {})
        # without an auth of its own, requests would replace our header by what a .netrc file says
        self._http.auth = _unchanged

    def read(
        self, path: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a GET; once more, at once, if the connection broke or a token was refused that can be replaced.

        Raises:
            AccessDenied, NotThere, RateLimited: as the status says.
            Unreachable: no answer, or a 5xx.
            BadAnswer: refused for another reason, or not to be read.
        """
        return self._understood(self._let_in(lambda: self._get(path, params, headers or {})))

    def query(self, path: str, body: bytes) -> Answer:
        """Send a POST that changes nothing, such as a search; once more as `read` does.

        Raises:
            AccessDenied, NotThere, RateLimited, Unreachable, BadAnswer: as `read`.
        """
        headers = {"Content-Type": self._media.type}
        return self._understood(self._let_in(lambda: self._twice("POST", self._base + path, None, headers, body)))

    def write(
        self,
        method: Literal["POST", "PUT", "PATCH", "DELETE"],
        path: str,
        body: bytes,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content_type: str = "",
    ) -> Answer:
        """Send a request that changes something, exactly once. An answer 204 has the data None.

        Raises:
            AccessDenied, NotThere, RateLimited, Rejected: refused; nothing was changed.
            Unreachable: no connection; nothing was sent.
            Unclear: anything else; it may have been carried out.
        """
        headers = {"Content-Type": content_type or self._media.type, **(headers or {})}
        outcome = self._send(method, self._base + path, params, headers, body)
        if isinstance(outcome, _Failure):
            raise (Unclear if outcome.sent else Unreachable)(self._system, outcome.detail)
        self._raise_for_any(outcome)
        if 400 <= outcome.status < 500 and outcome.status != 408:
            raise Rejected(self._system, self._detail(outcome))
        if not 200 <= outcome.status < 300:
            raise Unclear(self._system, self._detail(outcome))
        data = None if outcome.status == 204 else self._media.read(outcome.body)
        if isinstance(data, NotJson):
            raise Unclear(self._system, f"HTTP {outcome.status} with a body that cannot be read")
        return Answer(outcome.headers, data)

    def hide(self, *secrets: str) -> None:
        """Never let these texts out in an error. What `authorisation` gives is hidden without asking."""
        self._hidden.update(filter(None, secrets))

    def redacted(self, text: str) -> str:
        """Return a text of the system as an error may show it: one short line without what is hidden."""
        return redacted(text, self._hidden, _LONGEST_DETAIL)

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def _let_in(self, send: Callable[[], _Raw | _Failure]) -> _Raw | _Failure:
        """Send what changes nothing, and again with another token if the one from before is good no more."""
        outcome = send()
        if isinstance(outcome, _Raw) and outcome.status == 401:
            refused = self._credentials
            if self._authorisation.headers() == refused:
                self._authorisation.refused()
            if self._authorisation.headers() != refused:
                return send()
        return outcome

    def _get(self, path: str, params: Mapping[str, str] | None, headers: Mapping[str, str]) -> _Raw | _Failure:
        url = self._base + path
        outcome = self._twice("GET", url, params, headers, None)
        for _ in range(_REDIRECTS):
            if isinstance(outcome, _Failure) or not 300 <= outcome.status < 400:
                return outcome
            url = self._same_origin(url, outcome.headers.get("Location", ""))
            outcome = self._send("GET", url, None, headers, None)
        return outcome

    def _twice(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> _Raw | _Failure:
        """Send what changes nothing, and again if the connection broke."""
        outcome = self._send(method, url, params, headers, body)
        if isinstance(outcome, _Failure) and not outcome.timed_out:
            return self._send(method, url, params, headers, body)
        return outcome

    def _same_origin(self, url: str, location: str) -> str:
        try:
            there = urljoin(url, location)
            host = _origin(there)[1]
        except ValueError:
            raise BadAnswer(self._system, "the address leads to one that is none") from None
        if _origin(there) != _origin(url):
            detail = f"the address leads elsewhere, to {host}"
            raise NotThere(self._system, self.redacted(detail))
        return there

    def _send(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> _Raw | _Failure:
        if self._pace:
            self._heed_limits(self._pace, method, urlsplit(url).path)
        credentials = self._credentials = self._authorisation.headers()
        for value in credentials.values():
            self.hide(value, value.rpartition(" ")[2])
        # of a stream without a byte requests makes chunks, which not every server reads to the end
        content = _Body(body) if body else None
        try:
            with failpoint(f"request.{self._system}.{method}"), self._http.request(
                method, url, params=params, headers={**headers, **credentials}, data=content,
                timeout=self._timeout, allow_redirects=False, stream=True,
            ) as response:  # fmt: skip
                return _Raw(response.status_code, response.headers, _capped(response))
        # a ValueError is a header or an address that cannot be sent
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
            timed_out = isinstance(error, requests.Timeout | TimeoutError)
            return _Failure(innermost(error), content is None or content.touched, timed_out)

    def _heed_limits(self, pace: Pace, method: str, path: str) -> None:
        now, until = self._clock(), pace.not_before
        # an instant further away was told while the clock was ahead
        if until and now < until <= now + _LONGEST_WAIT:
            raise RateLimited(self._system, "a limit is used up", until)
        pace.wait(method, path)

    def _understood(self, outcome: _Raw | _Failure) -> Answer:
        if isinstance(outcome, _Failure):
            raise Unreachable(self._system, outcome.detail)
        self._raise_for_any(outcome)
        if outcome.status >= 500:
            raise Unreachable(self._system, self._detail(outcome), self._not_before(outcome))
        if not 200 <= outcome.status < 300:
            raise BadAnswer(self._system, self._detail(outcome))
        data = self._media.read(outcome.body)
        if isinstance(data, NotJson):
            raise BadAnswer(self._system, f"HTTP {outcome.status} with a body that cannot be read")
        return Answer(outcome.headers, data)

    def _raise_for_any(self, raw: _Raw) -> None:
        if raw.status == 401:
            self._authorisation.refused()
        if raw.status in (401, 403):
            raise AccessDenied(self._system, self._detail(raw))
        if raw.status == 404:
            raise NotThere(self._system, self._detail(raw))
        if raw.status == 429:
            until = self._not_before(raw)
            if self._pace:
                self._pace.not_before = until
            raise RateLimited(self._system, self._detail(raw), until)

    def _detail(self, raw: _Raw) -> str:
        words = self._words(read_json(raw.body))
        text = f"HTTP {raw.status}: {words}" if words else f"HTTP {raw.status}"
        return self.redacted(text)

    def _not_before(self, raw: _Raw) -> datetime | None:
        now = self._clock()
        for name in _WAIT_HEADERS:
            instant = read_instant(raw.headers.get(name, ""), now)
            if instant is not None:
                return min(instant, now + _LONGEST_WAIT)
        return None


def _capped(response: requests.Response) -> bytes:
    body = bytearray()
    for piece in response.iter_content(64 * 1024):
        body += piece
        if len(body) > _LARGEST_ANSWER:
            raise urllib3.exceptions.HTTPError("answer too large")
    return bytes(body)


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2]
