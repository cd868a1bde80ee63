"""What drafts cost in each platform: requests for a first push and for a run without news, and the pace of a backfill.

The whole program runs, from closed milestones to drafts, against the pretended platforms. Requests do not depend on the
machine. For the pace, time is pretended, too: it passes only while the program waits for a limit, so that the rate is
the one that our pacing allows, held against the platform's own limit, which is not to be passed either. An answer takes
no time here; where it takes longer than the limit leaves for it, the network is what limits, not this.
"""

from __future__ import annotations

import os
import tempfile
import tracemalloc
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pydantic import BaseModel

from tracker2invoice.config.types import Surroundings
from tracker2invoice.configfile import Configuration, Configured, Daemon
from tracker2invoice.engine.deliver import deliver_all
from tracker2invoice.engine.house import House, open_house
from tracker2invoice.engine.run import run
from tracker2invoice.model.contract import Brake, Contract, Limit
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Match, Term
from tracker2invoice.plugins import Context, OutputPlugin, TrackerPlugin
from tracker2invoice.registry import installed, load_output
from tracker2invoice.testing.memory_tracker import MemoryProjects, MemoryTracker
from tracker2invoice.testing.samples import SUPPLIER, sample_contract
from tracker2invoice.testing.timer import WaitingTimer

FEW, MANY = 20, 1000
PROMISED_REQUESTS = 2
"""For a draft: a look and a push."""

FOR_ALL = 5
"""For all of them: looks at the client and the account, consent."""

PLATFORM_LIMITS = {"xero": (60, 60.0), "stripe": (25, 1.0)}
"""Requests in so many seconds. developer.xero.com, OAuth 2.0 API limits; docs.stripe.com/rate-limits, of a test key."""

PROMISED_SHARE = 0.9
MOST_EACH = 4_000
"""Bytes for each draft that waits: its row of the ledger. The drafts themselves are read one by one."""

BEGIN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class NoSettings(BaseModel):
    """There is nothing to set."""


class Watch(WaitingTimer):
    """Time that only waiting moves on, for the platform and for us."""

    def clock(self) -> datetime:
        return BEGIN + timedelta(seconds=self.seconds)


