"""One machine of a freelancer, set up from what the installed connectors declare: twins, networks, configuration.

Nothing here knows a connector.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE
from typing import Any

from tests.crash.proxy import FaultProxy

from tracker2invoice.ledger.store import Ledger, open_ledger
from tracker2invoice.registry import load_output, load_tracker
from tracker2invoice.testing.twins import OutputTwin, TrackerTwin, section

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PROJECT = "acme/portal"
MILESTONES = ("Design", "Beta", "Acceptance")
Stop = tuple[str, str, int, str]
"""A boundary by name, moment and occurrence, and whether the process is killed or paused there."""

HEAD = """
timezone = "Europe/Berlin"
[supplier]
name = "Northwind Software GmbH"
vat_id = "DE136695976"
address = { street = "Hauptstr. 1", city = "Berlin", postcode = "10115", country = "DE" }
[ledger]
url = "sqlite:///tracker2invoice.db"
"""
"""How a configuration begins."""

_CONTRACT = """
[[contracts]]
id = "acme-portal"
client = "acme"
projects = ["tracker:acme/portal"]
start = 2026-01-01
currency = "EUR"
price = "1000.01"
tax = { category = "S", rate = "19" }
due = "30 days"
accept = { all_issues_closed = true }

  [[contracts.terms]]
  id = "design"
  milestone = "Design"
  percent = "30"

  [[contracts.terms]]
  id = "beta"
  milestone = "Beta"
  percent = "50"

  [[contracts.terms]]
  id = "acceptance"
  milestone = "Acceptance"
  unit_price = "200.00"
  quantity = { label = "counted" }
  not_to_exceed = "200.00"

"""

ADDRESS = {"street": "Ring 2", "city": "Hamburg", "postcode": "20095", "country": "DE"}


@dataclass(frozen=True, slots=True)
class Set:
    """Which tracker, and which outputs each in which variant; without `keys` no output recognises a repeated key."""

    tracker: str
    outputs: tuple[tuple[str, str], ...]
    keys: bool = True

    def __str__(self) -> str:
        outputs = "+".join(f"{kind}-{variant}" if variant else kind for kind, variant in self.outputs)
        return f"{self.tracker}>{outputs}{'' if self.keys else '-nokeys'}"


class Warm:
    """The process that starts all others; see `warm.py`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, **order: object) -> Any:
        """Give an order and return the answer."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def warmed_up() -> Generator[Warm]:
    """Start the process that starts all others."""
    command = [sys.executable, "-m", "tests.crash.warm"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdin=PIPE, stdout=PIPE, text=True) as process:
        try:
            yield Warm(process)
        finally:
            process.kill()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its exit code (minus a signal), None if it was paused; what it said, what it passed."""

    code: int | None
    words: str
    trace: tuple[str, ...]


