"""The endpoint of an outside system that gives tokens (RFC 6749, 3.2)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import cast
from urllib.parse import urlencode

from pydantic import BaseModel, Field, ValidationError

from tracker2invoice.errors import AccessDenied, BadAnswer, NoConsent, Rejected, Unclear, Unreachable
from tracker2invoice.oauth.declaration import App
from tracker2invoice.oauth.tokens import Tokens
from tracker2invoice.plugins import Clock
from tracker2invoice.rest import Session
from tracker2invoice.wire import plain_words

_NO_GOOD = ("invalid_grant", "invalid_code")
"""What a server says of a refresh token or code that is no good: the standard's word, and Zoho's."""

_SECRETS = ("refresh_token", "code", "code_verifier")
_LONGEST = 100 * 366 * 24 * 60 * 60
"""Seconds: what is good for longer is a mistake, and no instant."""


class _TokenAnswer(BaseModel):
    access_token: str
    expires_in: int = Field(ge=0, le=_LONGEST)
    refresh_token: str = ""


class TokenServer:
    """The token server of the system that is configured as `name`. Not for use by several threads at once.

    `lifetime_field` is as in `Consent`.
    """

    def __init__(self, name: str, app: App, clock: Clock, *, lifetime_field: str = "") -> None:
        self._name, self._app, self._clock, self._lifetime_field = name, app, clock, lifetime_field
        self._session = Session(name, app.token_url, clock)

    def ask(self, form: Mapping[str, str]) -> Tokens:
        """Ask for tokens, exactly once.

        Raises:
            NoConsent: the refresh token or code is not good, or not any more (RFC 6749, 5.2, `invalid_grant`).
            AccessDenied: the app or a scope is refused.
            TryLater: no answer, or none that can be read.
        """
        secret = self._app.secret.reveal()
        self._session.hide(secret, *(form.get(name, "") for name in _SECRETS))
        headers, who = self._credentials(secret)
        try:
            answer = self._session.write(
                "POST",
                "",
                urlencode({**form, **who}).encode(),
                headers=headers,
                content_type="application/x-www-form-urlencoded",
            )
        except (AccessDenied, Rejected) as error:
            raise self._denied(error.detail) from None
        except Unclear as error:
            # no document is concerned, and whoever asks decides about another time
            raise Unreachable(self._name, error.detail) from None
        return self._read(answer.data)

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def _credentials(self, secret: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return the headers and the fields that say who we are."""
        if self._app.authenticates == "form":
            return {}, {"client_id": self._app.id, "client_secret": secret}
        basic = base64.b64encode(f"{self._app.id}:{secret}".encode()).decode()
        self._session.hide(basic)
        return {"Authorization": f"Basic {basic}"}, {}

    def _denied(self, detail: str) -> AccessDenied:
        return (NoConsent if any(word in detail for word in _NO_GOOD) else AccessDenied)(self._name, detail)

    def _read(self, data: object) -> Tokens:
        try:
            answer = _TokenAnswer.model_validate(data)
        except ValidationError:
            # some servers refuse with status 200, whatever the standard says
            if refusal := plain_words(data):
                raise self._denied(self._session.redacted(refusal)) from None
            raise BadAnswer(self._name, "the token server's answer holds no token") from None
        now = self._clock()
        return Tokens(
            answer.access_token,
            answer.refresh_token,
            now + timedelta(seconds=answer.expires_in),
            renewed_at=now,
            ends_at=self._told(data, now),
        )

    def _told(self, data: object, now: datetime) -> datetime | None:
        if not self._lifetime_field:
            return None
        seconds = cast("Mapping[str, object]", data).get(self._lifetime_field)
        return now + timedelta(seconds=seconds) if isinstance(seconds, int) and 0 < seconds <= _LONGEST else None
