"""A later program that migrates ledgers and is killed on the way: `python migrating.py <scripts> <folder>`.

It takes a copy of `<folder>/ledger.db` for each statement of the migration, and for each side of its commit, in a
process of its own that dies there. It stops with the first that lives, and says the names of them all.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, event

from tracker2invoice import failpoints
from tracker2invoice.ledger import migrate
from tracker2invoice.ledger.store import open_ledger
from tracker2invoice.testing.samples import NOW


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def at_statement(number: int) -> None:
    """Die right after that statement of this process."""
    executed = count(1)

    def executed_one(*_: Any) -> None:
        if next(executed) == number:
            die()

    event.listen(Engine, "after_cursor_execute", executed_one)


def at_commit(moment: failpoints.Moment) -> None:
    """Die on that side of the migration's commit."""
    failpoints.listen(lambda name, now: die() if (name, now) == ("ledger.schema", moment) else None)


def dies(folder: Path, name: str, prepare: Callable[[], None]) -> bool:
    """Migrate a copy in a process that may die; say whether it did."""
    copy = folder / f"{name}.db"
    shutil.copy(folder / "ledger.db", copy)
    sys.stdout.write(f"{copy.name}\n")
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        prepare()
        open_ledger(f"sqlite:///{copy}", lambda: NOW, migrate=True)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def main(scripts: Path, folder: Path) -> None:
    import_module("alembic.command")
    patch.multiple(migrate, SCRIPTS=scripts, REVISIONS=(*migrate.REVISIONS, "9000")).start()
    assert dies(folder, "before", lambda: at_commit("before"))
    assert dies(folder, "after", lambda: at_commit("after"))
    for number in count(1):
        if not dies(folder, str(number), partial(at_statement, number)):
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
