"""Consent for Zoho Books: what is asked for, where, and that it does not end by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from tests.connectors.zoho import GIVEN, Clock, FarZoho, connected, draft_for, running

from tracker2invoice.errors import ConsentFailed, NoConsent
from tracker2invoice.oauth.consent import question, settle
from tracker2invoice.oauth.expiry import expiry
from tracker2invoice.oauth.tokens import Tokens
from tracker2invoice.plugins import Context
from tracker2invoice.testing.sandbox.zoho import SCOPE
from tracker2invoice_zoho import ZohoSettings, consent_of

REDIRECT = "https://agency.example/callback"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarZoho]:
    with running(clock) as zoho:
        yield zoho


@pytest.fixture
def context(clock: Clock, tmp_path: Path) -> Context:
    return Context("books", tmp_path, clock)


def settings(**more: Any) -> ZohoSettings:
    return ZohoSettings.model_validate({"url": "https://www.zohoapis.eu", **GIVEN, "refresh_token": None, **more})


def consented(far_side: FarZoho, context: Context) -> Tokens:
    consent = consent_of(settings(url=far_side.url))
    asked = question(consent, REDIRECT)
    sent_to = requests.get(asked.url, allow_redirects=False, timeout=5).headers["Location"]
    return settle("zoho", consent, context, asked, sent_to)


def test_whoever_has_consented_is_let_in_for_years_with_the_same_refresh_token(
    far_side: FarZoho, context: Context, clock: Clock
) -> None:
    tokens = consented(far_side, context)
    assert expiry(consent_of(settings()), tokens) is None
    for _ in range(3):
        clock.now += timedelta(days=400)
        with connected(far_side.url, clock, context.directory, refresh_token=None) as output:
            assert list(output.find(draft_for())) == []


def test_the_question_asks_for_a_token_that_lasts_and_for_no_more_than_is_needed() -> None:
    asked = parse_qs(urlsplit(question(consent_of(settings()), REDIRECT).url).query)
    assert asked["scope"] == [SCOPE]
    assert (asked["access_type"], asked["prompt"]) == (["offline"], ["consent"])
    assert "UPDATE" not in SCOPE


def test_a_consent_that_was_taken_back_is_asked_for_again(far_side: FarZoho, context: Context, clock: Clock) -> None:
    consented(far_side, context)
    far_side.revoke()
    clock.now += timedelta(hours=1)
    taken_back = connected(far_side.url, clock, context.directory, refresh_token=None)
    with taken_back as output, pytest.raises(NoConsent, match="invalid_code"):
        output.find(draft_for())


def test_a_code_that_is_not_good_is_said_as_that(far_side: FarZoho, context: Context) -> None:
    far_side.revoke()
    with pytest.raises(ConsentFailed) as caught:
        consented(far_side, context)
    assert caught.value.reason == "code"


@pytest.mark.parametrize(
    ("addresses", "accounts"),
    [
        ({"url": "https://www.zohoapis.com"}, "https://accounts.zoho.com"),
        ({"url": "https://www.zohoapis.eu/"}, "https://accounts.zoho.eu"),
        ({"url": "https://www.zohoapis.ca"}, "https://accounts.zohocloud.ca"),
        ({"url": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        ({"url": "http://127.0.0.1:1", "identity_url": "http://127.0.0.1:2/"}, "http://127.0.0.1:2"),
    ],
)
def test_consent_and_tokens_come_from_the_data_centre_that_keeps_the_books(
    addresses: dict[str, str], accounts: str
) -> None:
    consent = consent_of(settings(**addresses))
    assert consent.app.token_url == f"{accounts}/oauth/v2/token"
    assert consent.authorize_url == f"{accounts}/oauth/v2/auth"
