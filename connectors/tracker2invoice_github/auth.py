"""Who we are to GitHub: a personal token, or the installation of an app. Must not put either into an error."""

from __future__ import annotations

from datetime import timedelta
from threading import Lock

import github
import jwt
from github.Auth import AppAuth, Auth, Token

from tracker2invoice.errors import AccessDenied
from tracker2invoice.plugins import Clock
from tracker2invoice_github import GitHubApp, GitHubSettings

_RENEW_BEFORE = timedelta(minutes=2)


class InstallationToken(Auth):
    """The token of an app's installation, one for all threads.

    GitHub binds ETags to the token, so clients with tokens of their own would never see a 304. It lives an hour
    (docs.github.com, rest/apps/apps: "create an installation access token for an app").
    """

    def __init__(self, integration: github.GithubIntegration, installation: int, clock: Clock) -> None:
        self._integration, self._installation, self._clock = integration, installation, clock
        self._renewing = Lock()
        self._token, self._expires = "", clock()

    @property
    def token_type(self) -> str:
        """The word before the token in the `Authorization` header."""
        return "token"

    @property
    def token(self) -> str:
        """The present token, renewed when it is about to expire; raises what PyGithub raises."""
        with self._renewing:
            if self._clock() >= self._expires - _RENEW_BEFORE:
                granted = self._integration.get_access_token(self._installation)
                self._token, self._expires = granted.token, granted.expires_at
            return self._token

    def close(self) -> None:
        """Let go of the connection that tokens are fetched over."""
        self._integration.close()


def authentication(name: str, settings: GitHubSettings, clock: Clock, timeout: int) -> Auth:
    """Return how every request signs in. `timeout` is in seconds. Sends nothing yet.

    Raises:
        SecretMissing: a reference to a secret leads nowhere.
        AccessDenied: the secret cannot be what it should be, so it is not sent anywhere.
    """
    if settings.app is not None:
        return _installation(name, settings.app, settings.url, clock, timeout)
    assert settings.token is not None
    token = settings.token.reveal()
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise AccessDenied(name, "the token holds characters that no token has")
    return Token(token)


def _installation(name: str, app: GitHubApp, url: str, clock: Clock, timeout: int) -> InstallationToken:
    signer = AppAuth(app.id, app.private_key.reveal())
    try:
        signer.create_jwt()
    except (ValueError, TypeError, jwt.PyJWTError):
        # the causes quote the key
        raise AccessDenied(name, "the private key of the app is not a PEM key for RSA") from None
    integration = github.GithubIntegration(base_url=url, timeout=timeout, auth=signer)
    return InstallationToken(integration, app.installation, clock)
