"""What a connector declares of the consent that it needs (OAuth 2.0, RFC 6749)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tracker2invoice.secret import SecretReference


@dataclass(frozen=True, slots=True)
class App:
    """This program as a token server knows it (RFC 6749, 2.3): it says who it is by a Basic header or in the form."""

    token_url: str
    id: str
    secret: SecretReference
    authenticates: Literal["basic", "form"] = "basic"


@dataclass(frozen=True, slots=True)
class Tenant:
    """What a consent must be for: the JSON list at `url` has an entry that holds `value` under `key`."""

    url: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Consent:
    """The consent of a person that an app needs (RFC 6749, 4.1): how `auth` asks for it, and how long it lasts.

    The person opens `authorize_url`, with the fields of `request` besides those of the standard, and comes back to
    `redirect_url` as it is registered with the app; one on this machine may have port 0, which takes any. `pkce`: the
    server understands RFC 7636 with S256. `seed` is a refresh token in the configuration, which begins the chain.

    With `rotates` every renewal gives another refresh token, or was none. A refresh token ends when it was not used
    for `idle`, and `lasts` after the consent in any case; None is never. Where the answer with the token tells how many
    seconds it is good for, `lifetime_field` names the field, and `idle` counts no more.

    What the consent must be for is told by `tenant`, or by `answer`: fields beside the code in the browser's answer.
    """

    app: App
    authorize_url: str
    redirect_url: str
    scopes: tuple[str, ...]
    seed: SecretReference | None = None
    request: Mapping[str, str] = field(default_factory=dict[str, str])
    pkce: bool = True
    rotates: bool = True
    idle: timedelta | None = None
    lasts: timedelta | None = None
    lifetime_field: str = ""
    tenant: Tenant | None = None
    answer: Mapping[str, str] = field(default_factory=dict[str, str])
