"""The world around one ledger: two trackers, two outputs, three contracts, and two clocks that may disagree.

The far sides live by the true time. The engine asks a clock that people set forward and back. Each `house` is a
process that starts afresh.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from types import MappingProxyType

from pydantic import BaseModel
from tests.engine.model.ledgerfile import LedgerFile

from tracker2invoice.configfile import Configuration, Configured, Daemon
from tracker2invoice.engine.house import House
from tracker2invoice.mapping.occasions import NO_MILESTONE
from tracker2invoice.model.contract import Brake, Contract, Limit
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Match, Term
from tracker2invoice.plugins import OutputPlugin, TrackerPlugin
from tracker2invoice.testing.memory_output import CAPABILITIES, MemoryBooks, MemoryOutput
from tracker2invoice.testing.memory_tracker import MemoryProjects, MemoryTracker
from tracker2invoice.testing.samples import SUPPLIER, sample_client, sample_contract

OUTPUTS = MappingProxyType(
    {
        "keyed": replace(CAPABILITIES, finds_together=3),
        "plain": replace(CAPABILITIES, key_lifetime=None, attachments=True, finds_together=2),
    }
)
"""By configured name: one output that recognises a repeated request, and one that can only be searched."""

PROJECTS = (("github", "acme/portal"), ("github", "acme/shop"), ("gitlab", "acme/audit"))
TITLES = ("Design", "Design, final", "Beta", "Acceptance", "Review", "Sign-off", "Something else")
SETTLED = CAPABILITIES.settle
"""After so long every document that was made can be found."""

CERTIFIED, CERTIFIES = "acceptance", "anna"
"""The term of each contract that is billed as it is certified, and who certifies it."""

SHARES = (
    ("30", "50", "20"),
    ("25", "25", "50"),
    ("100/3", "100/3", "100/3"),
    ("10", "10", "10"),
    ("30", "70"),
)
"""What a contract may say of its terms, in percent of its price."""

NO_BRAKE = Brake(Limit(), Limit())
ONE_AT_A_TIME = Brake(Limit(count=1), Limit())


STARTS = MappingProxyType(
    {
        "an ordinary Monday": datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        "the night to summer time": datetime(2026, 3, 28, 22, 30, tzinfo=UTC),
        "the night from summer time": datetime(2026, 10, 24, 21, 30, tzinfo=UTC),
    }
)
"""When an example may begin; Berlin turns its clocks at 01:00 UTC on 2026-03-29 and 2026-10-25."""


class NoSettings(BaseModel):
    pass


@dataclass
class Clocks:
    """The true time, and how far ours is ahead of it."""

    true: datetime = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    ahead: timedelta = timedelta(0)
    turned_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    def truth(self) -> datetime:
        return self.true

    def ours(self) -> datetime:
        return self.true + self.ahead

    def advance(self, by: timedelta) -> None:
        self.true += by

    def turn(self, by: timedelta) -> None:
        """Set our clock forward or back.

        Twice within the time that a document may stay invisible would fool anybody who measures that time.
        """
        self.true = max(self.true, self.turned_at + 2 * SETTLED)
        self.turned_at = self.true
        self.ahead += by


def terms(shares: tuple[str, ...], matches: tuple[Match, ...]) -> tuple[Term, ...]:
    names = ("design", "beta", CERTIFIED)
    return tuple(
        Term(name, match, percent=Fraction(share), progress="certified" if name == CERTIFIED else None)
        for name, match, share in zip(names, matches, shares, strict=False)
    )


def fixed(units: tuple[int, ...], contract: Contract) -> tuple[Term, ...]:
    """Return terms like the contract's with fixed amounts, in the smallest unit of its currency."""
    return tuple(
        Term(term.id, term.match, fixed=Money.of_units(amount, contract.currency), progress=term.progress)
        for term, amount in zip(contract.terms, units, strict=False)
    )


MATCHES = (Match("glob", "Design*"), Match("title", "Beta"), Match("title", "Acceptance"))
REVIEWS = (Match("title", "Review"), Match("regex", "Some.*"), Match("title", "Sign-off"))


def signed(currency: str, identifier: str, projects: tuple[str, ...], outputs: tuple[str, ...], units: int) -> Contract:
    remote = {output: f"{output}-acme" for output in OUTPUTS}
    return replace(
        sample_contract(currency, outputs=outputs),
        id=identifier,
        client=sample_client(remote),
        projects=projects,
        price=Money.of_units(units, currency),
        terms=terms(SHARES[0], MATCHES),
    )


