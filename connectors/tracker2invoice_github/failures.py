"""Turns refusals and broken connections into the errors of the core. Must never let a credential through.

Sources, pages of GitHub's documentation: rate-limits-for-the-rest-api, troubleshooting-the-rest-api,
rate-limits-and-query-limits-for-the-graphql-api.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import requests
import urllib3
from github import GithubException
from github.Requester import Requester

from tracker2invoice.errors import (
    AccessDenied,
    BadAnswer,
    NotThere,
    RateLimited,
    Tracker2InvoiceError,
    Unreachable,
)
from tracker2invoice.plugins import Clock
from tracker2invoice.wire import innermost, plain_words, read_instant, redacted

_LONGEST_DETAIL = 300
# the window of the primary limit; more is a wrong clock on one side
_LONGEST_WAIT = timedelta(hours=1)
# rate-limits-for-the-rest-api: without a header that says more, wait for at least one minute
_UNTOLD_WAIT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Failures:
    """Words the failures of one tracker. `secrets` gives what must not be in any detail."""

    system: str
    clock: Clock
    secrets: Callable[[], tuple[str, ...]]

    @contextmanager
    def translated(self) -> Generator[None]:
        """Turn whatever PyGithub, requests and urllib3 raise inside into an error of the core."""
        try:
            yield
        except Tracker2InvoiceError:
            raise
        except GithubException as error:
            raise self.refusal(error.status, error.headers or {}, error.data) from None
        except (requests.TooManyRedirects, requests.exceptions.ContentDecodingError) as error:
            raise BadAnswer(self.system, type(error).__name__) from None
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise Unreachable(self.system, innermost(error)) from None
        # PyGithub lets assertions and its own run-time errors out when an answer is not what it expects
        except (AssertionError, LookupError, AttributeError, RuntimeError, TypeError, ValueError) as error:
            raise BadAnswer(self.system, type(error).__name__) from None

    def refusal(self, status: int, headers: Mapping[str, str], data: object) -> Tracker2InvoiceError:
        """Return what an answer means that is neither 200 nor 304. `headers` has lower-case names."""
        words = plain_words(data)
        detail = self.detail(f"HTTP {status}: {words}" if words else f"HTTP {status}")
        if _is_limit(status, headers, words):
            return RateLimited(self.system, detail, self._after_limit(headers))
        if status in (401, 403, 451):
            return AccessDenied(self.system, detail)
        if status in (404, 410):
            return NotThere(self.system, detail)
        if status >= 500 or status == 408:
            return Unreachable(self.system, detail, self._told(headers, "retry-after"))
        return BadAnswer(self.system, detail)

    def limited(self, headers: Mapping[str, str], words: str) -> RateLimited:
        """Return the limit that an answer of the GraphQL API tells with the status 200."""
        return RateLimited(self.system, self.detail(words), self._after_limit(headers))

    def limited_until(self, until: datetime, words: str) -> RateLimited:
        """Return a limit that nothing was refused for yet; a clock that is wrong makes it no longer than others."""
        return RateLimited(self.system, words, min(until, self.clock() + _LONGEST_WAIT))

    def detail(self, words: str) -> str:
        """Return what GitHub said as one short line without a secret."""
        return redacted(words, self.secrets(), _LONGEST_DETAIL)

    def _after_limit(self, headers: Mapping[str, str]) -> datetime:
        told = self._told(headers, "retry-after")
        if told is None and headers.get("x-ratelimit-remaining") == "0":
            told = self._told(headers, "x-ratelimit-reset")
        return told or self.clock() + _UNTOLD_WAIT

    def _told(self, headers: Mapping[str, str], name: str) -> datetime | None:
        now = self.clock()
        told = read_instant(headers.get(name, ""), now)
        return min(told, now + _LONGEST_WAIT) if told else None


def _is_limit(status: int, headers: Mapping[str, str], words: str) -> bool:
    if status != 403:
        return status == 429
    told = "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"
    return told or is_limit_in_words(words)


def is_limit_in_words(words: str) -> bool:
    """Say whether a message is that of the primary or the secondary limit."""
    return Requester.isRateLimitError(words)
