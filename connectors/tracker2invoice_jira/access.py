"""How we are let into a Jira: by a token at the site itself, or by a person's consent through Atlassian's gateway.

Source: developer.atlassian.com, cloud/jira/platform/oauth-2-3lo-apps, "Make calls to the API using the access token".
"""

from __future__ import annotations

import base64
from threading import Lock
from typing import Protocol

from pydantic import TypeAdapter

from tracker2invoice.errors import AccessDenied, NotThere
from tracker2invoice.oauth.declaration import Consent
from tracker2invoice.oauth.grants import Bearer, refresh_chain
from tracker2invoice.plugins import Context
from tracker2invoice.rest import Authorisation, FixedHeaders, Session
from tracker2invoice_jira import JiraSettings, consent_of
from tracker2invoice_jira.client import words
from tracker2invoice_jira.readings import Reading, read

TIMEOUT = 30


class _Site(Reading):
    id: str
    url: str


_SITES = TypeAdapter(list[_Site])


class Access(Protocol):
    """A way into a Jira."""

    def session(self) -> Session:
        """Return a new connection to the site's API. May ask for its address first, and raises what that raises."""
        ...

    def close(self) -> None:
        """Let go of what the connections have in common."""
        ...


def access_to(settings: JiraSettings, context: Context) -> Access:
    """Return the way that is configured; nothing is sent yet.

    Raises:
        SecretMissing: the token is not where the settings say.
        AccessDenied: the token cannot be one, so it is not sent anywhere.
    """
    consent = consent_of(settings)
    return ByConsent(settings, context, consent) if consent else ByToken(settings, context)


class ByToken:
    """An API token of Cloud, or a personal access token of Data Center."""

    def __init__(self, settings: JiraSettings, context: Context) -> None:
        self._settings, self._context = settings, context
        self._token = settings.token.reveal() if settings.token else ""
        if not (self._token.isascii() and self._token.isprintable() and " " not in self._token):
            raise AccessDenied(context.name, "the token holds characters that no token has")
        self._headers = FixedHeaders({"Authorization": _authorisation(settings.email, self._token)})

    def session(self) -> Session:
        """Return a new connection to the site."""
        one = _session(self._context, self._settings.url, self._headers)
        one.hide(self._token)
        return one

    def close(self) -> None:
        """Do nothing: there is nothing in common."""


class ByConsent:
    """A person's consent; all connections share one chain of tokens. The site's id is looked up once."""

    def __init__(self, settings: JiraSettings, context: Context, consent: Consent) -> None:
        self._settings, self._context = settings, context
        self._bearer = Bearer(refresh_chain("jira", consent, context), context.clock)
        self._looking_up = Lock()
        self._cloud_id = settings.cloud_id

    def session(self) -> Session:
        """Return a new connection to the gateway.

        Raises:
            NotThere: the consent is not for this site.
            AccessDenied, TryLater, StorageFailed: it could not be looked up.
        """
        with self._looking_up:
            self._cloud_id = self._cloud_id or self._found()
        return _session(self._context, f"{self._settings.gateway}/ex/jira/{self._cloud_id}", self._bearer)

    def close(self) -> None:
        """Let go of the connection to the token server."""
        self._bearer.close()

    def _found(self) -> str:
        name, wanted = self._context.name, self._settings.url.rstrip("/").casefold()
        session = _session(self._context, self._settings.gateway, self._bearer)
        try:
            sites = read(name, _SITES, session.read("/oauth/token/accessible-resources").data)
        finally:
            session.close()
        found = [one.id for one in sites if one.url.rstrip("/").casefold() == wanted]
        if not found:
            raise NotThere(name, "the consent is for other sites than the one at url")
        return found[0]


def _session(context: Context, url: str, authorisation: Authorisation) -> Session:
    return Session(context.name, url, context.clock, authorisation=authorisation, timeout=TIMEOUT, words=words)


def _authorisation(email: str | None, token: str) -> str:
    if email is None:
        return f"Bearer {token}"
    return f"Basic {base64.b64encode(f'{email}:{token}'.encode()).decode()}"
