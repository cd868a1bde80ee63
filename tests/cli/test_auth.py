"""`auth`: a person consents in a browser, or pastes where it was sent to; every refusal says what to do."""

from __future__ import annotations

import errno
import json
import logging
import os
import socket
import subprocess
import sys
import webbrowser
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
import requests
from click.testing import CliRunner

from tracker2invoice.cli.main import main
from tracker2invoice.oauth.loopback import SENTENCE
from tracker2invoice.testing.sandbox.server import Answer, Fault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.browser import Browser
    from tests.cli.conftest import World

REDIRECT = "http://127.0.0.1:0/callback"


@pytest.fixture
def agency(world: World) -> World:
    """The world with an app that needs a person's consent, and no token in the configuration."""
    world.configure("account =", f'consent = true\nredirect_url = "{REDIRECT}"\naccount =')
    return world


def store(world: World) -> Path:
    return world.directory / "xero-books.token.json"


def changed(**fields: str) -> Callable[[str], str]:
    """Return how an address becomes one with other fields; an empty one is left out."""

    def change(address: str) -> str:
        query = {name: value for name, value in (dict(parse_qsl(urlsplit(address).query)) | fields).items() if value}
        return f"{address.partition('?')[0]}?{urlencode(query)}"

    return change


def test_whoever_consents_in_a_browser_needs_no_token_in_the_configuration(agency: World, browser: Browser) -> None:
    answer = agency.t2i("auth", "books", "--browser")
    assert answer.code == 0, answer.words
    assert json.loads(store(agency).read_text())["refresh"] == agency.stage.xero.tokens.refresh
    assert store(agency).stat().st_mode & 0o777 == 0o600
    assert agency.t2i("check").code == 0
    agency.stage.close("Design")
    assert agency.t2i("run").code == 0
    assert len(agency.stage.xero.books.invoices) == 1


