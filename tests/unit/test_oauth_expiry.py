"""When a consent ends: the earlier of too long unused and too long ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from tracker2invoice.oauth.declaration import App, Consent
from tracker2invoice.oauth.expiry import Expiry, expiry
from tracker2invoice.oauth.tokens import Tokens
from tracker2invoice.secret import SecretReference

BEGAN = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
APP = App("http://127.0.0.1:1", "id", SecretReference(plain=SecretStr("secret")))


def days(number: int | None) -> timedelta | None:
    return None if number is None else number * DAY


def consent(idle: timedelta | None, lasts: timedelta | None) -> Consent:
    return Consent(APP, "http://127.0.0.1:1", "http://127.0.0.1:2", (), idle=idle, lasts=lasts)


@pytest.mark.parametrize(
    ("idle", "lasts", "renewed", "told", "end"),
    [
        (None, None, 0, None, None),
        (60, None, 0, None, Expiry(BEGAN + 60 * DAY, for_good=False)),
        (60, None, 30, None, Expiry(BEGAN + 90 * DAY, for_good=False)),
        (90, 365, 200, None, Expiry(BEGAN + 290 * DAY, for_good=False)),
        (90, 365, 300, None, Expiry(BEGAN + 365 * DAY, for_good=True)),
        (None, 365, 300, None, Expiry(BEGAN + 365 * DAY, for_good=True)),
        (100, 1826, 0, 101, Expiry(BEGAN + 101 * DAY, for_good=False)),
        (100, 1826, 1800, 26, Expiry(BEGAN + 1826 * DAY, for_good=True)),
    ],
)
def test_a_consent_ends_the_way_that_comes_first(
    idle: int | None, lasts: int | None, renewed: int, told: int | None, end: Expiry | None
) -> None:
    tokens = Tokens(
        "a",
        "r",
        None,
        began_at=BEGAN,
        renewed_at=BEGAN + renewed * DAY,
        ends_at=None if told is None else BEGAN + (renewed + told) * DAY,
    )
    assert expiry(consent(days(idle), days(lasts)), tokens) == end


def test_of_tokens_whose_age_nobody_wrote_down_nothing_is_claimed() -> None:
    assert expiry(consent(60 * DAY, 365 * DAY), Tokens("a", "r", None)) is None


@pytest.mark.parametrize(("days", "near", "past"), [(45, False, False), (46, True, False), (60, True, True)])
def test_two_weeks_before_its_end_it_is_near(days: int, *, near: bool, past: bool) -> None:
    end, now = Expiry(BEGAN + 60 * DAY, for_good=True), BEGAN + days * DAY
    assert (end.is_near(now), end.is_past(now)) == (near, past)
