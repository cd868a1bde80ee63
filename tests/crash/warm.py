"""Forks commands of tracker2invoice from a process that has imported everything: real processes, ready at once.

Reads one order per line on stdin, JSON, and answers each with one line. Without it every test would wait for
imports most of the time.
"""

from __future__ import annotations

import gc
import io
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout, suppress
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import requests
from filelock import BaseFileLock
from requests.adapters import HTTPAdapter

from tracker2invoice.cli.main import COMMANDS, main
from tracker2invoice.failpoints import Moment, listen
from tracker2invoice.registry import installed, load_output, load_tracker

IMPORTED_LATE = (
    "alembic.command",
    "tracker2invoice.engine.deliver",
    "tracker2invoice.ledger.verify",
    *(f"tracker2invoice.cli.{name}" for name in COMMANDS),
)
LONGEST = 60
"""Seconds after which a command that has not ended is ended."""

DEADLINE, PATIENCE = 0.5, 0.2
"""Seconds that an impatient command waits for an answer, and for a lock."""

SIGNALS = {"kill": signal.SIGKILL, "pause": signal.SIGSTOP}

PATIENCES = (
    "engine.amend.LOCK_PATIENCE",
    "engine.decide.PLAN_PATIENCE",
    "engine.deliver.LOCK_PATIENCE",
    "engine.run.PLAN_PATIENCE",
    "ledger.database.BUSY_TIMEOUT",
)
"""How long a command waits for others; an impatient one hardly does."""


def obey(order: dict[str, Any]) -> object:
    """Carry an order out; in a process that was started by one, never return."""
    match order["do"]:
        case "start":
            pid = os.fork()
            if pid == 0:
                become(order)
            return pid
        case "rehearse":
            rehearse(order)
            return None
        case "poll":
            return ended(order["pid"], os.WNOHANG)
        case "wait":
            return waited(order["pid"])
        case "pause":
            os.kill(order["pid"], signal.SIGSTOP)
            return ended(order["pid"], os.WUNTRACED)
        case unknown:
            raise ValueError(unknown)


def rehearse(order: dict[str, Any]) -> None:
    """Run a command in this process, so that all processes to come have its imports and caches."""
    with (
        patch.dict(os.environ, order["environment"]),
        patch.object(sys, "argv", ["t2i", *order["arguments"]]),
        redirect_stdout(io.StringIO()),
        redirect_stderr(io.StringIO()),
        suppress(SystemExit),
        # forks do not have the renderer's threads, and would wait for them
        patch("tracker2invoice.documents.pdf.render_annex_pdf", return_value=b""),
    ):
        main()
    gc.collect()
    gc.freeze()


def ended(pid: int, options: int) -> int | None:
    """Return the exit code, or minus the number of the signal that was the end; None if there was no end yet."""
    found, status = os.waitpid(pid, options)
    return None if found == 0 or os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)


def waited(pid: int) -> int | None:
    """Wait until a process ends, or stops, which is None."""
    return ended(pid, os.WUNTRACED)


def become(order: dict[str, Any]) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for there, here in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(there, here)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(Path(order["environment"]["T2I_CONFIG"]).parent)
    signal.alarm(LONGEST)
    if order.get("impatient"):
        be_impatient()
    if order.get("mutation"):
        import_module("tests.crash.mutations").MUTATIONS[order["mutation"]]()
    if "trace" in order:
        listen(Watch(Path(order["trace"]), order["stops"]))
    sys.argv = ["t2i", *order["arguments"]]
    try:
        main()
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        # taking the interpreter apart, which was copied for this one command, would cost more than the command
        os._exit(end.code if isinstance(end.code, int) else 1)


def be_impatient() -> None:
    """Wait hardly for locks, for the ledger and for answers, whatever connector asks for them."""
    for patience in PATIENCES:
        patch(f"tracker2invoice.{patience}", timedelta(seconds=PATIENCE)).start()
    acquire, send = BaseFileLock.acquire, HTTPAdapter.send

    def hurried_acquire(lock: BaseFileLock, timeout: float | None = None, **options: Any) -> Any:
        return acquire(lock, PATIENCE if timeout is None else min(timeout, PATIENCE), **options)

    def hurried_send(*arguments: Any, **options: Any) -> requests.Response:
        return send(*arguments, **options | {"timeout": DEADLINE})

    patch.object(BaseFileLock, "acquire", hurried_acquire).start()
    patch.object(HTTPAdapter, "send", hurried_send).start()


class Watch:
    """Writes down every boundary that the process comes to; stops it at the planned one, for good or for a while."""

    def __init__(self, trace: Path, stops: Iterable[tuple[str, Moment, int, str]]) -> None:
        self._trace = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._stops = {(name, moment, count): SIGNALS[how] for name, moment, count, how in stops}
        self._counts: Counter[tuple[str, Moment]] = Counter()

    def __call__(self, name: str, moment: Moment) -> None:
        self._counts[name, moment] += 1
        os.write(self._trace, f"{name} {moment}\n".encode())
        number = self._stops.get((name, moment, self._counts[name, moment]))
        if number is not None:
            os.kill(os.getpid(), number)


def import_everything() -> None:
    for module in IMPORTED_LATE:
        import_module(module)
    # what a connector imports late is beside it, under names that only it knows
    for tracker in installed("trackers"):
        import_beside(load_tracker(tracker.kind).connect.__module__)
    for output in installed("outputs"):
        import_beside(load_output(output.kind).connect.__module__)


def import_beside(package: str) -> None:
    for folder in import_module(package).__path__:
        for path in Path(folder).glob("[!_]*.py"):
            import_module(f"{package}.{path.stem}")


if __name__ == "__main__":
    import_everything()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(obey(json.loads(line))) + "\n")
        sys.stdout.flush()
