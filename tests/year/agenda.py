"""What is going to happen in the year, by a seed: what people do, when the program runs, backups and restores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Literal

from tests.year.agreed import FIRST_DAY

What = Literal[
    "close", "reopen", "retitle", "spoil", "delete",
    "rename project", "raise price", "back up", "restore", "run",
]  # fmt: skip

BEGIN = datetime.combine(FIRST_DAY, time(0), UTC)
REOPENED, CLOSED_AGAIN, RETITLED, DELETED, MOVED, RAISED = 0.08, 0.8, 0.1, 0.02, 0.2, 0.5
"""How likely each of these is, for a milestone or, the last two, for a contract."""

RUNS = (0, 1, 1, 1, 1, 2)
"""How often the program runs on a day."""

RESTORES_EVERY = 20
"""Days from one restore to the next."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much happens. The seed gives the same year again."""

    contracts: int
    milestones: int
    days: int
    seed: int

    def terms(self, contract: int) -> int:
        """Return how many terms, and milestones, a contract has."""
        each, more = divmod(self.milestones, self.contracts)
        return each + (contract < more)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happens: to which contract and which of its terms, and how much of it."""

    at: datetime
    what: What
    contract: int = 0
    term: int = 0
    amount: int = 0


def agenda(size: Size) -> tuple[Entry, ...]:
    """Return everything that happens in the year, in its order."""
    rng = Random(f"agenda {size.seed}")
    end = BEGIN + timedelta(days=size.days)
    contracts = (entry for number in range(size.contracts) for entry in _of(number, size, rng))
    entries = (*_of_the_program(size, rng), *contracts)
    return tuple(sorted((entry for entry in entries if entry.at < end), key=lambda entry: entry.at))


def _of_the_program(size: Size, rng: Random) -> Iterator[Entry]:
    restored = rng.randrange(4, RESTORES_EVERY)
    for day in range(size.days):
        yield Entry(_on(day), "back up")
        if day % RESTORES_EVERY == restored:
            yield Entry(_on(day) + timedelta(minutes=1), "restore", amount=rng.randint(1, 3))
        for _ in range(rng.choice(RUNS)):
            yield Entry(_some_time(day, rng), "run")


def _of(contract: int, size: Size, rng: Random) -> Iterator[Entry]:
    if rng.random() < MOVED:
        yield Entry(_some_time(rng.randrange(10, size.days + 10), rng), "rename project", contract)
    if rng.random() < RAISED:
        yield Entry(_some_time(rng.randrange(size.days), rng), "raise price", contract, amount=rng.randint(1, 200))
    for term in range(size.terms(contract)):
        yield from _of_milestone(contract, term, size, rng)


def _of_milestone(contract: int, term: int, size: Size, rng: Random) -> Iterator[Entry]:
    closed = rng.randrange(size.days)
    yield Entry(_some_time(closed, rng), "close", contract, term)
    if rng.random() < REOPENED:
        reopened = closed + rng.randint(1, 10)
        yield Entry(_some_time(reopened, rng), "reopen", contract, term)
        if rng.random() < CLOSED_AGAIN:
            yield Entry(_some_time(reopened + rng.randint(1, 20), rng), "close", contract, term)
    if rng.random() < RETITLED:
        what: What = "retitle" if rng.random() < 0.7 else "spoil"
        yield Entry(_some_time(rng.randrange(size.days), rng), what, contract, term)
    if rng.random() < DELETED:
        yield Entry(_some_time(closed + rng.randint(-3, 10), rng), "delete", contract, term)


def _some_time(day: int, rng: Random) -> datetime:
    return _on(day) + timedelta(minutes=rng.randrange(10, 1430))


def _on(day: int) -> datetime:
    return BEGIN + timedelta(days=day)