def contracts() -> dict[str, Contract]:
    """Return one contract with both outputs, and one with each; the first shares a project with the last.

    Of the second what is certified is billed without a milestone.
    """
    portal = signed("EUR", "portal", ("github:acme/portal",), ("keyed", "plain"), 6000000)
    shop = signed("EUR", "shop", ("github:acme/shop", "gitlab:acme/audit"), ("keyed",), 99999)
    audit = signed("JPY", "audit", ("gitlab:acme/audit", "github:acme/portal"), ("plain",), 100001)
    by_itself = replace(shop, terms=terms(SHARES[0], (*MATCHES[:2], NO_MILESTONE)))
    reviews = replace(audit, terms=terms(SHARES[2], REVIEWS))
    return {contract.id: contract for contract in (portal, by_itself, reviews)}


@dataclass
class World:
    """Everything that a run meets."""

    file: LedgerFile
    clocks: Clocks = field(default_factory=Clocks)
    contracts: dict[str, Contract] = field(default_factory=contracts)
    removed: set[str] = field(default_factory=set[str])
    brake: Brake = NO_BRAKE

    def __post_init__(self) -> None:
        self.signed = dict(self.contracts)
        self.trackers = {name: MemoryProjects(self.clocks.truth, name) for name, _ in PROJECTS}
        self.books = {name: MemoryBooks(self.clocks.truth, able) for name, able in OUTPUTS.items()}
        self.projects = [(tracker, self.trackers[tracker].add_project(name)) for tracker, name in PROJECTS]
        self.labels = {
            place: f"{tracker}:{name}" for place, (tracker, name) in zip(self.projects, PROJECTS, strict=True)
        }
        self.ledger = self.file.ledger(self.clocks.ours)

    @property
    def valid(self) -> tuple[Contract, ...]:
        """The contracts that the configuration has now."""
        return tuple(one for identifier, one in self.contracts.items() if identifier not in self.removed)

    @contextmanager
    def house(self) -> Generator[House]:
        house = House(self.configuration, self.ledger, self.clocks.ours)
        try:
            yield house
        finally:
            house.close()

    @property
    def configuration(self) -> Configuration:
        clients = {contract.client.id: contract.client for contract in self.valid}
        return Configuration(
            path=self.file.path.with_name("tracker2invoice.toml"),
            directory=self.file.path.parent,
            timezone="Europe/Berlin",
            supplier=SUPPLIER,
            ledger_url=self.file.url,
            daemon=Daemon(timedelta(minutes=5), "", timedelta(hours=1), "127.0.0.1", 0),
            brake=self.brake,
            trackers={name: self._tracker(name) for name in self.trackers},
            outputs={name: self._output(name) for name in self.books},
            clients=clients,
            contracts=self.valid,
            warnings=(),
        )

    def milestones(self, project: int) -> dict[int, Milestone]:
        """Return by their numbers the milestones that one of the projects has."""
        tracker, project_id = self.projects[project]
        return self.trackers[tracker].by_id[project_id].milestones

    def number(self, project: int, which: int) -> int:
        numbers = sorted(self.milestones(project))
        return numbers[which % len(numbers)]

    def close_milestone(self, project: int, which: int) -> None:
        tracker, project_id = self.projects[project]
        self.trackers[tracker].close(project_id, self.number(project, which))

    def watched(self) -> Mapping[str, Collection[Milestone]]:
        """Return by their configured names the projects of today's contracts, and what stands in them."""
        labels = {label for contract in self.valid for label in contract.projects}
        return {
            label: self.trackers[tracker].by_id[project_id].milestones.values()
            for (tracker, project_id), label in self.labels.items()
            if label in labels
        }

    def readable(self) -> Mapping[str, Collection[Milestone]]:
        """Return what of `watched` the next reading will see."""
        healthy = {
            self.labels[tracker, project_id]
            for tracker, project_id in self.projects
            if self.trackers[tracker].accepts_us and not self.trackers[tracker].by_id[project_id].failures
        }
        return {label: milestones for label, milestones in self.watched().items() if label in healthy}

    def everything_works(self) -> None:
        for (tracker, project_id), (_, name) in zip(self.projects, PROJECTS, strict=True):
            self.trackers[tracker].accepts_us = True
            self.trackers[tracker].by_id[project_id].failures.clear()
            self.trackers[tracker].rename_project(project_id, name)
        for books in self.books.values():
            books.accepts_us = True
            books.faults.clear()
            books.find_faults.clear()

    def _tracker(self, tracker: str) -> Configured:
        projects = self.trackers[tracker]
        plugin = TrackerPlugin("memory", NoSettings, lambda _, context: MemoryTracker(context.name, projects))
        return Configured("memory", NO_SETTINGS, plugin)

    def _output(self, output: str) -> Configured:
        books = self.books[output]
        plugin = OutputPlugin(
            "memory", NoSettings, lambda _, context: MemoryOutput(context.name, books), books.capabilities
        )
        return Configured("memory", NO_SETTINGS, plugin)


NO_SETTINGS = NoSettings()
