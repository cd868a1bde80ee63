"""Consent for QuickBooks Online: for the configured company alone, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from tests.connectors.quickbooks import GIVEN, Clock, FarQuickBooks, connected, draft_for, running

from tracker2invoice.errors import AccessDenied, ConsentFailed, NoConsent
from tracker2invoice.oauth.consent import question, settle
from tracker2invoice.oauth.expiry import Expiry, expiry
from tracker2invoice.oauth.tokens import Tokens, token_store
from tracker2invoice.plugins import Context
from tracker2invoice.testing.samples import NOW
from tracker2invoice.testing.sandbox.quickbooks import REALM
from tracker2invoice_quickbooks import QuickBooksSettings, consent_of

REDIRECT = "https://agency.example/callback"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarQuickBooks]:
    with running(clock) as quickbooks:
        yield quickbooks


@pytest.fixture
def context(clock: Clock, tmp_path: Path) -> Context:
    return Context("books", tmp_path, clock)


def settings(**more: Any) -> QuickBooksSettings:
    return QuickBooksSettings.model_validate({**GIVEN, "refresh_token": None, **more})


def consented(far_side: FarQuickBooks, context: Context, realm: str = REALM, told: str = "realmId") -> Tokens:
    """Let a person consent for the company of the sandbox, while `realm` is configured."""
    consent = consent_of(settings(url=far_side.url, realm=realm))
    asked = question(consent, REDIRECT)
    sent_to = requests.get(asked.url, allow_redirects=False, timeout=5).headers["Location"]
    return settle("quickbooks", consent, context, asked, sent_to.replace("realmId", told))


def test_whoever_has_consented_needs_no_token_in_the_configuration(
    far_side: FarQuickBooks, context: Context, clock: Clock
) -> None:
    consented(far_side, context)
    with connected(far_side.url, clock, context.directory, refresh_token=None) as output:
        assert list(output.find(draft_for())) == []


def test_the_question_asks_for_accounting_and_has_a_state(far_side: FarQuickBooks) -> None:
    asked = parse_qs(urlsplit(question(consent_of(settings()), REDIRECT).url).query)
    assert asked["scope"] == ["com.intuit.quickbooks.accounting"]
    assert len(asked["state"][0]) == 43
    assert "code_challenge" not in asked


@pytest.mark.parametrize(("realm", "told"), [("1234567890", "realmId"), (REALM, "other")])
def test_a_consent_for_another_company_is_refused_before_its_code_is_used(
    far_side: FarQuickBooks, context: Context, realm: str, told: str
) -> None:
    with pytest.raises(ConsentFailed) as caught:
        consented(far_side, context, realm, told)
    assert (caught.value.reason, caught.value.detail) == ("tenant", f"realmId {realm}")
    assert token_store("quickbooks", context).read() is None
    assert far_side.tokens.issued == 0


def test_a_consent_does_not_open_a_company_that_is_configured_later(
    far_side: FarQuickBooks, context: Context, clock: Clock
) -> None:
    consented(far_side, context)
    changed = connected(far_side.url, clock, context.directory, refresh_token=None, realm="1234567890")
    with changed as output, pytest.raises(AccessDenied, match="ApplicationAuthorizationFailed"):
        output.find(draft_for())


def test_without_consent_a_person_is_asked_for_it(far_side: FarQuickBooks, context: Context, clock: Clock) -> None:
    with connected(far_side.url, clock, context.directory, refresh_token=None) as output, pytest.raises(NoConsent):
        output.find(draft_for())


def test_a_consent_ends_when_it_is_not_used_as_long_as_quickbooks_says(
    far_side: FarQuickBooks, context: Context
) -> None:
    tokens = consented(far_side, context)
    end = NOW + timedelta(days=100)
    assert tokens.ends_at == end
    assert expiry(consent_of(settings()), tokens) == Expiry(end, for_good=False)


def test_a_consent_ends_after_five_years_however_often_it_is_used() -> None:
    later = NOW + timedelta(days=5 * 365 - 10)
    tokens = Tokens("a", "r", None, began_at=NOW, renewed_at=later, ends_at=later + timedelta(days=100))
    assert expiry(consent_of(settings()), tokens) == Expiry(NOW + timedelta(days=5 * 365), for_good=True)


@pytest.mark.parametrize(
    ("addresses", "tokens", "login"),
    [
        ({}, "https://oauth.platform.intuit.com", "https://appcenter.intuit.com"),
        (
            {"url": "https://sandbox-quickbooks.api.intuit.com"},
            "https://oauth.platform.intuit.com",
            "https://appcenter.intuit.com",
        ),
        ({"url": "http://127.0.0.1:1"}, "http://127.0.0.1:1", "http://127.0.0.1:1"),
        ({"url": "http://127.0.0.1:1", "identity_url": "http://127.0.0.1:2"}, *["http://127.0.0.1:2"] * 2),
    ],
)
def test_tokens_come_from_where_the_requests_go_unless_it_is_said(
    addresses: dict[str, str], tokens: str, login: str
) -> None:
    consent = consent_of(settings(**addresses))
    assert consent.app.token_url == f"{tokens}/oauth2/v1/tokens/bearer"
    assert consent.authorize_url == f"{login}/connect/oauth2"
