"""A contract's life, lived once, and recorded: what was written to the disk, and what happened outside meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from tests.engine.conftest import Clock, Scene
from tests.storage.recorder import Recorder

from tracker2invoice.configfile import Configuration, Configured
from tracker2invoice.engine.run import run
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.testing.memory_output import CAPABILITIES, Entry, MemoryBooks
from tracker2invoice.testing.samples import sample_contract
from tracker2invoice_files import FilesSettings, plugin

FOLDER = Path("invoices", "2026")
TERMS = {"Design": "design", "Beta": "beta", "Acceptance": "acceptance"}
LAG = timedelta(seconds=30)
"""How long a new document stays invisible: what is not remembered here is sent again."""


@dataclass(frozen=True, slots=True)
class World:
    """What no power cut here undoes: the books over there, the tracker, the time."""

    entries: tuple[Entry, ...]
    milestones: dict[int, Milestone]
    now: datetime


@dataclass(slots=True)
class ToldBooks(MemoryBooks):
    """Books that say so when they have a new document, or one that is complete now."""

    tell: Callable[[], None] = lambda: None

    def commit(self, payload: bytes, key: str, client: str) -> Entry:
        entry = MemoryBooks.commit(self, payload, key, client)
        self.tell()
        return entry

    def complete(self, begun: Entry) -> Entry:
        entry = MemoryBooks.complete(self, begun)
        self.tell()
        return entry


class Workshop(Scene):
    """A contract that is billed into books that recognise no keys, and into a folder."""

    ledger_url = ""

    def __post_init__(self) -> None:
        self.capabilities = replace(CAPABILITIES, key_lifetime=None)
        self.contract = sample_contract(outputs=("books", "files"))
        super().__post_init__()
        self.books = self.told = ToldBooks(self.clock, self.capabilities, lag=LAG)

    @property
    def configuration(self) -> Configuration:
        files = Configured("files", FilesSettings(directory=FOLDER, formats=("json", "csv")), plugin)
        one = super().configuration
        url = self.ledger_url or one.ledger_url
        return replace(one, ledger_url=url, outputs={**one.outputs, "files": files})

    @property
    def world(self) -> World:
        milestones = self.projects.by_id[self.project].milestones
        return World(tuple(self.books.entries), dict(milestones), self.clock.now)

    @world.setter
    def world(self, world: World) -> None:
        self.clock.now = world.now
        self.books.entries = list(world.entries)
        self.projects.by_id[self.project].milestones = dict(world.milestones)

    @property
    def files(self) -> dict[str, bytes]:
        """Every file in the folder of the invoices, by name."""
        folder = self.directory / FOLDER
        return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}


def recorded_life(directory: Path) -> Recorder:
    """Live a contract's life in an empty folder; return what was written there.

    Raises:
        Unavailable: SQLite cannot be listened to.
    """
    workshop, recorder = Workshop(directory, Clock()), Recorder(directory)
    workshop.told.tell = lambda: recorder.outside(workshop.world)
    with recorder.recording(), small_wal():
        for chapter in chapters(workshop):
            recorder.outside(workshop.world)
            chapter()
    return recorder


def chapters(workshop: Workshop) -> Iterator[Callable[[], object]]:
    """Tell what happens outside; yield each run that follows."""
    numbers = {title: workshop.milestone(title) for title in TERMS}
    projects, project = workshop.projects, workshop.project
    projects.close(project, numbers["Design"])
    yield workshop.run
    projects.reopen(project, numbers["Design"])
    projects.close(project, numbers["Beta"])
    workshop.books.faults.append("unclear after")
    workshop.clock.advance(days=1)
    yield workshop.run
    workshop.clock.advance(minutes=3)
    yield lambda: day_of_a_daemon(workshop, lambda: projects.close(project, numbers["Acceptance"]))
    projects.close(project, numbers["Design"])
    workshop.clock.advance(days=1)
    yield workshop.run


def day_of_a_daemon(workshop: Workshop, news: Callable[[], None]) -> None:
    """Run several times on one open ledger, so that its WAL is used again from the start."""
    with workshop.house() as house:
        run(house)
        news()
        workshop.told.tell()
        for _ in range(3):
            workshop.clock.advance(minutes=5)
            run(house)


@contextmanager
def small_wal() -> Generator[None]:
    """Let SQLite copy its WAL into the database, and begin it anew, far more often than it does by itself."""

    def limit(connection: Any, _: object) -> None:
        connection.execute("PRAGMA wal_autocheckpoint = 20")

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)