def test_the_question_has_what_the_standards_ask_for(agency: World, browser: Browser) -> None:
    agency.t2i("auth", "books", "--browser")
    asked = {name: value for name, (value,) in parse_qs(urlsplit(browser.opened[0]).query).items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert "offline_access" in asked["scope"].split()
    assert len(asked["state"]) == len(asked["code_challenge"]) == 43
    first, second = browser.opened[0], ""
    agency.t2i("auth", "books", "--browser")
    second = browser.opened[1]
    for name in ("state", "code_challenge"):
        assert parse_qs(urlsplit(first).query)[name] != parse_qs(urlsplit(second).query)[name]


def test_the_page_says_one_sentence_and_nothing_of_what_it_was_asked(agency: World, browser: Browser) -> None:
    browser.astray = changed(code="<script>alert(1)</script>", session_state="<b>x</b>")
    agency.t2i("auth", "books", "--browser")
    (page,) = browser.pages
    assert page.text == SENTENCE
    assert page.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert page.headers["X-Content-Type-Options"] == "nosniff"


def test_no_token_is_said_or_logged(agency: World, browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answer = agency.t2i("auth", "books", "--browser", "--json")
    told = answer.out + answer.err + caplog.text
    assert "/connect/token" in told
    assert [token for token in ("access-1", "refresh-1") if token in told] == []


def test_machines_are_told_when_the_consent_ends(agency: World, browser: Browser) -> None:
    answer = agency.t2i("auth", "outputs.books", "--browser", "--json")
    assert answer.json == {"auth": "outputs.books", "ends_at": "2027-01-22T12:00:00Z"}
    assert browser.opened[0] in answer.err


def test_a_person_without_a_browser_here_pastes_where_theirs_was_sent_to(agency: World, browser: Browser) -> None:
    agency.configure(REDIRECT, "https://agency.example/callback")
    command = [sys.executable, "-m", "tracker2invoice", "auth", "books", "--paste"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=os.environ
    ) as process:
        assert process.stdout
        url = next(line.strip() for line in process.stdout if line.startswith("http"))
        _, errors = process.communicate(f"  {browser.sent_to(url)}#_=_\n", timeout=60)
    assert process.returncode == 0, errors
    assert agency.t2i("check").code == 0


def test_the_address_is_shown_before_anybody_waits(agency: World) -> None:
    command = [sys.executable, "-m", "tracker2invoice", "auth", "books"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", env=os.environ) as process:
        assert process.stdout
        url = next(line.strip() for line in process.stdout if line.startswith("http"))
        assert requests.get(url, timeout=30).text == SENTENCE
        process.communicate(timeout=60)
    assert process.returncode == 0


def no_browser(_: str) -> bool:
    return False


def refused(world: World, *options: str) -> str:
    """Return why there is no consent; what was kept before is as it was."""
    before = store(world).read_bytes() if store(world).exists() else None
    answer = world.t2i("auth", "books", "--browser", "--json", *options)
    assert answer.code == 2
    assert answer.json["error"] == "ConsentFailed"
    assert (store(world).read_bytes() if store(world).exists() else None) == before
    message: str = answer.json["message"]
    assert "t2i auth books" in message
    return message


def test_a_person_who_declines_is_reported(agency: World, browser: Browser) -> None:
    agency.stage.xero.tokens.denies = True
    assert "the person declined" in refused(agency)


def test_what_the_system_says_against_it_is_reported_without_what_steers_a_terminal(
    agency: World, browser: Browser
) -> None:
    browser.astray = changed(code="", error="invalid_scope", error_description="\x1b[2Jno \u202esuch scope")
    assert "invalid_scope: [2Jno such scope" in refused(agency)


@pytest.mark.parametrize("state", ["", "another", "ä"])
def test_an_answer_to_another_question_is_refused(agency: World, browser: Browser, state: str) -> None:
    browser.astray = changed(state=state)
    assert "another question" in refused(agency)
    assert agency.stage.xero.tokens.issued == 0


@pytest.mark.parametrize("address", ["{path}?state=another&{query}", "{path}?{query}&state=another"])
def test_an_answer_with_two_states_is_refused(agency: World, browser: Browser, address: str) -> None:
    def twice(sent_to: str) -> str:
        path, _, query = sent_to.partition("?")
        return address.format(path=path, query=query)

    browser.astray = twice
    assert "another question" in refused(agency)


def test_an_answer_without_a_code_is_refused(agency: World, browser: Browser) -> None:
    browser.astray = changed(code="")
    assert "no answer that holds a code" in refused(agency)


def test_a_code_that_was_used_already_is_refused(agency: World, browser: Browser) -> None:
    agency.t2i("auth", "books", "--browser")
    browser.astray = changed(code="code-1")
    assert "It was used already" in refused(agency)


def test_a_code_that_is_too_old_is_refused(agency: World, browser: Browser) -> None:
    def later(address: str) -> str:
        agency.advance(minutes=6)
        return address

    browser.astray = later
    assert "too old" in refused(agency)


def test_a_consent_for_another_organisation_is_refused_and_the_old_one_stays(agency: World, browser: Browser) -> None:
    agency.t2i("auth", "books", "--browser")
    agency.configure(f'tenant = "{agency.stage.xero.tenant}"', 'tenant = "another"')
    assert "not for another" in refused(agency)


def test_a_consent_counts_although_it_cannot_be_seen_at_once_for_whom_it_is(agency: World, browser: Browser) -> None:
    agency.stage.xero.faults.append(Fault(answer=Answer(503), path="/connections"))
    assert agency.t2i("auth", "books", "--browser").code == 0
    assert agency.t2i("check").code == 0


def test_a_browser_that_never_comes_back_is_waited_for_no_longer_than_that(
    agency: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker2invoice.cli.auth.PATIENCE", timedelta(0))
    monkeypatch.setattr(webbrowser, "open", no_browser)
    assert "in time" in refused(agency)


def test_a_token_server_that_breaks_off_is_reported(agency: World, browser: Browser) -> None:
    agency.stage.xero.faults.append(Fault("after", "drop", path="/connect/token"))
    assert "did not answer clearly" in refused(agency)


def test_no_code_is_used_up_while_tokens_could_not_be_stored(
    agency: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    answer = agency.t2i("auth", "books", "--browser", "--json")
    assert answer.json["error"] == "StorageFailed"
    assert agency.stage.xero.tokens.issued == 0


def test_a_consent_that_does_not_last_is_refused(agency: World, browser: Browser) -> None:
    body = b'{"access_token": "access-1", "expires_in": 1800}'
    agency.stage.xero.faults.append(Fault(answer=Answer(200, body), path="/connect/token"))
    assert "no token that lasts" in refused(agency)


def test_an_address_that_is_taken_is_reported(agency: World, browser: Browser) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        agency.configure(REDIRECT, f"http://localhost:{other.getsockname()[1]}/")
        assert "Address already in use" in refused(agency)


@pytest.mark.parametrize("address", ["https://agency.example/callback", "https://localhost/", "http://10.0.0.1:8719/"])
def test_an_address_on_another_machine_asks_for_paste(agency: World, browser: Browser, address: str) -> None:
    agency.configure(REDIRECT, address)
    assert "--paste" in refused(agency)
    assert browser.opened == []


def test_a_port_that_is_none_is_reported(agency: World, browser: Browser) -> None:
    agency.configure(REDIRECT, "http://localhost:99999/")
    assert "no such port" in refused(agency)


def test_a_paste_of_anything_else_is_refused(agency: World) -> None:
    for text in ("hello", "http://[", "https://a.example/?code=x&code=y", "%", "?" + "a=b&" * 2000):
        result = CliRunner().invoke(main, ["auth", "books", "--paste"], input=f"{text}\n")
        assert result.exit_code == 2, text
        assert "Nothing was stored" in result.stderr
        assert agency.stage.xero.tokens.issued == 0


def test_only_the_address_that_is_registered_is_listened_at(agency: World, browser: Browser) -> None:
    stray: list[int] = []

    def with_icon(address: str) -> str:
        stray.append(requests.get(address.replace("/callback", "/favicon.ico"), timeout=30).status_code)
        return address

    browser.astray = with_icon
    assert agency.t2i("auth", "books", "--browser").code == 0
    assert stray == [404]


def test_a_connection_that_says_nothing_is_not_waited_for(agency: World, browser: Browser) -> None:
    silent = socket.socket()

    def opened_in_advance(address: str) -> str:
        parts = urlsplit(address)
        silent.connect((parts.hostname, parts.port))
        return address

    browser.astray = opened_in_advance
    with silent:
        assert agency.t2i("auth", "books", "--browser").code == 0
        silent.setblocking(False)
        with pytest.raises(BlockingIOError):
            silent.recv(1)


def test_a_new_consent_replaces_a_chain_that_has_ended(agency: World, browser: Browser) -> None:
    agency.t2i("auth", "books", "--browser")
    agency.advance(days=61)
    answer = agency.t2i("check", "--json")
    assert answer.code == 1
    assert any("t2i auth books" in one["next_step"] for one in answer.json["findings"])
    agency.t2i("auth", "books", "--browser")
    assert agency.t2i("check").code == 0


def test_a_new_consent_goes_before_the_token_in_the_configuration(agency: World, browser: Browser) -> None:
    agency.patch.setenv("REHEARSAL_XERO_TOKEN", "worn out")
    agency.configure("consent = true", 'refresh_token = { env = "REHEARSAL_XERO_TOKEN" }')
    assert agency.t2i("check").code == 1
    agency.t2i("auth", "books", "--browser")
    assert agency.t2i("check").code == 0
    agency.configure('refresh_token = { env = "REHEARSAL_XERO_TOKEN" }', "consent = true")
    agency.advance(hours=1)
    assert agency.t2i("check").code == 0


def test_before_anybody_consented_check_says_how(agency: World) -> None:
    answer = agency.t2i("check", "--json")
    assert answer.code == 1
    assert any("t2i auth books" in one["next_step"] for one in answer.json["findings"])
    assert agency.stage.xero.tokens.issued == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("github", "connectors of the kind github sign in without OAuth 2"),
        ("files", "connectors of the kind files sign in without OAuth 2"),
        ("books", "configured in a way that needs nobody's consent; docs/connectors/xero.md"),
        ("boks", "Name one of: trackers.github, outputs.files, outputs.books"),
        ("outputs.github", "Name one of"),
    ],
)
def test_what_needs_no_consent_says_so(world: World, name: str, words: str) -> None:
    answer = world.t2i("auth", name)
    assert answer.code == 2
    assert words in answer.words


def test_connectors_shows_what_can_be_let_in(world: World) -> None:
    rows = {row["kind"]: row["consent"] for row in world.t2i("connectors", "--json").json["connectors"]}
    assert (rows["xero"], rows["files"], rows["github"]) == (True, False, False)
    assert "xero can be let in with: t2i auth NAME" in world.t2i("connectors").words
