"""What `check` says of a tracker that could not be read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tracker2invoice.errors import (
    AccessDenied,
    NoConsent,
    NotThere,
    RateLimited,
    SecretMissing,
    Tracker2InvoiceError,
    Unreachable,
)
from tracker2invoice.findings import next_step, said

NOON = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "what", "step"),
    [
        (AccessDenied("board", "HTTP 403"), "HTTP 403", "allow it"),
        (NotThere("board", "HTTP 404"), "HTTP 404", "correct the name"),
        (RateLimited("board", "HTTP 429", NOON), "HTTP 429", "try again after 2026-03-02 12:30 UTC"),
        (Unreachable("board", "HTTP 502"), "HTTP 502", "try again later"),
        (NoConsent("board", "no"), "no", "run `t2i auth board`: there is no consent that is good (no)"),
        (SecretMissing("environment variable X"), "SecretMissing", "provide the environment variable X"),
    ],
)  # fmt: skip
def test_a_failure_is_told_in_the_trackers_words_with_what_to_do(
    error: Tracker2InvoiceError, what: str, step: str
) -> None:
    assert (said(error), next_step(error, denied="allow it", missing="correct the name")) == (what, step)
