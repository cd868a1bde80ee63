"""Access tokens for Xero: client credentials of a custom connection, or a chain of refresh tokens.

Source: developer.xero.com/faq/oauth2. An access token lives 30 minutes. A refresh token is used once; the
answer holds the next one, which must be on disk before anything else happens. Nothing here logs.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlencode

from filelock import FileLock, Timeout
from pydantic import BaseModel, TypeAdapter, ValidationError

from tracker2invoice.durable import probe, publish
from tracker2invoice.errors import AccessDenied, BadAnswer, Rejected, StorageFailed, Unclear, Unreachable
from tracker2invoice.plugins import Clock, Context
from tracker2invoice.rest import Session
from tracker2invoice_xero import XeroSettings

_MARGIN = timedelta(minutes=2)
_LOCK_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the identity server gave. `seed` is the digest of the configured token the chain began with."""

    access: str
    refresh: str
    expires_at: datetime | None
    seed: str

    def valid(self, now: datetime) -> bool:
        """Whether the access token will still be good for the requests that are about to be sent."""
        return self.expires_at is not None and now + _MARGIN < self.expires_at


_FILE = TypeAdapter(Tokens)


class _TokenAnswer(BaseModel):
    access_token: str
    expires_in: int
    refresh_token: str = ""


class Grant(Protocol):
    """A way to get tokens."""

    def tokens(self, refused: str) -> Tokens:
        """Return valid tokens; `refused` is an access token that Xero did not accept, or empty."""
        ...


class Bearer:
    """The `Authorisation` of a Xero session: a valid access token and the organisation."""

    def __init__(self, grant: Grant, tenant: str, clock: Clock) -> None:
        self._grant, self._tenant, self._clock = grant, tenant, clock
        self._tokens: Tokens | None = None
        self._refused = ""

    def headers(self) -> Mapping[str, str]:
        """Return the headers, fetching a token first if there is none that will do.

        Raises:
            AccessDenied, TryLater, StorageFailed: there is no token to be had.
        """
        if self._tokens is None or not self._tokens.valid(self._clock()):
            self._tokens = self._grant.tokens(self._refused)
        return {"Authorization": f"Bearer {self._tokens.access}", "xero-tenant-id": self._tenant}

    def refused(self) -> None:
        """Forget the token."""
        if self._tokens:
            self._refused = self._tokens.access
            self._tokens = None


class IdentityServer:
    """Xero's token endpoint."""

    def __init__(self, settings: XeroSettings, context: Context) -> None:
        self._client_id, self._secret = settings.client_id, settings.client_secret
        self._name, self._clock = context.name, context.clock
        self._session = Session(context.name, settings.token_url, context.clock)

    def ask(self, form: Mapping[str, str], *, seed: str = "") -> Tokens:
        """Ask for tokens.

        Raises:
            AccessDenied: the client, the refresh token or a scope is refused.
            TryLater: no answer, or none that can be read.
        """
        secret = self._secret.reveal()
        basic = base64.b64encode(f"{self._client_id}:{secret}".encode()).decode()
        self._session.hide(secret, basic, form.get("refresh_token", ""))
        try:
            answer = self._session.write(
                "POST",
                "/connect/token",
                urlencode(form).encode(),
                headers={"Authorization": f"Basic {basic}"},
                content_type="application/x-www-form-urlencoded",
            )
        except Rejected as error:
            raise AccessDenied(self._name, error.detail) from None
        except Unclear as error:
            # the old refresh token still works for a while, and no document is concerned
            raise Unreachable(self._name, error.detail) from None
        return self._read(answer.data, seed)

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def _read(self, data: object, seed: str) -> Tokens:
        try:
            answer = _TokenAnswer.model_validate(data)
        except ValidationError:
            raise BadAnswer(self._name, "the identity server's answer holds no token") from None
        expires_at = self._clock() + timedelta(seconds=answer.expires_in)
        return Tokens(answer.access_token, answer.refresh_token, expires_at, seed)


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """A custom connection: every token is asked for afresh."""

    server: IdentityServer
    scopes: tuple[str, ...]

    def tokens(self, refused: str) -> Tokens:  # noqa: ARG002 (no token is kept here)
        """Ask for a token."""
        return self.server.ask({"grant_type": "client_credentials", "scope": " ".join(self.scopes)})


@dataclass(frozen=True, slots=True)
class RefreshChain:
    """The chain of refresh tokens, kept in one file that all processes of this ledger share."""

    server: IdentityServer
    settings: XeroSettings
    context: Context

    def tokens(self, refused: str) -> Tokens:
        """Return the tokens in the file, or the next ones of the chain, stored before they are returned.

        Raises:
            AccessDenied, TryLater: as `IdentityServer.ask`.
            StorageFailed: the file cannot be written.
        """
        path = token_file(self.context)
        with _locked(path, self.context.name):
            stored = self._stored(path)
            if stored.valid(self.context.clock()) and stored.access != refused:
                return stored
            # a token that is used up before its successor can be stored is lost with it
            probe(path.parent)
            fresh = self._next(stored)
            publish(path.parent, {path.name: _FILE.dump_json(fresh)}, 0o600)
            return fresh

    def _next(self, stored: Tokens) -> Tokens:
        form = {"grant_type": "refresh_token", "refresh_token": stored.refresh}
        try:
            fresh = self.server.ask(form, seed=stored.seed)
        except (Unreachable, BadAnswer):
            # the answer may be lost, and Xero takes the old token for 30 minutes more: the next run can be too late
            fresh = self.server.ask(form, seed=stored.seed)
        if not fresh.refresh:
            raise BadAnswer(self.context.name, "the identity server's answer holds no refresh token")
        return fresh

    def _stored(self, path: Path) -> Tokens:
        seed = self.settings.refresh_token.reveal() if self.settings.refresh_token else ""
        digest = hashlib.sha256(seed.encode()).hexdigest()
        try:
            stored = _FILE.validate_json(path.read_bytes())
        except (OSError, ValidationError):
            stored = None
        # another seed in the configuration means that a person has authorised the app again
        return stored if stored and stored.seed == digest else Tokens("", seed, None, digest)


def token_file(context: Context) -> Path:
    """Return where the tokens of this output are kept."""
    return context.directory / f"xero-{quote(context.name, safe='')}.token.json"


@contextmanager
def _locked(path: Path, name: str) -> Generator[None]:
    lock = FileLock(f"{path}.lock", mode=0o600)
    try:
        lock.acquire(timeout=_LOCK_SECONDS)
    except Timeout:
        raise Unreachable(name, "another process has been renewing the access token for too long") from None
    except OSError as error:
        raise StorageFailed(f"{path}.lock", error.strerror or "not writable") from None
    try:
        yield
    finally:
        lock.release()
