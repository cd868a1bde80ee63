"""Turns refusals and broken connections into the errors of the core. Must never let a credential through.

Sources, pages of docs.gitlab.com: api/rest/troubleshooting, security/rate_limits, api/graphql.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import requests
import urllib3
from gitlab.exceptions import GitlabError

from tracker2invoice.errors import (
    AccessDenied,
    BadAnswer,
    NotThere,
    RateLimited,
    Tracker2InvoiceError,
    Unreachable,
)
from tracker2invoice.plugins import Clock
from tracker2invoice.wire import innermost, plain_words, read_instant, read_json, redacted

_LONGEST_DETAIL = 300
# limits are counted by the minute or, for some addresses, by the hour; more is a wrong clock on one side
_LONGEST_WAIT = timedelta(hours=1)
# the limits of gitlab.com are counted by the minute
_UNTOLD_WAIT = timedelta(minutes=1)


class NoGraphQL(BadAnswer):
    """This GitLab does not answer GraphQL, or refuses the query."""


class TooMuch(Unreachable):
    """The server answered that it could not (5xx); it may answer a smaller question."""


class TokenRefused(AccessDenied):
    """The token itself is not accepted (401): nothing can be read with it."""


@dataclass(frozen=True, slots=True)
class Failures:
    """Words the failures of one tracker; `token` is never in them."""

    system: str
    clock: Clock
    token: str

    @contextmanager
    def translated(self) -> Generator[None]:
        """Turn whatever python-gitlab, requests and urllib3 raise inside into an error of the core."""
        try:
            yield
        except Tracker2InvoiceError:
            raise
        except (requests.TooManyRedirects, requests.exceptions.ContentDecodingError) as error:
            raise BadAnswer(self.system, type(error).__name__) from None
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise Unreachable(self.system, innermost(error)) from None
        # python-gitlab lets its own errors out when an answer is not what it expects
        except (GitlabError, LookupError, AttributeError, TypeError, ValueError) as error:
            raise BadAnswer(self.system, type(error).__name__) from None

    def refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> Tracker2InvoiceError:
        """Return what an answer means that is not a 2xx. `headers` ignores case."""
        detail = self.worded(_status(status, body))
        if status == 429:
            return RateLimited(self.system, detail, self._after_limit(headers))
        if status == 401:
            return TokenRefused(self.system, detail)
        if status in (403, 451):
            return AccessDenied(self.system, detail)
        if status in (404, 410):
            return NotThere(self.system, detail)
        if status >= 500 or status == 408:
            return TooMuch(self.system, detail, self._told(headers, "Retry-After"))
        return BadAnswer(self.system, detail)

    def no_graphql(self, status: int, body: bytes) -> NoGraphQL:
        """Return that GraphQL is refused, with GitLab's words."""
        return NoGraphQL(self.system, self.worded(f"GraphQL is refused: {_status(status, body)}"))

    def worded(self, text: str) -> str:
        """Return text from GitLab as one short line that holds no credential."""
        return redacted(text, (self.token,), _LONGEST_DETAIL)

    def _after_limit(self, headers: Mapping[str, str]) -> datetime:
        told = self._told(headers, "Retry-After") or self._told(headers, "RateLimit-Reset")
        return told or self.clock() + _UNTOLD_WAIT

    def _told(self, headers: Mapping[str, str], name: str) -> datetime | None:
        now = self.clock()
        told = read_instant(headers.get(name, ""), now)
        return min(told, now + _LONGEST_WAIT) if told else None


def _status(status: int, body: bytes) -> str:
    words = _words(read_json(body))
    return f"HTTP {status}: {words}" if words else f"HTTP {status}"


def _words(data: object) -> str:
    """Return the message of an error; GraphQL has a list of them."""
    if not isinstance(data, dict):
        return ""
    fields = cast("dict[str, object]", data)
    errors = fields.get("errors")
    return plain_words(cast("list[object]", errors)[0] if isinstance(errors, list) and errors else fields)
