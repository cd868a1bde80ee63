"""Zoho Books as an output: draft invoices and credit notes through its API, version 3. Importing this is cheap."""

from __future__ import annotations

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
    draft_state=True,
    key_lifetime=None,
    settle=timedelta(seconds=60),
    # it is the administrator who makes the custom field refuse duplicates, and can undo it at any time
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

VENDOR: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "https://www.zohoapis.com": ("https://accounts.zoho.com", "https://books.zoho.com"),
        "https://www.zohoapis.eu": ("https://accounts.zoho.eu", "https://books.zoho.eu"),
        "https://www.zohoapis.in": ("https://accounts.zoho.in", "https://books.zoho.in"),
        "https://www.zohoapis.com.au": ("https://accounts.zoho.com.au", "https://books.zoho.com.au"),
        "https://www.zohoapis.jp": ("https://accounts.zoho.jp", "https://books.zoho.jp"),
        "https://www.zohoapis.ca": ("https://accounts.zohocloud.ca", "https://books.zohocloud.ca"),
    }
)
"""Zoho's data centres: the address for programs, that of consent and tokens, and where people open the books.

Source: zoho.com/books/api/v3, Multiple Data Centers and OAuth.
"""

_SCOPES = (
    "invoices.CREATE",
    "invoices.READ",
    "invoices.DELETE",
    "creditnotes.CREATE",
    "creditnotes.READ",
    "creditnotes.DELETE",
    "contacts.READ",
    "settings.READ",
)

Address = Annotated[str, Field(pattern=r"^https?://[^\s@?#]+$")]
Identifier = Annotated[str, Field(pattern=r"^\d{1,20}$")]
"""An id of Zoho: digits in quotes, for they are more than a number of JSON holds."""


def _are_ids(codes: Mapping[str, str]) -> Mapping[str, str]:
    if not all(code.isascii() and code.isdigit() for code in codes.values()):
        raise ValueError("a tax is named by its id, which has digits alone")
    return codes


class ZohoSettings(BaseModel):
    """`[outputs.<name>]` with `kind = "zoho"`.

    `url` is the address of the data centre that keeps the books, or leads to a sandbox or proxy; `identity_url` is yet
    another one for consent and tokens. `organization` is the id of the organisation. Somebody consents, and comes back
    to `redirect_url`; a `refresh_token` is of a consent that was given elsewhere. `item` is the id of the item that
    every line is for, `reference_field` that of the custom field of invoices that holds our reference. `tax` maps a
    contract's tax to the id of a tax. `attach_annex` attaches the list of what was delivered as a PDF. `create_missing`
    creates customers for clients that are not there, which somebody has to consent to.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["zoho"] = "zoho"
    url: Address
    identity_url: Address | None = None
    organization: Identifier
    client_id: str = Field(min_length=1)
    client_secret: Secret
    redirect_url: Address = "http://localhost:8719/callback"
    refresh_token: Secret | None = None
    item: Identifier
    reference_field: Identifier
    tax: Annotated[TaxCodes, AfterValidator(_are_ids)]
    attach_annex: bool = False
    create_missing: bool = False

    @property
    def base_url(self) -> str:
        """The address without a slash at the end."""
        return self.url.rstrip("/")


def consent_of(settings: ZohoSettings) -> Consent:
    """Return the consent that the settings need.

    Source: zoho.com/accounts/protocol/oauth, web server apps: a refresh token comes with `access_type=offline`, does
    not end by itself, and is not replaced when it is used. Nothing is said of PKCE.
    """
    scopes = (*_SCOPES, *(("contacts.CREATE",) if settings.create_missing else ()))
    accounts = settings.identity_url or VENDOR.get(settings.base_url, (settings.base_url, ""))[0]
    login = f"{accounts.rstrip('/')}/oauth/v2"
    return Consent(
        App(f"{login}/token", settings.client_id, settings.client_secret, authenticates="form"),
        f"{login}/auth",
        settings.redirect_url,
        # Zoho separates scopes by commas (zoho.com/books/api/v3/oauth)
        (",".join(f"ZohoBooks.{one}" for one in scopes),),
        seed=settings.refresh_token,
        request={"access_type": "offline", "prompt": "consent"},
        pkce=False,
        rotates=False,
    )


def _connect(settings: ZohoSettings, context: Context) -> Output:
    from tracker2invoice_zoho.output import connect

    return connect(settings, context)


def _twin(clock: Clock, _: Path) -> AbstractContextManager[OutputTwin]:
    from tracker2invoice_zoho.twin import start

    return start(clock)


plugin = OutputPlugin(
    summary="Zoho Books: draft invoices and credit notes",
    settings=ZohoSettings,
    connect=_connect,
    capabilities=CAPABILITIES,
    twin=_twin,
    consent=consent_of,
    proof="published schema",
)
