"""A pretended authorisation server (RFC 6749) under the sandboxes: consent, codes, and a chain of refresh tokens.

A person who opens `authorize` consents at once, unless `denies` is set. A refresh token that was replaced works for
some minutes more; one that was not used for too long, or is too old, does not. It knows no vendor.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Literal
from urllib.parse import parse_qsl, urlencode

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request, Sandbox
from tracker2invoice.wire import write_json

_CODE_LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Rules:
    """What differs between vendors. `grace` is how long a replaced refresh token still works.

    `refused` is the status that goes with a token or code that is no good, `no_good` the word. `lasting` is the scope
    that comes with a refresh token, `lifetime_field` tells for how many seconds; `told` is what else is in the
    browser's answer. `scheme` is the word before an access token. Without `rotates` a refresh token stays what it is.
    """

    client_id: str
    client_secret: str
    first: str
    access: timedelta
    grace: timedelta
    idle: timedelta
    lasts: timedelta | None = None
    authenticates: Literal["basic", "form"] = "basic"
    refused: int = 400
    no_good: str = "invalid_grant"
    scheme: str = "Bearer"
    rotates: bool = True
    lasting: str = "offline_access"
    lifetime_field: str = ""
    told: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class _Code:
    redirect_url: str
    challenge: str
    scope: str
    until: datetime


@dataclass(slots=True)
class Issued:
    """Who may come in. `used` maps a refresh token to when it was replaced, `given` to when it was given."""

    refresh: str
    access: dict[str, datetime] = field(default_factory=dict[str, datetime])
    used: dict[str, datetime] = field(default_factory=dict[str, datetime])
    given: dict[str, datetime] = field(default_factory=dict[str, datetime])
    codes: dict[str, _Code] = field(default_factory=dict[str, _Code])
    began: datetime | None = None
    scope: str = "offline_access"
    issued: int = 0
    revoked: bool = False
    denies: bool = False


class AuthorizationServer:
    """The server's two endpoints. `tokens` is its state."""

    def __init__(self, clock: Clock, rules: Rules) -> None:
        self._clock, self._rules = clock, rules
        self.tokens = Issued(rules.first)

    def revoke(self) -> None:
        """Disconnect the app."""
        self.tokens.access.clear()
        self.tokens.revoked = True

    def lets_in(self, request: Request) -> bool:
        """Say whether the request has an access token that is good."""
        bearer = request.headers.get("authorization", "").removeprefix(f"{self._rules.scheme} ")
        return self.tokens.access.get(bearer, self._clock()) > self._clock()

    def authorize(self, request: Request) -> Answer:
        """Let the person consent, and send the browser back (RFC 6749, 4.1.1 and 4.1.2; RFC 7636, 4.3)."""
        asked, rules = request.query, self._rules
        challenge = asked.get("code_challenge", "")
        known = asked.get("client_id") == rules.client_id and asked.get("response_type") == "code"
        if not known or not asked.get("redirect_uri") or (challenge and asked.get("code_challenge_method") != "S256"):
            return Answer(400, b"<html>This request cannot be understood.</html>", {"Content-Type": "text/html"})
        if self.tokens.denies:
            return _back(asked, {"error": "access_denied", "error_description": "The person declined"})
        code = f"code-{len(self.tokens.codes) + 1}"
        until = self._clock() + _CODE_LIFETIME
        self.tokens.codes[code] = _Code(asked["redirect_uri"], challenge, asked.get("scope", ""), until)
        return _back(asked, {"code": code, **rules.told})

    def token(self, request: Request) -> Answer:
        """Give tokens (RFC 6749, 4.1.3, 4.4 and 6)."""
        form = dict(parse_qsl(request.body.decode()))
        if not self._authenticated(request, form):
            return json_answer(self._rules.refused, {"error": "invalid_client"})
        if self.tokens.revoked:
            return self._invalid()
        match form.get("grant_type"):
            case "client_credentials":
                return self._issue(form.get("scope", ""))
            case "authorization_code":
                return self._redeem(form)
            case "refresh_token":
                return self._refresh(form.get("refresh_token", ""))
            case _:
                return json_answer(400, {"error": "unsupported_grant_type"})

    def _authenticated(self, request: Request, form: Mapping[str, str]) -> bool:
        rules = self._rules
        if rules.authenticates == "form":
            return (form.get("client_id"), form.get("client_secret")) == (rules.client_id, rules.client_secret)
        basic = base64.b64encode(f"{rules.client_id}:{rules.client_secret}".encode()).decode()
        return request.headers.get("authorization") == f"Basic {basic}"

    def _redeem(self, form: Mapping[str, str]) -> Answer:
        code = self.tokens.codes.get(form.get("code", ""))
        if code is None or self._clock() >= code.until or form.get("redirect_uri") != code.redirect_url:
            return self._invalid()
        if _challenge(form.get("code_verifier", "")) != code.challenge:
            return self._invalid()
        # a code opens once: the entry stays, so that no other gets its name
        self.tokens.codes[form["code"]] = _Code("", "", "", self._clock())
        self.tokens.began, self.tokens.scope = self._clock(), code.scope
        if self._rules.lasting not in code.scope.split():
            return self._issue(code.scope)
        return self._rotated()

    def _refresh(self, presented: str) -> Answer:
        if not self._is_good(presented):
            return self._invalid()
        self.tokens.began = self.tokens.began or self._clock()
        if not self._rules.rotates:
            return self._issue(self.tokens.scope)
        self.tokens.used.setdefault(presented, self._clock())
        return self._rotated()

    def _is_good(self, presented: str) -> bool:
        now, rules, tokens = self._clock(), self._rules, self.tokens
        replaced = tokens.used.get(presented)
        if presented != tokens.refresh and (replaced is None or now >= replaced + rules.grace):
            return False
        fresh = now < tokens.given.get(presented, now) + rules.idle
        return fresh and (rules.lasts is None or tokens.began is None or now < tokens.began + rules.lasts)

    def _rotated(self) -> Answer:
        self.tokens.refresh = f"refresh-{self.tokens.issued + 1}"
        self.tokens.given[self.tokens.refresh] = self._clock()
        name = self._rules.lifetime_field
        life = {name: int(self._rules.idle.total_seconds())} if name else {}
        return self._issue(self.tokens.scope, refresh_token=self.tokens.refresh, **life)

    def _issue(self, scope: str, **more: object) -> Answer:
        self.tokens.issued += 1
        access = f"access-{self.tokens.issued}"
        self.tokens.access[access] = self._clock() + self._rules.access
        seconds = int(self._rules.access.total_seconds())
        return json_answer(
            200, {"access_token": access, "expires_in": seconds, "token_type": "Bearer", "scope": scope, **more}
        )

    def _invalid(self) -> Answer:
        return json_answer(self._rules.refused, {"error": self._rules.no_good})


