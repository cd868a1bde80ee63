"""Another process at work on a ledger, for the tests: `python ledger_process.py <what> <url> …`.

It says a line on stdout when it is where the test wants it, and goes on when it gets one on stdin.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import Engine, event

from tracker2invoice.ledger.store import Ledger, open_ledger
from tracker2invoice.testing.samples import NOW, sample_claim, sample_draft


def say(words: object) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def write_sample(ledger: Ledger, milestone_id: str) -> bool:
    draft = sample_draft(milestone_id=milestone_id)
    return ledger.write_claim(sample_claim(draft, ("books", "files")), draft)


def claim(url: str, milestone_id: str) -> None:
    """Write one claim at the word of the test and say whether it was the first."""
    with open_ledger(url, lambda: NOW) as ledger:
        say("ready")
        sys.stdin.readline()
        say(write_sample(ledger, milestone_id))


def hold(url: str, name: str) -> None:
    """Hold a lock until the test says go on, or kills us."""
    with open_ledger(url, lambda: NOW) as ledger, ledger.lock(name, timedelta(0)):
        say("held")
        sys.stdin.readline()


def create(url: str) -> None:
    """Create the ledger at the word of the test."""
    say("ready")
    sys.stdin.readline()
    with open_ledger(url, lambda: NOW) as ledger:
        say(len(ledger.claims()))


def die_creating(url: str) -> None:
    """Create the ledger, and die half-way through its tables."""
    kill_at(Engine, 20)
    open_ledger(url, lambda: NOW)


def crash(url: str) -> None:
    """Write one claim after the other, each in a process killed at the next statement; stop when one lives.

    Says the milestone ids of those that were killed, the survivor's last.
    """
    for statement in count(1):
        pid = os.fork()
        if pid == 0:
            with open_ledger(url, lambda: NOW) as ledger:
                kill_at(ledger.database.engine, statement)
                write_sample(ledger, str(statement))
            os._exit(0)
        say(statement)
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != -signal.SIGKILL:
            return


def kill_at(engine: Engine | type[Engine], statement: int) -> None:
    executed = count(1)

    def die(*_: Any) -> None:
        if next(executed) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "after_cursor_execute", die)
    event.listen(engine, "commit", die)


if __name__ == "__main__":
    work: dict[str, Callable[..., None]] = {
        "claim": claim,
        "hold": hold,
        "create": create,
        "die-creating": die_creating,
        "crash": crash,
    }
    work[sys.argv[1]](*sys.argv[2:])
