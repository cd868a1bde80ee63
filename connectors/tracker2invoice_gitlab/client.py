"""Sends one reading request at a time through python-gitlab, and keeps the rules that are common to all requests.

It never sleeps through a rate limit, never goes to another host and never follows a redirection that would lose the
query. It reads no JSON but that of an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from gitlab import Gitlab
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from tracker2invoice import __version__
from tracker2invoice.connections import Connections, LatestLimit
from tracker2invoice.errors import BadAnswer
from tracker2invoice.failpoints import failpoint
from tracker2invoice_gitlab.failures import Failures

TIMEOUT = 30
PER_PAGE = 100
# A broken connection is tried once more, at once. The one POST is a query: it changes nothing.
_RETRY = Retry(
    total=1, redirect=0, status=0, allowed_methods={"GET", "POST"}, respect_retry_after_header=False,
    raise_on_status=False,
)  # fmt: skip
# these say that there is no GraphQL here, or not for us; whether REST is open to us, REST says better
_NO_GRAPHQL = frozenset({400, 403, 404, 405, 410, 413, 414, 422})

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. `next_page` is the number of the following one, empty if there is none."""

    body: bytes
    next_page: str


class Client:
    """One connection, for one thread at a time. `url` is that of GitLab, without a slash at the end."""

    def __init__(self, url: str, failures: Failures, limit: LatestLimit, timeout: int) -> None:
        self.url, self.failures, self._limit = url, failures, limit
        session = requests.Session()
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=_RETRY))
        session.hooks["response"].append(self._judge)
        self._gitlab = Gitlab(
            url, oauth_token=failures.token, timeout=timeout, user_agent=f"tracker2invoice/{__version__}",
            keep_base_url=True, retry_transient_errors=False, session=session,
        )  # fmt: skip

    def get(self, path: str, fields: Fields | None = None) -> Page:
        """Read a path of the REST API, which begins with a slash.

        Raises:
            AccessDenied, NotThere, RateLimited, Unreachable, BadAnswer.
        """
        response = self._send("get", path, query_data=dict(fields or {}))
        return Page(response.content, self._next_page(response))

    def query(self, query: str, variables: Mapping[str, object]) -> bytes:
        """Ask GraphQL.

        Raises:
            NoGraphQL: this GitLab has none, or does not let us.
            AccessDenied, RateLimited, Unreachable, BadAnswer.
        """
        return self._send(
            "post", f"{self.url}/api/graphql", post_data={"query": query, "variables": dict(variables)}
        ).content

    def close(self) -> None:
        """Let go of the connection."""
        self._gitlab.session.close()

    def _send(self, verb: str, path: str, **what: object) -> requests.Response:
        with (
            self._limit.heeded(),
            self.failures.translated(),
            failpoint(f"request.{self.failures.system}.{verb.upper()}"),
        ):
            return self._gitlab.http_request(verb, path, obey_rate_limit=False, **what)  # type: ignore[arg-type]

    def _judge(self, response: requests.Response, **_: object) -> None:
        """Raise what the answer means, here where its headers are: python-gitlab's errors do not have them."""
        status = response.status_code
        if 200 <= status < 300:
            return
        body = response.content  # to the end, or the connection is of no more use
        if response.is_redirect and response.request.method == "GET":
            self._refuse_to_go(response)
            return
        if response.request.method == "POST" and (status in _NO_GRAPHQL or 300 <= status < 400):
            raise self.failures.no_graphql(status, body)
        raise self.failures.refusal(status, response.headers, body)

    def _refuse_to_go(self, response: requests.Response) -> None:
        """Let only the address of a moved project or group through, on this host and with the whole query."""
        here = urlsplit(response.url)
        there = urlsplit(urljoin(response.url, response.headers["Location"]))
        asked, kept = parse_qs(here.query), parse_qs(there.query)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc) or any(
            kept.get(name) != value for name, value in asked.items()
        ):
            raise BadAnswer(self.failures.system, f"HTTP {response.status_code}: the address leads elsewhere")

    def _next_page(self, response: requests.Response) -> str:
        """Return the number alone: a wrong external_url makes the link lead to another host."""
        told: str = response.headers.get("X-Next-Page", "")
        link = response.links.get("next", {}).get("url", "")
        if told or not link:
            return told
        pages = parse_qs(urlsplit(link).query).get("page")
        if not pages:
            raise BadAnswer(self.failures.system, "the pages of a list are not numbered")
        return pages[0]


class Clients(Connections[Client]):
    """The clients of one GitLab."""

    def __init__(self, url: str, failures: Failures, timeout: int = TIMEOUT) -> None:
        limit = LatestLimit(failures.clock)
        super().__init__(lambda: Client(url, failures, limit, timeout))