class ConsentedSandbox(Sandbox):
    """A sandbox with an authorisation server, `identity`, whose consent and tokens are at two paths of the vendor's.

    `beyond_consent` are parts of paths that no token is good for, `api` is the part that those of the vendor's API have
    in common. So many `stale_reads` of lists miss the document that was created last.
    """

    authorizes_at: ClassVar[str]
    grants_at: ClassVar[str]
    api: ClassVar[str]

    def __init__(self, clock: Clock, rules: Rules, port: int = 0) -> None:
        super().__init__(port)
        self.identity = AuthorizationServer(clock, rules)
        self.beyond_consent: tuple[str, ...] = ()
        self.stale_reads = 0

    @property
    def tokens(self) -> Issued:
        """Who may come in."""
        return self.identity.tokens

    def lets_in(self, request: Request) -> bool:
        """Say whether the request has an access token that is good for it."""
        return self.identity.lets_in(request) and not any(part in request.path for part in self.beyond_consent)

    def revoke(self) -> None:
        """Disconnect the app."""
        self.identity.revoke()

    def obey(self, path: list[str], order: Mapping[str, object]) -> Answer:
        """Do what a test or a rehearsal wants of any such sandbox, by the path below `/_sandbox/`."""
        match path:
            case ["faults"]:
                self.faults.append(Fault.ordered(order, self.api))
            case ["stale"]:
                self.stale_reads = int(str(order.get("reads", 1)))
            case ["deny"]:
                self.tokens.denies = True
            case ["revoke"]:
                self.revoke()
            case _:
                return Answer(404)
        return json_answer(200, {})

    def identified(self, request: Request) -> Answer | None:
        """Answer a request for consent or tokens; None if it is for something else."""
        if (request.method, request.path) == ("POST", self.grants_at):
            return self.identity.token(request)
        if (request.method, request.path) == ("GET", self.authorizes_at):
            return self.identity.authorize(request)
        return None


def json_answer(status: int, value: object) -> Answer:
    """Return an answer in JSON with exact numbers."""
    return Answer(status, write_json(value).encode(), {"Content-Type": "application/json; charset=utf-8"})


def _back(asked: Mapping[str, str], fields: Mapping[str, str]) -> Answer:
    state = {"state": asked["state"]} if "state" in asked else {}
    return Answer(302, headers={"Location": f"{asked['redirect_uri']}?{urlencode({**fields, **state})}"})


def _challenge(verifier: str) -> str:
    if not verifier:
        return ""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
