"""Sends one reading request at a time through PyGithub, and keeps the rules that are common to all requests.

It never sleeps through a rate limit that was reached, and never follows a redirection that would lose the query. It
reads no JSON.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from github import Github
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass
from requests.utils import parse_header_links
from urllib3 import Retry

from tracker2invoice import __version__
from tracker2invoice.connections import Connections, LatestLimit
from tracker2invoice.errors import RateLimited
from tracker2invoice.failpoints import failpoint
from tracker2invoice.pace import Limit, Pace, SystemTimer, Timer
from tracker2invoice.wire import read_json
from tracker2invoice_github.credentials import Credentials
from tracker2invoice_github.failures import Failures

API_VERSION = "2022-11-28"
TIMEOUT = 30
USER_AGENT = f"tracker2invoice/{__version__}"
# A broken connection is tried once more, at once. Not GithubRetry: it sleeps as long as Retry-After says.
RETRY = Retry(
    total=1, redirect=0, status=0, allowed_methods={"GET"}, respect_retry_after_header=False, raise_on_status=False
)  # fmt: skip

SECONDARY_LIMIT = Limit(800, 60)
"""Below what GitHub allows on REST and nobody can look up: 900 points a minute, one for each GET, a 304 included
(rate-limits-for-the-rest-api). Else whoever has more repositories would see the same ones refused at every poll."""

_READ = frozenset({200})
# Enterprise Server without GraphQL, and proxies that let nothing but reading through
_NO_GRAPHQL = frozenset({404, 405, 501})

# at level DEBUG PyGithub logs whole answers, that with the App's token included
logging.getLogger("github.Requester").addFilter(lambda record: record.levelno > logging.DEBUG)


@dataclass(frozen=True, slots=True)
class Page:
    """One answer. `address` is what was asked, `next_address` the following page; `etag` may be empty."""

    address: str
    etag: str
    next_address: str
    body: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the GraphQL API; `headers` has lower-case names."""

    headers: Mapping[str, str]
    body: str


class Client:
    """One connection, for one thread at a time."""

    def __init__(
        self, url: str, credentials: Credentials, failures: Failures, pace: Pace, limit: LatestLimit, timeout: int
    ) -> None:
        self._failures, self._pace, self._limit = failures, pace, limit
        self._github = Github(
            auth=credentials.auth, base_url=url, timeout=timeout, user_agent=USER_AGENT, retry=RETRY, lazy=True,
            seconds_between_requests=0, seconds_between_writes=0, api_version=API_VERSION,
        )  # fmt: skip
        self._connection = _connection(url, timeout)

    def get(self, address: str) -> Page:
        """Read an address of the API.

        Raises:
            AccessDenied, NotThere, RateLimited, Unreachable, BadAnswer.
        """
        _, headers, body = self._ask("GET", address, {}, _READ)
        return _page(address, headers, body)

    def get_if_changed(self, address: str, etag: str) -> Page | None:
        """Read an address unless it is as it was when it had this ETag; then return None. Raises like `get`."""
        if not etag:
            return self.get(address)
        status, headers, body = self._ask("GET", address, {"If-None-Match": etag}, _READ | {304})
        return None if status == 304 else _page(address, headers, body)

    def query(self, text: str, variables: Mapping[str, object]) -> Reply | None:
        """Ask the GraphQL API, which only reads here; None if there is none at this address.

        Raises:
            AccessDenied, RateLimited, Unreachable, BadAnswer.
        """
        address = self._github.requester.graphql_url
        asked = {"query": text, "variables": variables}
        status, headers, body = self._ask("POST", address, {}, _READ | _NO_GRAPHQL, asked)
        return Reply(headers, body) if status in _READ else None

    def heed(self, limit: RateLimited) -> None:
        """Send nothing more until the limit ends, which an answer with the status 200 has told."""
        self._limit.reached(limit)

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()
        self._github.close()

    def _ask(
        self, verb: str, address: str, headers: dict[str, str], good: frozenset[int], asked: object = None
    ) -> tuple[int, dict[str, str], str]:
        self._pace.wait(verb, address)
        with self._limit.heeded():
            status, answered, body = self._send(verb, address, headers, asked)
            if status not in good:
                raise self._failures.refusal(status, answered, read_json(body.encode()))
        return status, answered, body

    def _send(self, verb: str, address: str, headers: dict[str, str], asked: object) -> tuple[int, dict[str, str], str]:
        accepted = {"Accept": "application/vnd.github+json", **headers}
        with self._failures.translated(), failpoint(f"request.{self._failures.system}.{verb}"):
            return self._github.requester.requestJson(
                verb, address, headers=accepted, input=asked, cnx=self._connection
            )


class Clients(Connections[Client]):
    """The clients of one GitHub; they keep one pace."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        failures: Failures,
        timeout: int = TIMEOUT,
        timer: Timer | None = None,
    ) -> None:
        pace, limit = Pace(SECONDARY_LIMIT, timer=timer or SystemTimer()), LatestLimit(failures.clock)
        super().__init__(lambda: Client(url, credentials, failures, pace, limit, timeout))
        self._credentials = credentials

    def close(self) -> None:
        """Let go of all connections."""
        super().close()
        self._credentials.close()


def _connection(url: str, timeout: int) -> HTTPRequestsConnectionClass | HTTPSRequestsConnectionClass:
    parts = urlsplit(url)
    kind = HTTPSRequestsConnectionClass if parts.scheme == "https" else HTTPRequestsConnectionClass
    connection = kind(parts.hostname or "", parts.port, timeout=timeout, retry=RETRY)
    connection.session.hooks["response"].append(_keep_the_query)
    return connection


def _keep_the_query(response: requests.Response, **_: object) -> None:
    """PyGithub 2.10 follows a 301 without the query: a list of all milestones would become one of open ones."""
    if response.is_redirect and "?" in (response.request.path_url or ""):
        response.close()
        raise requests.TooManyRedirects


def _page(address: str, headers: Mapping[str, str], body: str) -> Page:
    return Page(address, headers.get("etag", ""), _next(headers.get("link", "")), body)


def _next(link: str) -> str:
    return next((one["url"] for one in parse_header_links(link) if one.get("rel") == "next"), "") if link else ""
