"""Jira Cloud and Jira Data Center as a tracker, read only. Importing this must stay cheap."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tracker2invoice.oauth.declaration import App, Consent, Tenant
from tracker2invoice.plugins import Clock, Context, Tracker, TrackerPlugin
from tracker2invoice.secret import Secret

if TYPE_CHECKING:
    from tracker2invoice.testing.twins import TrackerTwin

Address = Annotated[str, Field(pattern=r"^https?://[^\s@?#]+$")]
Name = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=255)]

IDENTITY, GATEWAY = "https://auth.atlassian.com", "https://api.atlassian.com"
GIVEN_UP = ("Won't Do", "Won't Fix", "Duplicate", "Cannot Reproduce", "Incomplete", "Declined", "Rejected")


class JiraSettings(BaseModel):
    """`[trackers.<name>]` with `kind = "jira"`.

    `url` is the site, with the context path that a Data Center may have. With `email` the `token` is an API token of
    Jira Cloud, without it a personal access token of Data Center. With `client_id` and `client_secret` in their place a
    person consents to an app (OAuth 2.0 3LO, Cloud alone) and comes back to `redirect_url`. `cloud_id` is the id of the
    site, which is found by its address unless it is said; `identity_url` is another address than Atlassian's for
    consent and tokens.

    `points_field` is the id of the custom field for story points, `epic` the name of the issue type that is a milestone
    in projects named `KEY/epics`. Issues with a resolution of `given_up` are done but were not delivered.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["jira"] = "jira"
    url: Address
    email: Annotated[str, Field(pattern=r"^[^\s:]+@[^\s:]+$")] | None = None
    token: Secret | None = None
    client_id: Annotated[str, Field(min_length=1)] | None = None
    client_secret: Secret | None = None
    redirect_url: Address = "http://localhost:8719/callback"
    cloud_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,64}$")] | None = None
    identity_url: Address | None = None
    points_field: Annotated[str, Field(pattern=r"^customfield_\d{1,19}$")] | None = None
    epic: Name = "Epic"
    given_up: tuple[Name, ...] = GIVEN_UP

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        app = (self.client_id, self.client_secret)
        if (self.token is None) == (app == (None, None)) or (None in app and app != (None, None)):
            raise ValueError('write a "token", or the "client_id" and "client_secret" of an app')
        if self.email is not None and self.token is None:
            raise ValueError('"email" belongs to an API token; an app has none')
        return self

    @property
    def gateway(self) -> str:
        """Where the API is for apps."""
        return (self._elsewhere or GATEWAY).rstrip("/")

    @property
    def identity(self) -> str:
        """Where tokens for apps come from."""
        return (self.identity_url or self._elsewhere or IDENTITY).rstrip("/")

    @property
    def _elsewhere(self) -> str | None:
        """The site's own address if it is none of Atlassian's: a sandbox or a proxy stands for all of them."""
        host = urlsplit(self.url).hostname or ""
        return None if host.endswith((".atlassian.net", ".jira.com")) else self.url


def consent_of(settings: JiraSettings) -> Consent | None:
    """Return the consent that the settings need; whoever has a token needs none.

    Source: developer.atlassian.com, cloud/jira/platform/oauth-2-3lo-apps. It describes no PKCE. A refresh token lives
    90 days unused, a year after the consent at most, and for ten minutes after its use.
    """
    if settings.client_id is None or settings.client_secret is None:
        return None
    wanted = ("url", settings.url) if settings.cloud_id is None else ("id", settings.cloud_id)
    return Consent(
        App(f"{settings.identity}/oauth/token", settings.client_id, settings.client_secret, authenticates="form"),
        f"{settings.identity}/authorize",
        settings.redirect_url,
        ("read:jira-work", "offline_access"),
        request={"audience": "api.atlassian.com", "prompt": "consent"},
        pkce=False,
        idle=timedelta(days=90),
        lasts=timedelta(days=365),
        tenant=Tenant(f"{settings.gateway}/oauth/token/accessible-resources", *wanted),
    )


def _connect(settings: JiraSettings, context: Context) -> Tracker:
    from tracker2invoice_jira.tracker import connect

    return connect(settings, context)


def _twin(clock: Clock, _: Path) -> AbstractContextManager[TrackerTwin]:
    from tracker2invoice_jira.twin import start

    return start(clock)


plugin = TrackerPlugin(
    summary="Jira Cloud and Data Center: versions and epics",
    settings=JiraSettings,
    connect=_connect,
    twin=_twin,
    counts=frozenset({"points", "estimates", "times", "comments", "labellings"}),
    consent=consent_of,
)
