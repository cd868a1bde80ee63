"""The configuration: found, read, checked as a whole, and handed out as one immutable value.

Everything that is wrong with all its files is collected before anybody is told. Nothing is printed here, and
nothing outside is reached.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from tracker2invoice.config.agreements import brake_of, client_of, contract_of, digest, supplier_of
from tracker2invoice.config.crosschecks import find_problems, find_warnings
from tracker2invoice.config.look import read_look
from tracker2invoice.config.rates import own_rates
from tracker2invoice.config.sections import Configured, Connector, Sections, read_sections
from tracker2invoice.config.sources import Sources, read_sources
from tracker2invoice.errors import ConfigInvalid, Problem
from tracker2invoice.model.contract import Brake, Contract, Party
from tracker2invoice.model.look import PLAIN, Look
from tracker2invoice.model.numbering import Numbering
from tracker2invoice.model.rates import Published
from tracker2invoice.settings import DaemonSettings

__all__ = ["DEFAULT_FILE", "Configuration", "Configured", "Daemon", "load", "locate"]

DEFAULT_FILE = "tracker2invoice.toml"
DEFAULT_POLL, DEFAULT_RECONCILE = timedelta(minutes=5), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Daemon:
    """When the daemon runs: by `cron`, in the configured time zone, unless that is empty, else every `poll`.

    `reconcile` is how often it reads back what became of documents.

    `host` and `port` are where it answers `/healthz` and `/metrics`; port 0 takes any free one.
    """

    poll: timedelta
    cron: str
    reconcile: timedelta
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that is configured. `directory` is the folder of the file.

    `ledger_url` is an address for SQLAlchemy, SQLite paths absolute; it may hold a password. `ecb_rates` is the file of
    the European Central Bank, from that folder on.
    """

    path: Path
    directory: Path
    timezone: str
    supplier: Party
    ledger_url: str = field(repr=False)
    daemon: Daemon
    brake: Brake
    trackers: Mapping[str, Configured]
    outputs: Mapping[str, Configured]
    clients: Mapping[str, Party]
    contracts: tuple[Contract, ...]
    warnings: tuple[Problem, ...]
    numbering: Numbering = field(default_factory=Numbering)
    look: Look = PLAIN
    own_rates: tuple[Published, ...] = ()
    ecb_rates: Path | None = None

    @property
    def digest(self) -> str:
        """Hexadecimal SHA-256 of the contracts' content, for a plan to say what it rests on."""
        return digest(self.contracts)


def locate(path: Path | None = None) -> Path:
    """Return the path given, else that in `T2I_CONFIG`, else `tracker2invoice.toml` in the current folder."""
    return path or Path(os.environ.get("T2I_CONFIG") or DEFAULT_FILE)


def load(path: Path | None = None) -> Configuration:
    """Read and check the configuration with its contract files, `.env`, secrets directory and environment.

    Raises:
        ConfigInvalid: with every problem of all of them.
    """
    sources = read_sources(locate(path))
    sections = read_sections(sources)
    look, unfit = read_look(sections.supplier, sources)
    problems = (*sections.problems, *find_problems(sections), *unfit)
    if problems:
        raise ConfigInvalid(tuple(dict.fromkeys(problems)))
    return _configuration(sources, sections, look)


def _configuration(sources: Sources, sections: Sections, look: Look) -> Configuration:
    general, supplier, ledger, daemon, brake, rates = (
        sections.general,
        sections.supplier,
        sections.ledger,
        sections.daemon,
        sections.brake,
        sections.rates,
    )
    # a section without problems has settings
    assert general is not None
    assert supplier is not None
    assert ledger is not None
    assert daemon is not None
    assert brake is not None
    assert rates is not None
    clients = {one.name: client_of(one.name, one.settings) for one in sections.clients if one.settings}
    seller = supplier_of(supplier)
    contracts = tuple(
        contract_of(one.settings, clients, seller, general.timezone) for one in sections.contracts if one.settings
    )
    return Configuration(
        path=sources.path,
        directory=sources.path.parent.absolute(),
        timezone=general.timezone,
        supplier=seller,
        ledger_url=ledger.url,
        daemon=_daemon(daemon),
        brake=brake_of(brake),
        trackers=_configured(sections.trackers),
        outputs=_configured(sections.outputs),
        clients=MappingProxyType(clients),
        contracts=contracts,
        warnings=find_warnings(sections, sources, contracts),
        numbering=Numbering(supplier.numbers.pattern, supplier.numbers.last),
        look=look,
        own_rates=tuple(own_rates(rates)),
        ecb_rates=rates.ecb,
    )


def _configured(connectors: tuple[Connector, ...]) -> Mapping[str, Configured]:
    return MappingProxyType({one.name: one.configured for one in connectors if one.configured})


def _daemon(settings: DaemonSettings) -> Daemon:
    health = settings.health
    return Daemon(
        poll=settings.poll or DEFAULT_POLL,
        cron=settings.cron or "",
        reconcile=settings.reconcile or DEFAULT_RECONCILE,
        host=health.host,
        port=health.port,
    )
