"""How many claims a second the ledger makes durable, one commit each, against the fsync floor of the disk.

`python bench/ledger.py [claims] [folder]`. The floor is a loop of one small append and one fsync; no ledger that
keeps its word can be faster than one of those for each claim. Absolute figures hold for one machine and one
moment; the ratio is what can be compared (docs/decisions/0003-ledger.md).
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tracker2invoice.ledger.store import open_ledger
from tracker2invoice.testing.samples import NOW, sample_claim, sample_draft

ROUNDS = 3


def main(claims: int = 2000, folder: str | None = None) -> None:
    """Print the table: medians of the rounds. Nothing is promised about it."""
    floors: list[float] = []
    rates: list[float] = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(dir=folder) as name:
            floors.append(fsyncs_a_second(Path(name) / "floor", claims))
            rates.append(claims_a_second(Path(name) / "ledger.db", claims))
    ratio = statistics.median(rate / floor for rate, floor in zip(rates, floors, strict=True))
    print(f"{'fsync floor':<40} {statistics.median(floors):>10,.0f} a second")
    print(f"{'claims, one commit each, FULL':<40} {statistics.median(rates):>10,.0f} a second")
    print(f"{'ratio':<40} {ratio:>10.2f}")


def fsyncs_a_second(path: Path, times: int) -> float:
    page = bytes(4096)
    with path.open("wb", buffering=0) as file:

        def append_and_sync() -> None:
            file.write(page)
            os.fsync(file.fileno())

        return _rate(times, append_and_sync)


def claims_a_second(path: Path, times: int) -> float:
    drafts = [sample_draft(milestone_id=str(number)) for number in range(times)]
    pairs = iter([(sample_claim(draft), draft) for draft in drafts])
    with open_ledger(f"sqlite:///{path}", lambda: NOW) as ledger:

        def write() -> None:
            if not ledger.write_claim(*next(pairs)):
                raise AssertionError("each claim is a new one")

        return _rate(times, write)


def _rate(times: int, work: Callable[[], None]) -> float:
    started = time.perf_counter()
    for _ in range(times):
        work()
    return times / (time.perf_counter() - started)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000, *sys.argv[2:3])
