"""What was tried so far, in a file that a later call goes on from; and the workers that try."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Self

from tests.crash.matrix import sets
from tests.crash.stage import Set, Warm, staged, warmed_up
from tests.crash.trial import Outcome, Trial, carry_out

ROOT = Path(__file__).parents[2]
SOURCES = ("src", "connectors", "tests/crash", "uv.lock")
AT_ONCE = 200
"""How many trials wait in the queue of the workers."""


class Record:
    """The outcomes of one state of the sources, one JSON object a line, in `.crash/`."""

    def __init__(self, name: str) -> None:
        self.path = ROOT / ".crash" / f"{name}-{digest_of_sources()}.jsonl"
        self.path.parent.mkdir(exist_ok=True)
        self.rows: dict[str, dict[str, Any]] = {}
        if self.path.exists():
            rows = (json.loads(line) for line in self.path.read_text("utf-8").splitlines())
            self.rows = {row["id"]: row for row in rows}

    def add(self, outcome: Outcome, kind: str, group: str) -> None:
        """Keep an outcome; what is kept is not tried again."""
        row = json.loads(outcome.to_json()) | {"kind": kind, "group": group}
        self.rows[outcome.id] = row
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def digest_of_sources() -> str:
    """Return what changes with any file that an outcome depends on."""
    digest = hashlib.sha256()
    for source in SOURCES:
        files = [ROOT / source] if (ROOT / source).is_file() else sorted((ROOT / source).rglob("*.py"))
        for path in files:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


class Workers:
    """Processes that carry out trials, each with a warm process of its own; a context manager."""

    def __init__(self, jobs: int) -> None:
        self._pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_warm_up)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def try_all(self, trials: Iterable[Trial]) -> Iterator[tuple[Trial, Outcome]]:
        """Yield each trial with its outcome as they come."""
        waiting = iter(trials)
        while batch := list(islice(waiting, AT_ONCE)):
            futures = {self._pool.submit(_carry_out, trial): trial for trial in batch}
            for future in as_completed(futures):
                yield futures[future], future.result()


_warm: list[Warm] = []
_stack = ExitStack()


def _warm_up() -> None:
    _warm.append(_stack.enter_context(warmed_up()))
    rehearse(_warm[0], sets())


def rehearse(warm: Warm, every: Iterable[Set]) -> None:
    """Play a little of every set, so that what follows is fast."""
    for chosen in every:
        with tempfile.TemporaryDirectory() as folder, staged(chosen, Path(folder), warm) as stage:
            stage.tracker.close(stage.project, stage.numbers["Design"])
            stage.rehearse("run")


def _carry_out(trial: Trial) -> Outcome:
    return carry_out(trial, _warm[0])