class Log(deque[Any]):
    """The requests that a platform got, each with when."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch, self.at = watch, list[float]()

    def append(self, request: Any) -> None:
        super().append(request)
        self.at.append(self._watch.seconds)


@dataclass
class Platform:
    """A machine with one output, and so many closed milestones to bill."""

    kind: str
    drafts: int
    directory: Path
    watch: Watch = field(default_factory=Watch)

    @contextmanager
    def house(self) -> Generator[tuple[House, Log]]:
        plugin = load_output(self.kind)
        assert plugin.twin
        with plugin.twin(self.watch.clock, self.directory) as twin, patch.dict(os.environ, dict(twin.environment)):
            log: Any = Log(self.watch)
            sandbox: Any = getattr(twin, "sandbox", None)
            if sandbox is not None:
                sandbox.requests = log
            settings = plugin.settings.model_validate(dict(twin.settings), context=Surroundings(self.directory))
            output = Configured(self.kind, settings, replace(plugin, connect=self._timed(plugin)))
            with open_house(self._configuration(output, twin.client), self.watch.clock) as house:
                yield house, log

    def _timed(self, plugin: OutputPlugin[Any]) -> Callable[[Any, Context], Any]:
        return lambda settings, context: plugin.connect(settings, replace(context, timer=self.watch))

    def _configuration(self, output: Configured, client: str) -> Configuration:
        contract = self._contract(client)
        return Configuration(
            path=self.directory / "tracker2invoice.toml",
            directory=self.directory,
            timezone="Europe/Berlin",
            supplier=SUPPLIER,
            ledger_url=f"sqlite:///{self.directory}/ledger.db",
            daemon=Daemon(timedelta(minutes=5), "", timedelta(hours=1), "127.0.0.1", 0),
            brake=Brake(Limit(), Limit()),
            trackers={"github": self._tracker()},
            outputs={"books": output},
            clients={contract.client.id: contract.client},
            contracts=(contract,),
            warnings=(),
        )

    def _contract(self, client: str) -> Contract:
        each = Match("each", of=(Match("glob", "Phase *"),))
        amount = Money(Decimal("1187.50"), "EUR")
        term = Term("phase", each, fixed=amount, times=self.drafts)
        contract = sample_contract(remote={"books": client} if client else None)
        return replace(contract, price=Money(amount.amount * self.drafts, "EUR"), terms=(term,), outputs=("books",))

    def _tracker(self) -> Configured:
        projects = MemoryProjects(lambda: BEGIN - timedelta(days=1))
        project = projects.add_project("acme/portal")
        for number in range(self.drafts):
            projects.close(project, projects.add_milestone(project, f"Phase {number}"))
        plugin = TrackerPlugin("memory", NoSettings, lambda _, context: MemoryTracker(context.name, projects))
        return Configured("memory", NoSettings(), plugin)


def bill(house: House) -> None:
    """Bill what is closed.

    Raises:
        SystemExit: something was not delivered.
    """
    report = run(house, released=True)
    if report.troubles:
        raise SystemExit(f"not everything was delivered: {report.troubles[0]}")


def main() -> None:
    """Print all tables.

    Raises:
        SystemExit: a promise is broken.
    """
    broken = [*requests_per_draft(), *pace_of_a_backfill(), *memory_of_a_backfill()]
    if broken:
        raise SystemExit("; ".join(broken))


def requests_per_draft() -> Iterator[str]:
    """Print what each platform takes, and yield what was promised and not kept."""
    print("requests of a first push, for one client")
    print(f"  {'':<16}{'one draft':>10}{f'{FEW} drafts':>11}{'each':>7}{'without news':>14}")
    for kind in [one.kind for one in installed("outputs")]:
        (alone, _), (pushed, again) = _requests(kind, 1), _requests(kind, FEW)
        print(f"  {kind:<16}{alone:>10}{pushed:>11}{pushed / FEW:>7.2f}{again:>14}")
        if pushed > PROMISED_REQUESTS * FEW + FOR_ALL or again:
            yield f"{kind} takes more requests than promised"


def _requests(kind: str, drafts: int) -> tuple[int, int]:
    """Return what so many drafts take, and the run after them, which has nothing to bill."""
    with tempfile.TemporaryDirectory() as name, Platform(kind, drafts, Path(name)).house() as (house, log):
        bill(house)
        pushed = len(log)
        bill(house)
        return pushed, len(log) - pushed


def pace_of_a_backfill() -> Iterator[str]:
    """Print how near to the limit of the platform a backfill comes, and yield what was promised and not kept."""
    print(f"\n{MANY} drafts at the platform's limit")
    print(f"  {'':<16}{'requests':>9}{'minutes':>9}{'at the limit':>14}{'share':>8}")
    for kind, (most, seconds) in PLATFORM_LIMITS.items():
        with tempfile.TemporaryDirectory() as name:
            platform = Platform(kind, MANY, Path(name))
            with platform.house() as (house, log):
                bill(house)
        # as many as the limit allows leave at once, so many seconds apart
        took, least = platform.watch.seconds, (ceil(len(log) / most) - 1) * seconds
        share = least / took
        print(f"  {kind:<16}{len(log):>9}{took / 60:>9.1f}{least / 60:>14.1f}{share:>8.0%}")
        if share < PROMISED_SHARE:
            yield f"{kind} gets {share:.0%} of the rate that its limit allows"
        if any(later - earlier < seconds for earlier, later in zip(log.at, log.at[most:], strict=False)):
            yield f"{kind} gets more requests than its limit allows"


def memory_of_a_backfill() -> Iterator[str]:
    """Print what delivering takes at its most, and yield that it grows with the number of drafts if it does.

    It is a folder that they go to: a pretended platform would keep them in the memory of this process.
    """
    print("\nmemory while drafts are delivered, at its most")
    peaks: list[float] = []
    for drafts in (FEW, MANY // 4, MANY):
        with (
            tempfile.TemporaryDirectory() as name,
            Platform("plaintext", drafts, Path(name)).house() as (house, _),
            patch("tracker2invoice.engine.run.deliver_all", traced(peaks)),
        ):
            bill(house)
        print(f"  {drafts:>6} drafts{peaks[-1] / 1e6:>8.1f} MB")
    each = (peaks[-1] - peaks[-2]) / (MANY - MANY // 4)
    print(f"  {each / 1e3:.1f} kB more for each draft")
    if each > MOST_EACH:
        yield "memory grows with the number of drafts"


def traced(peaks: list[float]) -> Callable[..., object]:
    """Return `deliver_all` as it is, which adds to `peaks` what it took at its most."""

    def deliver(house: House, **options: Any) -> object:
        tracemalloc.start()
        try:
            return deliver_all(house, **options)
        finally:
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()

    return deliver


if __name__ == "__main__":
    main()
