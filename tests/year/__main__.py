"""Lives through a year and prints one line: `python -m tests.year --contracts 200 --milestones 5000 --seed 1`."""

from __future__ import annotations

import argparse
import gc
import sys
import time

from tests.memory import folder_in_memory
from tests.year.agenda import Entry, Size
from tests.year.audit import Findings, audit
from tests.year.simulation import Year, live


def main() -> int:
    """Live through the year; return 1 if anything was wrong in the end."""
    size = _size()
    began = time.monotonic()
    # the books of a year stay in memory, and looking through them for garbage costs more than there is
    gc.set_threshold(200_000)
    with folder_in_memory() as directory, live(size, directory, _progress) as year:
        findings = audit(year)
    for words in findings.all:
        sys.stdout.write(f"{words}\n")
    sys.stdout.write(line(year, findings, time.monotonic() - began) + "\n")
    return 1 if findings.all else 0


def line(year: Year, findings: Findings, seconds: float) -> str:
    """Return what came of the year, in one line."""
    size = year.size
    documents = ", ".join(f"{output} {count}" for output, count in findings.documents.items())
    return (
        f"seed {size.seed}: {size.contracts} contracts, {size.milestones} milestones, {size.days} days, "
        f"{year.runs} runs, {year.weather.faults.total()} faults, {year.restores} restores, documents: {documents}; "
        f"{len(findings.duplicates)} duplicates, {len(findings.losses)} losses, {len(findings.wrong)} wrong cents, "
        f"{len(findings.other)} other, {seconds:.0f} seconds"
    )


def _size() -> Size:
    parser = argparse.ArgumentParser(prog="python -m tests.year", description="A year of billing, by a seed.")
    for name, default in (("contracts", 200), ("milestones", 5000), ("days", 365), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    return Size(**vars(parser.parse_args()))


def _progress(entry: Entry) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{entry.at:%Y-%m-%d}\r")


if __name__ == "__main__":
    sys.exit(main())
