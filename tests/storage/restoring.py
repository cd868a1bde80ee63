"""Starts the program on a ledger that was restored or damaged, in a world that has gone on meanwhile."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tests.engine.conftest import Clock
from tests.memory import folder_in_memory
from tests.storage.power import Image
from tests.storage.recorder import write_image
from tests.storage.recovery import settle
from tests.storage.story import TERMS, Workshop, World, chapters

from tracker2invoice.ledger.verify import verify

GROSS = {"design": Decimal("21420.00"), "beta": Decimal("35700.00"), "acceptance": Decimal("14280.00")}
"""What is billed in all: 30, 50 and 20 % of 60000.00 EUR, and 19 % tax."""

LEDGER = "ledger.db"
WAL = "ledger.db-wal"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What there is in the end: the gross amounts over there by term, names of files, states, faults."""

    books: Mapping[str, tuple[Decimal, ...]]
    files: frozenset[str]
    states: frozenset[str]
    faults: int

    @property
    def right(self) -> bool:
        """Each term was billed once, everything was delivered, and the ledger verifies."""
        return self.books == RIGHT and self.states == frozenset({"delivered"}) and self.faults == 0


RIGHT = {term: (amount,) for term, amount in GROSS.items()}
"""The books when each term was billed once."""


def live(workshop: Workshop) -> None:
    """Live the whole life, undisturbed."""
    for chapter in chapters(workshop):
        chapter()


def image_of(directory: Path) -> dict[str, bytes | None]:
    """Return all that is in a folder, but for what only running processes need."""
    return {
        str(path.relative_to(directory)): None if path.is_dir() else path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if not path.name.endswith(("-shm", ".lock"))
    }


@contextmanager
def resumed(image: Image, world: World) -> Generator[Workshop]:
    """Hand out a workshop on that disk, a day later."""
    with folder_in_memory() as name:
        write_image(Path(name), image)
        workshop = Workshop(Path(name), Clock())
        workshop.world = world
        workshop.clock.advance(days=1)
        yield workshop


def settled(image: Image, world: World) -> Outcome:
    """Go on from there until nothing is left to do.

    Raises:
        Stop: the program refuses to.
    """
    with resumed(image, world) as workshop:
        settle(workshop)
        return outcome(workshop)


def outcome(workshop: Workshop) -> Outcome:
    with workshop.house() as house:
        states = {delivery.state for claim in house.ledger.claims() for delivery in claim.deliveries}
        faults = len(verify(house.ledger))
    return Outcome(books_of(workshop), frozenset(workshop.files), frozenset(states), faults)


def books_of(workshop: Workshop) -> dict[str, tuple[Decimal, ...]]:
    """Return the gross amounts of the documents in the books, by term."""
    entries = workshop.books.entries
    return {
        term: tuple(entry.gross for entry in entries if entry.draft.why.term == term)
        for term in TERMS.values()
        if any(entry.draft.why.term == term for entry in entries)
    }
