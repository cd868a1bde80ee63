"""Forks commands of tracker2invoice from a process that has imported everything: real processes, ready at once.

Reads one order per line on stdin, JSON, and answers each with one line. Without it every test would wait for
imports most of the time.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import timedelta
from importlib import import_module
from typing import Any
from unittest.mock import patch

from tracker2invoice.cli.main import main

IMPORTED_LATE = (
    "tracker2invoice.cli.backfill",
    "tracker2invoice.cli.daemon",
    "tracker2invoice.cli.run",
    "tracker2invoice.engine.deliver",
    "tracker2invoice_files.output",
    "tracker2invoice_github.tracker",
    "tracker2invoice_xero.output",
)

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
        case "poll":
            return ended(order["pid"], os.WNOHANG)
        case "pause":
            os.kill(order["pid"], signal.SIGSTOP)
            return ended(order["pid"], os.WUNTRACED)
        case unknown:
            raise ValueError(unknown)


def ended(pid: int, options: int) -> int | None:
    """Return the exit code, or minus the number of the signal that was the end; None if there was no end yet."""
    found, status = os.waitpid(pid, options)
    return None if found == 0 or os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)


def become(order: dict[str, Any]) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for there, here in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(there, here)
    os.environ.clear()
    os.environ.update(order["environment"])
    if order["impatient"]:
        for patience in PATIENCES:
            patch(f"tracker2invoice.{patience}", timedelta(milliseconds=200)).start()
    sys.argv = ["t2i", *order["arguments"]]
    main()


if __name__ == "__main__":
    for module in IMPORTED_LATE:
        import_module(module)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(obey(json.loads(line))) + "\n")
        sys.stdout.flush()
