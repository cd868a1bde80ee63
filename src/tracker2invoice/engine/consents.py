"""The consents that configured connectors live on, and how long they still will. Reads token stores alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from tracker2invoice.configfile import Configuration, Configured
from tracker2invoice.engine.guard import guarded
from tracker2invoice.errors import Tracker2InvoiceError
from tracker2invoice.oauth.expiry import Expiry, expiry
from tracker2invoice.oauth.grants import kept_tokens
from tracker2invoice.oauth.tokens import token_store
from tracker2invoice.plugins import Clock, Consent, Context


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
    return tuple(_standings(configuration, clock))


def _standings(configuration: Configuration, clock: Clock) -> Iterator[Standing]:
    for section, (name, configured) in sections(configuration).items():
        context = Context(name, configuration.directory, clock)
        # whatever is wrong here is wrong with the next request, too, which says it
        with suppress(Tracker2InvoiceError):
            if consent := consent_of(name, configured):
                tokens = kept_tokens(consent, token_store(configured.kind, context))
                given = tokens is not None or consent.seed is not None
                yield Standing(section, name, given, expiry(consent, tokens) if tokens else None)
