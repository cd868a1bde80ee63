"""Xero as an output: draft invoices and credit notes through the Accounting API. Importing this must stay cheap."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tracker2invoice.oauth.declaration import App, Consent, Tenant
from tracker2invoice.plugins import Capabilities, Clock, Context, Output, OutputPlugin
from tracker2invoice.secret import Secret
from tracker2invoice.taxcodes import TaxCodes

if TYPE_CHECKING:
    from tracker2invoice.testing.twins import OutputTwin

CAPABILITIES = Capabilities(
    draft_state=True,
    # developer.xero.com, guides/idempotent-requests: keys are kept for six minutes
    key_lifetime=timedelta(minutes=6),
    settle=timedelta(seconds=60),
    unique_reference=False,
    pins_client=True,
    negative_lines=True,
    credit_notes=True,
    attachments=True,
    withdraws=True,
    numbers=True,
    finalizes=False,
    creates_clients=True,
    finds_together=20,
)


Address = Annotated[str, Field(pattern=r"^https?://[^\s@?#]+$")]


XERO, IDENTITY, LOGIN = "https://api.xero.com", "https://identity.xero.com", "https://login.xero.com"


class XeroSettings(BaseModel):
    """`[outputs.<name>]` with `kind = "xero"`.

    `url` leads to a sandbox or proxy, `identity_url` to yet another one for tokens. `tenant` is the organisation's id.
    The app is a custom connection (client credentials), or with `consent` one that a person consents to, who comes back
    to `redirect_url`. A `refresh_token` is of such an app, too: the first of the chain that is kept beside the
    configuration. `account` is the code of the revenue account (200 is Sales in Xero's own charts). `tax` maps a
    contract's tax to Xero's tax type. `strict_unique` uses the reference as number of the document, so that Xero itself
    refuses a second one. `attach_annex` attaches the list of what was delivered as a PDF, which needs a scope that is
    then asked for besides `scopes`; `create_missing` creates contacts for clients that are not there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["xero"] = "xero"
    url: Address = XERO
    identity_url: Address | None = None
    tenant: str = Field(min_length=1)
    client_id: str = Field(min_length=1)
    client_secret: Secret
    consent: bool = False
    redirect_url: Address = "http://localhost:8719/callback"
    refresh_token: Secret | None = None
    scopes: tuple[str, ...] = ("accounting.invoices", "accounting.contacts", "accounting.settings")
    account: str = "200"
    tax: TaxCodes
    strict_unique: bool = False
    attach_annex: bool = False
    create_missing: bool = False

    @property
    def token_url(self) -> str:
        """The server that gives tokens: `identity_url`, else Xero's own unless `url` leads to a sandbox or proxy."""
        return self.identity_url or (IDENTITY if self.url == XERO else self.url)

    @property
    def asked_scopes(self) -> tuple[str, ...]:
        """What a token is asked to be for."""
        return (*self.scopes, *(("accounting.attachments",) if self.attach_annex else ()))

    @property
    def app(self) -> App:
        """Who we are to Xero."""
        return App(f"{self.token_url.rstrip('/')}/connect/token", self.client_id, self.client_secret)


def consent_of(settings: XeroSettings) -> Consent | None:
    """Return the consent that the settings need; a custom connection needs none.

    Source: developer.xero.com/faq/oauth2. A refresh token lives 60 days unused, and for 30 minutes after its use.
    """
    if not settings.consent and settings.refresh_token is None:
        return None
    login = LOGIN if settings.token_url == IDENTITY else settings.token_url.rstrip("/")
    return Consent(
        settings.app,
        f"{login}/identity/connect/authorize",
        settings.redirect_url,
        tuple(dict.fromkeys((*settings.asked_scopes, "offline_access"))),
        seed=settings.refresh_token,
        idle=timedelta(days=60),
        tenant=Tenant(f"{settings.url.rstrip('/')}/connections", "tenantId", settings.tenant),
    )


def _connect(settings: XeroSettings, context: Context) -> Output:
    from tracker2invoice_xero.output import connect

    return connect(settings, context)


def _twin(clock: Clock, _: Path) -> AbstractContextManager[OutputTwin]:
    from tracker2invoice_xero.twin import start

    return start(clock)


plugin = OutputPlugin(
    summary="Xero: draft sales invoices and credit notes",
    settings=XeroSettings,
    connect=_connect,
    capabilities=CAPABILITIES,
    twin=_twin,
    consent=consent_of,
    proof="published schema",
)
