"""Every error is a sentence with a next step, and says nothing that must stay secret."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest

from tracker2invoice import errors
from tracker2invoice.cli.common import FAILED, HELD, USAGE, exit_code
from tracker2invoice.cli.wording import sentence

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PROBLEM = errors.Problem("t2i.toml", "trackers.github", "tokn", "unknown key, did you mean 'token'?")
REASONS: tuple[errors.ConsentFailure, ...] = get_args(errors.ConsentFailure)
EXAMPLES: list[tuple[errors.Tracker2InvoiceError, str, int]] = [
    (errors.ConfigInvalid((PROBLEM,)), "t2i.toml [trackers.github] tokn: unknown key, did you mean 'token'?", USAGE),
    (errors.SecretMissing("environment variable GITHUB_TOKEN"), "environment variable GITHUB_TOKEN", USAGE),
    (errors.NoSuchConnector("trackers", "gihub", ("github",)), "installed: github", USAGE),
    (errors.BrokenConnector("acme", "acme-t2i", "ImportError"), "t2i connectors", USAGE),
    (errors.AccessDenied("github", "401"), "t2i check", USAGE),
    (errors.NoConsent("books", "invalid_grant"), "t2i auth books", USAGE),
    *((errors.ConsentFailed("books", reason, "acme"), "t2i auth books", USAGE) for reason in REASONS),
    (errors.CannotList("board"), "projects", USAGE),
    (errors.NotThere("github", "acme/potral"), "acme/potral", USAGE),
    (errors.RateLimited("github", "403", NOON), "until 2026-03-02 12:00:00 UTC", FAILED),
    (errors.RateLimited("books", "too many a day"), "no more requests: too many a day. Nothing is lost", FAILED),
    (errors.Unreachable("books", "connection refused"), "connection refused", FAILED),
    (errors.BadAnswer("books", "HTML"), "Nothing was changed", FAILED),
    (errors.Unclear("books", "time-out"), "looks there before anything is sent again", FAILED),
    (errors.Rejected("books", "account 200 is archived"), "t2i retry", FAILED),
    (errors.Unsupported("books", "credit notes"), "cannot express credit notes", FAILED),
    (errors.LedgerTooNew(), "Upgrade the program", FAILED),
    (errors.LedgerTooOld(), "t2i ledger migrate", FAILED),
    (errors.LedgerDamaged("row 3"), "t2i ledger verify", FAILED),
    (errors.LedgerBusy("plan"), "Wait for it", FAILED),
    (errors.AlreadyRunning(), "Another daemon", FAILED),
    (errors.StorageFailed("invoices/x.pdf", "No space left on device"), "No space left on device", FAILED),
    (errors.PlanChanged(), "t2i plan --out", HELD),
]


@pytest.mark.parametrize(("error", "part", "code"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_an_error_names_the_next_step_and_its_exit_code(
    error: errors.Tracker2InvoiceError, part: str, code: int
) -> None:
    assert part in sentence(error)
    assert exit_code(error) == code


def test_a_full_stop_of_the_system_is_not_doubled() -> None:
    assert "is archived. Correct" in sentence(errors.Rejected("books", "The contact is archived."))


def test_every_error_of_the_tree_is_worded() -> None:
    assert {type(error) for error, _, _ in EXAMPLES} >= set(_leaves(errors.Tracker2InvoiceError))


def _leaves(kind: type[errors.Tracker2InvoiceError]) -> list[type[errors.Tracker2InvoiceError]]:
    # connectors put their own below these, and those are worded as what they are kinds of
    below = [one for one in kind.__subclasses__() if one.__module__ == errors.__name__]
    return [leaf for one in below for leaf in _leaves(one)] if below else [kind]
