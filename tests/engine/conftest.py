"""The engine on memory twins: everything real but the far sides and the clock."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from tracker2invoice.configfile import Configuration, Configured, Daemon
from tracker2invoice.engine.house import House, open_house
from tracker2invoice.engine.run import Report, run
from tracker2invoice.model.claim import Delivery
from tracker2invoice.model.contract import Brake, Contract, Limit
from tracker2invoice.plugins import Capabilities, OutputPlugin, TrackerPlugin
from tracker2invoice.testing.memory_output import CAPABILITIES, MemoryBooks, MemoryOutput
from tracker2invoice.testing.memory_tracker import MemoryProjects, MemoryTracker
from tracker2invoice.testing.samples import SUPPLIER, sample_contract


class NoSettings(BaseModel):
    pass


@dataclass
class Clock:
    now: datetime = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Scene:
    """A contract on one project, a tracker and one output, `books`; each `house` is a process that starts afresh."""

    directory: Path
    clock: Clock
    contract: Contract = field(default_factory=sample_contract)
    capabilities: Capabilities = CAPABILITIES
    brake: Brake = field(default_factory=lambda: Brake(Limit(), Limit()))

    def __post_init__(self) -> None:
        self.projects = MemoryProjects(self.clock)
        self.books = MemoryBooks(self.clock, self.capabilities)
        self.output_name = "books"
        self.project = self.projects.add_project("acme/portal")

    @property
    def configuration(self) -> Configuration:
        return Configuration(
            path=self.directory / "tracker2invoice.toml",
            directory=self.directory,
            timezone="Europe/Berlin",
            supplier=SUPPLIER,
            ledger_url=f"sqlite:///{self.directory}/ledger.db",
            daemon=Daemon(timedelta(minutes=5), "", timedelta(hours=1), "127.0.0.1", 0),
            brake=self.brake,
            trackers={"github": self._tracker()},
            outputs={self.output_name: self._output()},
            clients={self.contract.client.id: self.contract.client},
            contracts=(self.contract,),
            warnings=(),
        )

    @contextmanager
    def house(self) -> Generator[House]:
        with open_house(self.configuration, self.clock) as house:
            yield house

    def run(self, **options: Any) -> Report:
        with self.house() as house:
            return run(house, **options)

    def milestone(self, title: str) -> int:
        return self.projects.add_milestone(self.project, title)

    def close(self, title: str) -> int:
        number = self.milestone(title)
        self.projects.close(self.project, number)
        return number

    def delivery(self, reference: str) -> Delivery:
        with self.house() as house:
            claim = house.ledger.claim(reference)
        assert claim is not None
        return claim.deliveries[0]

    def only_reference(self) -> str:
        with self.house() as house:
            (claim,) = house.ledger.claims()
        return claim.reference

    def pin_client(self, remote_id: str) -> None:
        client = replace(self.contract.client, remote={"books": remote_id})
        self.contract = replace(self.contract, client=client)

    def _tracker(self) -> Configured:
        plugin = TrackerPlugin("memory", NoSettings, lambda _, context: MemoryTracker(context.name, self.projects))
        return Configured("memory", NoSettings(), plugin)

    def _output(self) -> Configured:
        plugin = OutputPlugin(
            "memory", NoSettings, lambda _, context: MemoryOutput(context.name, self.books), self.capabilities
        )
        return Configured("memory", NoSettings(), plugin)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path, Clock())
