"""A chain of refresh tokens with its far side in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tracker2invoice.oauth.grants import RefreshChain
from tracker2invoice.oauth.server import TokenServer
from tracker2invoice.oauth.tokens import Tokens, token_store
from tracker2invoice.plugins import Context
from tracker2invoice_xero import XeroSettings, consent_of

if TYPE_CHECKING:
    from tests.conftest import FrozenClock


@dataclass
class Identity:
    """A token server. It takes a refresh token once more if the next one was never used."""

    clock: FrozenClock
    asked: list[str] = field(default_factory=list[str])

    def ask(self, form: Mapping[str, str]) -> Tokens:
        self.asked.append(form["refresh_token"])
        self.clock.advance(timedelta(hours=1))
        number = len(self.asked)
        return Tokens(f"access {number}", f"refresh {number}", self.clock())


def chain(identity: Identity, folder: Path) -> RefreshChain:
    settings = XeroSettings.model_validate(
        {"tenant": "t", "client_id": "c", "client_secret": {"env": "X"}, "refresh_token": "refresh 0"}
    )
    consent = consent_of(settings)
    assert consent
    store = token_store("xero", Context("books", folder, identity.clock))
    return RefreshChain(cast("TokenServer", identity), consent, store, identity.clock)
