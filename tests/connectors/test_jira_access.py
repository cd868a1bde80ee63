"""Jira Cloud by a person's consent: through Atlassian's gateway, with one chain of tokens for all connections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError
from tests.connectors.jira import APP, MoodyJira, connecting

from tracker2invoice.errors import AccessDenied, BadAnswer, NoConsent, NotThere
from tracker2invoice.oauth.tokens import token_store
from tracker2invoice.plugins import Context, Failed, ProjectCursor, Tracker
from tracker2invoice.testing.sandbox.jira import CLOUD_ID
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice_jira import JiraSettings, consent_of

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

SITE = "https://acme.atlassian.net"
RESOURCES = "/oauth/token/accessible-resources"


@pytest.fixture
def sandbox(clock: FrozenClock) -> Iterator[MoodyJira]:
    with MoodyJira(clock, cloud=True) as running:
        for number in range(12):
            running.jira.add_project(f"Portal {number}")
        yield running


@pytest.fixture
def tracker(sandbox: MoodyJira, clock: FrozenClock, tmp_path: Path) -> Iterator[Tracker]:
    with connecting(clock, tmp_path, **APP)(sandbox) as one:
        yield one


def asked(sandbox: MoodyJira, path: str) -> int:
    return sum(request.path == path for request in sandbox.requests)


def failures(tracker: Tracker, sandbox: MoodyJira) -> list[Exception]:
    results = tracker.poll([ProjectCursor(str(number), None) for number in sandbox.jira.projects])
    return [one.error for one in results if isinstance(one, Failed)]


def test_all_connections_share_one_token_and_look_the_site_up_once(tracker: Tracker, sandbox: MoodyJira) -> None:
    assert failures(tracker, sandbox) == []
    assert (asked(sandbox, "/oauth/token"), asked(sandbox, RESOURCES)) == (1, 1)
    assert {one.path.partition("/rest/")[0] for one in sandbox.requests if "/rest/" in one.path} == {
        f"/ex/jira/{CLOUD_ID}"
    }


def test_a_token_that_has_expired_is_renewed_before_it_is_sent(
    tracker: Tracker, sandbox: MoodyJira, clock: FrozenClock
) -> None:
    failures(tracker, sandbox)
    clock.advance(timedelta(hours=2))
    assert failures(tracker, sandbox) == []
    assert asked(sandbox, "/oauth/token") == 2


def test_the_next_refresh_token_is_on_disk_before_anything_is_read(
    tracker: Tracker, sandbox: MoodyJira, clock: FrozenClock, tmp_path: Path
) -> None:
    failures(tracker, sandbox)
    kept = token_store("jira", Context("jira", tmp_path, clock)).read()
    assert kept
    assert kept.refresh == sandbox.identity.tokens.refresh == "refresh-1"


def test_a_site_that_is_named_by_its_id_is_not_looked_up(
    sandbox: MoodyJira, clock: FrozenClock, tmp_path: Path
) -> None:
    with connecting(clock, tmp_path, **APP, cloud_id=CLOUD_ID)(sandbox) as tracker:
        assert failures(tracker, sandbox) == []
    assert asked(sandbox, RESOURCES) == 0


def test_a_consent_for_other_sites_is_said_so(sandbox: MoodyJira, clock: FrozenClock, tmp_path: Path) -> None:
    other = Answer(200, [{"id": "x", "url": SITE, "name": "acme", "scopes": ["read:jira-work"], "avatarUrl": ""}])
    sandbox.faults.extend([Fault(answer=other, path=RESOURCES)] * 50)
    with connecting(clock, tmp_path, **APP)(sandbox) as tracker:
        assert {type(error) for error in failures(tracker, sandbox)} == {NotThere}
        (found,) = tracker.check([])
    assert "the consent is for other sites" in found.what


@pytest.mark.parametrize("body", [b"{}", b'[{"id": 1}]', b"[null]", b"<html>"])
def test_a_list_of_sites_that_makes_no_sense_is_not_guessed_at(
    sandbox: MoodyJira, clock: FrozenClock, tmp_path: Path, body: bytes
) -> None:
    sandbox.faults.extend([Fault(answer=Answer(200, body), path=RESOURCES)] * 50)
    with connecting(clock, tmp_path, **APP)(sandbox) as tracker:
        assert {type(error) for error in failures(tracker, sandbox)} == {BadAnswer}


def test_a_consent_that_was_taken_back_asks_for_another(tracker: Tracker, sandbox: MoodyJira) -> None:
    sandbox.revoke()
    (found,) = tracker.check([])
    assert (found.ok, found.next_step) == (False, "run `t2i auth jira`")
    assert {type(error) for error in failures(tracker, sandbox)} == {NoConsent}


def test_a_wrong_secret_is_not_taken_for_a_missing_consent(
    sandbox: MoodyJira, clock: FrozenClock, tmp_path: Path
) -> None:
    with connecting(clock, tmp_path, **{**APP, "client_secret": "wrong"})(sandbox) as tracker:
        assert {type(error) for error in failures(tracker, sandbox)} == {AccessDenied}


def test_a_consent_ends_after_a_year_however_much_it_is_used(
    tracker: Tracker, sandbox: MoodyJira, clock: FrozenClock
) -> None:
    for _ in range(5):
        assert failures(tracker, sandbox) == []
        clock.advance(timedelta(days=80))
    assert {type(error) for error in failures(tracker, sandbox)} == {NoConsent}


@pytest.mark.parametrize(
    ("addresses", "gateway", "identity"),
    [
        ({"url": SITE}, "https://api.atlassian.com", "https://auth.atlassian.com"),
        ({"url": "http://127.0.0.1:1/"}, "http://127.0.0.1:1", "http://127.0.0.1:1"),
        ({"url": "https://atlassian.net.evil.example"},) + ("https://atlassian.net.evil.example",) * 2,
        ({"url": "https://acme.jira.com"}, "https://api.atlassian.com", "https://auth.atlassian.com"),
        ({"url": SITE, "identity_url": "http://127.0.0.1:3"}, "https://api.atlassian.com", "http://127.0.0.1:3"),
    ],
)
def test_an_app_goes_where_atlassian_has_it_unless_url_leads_elsewhere(
    addresses: Mapping[str, str], gateway: str, identity: str
) -> None:
    settings = JiraSettings.model_validate({**APP, **addresses})
    consent = consent_of(settings)
    assert consent
    assert settings.gateway == gateway
    assert (consent.app.token_url, consent.authorize_url) == (f"{identity}/oauth/token", f"{identity}/authorize")


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"token": "x", **APP},
        {"client_id": "x"},
        {"client_secret": "x"},
        {"token": "x", "client_id": "x"},
        {"email": "robot@acme.example", **APP},
    ],
)
def test_there_is_one_way_in_and_no_other(settings: Mapping[str, object]) -> None:
    with pytest.raises(ValidationError, match=r'write a "token"|"email" belongs'):
        JiraSettings.model_validate({"url": SITE, **settings})
