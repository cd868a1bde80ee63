"""Access tokens for requests: by who the app is alone, or by a chain of refresh tokens.

A refresh token that rotates is used once; the answer holds the next one, which must be on the disk before anything
else happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Protocol

from tracker2invoice.errors import AccessDenied, BadAnswer, NoConsent, Unreachable
from tracker2invoice.oauth.declaration import Consent
from tracker2invoice.oauth.server import TokenServer
from tracker2invoice.oauth.tokens import Tokens, TokenStore, seed_digest, token_store
from tracker2invoice.plugins import Clock, Context


class Grant(Protocol):
    """A way to get tokens."""

    def tokens(self, refused: str) -> Tokens:
        """Return valid tokens; `refused` is an access token that the system did not accept, or empty."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class Bearer:
    """The `Authorisation` of sessions, also of several threads: a valid access token, and headers that go with it.

    `scheme` is the word before the token, for vendors that have one of their own.
    """

    def __init__(
        self, grant: Grant, clock: Clock, headers: Mapping[str, str] | None = None, *, scheme: str = "Bearer"
    ) -> None:
        self._grant, self._clock, self._headers, self._scheme = grant, clock, headers or {}, scheme
        self._one_asks = Lock()
        self._tokens: Tokens | None = None
        self._refused = ""
        self._in_place_of_another = False

    def headers(self) -> Mapping[str, str]:
        """Return the headers, fetching a token first if there is none that will do.

        Raises:
            AccessDenied, TryLater, StorageFailed: there is no token to be had.
        """
        with self._one_asks:
            if self._tokens is None or not self._tokens.valid(self._clock()):
                self._tokens = self._grant.tokens(self._refused)
                self._in_place_of_another, self._refused = bool(self._refused), ""
            return {"Authorization": f"{self._scheme} {self._tokens.access}", **self._headers}

    def refused(self) -> None:
        """Forget the token. One that came in its place is kept: it is refused for what it may do, not for its age."""
        with self._one_asks:
            if self._tokens and not self._in_place_of_another:
                self._refused = self._tokens.access
                self._tokens = None

    def close(self) -> None:
        """Let go of the connection to the token server."""
        self._grant.close()


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """Every token is asked for afresh, by who the app is (RFC 6749, 4.4)."""

    server: TokenServer
    scopes: tuple[str, ...]

    def tokens(self, refused: str) -> Tokens:  # noqa: ARG002 (no token is kept here)
        """Ask for a token.

        Raises:
            AccessDenied, TryLater: as `TokenServer.ask`.
        """
        try:
            return self.server.ask({"grant_type": "client_credentials", "scope": " ".join(self.scopes)})
        except NoConsent as error:
            # nobody's consent is behind it, so that asking for one would not help
            raise AccessDenied(error.system, error.detail) from None

    def close(self) -> None:
        """Let go of the connection."""
        self.server.close()


@dataclass(frozen=True, slots=True)
class RefreshChain:
    """The chain of refresh tokens of a consent, in a store that all processes share (RFC 6749, 6)."""

    server: TokenServer
    consent: Consent
    store: TokenStore
    clock: Clock

    def tokens(self, refused: str) -> Tokens:
        """Return the tokens in the store, or the next ones of the chain, stored before they are returned.

        Raises:
            NoConsent: nobody has consented yet, or the consent is not good any more.
            AccessDenied, TryLater: as `TokenServer.ask`.
            StorageFailed: the store cannot be written.
        """
        with self.store.locked():
            stored = self._stored()
            if stored.valid(self.clock()) and stored.access != refused:
                return stored
            # a token that is used up before its successor can be stored is lost with it
            self.store.probe()
            fresh = self._next(stored)
            self.store.write(fresh)
            return fresh

    def close(self) -> None:
        """Let go of the connection."""
        self.server.close()

    def _next(self, stored: Tokens) -> Tokens:
        form = {"grant_type": "refresh_token", "refresh_token": stored.refresh}
        try:
            fresh = self.server.ask(form)
        except (Unreachable, BadAnswer):
            # the answer may be lost, and the old token works for minutes more: the next run can be too late
            fresh = self.server.ask(form)
        if not fresh.refresh and self.consent.rotates:
            raise BadAnswer(self.store.name, "the token server's answer holds no refresh token")
        return replace(
            fresh,
            refresh=fresh.refresh or stored.refresh,
            seed=stored.seed,
            began_at=stored.began_at or fresh.renewed_at,
        )

    def _stored(self) -> Tokens:
        seed = self.consent.seed
        if kept := kept_tokens(self.consent, self.store):
            return kept
        if seed is None:
            raise NoConsent(self.store.name, "nobody has consented yet")
        return Tokens("", seed.reveal(), None, seed_digest(seed))


def kept_tokens(consent: Consent, store: TokenStore) -> Tokens | None:
    """Return the tokens in the store if they are of the chain that is configured.

    Raises:
        SecretMissing: the refresh token that is configured is not there.
    """
    stored = store.read()
    if stored is None or consent.seed is None:
        return stored
    # another seed in the configuration means that a person has authorised the app again
    return stored if stored.seed == seed_digest(consent.seed) else None


def refresh_chain(kind: str, consent: Consent, context: Context) -> RefreshChain:
    """Return the chain of tokens of a connector of that kind; nothing is sent before it is used."""
    server = TokenServer(context.name, consent.app, context.clock, lifetime_field=consent.lifetime_field)
    return RefreshChain(server, consent, token_store(kind, context), context.clock)
