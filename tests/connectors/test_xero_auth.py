"""Tokens: asked for in time, rotated durably, one chain for all processes, and never in an error."""

from __future__ import annotations

import errno
import os
import stat
import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from tracker2invoice.errors import AccessDenied, BadAnswer, NoConsent, SecretMissing, StorageFailed, Unreachable
from tracker2invoice.oauth.grants import Bearer, ClientCredentials, refresh_chain
from tracker2invoice.oauth.server import TokenServer
from tracker2invoice.oauth.tokens import token_store
from tracker2invoice.plugins import Context
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice.testing.sandbox.xero import CLIENT_ID, CLIENT_SECRET, FIRST_REFRESH_TOKEN, XeroSandbox
from tracker2invoice_xero import XeroSettings, consent_of

if TYPE_CHECKING:
    from tests.conftest import FrozenClock


@pytest.fixture
def context(tmp_path: Path, clock: FrozenClock) -> Context:
    return Context("books", tmp_path, clock)


def settings_for(xero: XeroSandbox, **more: object) -> XeroSettings:
    fixed = {"url": xero.url, "identity_url": xero.url, "tenant": xero.tenant, "client_id": CLIENT_ID}
    return XeroSettings.model_validate({**fixed, "client_secret": CLIENT_SECRET, **more})


