"""A consent that ends is announced before it does, and none ends for want of use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tracker2invoice.configfile import load
from tracker2invoice.engine.daemon import Daemon
from tracker2invoice.testing.sandbox.jira import CLIENT_ID, CLIENT_SECRET, JiraSandbox
from tracker2invoice.testing.sandbox.server import Answer, Fault

if TYPE_CHECKING:
    from tests.cli.browser import Browser
    from tests.cli.conftest import World

    from tracker2invoice.engine.health import Health


@pytest.fixture
def with_jira(world: World, browser: Browser) -> Iterator[World]:
    """The world with a Jira that a person consented to today, which Atlassian keeps for a year at most."""
    with JiraSandbox(world.clock) as jira:
        world.configure(
            "[outputs.files]",
            f'[trackers.jira]\nkind = "jira"\nurl = "{jira.url}"\nclient_id = "{CLIENT_ID}"\n'
            'client_secret = { env = "JIRA_SECRET" }\nredirect_url = "http://127.0.0.1:0/"\n\n[outputs.files]',
        )
        world.patch.setenv("JIRA_SECRET", CLIENT_SECRET)
        answer = world.t2i("auth", "jira", "--browser")
        assert answer.code == 0, answer.words
        yield world


@pytest.fixture
def agency(world: World, browser: Browser) -> World:
    """The world with a consent of today, which Xero keeps for 60 days after its last use."""
    world.configure("account =", 'consent = true\nredirect_url = "http://127.0.0.1:0/"\naccount =')
    assert world.t2i("auth", "books", "--browser").code == 0
    return world


def consent(world: World) -> Any:
    (one,) = world.t2i("status", "--json").json["consents"]
    return one


def ticked(world: World) -> Health:
    """Return the health of a daemon after one run."""
    configuration = load(world.config)
    daemon = Daemon(
        configuration,
        world.clock,
        reread=lambda: configuration,
        on_report=lambda _: None,
        on_reconciled=lambda _: None,
        on_error=lambda _: None,
    )
    daemon.tick()
    return daemon.health


def no_use(_: object) -> tuple[()]:
    return ()


def asked_for_tokens(world: World) -> int:
    return sum(request.path == "/connect/token" for request in world.stage.xero.requests)


def test_status_says_when_a_consent_ends_and_warns_two_weeks_before(agency: World) -> None:
    given = {"connector": "outputs.books", "state": "given", "ends_at": "2027-01-22T12:00:00Z", "for_good": False}
    assert consent(agency) == given
    agency.advance(days=45)
    assert "consent ends" not in agency.t2i("status").words
    agency.advance(days=1)
    assert consent(agency) == given | {"state": "ending"}
    answer = agency.t2i("status")
    assert "warning: outputs.books: consent ends on 2027-01-22 if it is not used" in answer.err
    assert answer.code == 0
    agency.advance(days=14)
    assert consent(agency) == given | {"state": "ended"}
    assert "outputs.books: consent ended on 2027-01-22; run `t2i auth books`." in agency.t2i("status").err


def test_status_says_that_nobody_has_consented_yet(world: World) -> None:
    assert world.t2i("status", "--json").json["consents"] == []
    world.configure("account =", "consent = true\naccount =")
    assert consent(world) == {"connector": "outputs.books", "state": "none", "ends_at": None, "for_good": None}


def test_check_warns_of_a_consent_that_it_could_not_use(agency: World) -> None:
    agency.advance(days=50)
    agency.stage.xero.faults.extend([Fault(answer=Answer(503), path="/connect/token")] * 2)
    found = agency.t2i("check", "--json").json["findings"]
    (soon,) = (one for one in found if "consent ends on 2027-01-22 if it is not used" in one["what"])
    assert (soon["ok"], soon["where"]) == (True, "outputs.books")
    assert "renew it before then" in soon["next_step"]


def test_check_uses_a_consent_and_then_has_nothing_to_warn_of(agency: World) -> None:
    agency.advance(days=50)
    answer = agency.t2i("check")
    assert answer.code == 0
    assert "consent ends" not in answer.words


def test_a_run_renews_a_consent_that_would_end_because_nothing_is_billed(agency: World) -> None:
    agency.advance(days=45)
    asked = asked_for_tokens(agency)
    assert agency.t2i("run").code == 0
    assert asked_for_tokens(agency) == asked
    agency.advance(days=1)
    assert agency.t2i("run").code == 0
    assert asked_for_tokens(agency) == asked + 1
    assert consent(agency)["ends_at"] == "2027-03-09T12:00:00Z"


def test_a_renewal_that_fails_is_named_and_tried_again(agency: World) -> None:
    agency.advance(days=50)
    agency.stage.xero.faults.extend([Fault(answer=Answer(503), path="/connect/token")] * 2)
    answer = agency.t2i("run", "--json")
    assert answer.code == 1
    assert [one["subject"] for one in answer.json["troubles"]] == ["outputs.books"]
    assert agency.t2i("run").code == 0


def test_the_daemon_tells_probes_of_a_consent_that_ends_and_is_unwell_when_it_has(
    agency: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    well = ticked(agency)
    assert (well.status, well.consents_ending, well.consent_ends) == ("ok", 0, "")
    # as if the consent ended whether it is used or not
    monkeypatch.setattr("tracker2invoice.engine.run.use_before_they_end", no_use)
    agency.advance(days=46)
    warned = ticked(agency)
    assert (warned.status, warned.consents_ending, warned.consent_ends) == ("ok", 1, "2027-01-22T12:00:00Z")
    agency.advance(days=14)
    ended = ticked(agency)
    assert (ended.status, ended.consents_ending) == ("degraded", 1)


def test_a_tracker_is_let_in_as_an_output_is(with_jira: World) -> None:
    answer = with_jira.t2i("check", "--json")
    assert answer.code == 0
    assert "the API of Jira Cloud can be reached" in [one["what"] for one in answer.json["findings"]]


def test_a_consent_that_ends_whatever_is_done_is_announced_in_time(with_jira: World) -> None:
    for _ in range(5):
        with_jira.advance(days=70.2)
        assert with_jira.t2i("check").code == 0
    found = with_jira.t2i("check", "--json").json["findings"]
    (soon,) = (one for one in found if "for good" in one["what"])
    assert soon == {
        "ok": True,
        "where": "trackers.jira",
        "what": "consent ends for good on 2027-11-23",
        "next_step": "run `t2i auth jira` before then",
    }
    assert "soon" in with_jira.t2i("check").words
    assert consent(with_jira)["for_good"] is True


def test_a_consent_that_ends_whatever_is_done_is_not_renewed_in_vain(with_jira: World) -> None:
    for _ in range(5):
        with_jira.advance(days=70.2)
        with_jira.t2i("check")
    before = (with_jira.directory / "jira-jira.token.json").read_bytes()
    with_jira.advance(hours=2)
    assert with_jira.t2i("run").code == 0
    assert (with_jira.directory / "jira-jira.token.json").read_bytes() == before
