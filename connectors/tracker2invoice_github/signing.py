"""Connects by the settings: with a token, as one installation of an App, or as whichever an owner has."""

from __future__ import annotations

import jwt
from github import Auth, GithubIntegration

from tracker2invoice.errors import AccessDenied
from tracker2invoice.plugins import Context, Tracker
from tracker2invoice_github import GitHubApp, GitHubSettings
from tracker2invoice_github.client import RETRY, TIMEOUT, USER_AGENT, Clients
from tracker2invoice_github.credentials import Credentials, installation, personal
from tracker2invoice_github.failures import Failures
from tracker2invoice_github.graph import Graph
from tracker2invoice_github.organisations import Organisations
from tracker2invoice_github.tracker import GitHubTracker


def connect(settings: GitHubSettings, context: Context) -> Tracker:
    """Connect; nothing is sent yet.

    Raises:
        SecretMissing: the token or the App's key is not where the settings say.
        AccessDenied: the token or the App's key cannot be one, so it is not sent anywhere.
    """
    url = settings.url.rstrip("/")
    if settings.app is None:
        assert settings.token
        return _tracker(url, context, _personal(settings.token.reveal(), context.name))
    key = _key(settings.app, context.name)

    def sign_in(number: int) -> GitHubTracker:
        return _tracker(url, context, installation(_integration(key, url), number, context.clock))

    if settings.app.installation is not None:
        return sign_in(settings.app.installation)
    itself = Credentials(key, lambda: (), lambda: None)
    failures = Failures(context.name, context.clock, itself.secrets)
    return Organisations(context.name, url, Clients(url, itself, failures, timer=context.timer), sign_in)


def _tracker(url: str, context: Context, credentials: Credentials) -> GitHubTracker:
    failures = Failures(context.name, context.clock, credentials.secrets)
    clients = Clients(url, credentials, failures, timer=context.timer)
    return GitHubTracker(context.name, url, clients, Graph(failures))


def _personal(token: str, name: str) -> Credentials:
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise AccessDenied(name, "the token holds characters that no token has")
    return personal(token)


def _key(app: GitHubApp, name: str) -> Auth.AppAuth:
    try:
        auth = Auth.AppAuth(app.id, app.private_key.reveal())
        auth.create_jwt()
    except (jwt.PyJWTError, ValueError, TypeError):
        raise AccessDenied(name, "the App's private key cannot be used") from None
    return auth


def _integration(key: Auth.AppAuth, url: str) -> GithubIntegration:
    return GithubIntegration(
        auth=key, base_url=url, timeout=TIMEOUT, user_agent=USER_AGENT, retry=RETRY,
        seconds_between_requests=0, seconds_between_writes=0,
    )  # fmt: skip