@pytest.mark.parametrize(
    ("addresses", "token_url"),
    [
        ({}, "https://identity.xero.com"),
        ({"url": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        ({"url": "http://127.0.0.1:1", "identity_url": "http://127.0.0.1:2"}, "http://127.0.0.1:2"),
        ({"identity_url": "http://127.0.0.1:2"}, "http://127.0.0.1:2"),
    ],
)
def test_tokens_come_from_where_the_requests_go_unless_it_is_said(addresses: dict[str, str], token_url: str) -> None:
    fixed = {"tenant": "t", "client_id": "c", "client_secret": {"env": "X"}}
    assert XeroSettings.model_validate({**fixed, **addresses}).token_url == token_url


def custom(xero: XeroSandbox, context: Context, **more: object) -> Bearer:
    settings = settings_for(xero, **more)
    server = TokenServer(context.name, settings.app, context.clock)
    return Bearer(ClientCredentials(server, settings.scopes), context.clock)


def chain(xero: XeroSandbox, context: Context, seed: str = FIRST_REFRESH_TOKEN) -> Bearer:
    consent = consent_of(settings_for(xero, refresh_token=seed))
    assert consent
    return Bearer(refresh_chain("xero", consent, context), context.clock)


def token_file(context: Context) -> Path:
    return token_store("xero", context).path


def token_of(bearer: Bearer) -> str:
    return bearer.headers()["Authorization"].removeprefix("Bearer ")


def asked(xero: XeroSandbox) -> int:
    return sum(request.path == "/connect/token" for request in xero.requests)


def test_a_token_is_used_until_it_is_about_to_expire(xero: XeroSandbox, context: Context, clock: FrozenClock) -> None:
    bearer = custom(xero, context)
    first = token_of(bearer)
    clock.now += timedelta(minutes=27)
    assert token_of(bearer) == first
    clock.now += timedelta(minutes=2)
    assert token_of(bearer) != first
    assert asked(xero) == 2


def test_a_token_that_xero_refused_is_not_used_again(xero: XeroSandbox, context: Context) -> None:
    for bearer in (custom(xero, context), chain(xero, context)):
        first = token_of(bearer)
        bearer.refused()
        assert token_of(bearer) != first


def test_the_next_refresh_token_is_on_disk_before_the_access_token_is_used(xero: XeroSandbox, context: Context) -> None:
    access = token_of(chain(xero, context))
    path = token_file(context)
    assert access in path.read_text()
    assert xero.tokens.refresh in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_access_token_whose_successor_cannot_be_stored_is_never_used(
    xero: XeroSandbox, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageFailed, match="No space left"):
        chain(xero, context).headers()
    monkeypatch.undo()
    # the old refresh token is still good for half an hour
    assert token_of(chain(xero, context))


def test_the_chain_goes_on_after_a_restart(xero: XeroSandbox, context: Context, clock: FrozenClock) -> None:
    seen = set[str]()
    for _ in range(4):
        seen.add(token_of(chain(xero, context)))
        clock.now += timedelta(hours=1)
    assert len(seen) == asked(xero) == 4


def test_processes_share_one_chain(xero: XeroSandbox, context: Context) -> None:
    tokens = list[str]()
    threads = [threading.Thread(target=lambda: tokens.append(token_of(chain(xero, context)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 8
    assert len(set(tokens)) == asked(xero) == 1


def test_threads_that_need_a_token_at_once_ask_for_one(xero: XeroSandbox, context: Context) -> None:
    bearer, together = custom(xero, context), threading.Barrier(8)
    tokens = list[str]()

    def work() -> None:
        together.wait()
        tokens.append(token_of(bearer))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 8
    assert len(set(tokens)) == asked(xero) == 1


def test_an_answer_that_is_lost_twice_does_not_break_the_chain(xero: XeroSandbox, context: Context) -> None:
    xero.faults.extend([Fault("after", "drop", path="/connect/token")] * 2)
    with pytest.raises(Unreachable):
        chain(xero, context).headers()
    assert token_of(chain(xero, context))


def test_a_new_seed_in_the_configuration_replaces_a_dead_chain(
    xero: XeroSandbox, context: Context, clock: FrozenClock
) -> None:
    token_of(chain(xero, context))
    clock.now += timedelta(days=61)
    xero.tokens.refresh = "authorised again"
    with pytest.raises(AccessDenied, match="invalid_grant"):
        chain(xero, context).headers()
    assert token_of(chain(xero, context, seed="authorised again"))


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"access": 1}', b"\xff"])
def test_a_damaged_token_file_falls_back_to_the_seed(xero: XeroSandbox, context: Context, damage: bytes) -> None:
    token_file(context).write_bytes(damage)
    assert token_of(chain(xero, context))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(200, b"{}"), BadAnswer),
        (Answer(200, b"<html>"), Unreachable),
        (Answer(503), Unreachable),
        (Answer(400, b'{"error": "invalid_scope"}'), AccessDenied),
        (Answer(401), AccessDenied),
    ],
)
def test_without_a_token_nothing_is_unclear(
    xero: XeroSandbox, context: Context, answer: Answer, error: type[Exception]
) -> None:
    xero.faults.append(Fault("before", "answer", answer, path="/connect/token"))
    with pytest.raises(error):
        custom(xero, context).headers()


def test_an_app_without_a_person_behind_it_is_denied_and_asks_for_nobodys_consent(
    xero: XeroSandbox, context: Context
) -> None:
    xero.revoke()
    with pytest.raises(AccessDenied) as denied:
        custom(xero, context).headers()
    assert not isinstance(denied.value, NoConsent)


def test_no_secret_is_in_an_error_even_if_the_server_repeats_it(xero: XeroSandbox, context: Context) -> None:
    body = f'{{"error": "bad {CLIENT_SECRET} and {FIRST_REFRESH_TOKEN}"}}'.encode()
    xero.faults.append(Fault("before", "answer", Answer(400, body), path="/connect/token"))
    with pytest.raises(AccessDenied) as caught:
        chain(xero, context).headers()
    assert caught.value.detail == "HTTP 400: bad *** and ***"


def test_a_secret_that_is_nowhere_is_named_by_its_place(xero: XeroSandbox, context: Context) -> None:
    with pytest.raises(SecretMissing, match="XERO_SECRET_NOT_SET"):
        custom(xero, context, client_secret={"env": "XERO_SECRET_NOT_SET"}).headers()


def test_the_name_of_the_output_cannot_lead_out_of_the_folder(tmp_path: Path, clock: FrozenClock) -> None:
    assert token_file(Context("../../etc/x", tmp_path, clock)).parent == tmp_path


def test_a_refresh_token_is_not_used_up_while_its_successor_could_not_be_stored(
    xero: XeroSandbox, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Xero takes a used one for half an hour only: by the next run the chain could be broken for good."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    bearer = chain(xero, context)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageFailed):
            bearer.headers()
    assert asked(xero) == 0
    assert token_of(chain(xero, context)) == "access-1"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_to_a_refresh_is_asked_for_again_at_once(
    xero: XeroSandbox, context: Context, clock: FrozenClock, when: Literal["before", "after"]
) -> None:
    xero.faults.append(Fault(when=when, do="drop", path="/connect/token"))
    token_of(chain(xero, context))
    clock.now += timedelta(days=1)
    token_of(chain(xero, context))
    assert asked(xero) == 3
