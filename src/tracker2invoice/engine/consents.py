"""The consents that configured connectors live on: how long they still will, and that none ends for want of use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from tracker2invoice.configfile import Configuration, Configured
from tracker2invoice.engine.guard import guarded
from tracker2invoice.engine.house import House
from tracker2invoice.engine.observe import Trouble
from tracker2invoice.errors import Tracker2InvoiceError
from tracker2invoice.oauth.declaration import Consent
from tracker2invoice.oauth.expiry import Expiry, expiry
from tracker2invoice.oauth.grants import kept_tokens, refresh_chain
from tracker2invoice.oauth.tokens import Tokens, token_store
from tracker2invoice.plugins import Clock, Context


@dataclass(frozen=True, slots=True)
class Standing:
    """How the consent of a connector stands. `section` is where that is configured, as in `outputs.books`.

    `given` is false if nobody has consented yet. `expiry` is None if the consent does not end, or nobody knows.
    """

    section: str
    name: str
    given: bool
    expiry: Expiry | None

    def is_near(self, now: datetime) -> bool:
        """Whether a person should do something about it soon, or should have."""
        return self.expiry is not None and self.expiry.is_near(now)

    def is_past(self, now: datetime) -> bool:
        """Whether it has ended."""
        return self.expiry is not None and self.expiry.is_past(now)


def sections(configuration: Configuration) -> Mapping[str, tuple[str, Configured]]:
    """Return name and settings of every configured connector, by its section."""
    groups = (("trackers", configuration.trackers), ("outputs", configuration.outputs))
    return {f"{group}.{name}": (name, one) for group, found in groups for name, one in found.items()}


def consent_of(name: str, configured: Configured) -> Consent | None:
    """Return the consent that a configured connector needs, None if it needs none.

    Raises:
        BadAnswer: the connector fails to say.
    """
    if configured.plugin.consent is None:
        return None
    with guarded(name):
        found: Consent | None = configured.plugin.consent(configured.settings)
    return found


def consents(configuration: Configuration, clock: Clock) -> tuple[Standing, ...]:
    """Return how every consent stands that is needed, in the order of the configuration."""
    return tuple(_standing(one) for one in _needed(configuration, clock))


def use_before_they_end(house: House) -> tuple[Trouble, ...]:
    """Renew every consent that ends soon if it is not used: an output is not asked for weeks if nothing is billed."""
    found = (_renewed(one, house.clock()) for one in _needed(house.configuration, house.clock))
    return tuple(trouble for trouble in found if trouble)


@dataclass(frozen=True, slots=True)
class _Needed:
    section: str
    kind: str
    consent: Consent
    context: Context
    tokens: Tokens | None


def _needed(configuration: Configuration, clock: Clock) -> Iterator[_Needed]:
    for section, (name, configured) in sections(configuration).items():
        context = Context(name, configuration.directory, clock)
        # whatever is wrong here is wrong with the next request, too, which says it
        with suppress(Tracker2InvoiceError):
            if consent := consent_of(name, configured):
                tokens = kept_tokens(consent, token_store(configured.kind, context))
                yield _Needed(section, configured.kind, consent, context, tokens)


def _standing(one: _Needed) -> Standing:
    given = one.tokens is not None or one.consent.seed is not None
    return Standing(one.section, one.context.name, given, expiry(one.consent, one.tokens) if one.tokens else None)


def _renewed(one: _Needed, now: datetime) -> Trouble | None:
    end = expiry(one.consent, one.tokens) if one.tokens else None
    if one.tokens is None or end is None or end.for_good or not end.is_near(now):
        return None
    chain = refresh_chain(one.kind, one.consent, one.context)
    try:
        chain.tokens(one.tokens.access)
    except Tracker2InvoiceError as error:
        return Trouble(one.section, error)
    finally:
        chain.close()
    return None
