"""A chain of refresh tokens with its far side in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tracker2invoice.plugins import Context
from tracker2invoice_xero import XeroSettings
from tracker2invoice_xero.auth import IdentityServer, RefreshChain, Tokens

if TYPE_CHECKING:
    from tests.conftest import FrozenClock


@dataclass
class Identity:
    """An identity server. It takes a refresh token once more if the next one was never used."""

    clock: FrozenClock
    asked: list[str] = field(default_factory=list[str])

    def ask(self, form: Mapping[str, str], *, seed: str = "") -> Tokens:
        self.asked.append(form["refresh_token"])
        self.clock.advance(timedelta(hours=1))
        number = len(self.asked)
        return Tokens(f"access {number}", f"refresh {number}", self.clock(), seed)


def chain(identity: Identity, folder: Path) -> RefreshChain:
    settings = XeroSettings.model_validate(
        {"tenant": "t", "client_id": "c", "client_secret": {"env": "X"}, "refresh_token": "refresh 0"}
    )
    return RefreshChain(cast("IdentityServer", identity), settings, Context("books", folder, identity.clock))
