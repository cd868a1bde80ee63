"""Asks a person for consent: the address to open, and tokens for the answer (RFC 6749, 4.1; RFC 7636).

The browser and the way in which the answer comes are the caller's. An answer is hostile until its state fits.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast
from urllib.parse import parse_qs, urlencode

from tracker2invoice.errors import ConsentFailed, NoConsent, Tracker2InvoiceError, TryLater
from tracker2invoice.oauth.declaration import Consent, Tenant
from tracker2invoice.oauth.server import TokenServer
from tracker2invoice.oauth.tokens import Tokens, seed_digest, token_store
from tracker2invoice.plugins import Context
from tracker2invoice.rest import FixedHeaders, Session


@dataclass(frozen=True, slots=True)
class Question:
    """One time that a person is asked: the address to open, and what the answer must fit."""

    url: str
    redirect_url: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


def question(consent: Consent, redirect_url: str) -> Question:
    """Return a new question; the browser comes back to `redirect_url`."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32) if consent.pkce else ""
    fields = {
        "response_type": "code",
        "client_id": consent.app.id,
        "redirect_uri": redirect_url,
        "scope": " ".join(consent.scopes),
        "state": state,
        **consent.request,
    }
    if verifier:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        fields |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    return Question(f"{consent.authorize_url}?{urlencode(fields)}", redirect_url, state, verifier)


def settle(kind: str, consent: Consent, context: Context, asked: Question, address: str) -> Tokens:
    """Turn the address to which the browser was sent into tokens, which are in the connector's store afterwards.

    `kind` is that of the connector.

    Raises:
        ConsentFailed: there is no consent, or not the one that was asked for; the store is as it was.
        SecretMissing, AccessDenied: the configuration names no secret, or not that of the app.
        TryLater, StorageFailed: tokens cannot be had or stored at present.
    """
    code = _code(context.name, asked, address, consent.answer)
    store, seed = token_store(kind, context), seed_digest(consent.seed)
    with store.locked():
        store.probe()
        fresh = _redeemed(consent, context, asked, code)
        if consent.tenant:
            _refuse_another(consent.tenant, context, fresh)
        tokens = replace(fresh, seed=seed, began_at=fresh.renewed_at)
        store.write(tokens)
    return tokens


def _code(name: str, asked: Question, address: str, expected: Mapping[str, str]) -> str:
    """Return the code of an answer to our question (RFC 6749, 4.1.2 and 10.12), which has the `expected` fields."""
    query = address.strip().partition("?")[2] or address.strip()
    fields = parse_qs(query.partition("#")[0], errors="replace")
    state, error, code = (_only(fields, one) for one in ("state", "error", "code"))
    if not (state or error or code):
        raise ConsentFailed(name, "no-code")
    if not hmac.compare_digest(state.encode(errors="replace"), asked.state.encode()):
        raise ConsentFailed(name, "state")
    if error == "access_denied":
        raise ConsentFailed(name, "denied")
    if error:
        raise ConsentFailed(name, "refused", ": ".join(filter(None, (error, _only(fields, "error_description")))))
    if not code:
        raise ConsentFailed(name, "no-code")
    for one, value in expected.items():
        if _only(fields, one) != value:
            raise ConsentFailed(name, "tenant", f"{one} {value}")
    return code


def _only(fields: Mapping[str, list[str]], name: str) -> str:
    values = fields.get(name, [])
    return values[0] if len(values) == 1 else ""


def _redeemed(consent: Consent, context: Context, asked: Question, code: str) -> Tokens:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": asked.redirect_url}
    server = TokenServer(context.name, consent.app, context.clock, lifetime_field=consent.lifetime_field)
    try:
        tokens = server.ask(form | ({"code_verifier": asked.verifier} if asked.verifier else {}))
    except NoConsent as error:
        raise ConsentFailed(context.name, "code", error.detail) from None
    except TryLater as error:
        raise ConsentFailed(context.name, "lost", error.detail) from None
    finally:
        server.close()
    if not tokens.refresh:
        raise ConsentFailed(context.name, "no-refresh")
    return tokens


def _refuse_another(tenant: Tenant, context: Context, tokens: Tokens) -> None:
    """Refuse a consent that is for somebody else's account; what cannot be looked up now, `check` looks up."""
    bearer = FixedHeaders({"Authorization": f"Bearer {tokens.access}"})
    session = Session(context.name, tenant.url, context.clock, authorisation=bearer)
    try:
        entries = session.read("").data
    except Tracker2InvoiceError:
        return
    finally:
        session.close()
    if isinstance(entries, list):
        held = [_plain(one, tenant.key) for one in cast("list[object]", entries)]
        if _folded(tenant.value) not in held:
            raise ConsentFailed(context.name, "tenant", tenant.value)


def _plain(entry: object, key: str) -> str:
    return _folded(str(cast("Mapping[str, object]", entry).get(key, ""))) if isinstance(entry, dict) else ""


def _folded(value: str) -> str:
    return value.rstrip("/").casefold()
