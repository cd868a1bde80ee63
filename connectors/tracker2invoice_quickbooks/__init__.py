"""QuickBooks Online as an output: estimates, or invoices that nobody was sent. Importing this must stay cheap.

QuickBooks Online has no draft invoices (intuit/QuickBooks-V3-Java-SDK, Finance.xsd, has no such state): what stands for
one is chosen by `mode`, and nothing is chosen for anybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from tracker2invoice.oauth.declaration import App, Consent
from tracker2invoice.plugins import Capabilities, Clock, Context, Output, OutputPlugin
from tracker2invoice.secret import Secret
from tracker2invoice.taxcodes import TaxCodes

if TYPE_CHECKING:
    from tracker2invoice.testing.twins import OutputTwin

CAPABILITIES = Capabilities(
    draft_state=False,
    # a repeated `requestid` gets the first answer, but nobody says for how long
    key_lifetime=None,
    settle=timedelta(seconds=60),
    # that a second document number is refused is said of invoices by some, and denied by others
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

Mode = Literal["estimate", "unsent-invoice"]

MEANING: Mapping[Mode, str] = MappingProxyType(
    {
        "estimate": "It is not posted: a person makes the invoice of it",
        "unsent-invoice": "This is no draft: it counts as revenue at once",
    }
)
"""What a person must know about a mode."""

NO_TAX = "NON"
"""What QuickBooks calls a line without tax in the United States, where lines bear no other tax of their own."""

COMPANIES = "https://quickbooks.api.intuit.com"
VENDOR: Mapping[str, str] = MappingProxyType(
    {
        COMPANIES: "https://app.qbo.intuit.com",
        "https://sandbox-quickbooks.api.intuit.com": "https://app.sandbox.qbo.intuit.com",
    }
)
"""Intuit's addresses for programs, and where people open the same companies."""

TOKENS, LOGIN = "https://oauth.platform.intuit.com", "https://appcenter.intuit.com"

Address = Annotated[str, Field(pattern=r"^https?://[^\s@?#]+$")]
Identifier = Annotated[str, Field(pattern=r"^\d{1,20}$")]


def _are_codes(codes: Mapping[str, str]) -> Mapping[str, str]:
    if not all(code == NO_TAX or re.fullmatch(r"[0-9]{1,20}", code) for code in codes.values()):
        raise ValueError(f"a tax code is named by its id, which has digits alone; in the United States by {NO_TAX}")
    if NO_TAX in codes.values() and set(codes.values()) != {NO_TAX}:
        raise ValueError(f"{NO_TAX} is for companies in the United States, which have no other codes")
    if any(code == NO_TAX and not key.endswith(" 0") for key, code in codes.items()):
        raise ValueError(f"{NO_TAX} is no tax: QuickBooks finds the sales tax of the United States by itself")
    return codes


class QuickBooksSettings(BaseModel):
    """`[outputs.<name>]` with `kind = "quickbooks"`.

    `url` leads to Intuit's sandbox companies, our sandbox or a proxy, `identity_url` to yet another one for tokens.
    `realm` is the id of the company. Somebody consents, and comes back to `redirect_url`; a `refresh_token` is of a
    consent that was given elsewhere. `mode` says what is created. `item` is the id of the product or service that every
    line is for. `tax` maps a contract's tax to the id of a tax code. `attach_annex` attaches the list of what was
    delivered, `create_missing` creates customers for clients that nobody there may be.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["quickbooks"] = "quickbooks"
    url: Address = COMPANIES
    identity_url: Address | None = None
    realm: Identifier
    client_id: str = Field(min_length=1)
    client_secret: Secret
    redirect_url: Address = "http://localhost:8719/callback"
    refresh_token: Secret | None = None
    mode: Mode
    item: Identifier
    tax: Annotated[TaxCodes, AfterValidator(_are_codes)]
    attach_annex: bool = False
    create_missing: bool = False

    @property
    def in_the_us(self) -> bool:
        """Whether the company is one in the United States, as far as its tax codes say."""
        return NO_TAX in self.tax.values()


def consent_of(settings: QuickBooksSettings) -> Consent:
    """Return the consent that the settings need.

    Source: developer.intuit.com, Set up OAuth 2.0 and Authorization FAQ: a refresh token lives 100 days unused, and
    five years in any case; the answer tells the company as `realmId`. Nothing is said of PKCE.
    """
    ours = settings.identity_url or ("" if settings.url.rstrip("/") in VENDOR else settings.url)
    tokens, login = (ours.rstrip("/") or vendor for vendor in (TOKENS, LOGIN))
    return Consent(
        App(f"{tokens}/oauth2/v1/tokens/bearer", settings.client_id, settings.client_secret),
        f"{login}/connect/oauth2",
        settings.redirect_url,
        ("com.intuit.quickbooks.accounting",),
        seed=settings.refresh_token,
        pkce=False,
        idle=timedelta(days=100),
        lasts=timedelta(days=5 * 365),
        lifetime_field="x_refresh_token_expires_in",
        answer={"realmId": settings.realm},
    )


def _connect(settings: QuickBooksSettings, context: Context) -> Output:
    from tracker2invoice_quickbooks.output import connect

    return connect(settings, context)


def _twin(clock: Clock, _: Path) -> AbstractContextManager[OutputTwin]:
    from tracker2invoice_quickbooks.twin import start

    return start(clock)


plugin = OutputPlugin(
    summary="QuickBooks Online: estimates, or unsent invoices, which count as revenue at once",
    settings=QuickBooksSettings,
    connect=_connect,
    capabilities=CAPABILITIES,
    twin=_twin,
    consent=consent_of,
    proof="published schema",
)