@dataclass(slots=True)
class Stage:
    """The machine. `now` is the time of every clock; `stops` are planned by the number of the process."""

    directory: Path
    warm: Warm
    mutation: str = ""
    stops: Mapping[int, Stop] = field(default_factory=dict[int, Stop])
    now: datetime = NOON
    tracker: TrackerTwin = field(init=False)
    outputs: dict[str, OutputTwin] = field(default_factory=dict[str, OutputTwin])
    networks: dict[str, FaultProxy] = field(default_factory=dict[str, FaultProxy])
    environment: dict[str, str] = field(default_factory=dict[str, str])
    ended: list[Ended] = field(default_factory=list[Ended])
    project: str = ""
    numbers: dict[str, int] = field(default_factory=dict[str, int])
    noticed: list[str] = field(default_factory=list[str])

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.directory / "tracker2invoice.toml"

    def command(self, *arguments: str, after: timedelta = timedelta(0)) -> Ended:
        """Let a command run to its end, or to where it is stopped."""
        self.now += after
        order = self._order(arguments)
        number = len(self.ended)
        log, trace = self.directory / f"{number}.log", self.directory / f"{number}.trace"
        stop = self.stops.get(number)
        pid = self.warm.ask(
            do="start", log=str(log), trace=str(trace), stops=[stop] if stop else [], impatient=True,
            mutation=self.mutation, **order,
        )  # fmt: skip
        self.ended.append(Ended(0, "", ()))
        code = self.warm.ask(do="wait", pid=pid)
        if code is None:
            self._others_turn(*arguments)
            os.kill(pid, signal.SIGCONT)
            code = self.warm.ask(do="wait", pid=pid)
        self.ended[number] = Ended(code, log.read_text("utf-8"), tuple(trace.read_text().splitlines()))
        for network in self.networks.values():
            network.process_ended()
        return self.ended[number]

    def rehearse(self, *arguments: str) -> None:
        """Let a command run in the process that starts all others, so that these start faster."""
        self.warm.ask(do="rehearse", **self._order(arguments))

    def _order(self, arguments: Sequence[str]) -> dict[str, object]:
        environment = self.environment | {"T2I_NOW": self.now.isoformat(), "T2I_CONFIG": str(self.config)}
        return {"arguments": [*arguments, "--json"], "environment": environment}

    def _others_turn(self, *arguments: str) -> None:
        """Let another process try the same while the one before is paused."""
        self.command(*arguments, after=timedelta(seconds=10))

    @property
    def ledger_exists(self) -> bool:
        """Whether the tables of the ledger are there; asking creates none."""
        if not self._database.exists():
            return False
        with closing(sqlite3.connect(self._database)) as connection:
            found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")
            return found.fetchone() is not None

    @property
    def _database(self) -> Path:
        return self.directory / "tracker2invoice.db"

    @contextmanager
    def ledger(self) -> Generator[Ledger]:
        """Open the ledger beside the program."""
        with open_ledger(f"sqlite:///{self._database}", lambda: self.now) as ledger:
            yield ledger

    def write_config(self, tracker: str, sections: Mapping[str, Mapping[str, object]]) -> None:
        """Write the configuration; `sections` are those of the outputs, by their names."""
        remote = {name: twin.client for name, twin in self.outputs.items() if twin.client}
        client = {"name": "Acme GmbH", "remote": remote}
        text = HEAD + _CONTRACT.replace("due =", f"outputs = {json.dumps(list(sections))}\ndue =")
        text += section("trackers.tracker", {"kind": tracker} | self._leading_through("tracker", self.tracker))
        for name, settings in sections.items():
            text += section(f"outputs.{name}", settings)
        text += section("clients.acme", client) + section("clients.acme.address", ADDRESS)
        self.config.write_text(text, "utf-8")

    def _leading_through(self, name: str, twin: TrackerTwin | OutputTwin) -> dict[str, object]:
        """Return the settings of a twin, its address replaced by that of a network in front of it."""
        settings = dict(twin.settings)
        if name in self.networks:
            settings["url"] = self.networks[name].url
        return settings

    def output_settings(self, name: str, kind: str, variant: str) -> dict[str, object]:
        """Return the section of one output."""
        twin = self.outputs[name]
        over = dict(twin.variants[variant]) if variant else dict[str, object]()
        return {"kind": kind} | self._leading_through(name, twin) | over


@contextmanager
def staged(chosen: Set, directory: Path, warm: Warm, *, mutation: str = "") -> Generator[Stage]:
    """Start the twins with three open milestones of finished work, networks in front of them, and write the file."""
    stage = Stage(directory, warm, mutation)
    stage.environment = {name: value for name, value in os.environ.items() if not name.startswith("T2I_")}
    stage.environment |= {"NO_PROXY": "127.0.0.1,localhost"}
    with ExitStack() as stack:
        stage.tracker = stack.enter_context(_started(load_tracker(chosen.tracker).twin, stage))
        _put_in_front(stage, stack, "tracker", stage.tracker, timedelta(0))
        sections: dict[str, Mapping[str, object]] = {}
        for kind, variant in chosen.outputs:
            plugin = load_output(kind)
            twin = stage.outputs[kind] = stack.enter_context(_started(plugin.twin, stage))
            _put_in_front(stage, stack, kind, twin, plugin.capabilities.settle * 3 / 4)
            sections[kind] = stage.output_settings(kind, kind, variant)
            if not chosen.keys:
                twin.forget_keys()
        stage.write_config(chosen.tracker, sections)
        _fill(stage)
        yield stage


def _started(twin: Any, stage: Stage) -> AbstractContextManager[Any]:
    started: AbstractContextManager[Any] = twin(lambda: stage.now, stage.directory)
    return started


def _put_in_front(stage: Stage, stack: ExitStack, name: str, twin: TrackerTwin | OutputTwin, lag: timedelta) -> None:
    stage.environment |= twin.environment
    if url := twin.settings.get("url"):
        stage.networks[name] = stack.enter_context(FaultProxy(str(url), lambda: stage.now, lag))


def _fill(stage: Stage) -> None:
    stage.project = stage.tracker.add_project(PROJECT)
    for title in MILESTONES:
        stage.numbers[title] = stage.tracker.add_milestone(stage.project, title)
        stage.tracker.add_issue(stage.project, stage.numbers[title], f"Work on {title}", labels=("counted",))
    if not getattr(stage.tracker, "tells_when", True):
        _see_open(stage)


def _see_open(stage: Stage) -> None:
    """Let the ledger see the milestones open: what it first sees closed at an unknown time waits for a person."""
    stage.rehearse("run")
    for network in stage.networks.values():
        network.asked = 0
