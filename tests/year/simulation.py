"""One year: the real engine and a real ledger, everything around it simulated, in one process."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from tests.year import agreed
from tests.year.agenda import BEGIN, Entry, Size, agenda
from tests.year.far_side import FarSide, far_side
from tests.year.people import Site, Touched, answer, build_site, hold_back, touch
from tests.year.weather import Weather

from tracker2invoice.configfile import Configuration
from tracker2invoice.engine.house import House, open_house
from tracker2invoice.engine.run import Report, run
from tracker2invoice.model.claim import Claim
from tracker2invoice.model.contract import Contract
from tracker2invoice.testing.memory_output import Killed

CHANCES = (0.0, 0.005, 0.005, 0.02, 0.2)
"""How likely a fault is for each request, one of these on each run."""

AGAIN, REPEATS = timedelta(minutes=5), 4
"""When a run that could not deliver is repeated, as a daemon does, and how often at most."""

QUIET_RUNS = 8
KEPT_BACKUPS = 4


@dataclass(slots=True)
class Year:
    """Where the year stands.

    `amounts` are all at which a reference was ever claimed, more than one only after a restore. `terms` are what the
    references stand for, contract and term.
    """

    size: Size
    directory: Path
    now: datetime = BEGIN
    runs: int = 0
    restores: int = 0
    far: FarSide = field(init=False)
    weather: Weather = field(init=False)
    contracts: list[Contract] = field(default_factory=list[Contract])
    sites: list[Site] = field(default_factory=list[Site])
    amounts: dict[str, set[Decimal]] = field(default_factory=dict[str, set[Decimal]])
    terms: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    touched: Touched = field(default_factory=Touched)
    complaints: list[str] = field(default_factory=list[str])
    report: Report | None = None
    _seen: frozenset[str] = frozenset()
    _backups: list[Path] = field(default_factory=list[Path])

    @property
    def configuration(self) -> Configuration:
        """What the configuration says today."""
        return replace(self.far.configuration, contracts=tuple(self.contracts))

    @contextmanager
    def house(self) -> Generator[House]:
        """Open the house as a process of its own does."""
        with open_house(self.configuration, lambda: self.now) as house:
            yield house

    def set_up(self) -> None:
        """Sign the contracts, and create their projects in all trackers by turns."""
        rng = Random(f"contracts {self.size.seed}")
        trackers = list(self.far.trackers.items())
        for number in range(self.size.contracts):
            name, twin = trackers[number % len(trackers)]
            project, terms = f"agency/project-{number:03}", self.size.terms(number)
            self.sites.append(build_site(name, twin, project, terms))
            outputs = sorted(self.far.outputs)
            self.contracts.append(agreed.contract(number, f"{name}:{project}", terms, outputs, self.far.clients, rng))

    def happen(self, entry: Entry) -> None:
        """Let one thing happen."""
        self.now = max(self.now, entry.at)
        match entry.what:
            case "run":
                self._run_as_a_daemon()
            case "back up":
                self._back_up()
            case "restore":
                self._restore(entry.amount)
            case "raise price":
                self.contracts[entry.contract] = agreed.raised(self.contracts[entry.contract], entry.amount)
            case _:
                self.sites[entry.contract].happen(entry)

    def settle(self) -> None:
        """Let everything work again for a few days, while people do what they are asked to."""
        for _ in range(QUIET_RUNS):
            self.now += timedelta(days=1)
            self._run(0.0)
            with self.house() as house:
                assert self.report
                answer(house.ledger, self.report.plan, Random(0), everything=True)

    def _run_as_a_daemon(self) -> None:
        rng = Random(f"run {self.size.seed} {self.runs}")
        for _ in range(1 + REPEATS):
            delivered = self._run(rng.choice(CHANCES))
            self.now += AGAIN
            if delivered:
                break
        if self.report:
            self._decide(self.report, rng)

    def _decide(self, report: Report, rng: Random) -> None:
        claims = tuple(report.claims.values())
        with self.house() as house:
            answer(house.ledger, report.plan, rng)
            hold_back(house.ledger, report.plan, claims, rng)
        touch(dict(self.far.outputs), claims, self.touched, rng)

    def _run(self, chance: float) -> bool:
        """Run once; return whether nothing is left that could have been delivered."""
        self.runs += 1
        self.weather.next_run(chance)
        try:
            with self.house() as house:
                self.report = run(house)
        except Killed:
            self.report = None
            with self.house() as house:
                self._look_at(house.ledger.claims())
            return False
        finally:
            self.weather.next_run(0.0)
        claims = tuple(self.report.claims.values())
        self._look_at(claims)
        return not any(one.state in ("pending", "sending") for claim in claims for one in claim.deliveries)

    def _look_at(self, claims: tuple[Claim, ...]) -> None:
        """Work out anew what each new claim must amount to, from the price of today and what was billed before."""
        by_id = {contract.id: contract for contract in self.contracts}
        billed: dict[str, dict[str, Decimal]] = {contract: {} for contract in by_id}
        for claim in claims:
            before = billed[claim.contract]
            if claim.reference not in self._seen:
                self._note(claim, agreed.share(by_id[claim.contract], claim.term, before))
            before[claim.term] = claim.amount.amount
        self._seen = frozenset(claim.reference for claim in claims)

    def _note(self, claim: Claim, expected: Decimal) -> None:
        if claim.amount.amount != expected:
            self.complaints.append(f"{claim.contract} {claim.term}: claimed {claim.amount}, expected {expected}")
        self.terms[claim.reference] = (claim.contract, claim.term)
        self.amounts.setdefault(claim.reference, set()).add(expected)

    def _back_up(self) -> None:
        path = self.directory / f"backup-{self.now:%j}.db"
        with closing(sqlite3.connect(self._ledger)) as ledger, closing(sqlite3.connect(path)) as copy:
            ledger.backup(copy)
        self._backups.append(path)
        if len(self._backups) > KEPT_BACKUPS:
            self._backups.pop(0).unlink()

    def _restore(self, days: int) -> None:
        """Put the ledger back to what it was so many days ago; the outputs keep what was delivered since."""
        backup = self._backups[-1 - days]
        for path in self.directory.glob("ledger.db-*"):
            path.unlink()
        shutil.copyfile(backup, self._ledger)
        self.restores += 1
        with self.house() as house:
            self._seen = frozenset(claim.reference for claim in house.ledger.claims())

    @property
    def _ledger(self) -> Path:
        return self.directory / "ledger.db"


@contextmanager
def live(size: Size, directory: Path, progress: Callable[[Entry], None] = lambda _: None) -> Generator[Year]:
    """Let the year happen and hand it out settled, with its twins still there."""
    year = Year(size, directory)
    year.weather = Weather(size.seed)
    with far_side(directory, lambda: year.now) as year.far, year.weather.outside():
        year.set_up()
        with year.house():
            pass
        for entry in agenda(size):
            progress(entry)
            year.happen(entry)
        year.settle()
        yield year
