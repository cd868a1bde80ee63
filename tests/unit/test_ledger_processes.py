"""The ledger under several processes at once, and under their sudden death."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from tracker2invoice.errors import LedgerBusy
from tracker2invoice.ledger.store import Ledger, open_ledger
from tracker2invoice.ledger.verify import verify
from tracker2invoice.testing.samples import NOW, sample_claim, sample_draft

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

AT_ONCE = timedelta(0)


class Other:
    """Another process; see `ledger_process.py`."""

    def __init__(self, process: subprocess.Popen[str], stdin: IO[str], stdout: IO[str]) -> None:
        self.process, self._stdin, self._stdout = process, stdin, stdout

    def hear(self) -> str:
        return self._stdout.readline().strip()

    def hear_all(self) -> list[str]:
        return self._stdout.read().split()

    def go_on(self) -> None:
        self._stdin.write("\n")
        self._stdin.flush()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def other(*arguments: str) -> Generator[Other]:
    script = Path(__file__).with_name("ledger_process.py")
    command = [sys.executable, str(script), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield Other(process, process.stdin, process.stdout)
        finally:
            process.kill()


def test_of_two_processes_that_claim_the_same_at_once_one_is_first(ledger: Ledger, ledger_url: str) -> None:
    with other("claim", ledger_url, "7") as one, other("claim", ledger_url, "7") as two:
        assert (one.hear(), two.hear()) == ("ready", "ready")
        one.go_on()
        two.go_on()
        assert {one.hear(), two.hear()} == {"True", "False"}
    assert len(ledger.claims()) == 1
    assert verify(ledger) == ()


def test_processes_that_create_the_ledger_at_once_all_succeed(ledger_url: str) -> None:
    with (
        other("create", ledger_url) as one,
        other("create", ledger_url) as two,
        other("create", ledger_url) as three,
    ):
        processes = (one, two, three)
        assert [process.hear() for process in processes] == ["ready"] * 3
        for process in processes:
            process.go_on()
        assert [process.hear() for process in processes] == ["0"] * 3


def test_a_ledger_that_is_opened_again_in_its_process_is_not_cleared_away_by_another(
    sqlite_url: str, clock: FrozenClock, tmp_path: Path
) -> None:
    """A daemon holds its ledger and opens it anew for each run; a command that ends must not take itself for the last.

    Whoever is last writes the log back and removes it, and what goes on with a removed log damages the ledger.
    """
    with open_ledger(sqlite_url, clock) as ledger:
        assert ledger.claims() == ()
        with open_ledger(sqlite_url, clock), other("create", sqlite_url) as command:
            assert command.hear() == "ready"
            command.go_on()
            assert command.hear() == "0"
            command.process.wait()
        assert (tmp_path / "ledger.db-wal").exists()


def test_a_process_killed_while_it_creates_the_ledger_leaves_nothing_in_the_way(ledger_url: str) -> None:
    with other("die-creating", ledger_url) as process:
        assert process.process.wait() == -signal.SIGKILL
    with open_ledger(ledger_url, lambda: NOW) as ledger:
        assert verify(ledger) == ()


def test_a_process_killed_at_any_statement_leaves_all_of_a_claim_or_nothing(ledger: Ledger, ledger_url: str) -> None:
    with other("crash", ledger_url) as process:
        *killed, survivor = process.hear_all()
    assert len(killed) >= 6
    assert verify(ledger) == ()
    draft = sample_draft(milestone_id=survivor)
    assert ledger.claims() == (sample_claim(draft, ("books", "files")),)
    assert ledger.draft(draft.reference) == draft
    again = sample_draft(milestone_id=killed[0])
    assert ledger.write_claim(sample_claim(again), again)


def test_a_lock_keeps_other_processes_out_until_it_is_let_go(ledger: Ledger, ledger_url: str) -> None:
    with other("hold", ledger_url, "output-books") as holder:
        assert holder.hear() == "held"
        with pytest.raises(LedgerBusy) as busy, ledger.lock("output-books", AT_ONCE):
            pass
        assert busy.value.what == "output-books"
        with ledger.lock("output-files", AT_ONCE):
            pass
        holder.go_on()
        holder.process.wait()
    with ledger.lock("output-books", AT_ONCE):
        pass


def test_a_lock_is_waited_for_only_so_long(ledger: Ledger, ledger_url: str) -> None:
    with other("hold", ledger_url, "plan") as holder:
        assert holder.hear() == "held"
        with pytest.raises(LedgerBusy), ledger.lock("plan", timedelta(milliseconds=20)):
            pass


def test_sigkill_frees_a_lock(ledger: Ledger, ledger_url: str) -> None:
    with other("hold", ledger_url, "plan") as holder:
        assert holder.hear() == "held"
        holder.kill()
        # a server notices a moment later that its client is gone
        with ledger.lock("plan", timedelta(seconds=30)):
            pass


def test_a_lock_keeps_the_same_process_out_too(ledger: Ledger, ledger_url: str) -> None:
    with (
        open_ledger(ledger_url, lambda: NOW) as second,
        ledger.lock("daemon", AT_ONCE),
        pytest.raises(LedgerBusy),
        second.lock("daemon", timedelta(milliseconds=20)),
    ):
        pass


def test_a_failure_inside_a_lock_frees_it(ledger: Ledger) -> None:
    with pytest.raises(KeyError), ledger.lock("plan", AT_ONCE):
        raise KeyError
    with ledger.lock("plan", AT_ONCE):
        pass


def test_a_lock_may_have_any_name(ledger: Ledger) -> None:
    with ledger.lock("../output/ü 100 %", AT_ONCE), pytest.raises(LedgerBusy):
        ledger.lock("../output/ü 100 %", AT_ONCE).__enter__()
