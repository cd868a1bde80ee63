"""Chains of tokens at vendors that do it in their own way, and what is made of odd answers."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from tracker2invoice.errors import AccessDenied, BadAnswer, NoConsent, StorageFailed
from tracker2invoice.oauth.declaration import App, Consent
from tracker2invoice.oauth.grants import Bearer, RefreshChain, refresh_chain
from tracker2invoice.oauth.tokens import Tokens
from tracker2invoice.plugins import Context
from tracker2invoice.secret import SecretReference
from tracker2invoice.testing.sandbox.oauth import AuthorizationServer, Rules
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request, Sandbox

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

RULES = Rules(
    "app", "secret", "first", timedelta(hours=1), timedelta(minutes=10), timedelta(days=100), authenticates="form"
)


class Vendor(Sandbox):
    """A token server whose answers have `more` in them, and no refresh token if it does not `rotate`."""

    def __init__(self, clock: FrozenClock) -> None:
        super().__init__()
        self.identity = AuthorizationServer(clock, RULES)
        self.more: dict[str, object] = {}
        self.rotates = True

    def handle(self, request: Request) -> Answer:
        answer = self.identity.token(request)
        fields: dict[str, Any] = json.loads(answer.body if isinstance(answer.body, bytes) else b"{}") | self.more
        if not self.rotates:
            fields.pop("refresh_token", None)
            self.identity.tokens.refresh = "first"
        return Answer(answer.status, fields)


@pytest.fixture
def vendor(clock: FrozenClock) -> Iterator[Vendor]:
    with Vendor(clock) as running:
        yield running


@pytest.fixture
def context(tmp_path: Path, clock: FrozenClock) -> Context:
    return Context("books", tmp_path, clock)


def chain(vendor: Vendor, context: Context, secret: str = "secret", **more: Any) -> RefreshChain:
    app = App(vendor.url, "app", SecretReference(plain=SecretStr(secret)), authenticates="form")
    made = refresh_chain("vendor", Consent(app, vendor.url, vendor.url, (), **more), context)
    if made.store.read() is None:
        made.store.write(Tokens("", "first", None))
    return made


def ends(made: RefreshChain) -> datetime | None:
    try:
        return made.tokens("").ends_at
    finally:
        made.close()


def test_who_we_are_can_stand_in_the_form(vendor: Vendor, context: Context) -> None:
    made = chain(vendor, context)
    assert made.tokens("").access == "access-1"
    made.close()
    assert "authorization" not in vendor.requests[0].headers


def test_a_wrong_secret_in_the_form_is_denied_and_not_repeated(vendor: Vendor, context: Context) -> None:
    vendor.more = {"error_description": "who is mistaken-secret"}
    made = chain(vendor, context, secret="mistaken-secret")
    with pytest.raises(AccessDenied) as caught:
        made.tokens("")
    made.close()
    assert not isinstance(caught.value, NoConsent)
    assert "mistaken" not in str(caught.value)


@pytest.mark.parametrize(
    ("word", "kind"), [("invalid_code", NoConsent), ("invalid_grant", NoConsent), ("invalid_client", AccessDenied)]
)
def test_a_refusal_with_status_200_is_one(
    vendor: Vendor, context: Context, word: str, kind: type[AccessDenied]
) -> None:
    vendor.faults.append(Fault(answer=Answer(200, {"error": word})))
    made = chain(vendor, context)
    with pytest.raises(AccessDenied, match=word) as caught:
        made.tokens("")
    made.close()
    assert type(caught.value) is kind
    assert len(vendor.requests) == 1


def test_a_vendor_may_have_a_word_of_its_own_before_the_token(
    vendor: Vendor, context: Context, clock: FrozenClock
) -> None:
    bearer = Bearer(chain(vendor, context), clock, scheme="Zoho-oauthtoken")
    assert bearer.headers() == {"Authorization": "Zoho-oauthtoken access-1"}
    bearer.close()


def test_a_refresh_token_that_does_not_rotate_is_used_again(
    vendor: Vendor, context: Context, clock: FrozenClock
) -> None:
    vendor.rotates = False
    for number in (1, 2, 3):
        made = chain(vendor, context, rotates=False)
        assert made.tokens("").access == f"access-{number}"
        made.close()
        clock.advance(timedelta(hours=2))


def test_a_refresh_token_that_should_have_been_replaced_is_missed(vendor: Vendor, context: Context) -> None:
    vendor.rotates = False
    made = chain(vendor, context)
    with pytest.raises(BadAnswer, match="no refresh token"):
        made.tokens("")
    made.close()


@pytest.mark.parametrize(
    ("told", "seconds"),
    [(8_726_400, 8_726_400), (0, None), (-1, None), ("8726400", None), (None, None), (10**30, None), ([], None)],
)
def test_what_the_answer_tells_of_a_refresh_tokens_life_is_kept(
    vendor: Vendor, context: Context, clock: FrozenClock, told: object, seconds: int | None
) -> None:
    vendor.more = {"x_refresh_token_expires_in": told}
    expected = None if seconds is None else clock() + timedelta(seconds=seconds)
    assert ends(chain(vendor, context, lifetime_field="x_refresh_token_expires_in")) == expected
    stored = chain(vendor, context).store.read()
    assert stored
    assert stored.ends_at == expected


def test_what_nobody_asked_to_be_told_is_not_looked_at(vendor: Vendor, context: Context) -> None:
    vendor.more = {"x_refresh_token_expires_in": 1, "": 1}
    assert ends(chain(vendor, context)) is None


@pytest.mark.parametrize("seconds", [-1, 10**12, "soon", None])
def test_an_access_token_that_lasts_for_no_time_or_for_ever_is_a_mistake(
    vendor: Vendor, context: Context, seconds: object
) -> None:
    vendor.more = {"expires_in": seconds}
    made = chain(vendor, context)
    with pytest.raises(BadAnswer, match="holds no token"):
        made.tokens("")
    made.close()


def test_a_system_that_refuses_every_token_is_not_asked_for_ever_more(
    vendor: Vendor, context: Context, clock: FrozenClock
) -> None:
    bearer = Bearer(chain(vendor, context), clock)
    for _ in range(9):
        bearer.headers()
        bearer.refused()
    assert len(vendor.requests) == 2
    clock.advance(timedelta(hours=2))
    bearer.headers()
    bearer.refused()
    bearer.headers()
    bearer.close()
    assert len(vendor.requests) == 4


def test_tokens_that_belong_to_somebody_else_are_not_taken_for_none(
    vendor: Vendor, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(path: Path, _: int) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    made = chain(vendor, context)
    monkeypatch.setattr("tracker2invoice.oauth.tokens.read_ordinary", forbidden)
    with pytest.raises(StorageFailed, match="Permission denied"):
        made.tokens("")
    assert list(vendor.requests) == []


def test_tokens_do_not_show_themselves() -> None:
    assert repr(Tokens("access-secret", "refresh-secret", None)).count("secret") == 0


def test_what_is_no_ordinary_file_is_no_store(vendor: Vendor, context: Context) -> None:
    made = chain(vendor, context)
    made.store.path.unlink()
    os.mkfifo(made.store.path)
    assert made.store.read() is None
    made.close()
