"""Real processes of the command line against both sandboxes, and a network in between that a test can disturb."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Lock
from typing import TypeVar

import pytest
import requests
from tests.crash.stage import NOON, Warm, warmed_up

from tracker2invoice.configfile import load
from tracker2invoice.ledger.store import Ledger, open_ledger
from tracker2invoice.ledger.verify import verify
from tracker2invoice.model.claim import Claim, Delivery
from tracker2invoice.model.invoice import Draft
from tracker2invoice.testing.sandbox.rehearsal import PROJECT, Rehearsal, rehearsal
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request, Sandbox
from tracker2invoice.testing.sandbox.xero_books import Fields

DEADLINE = 60.0
"""Seconds after which something that should have happened has not; never waited for in full otherwise."""

_READY = re.compile(r"Ready\. Health: (http://\S+)/healthz")
T = TypeVar("T")


def eventually(look: Callable[[], T], what: str) -> T:
    """Look until there is something to see, and return it."""
    until = time.monotonic() + DEADLINE
    while time.monotonic() < until:
        if seen := look():
            return seen
        time.sleep(0.01)
    raise AssertionError(f"not within {DEADLINE} seconds: {what}")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its exit code, and all that it said on stdout and stderr."""

    code: int
    words: str


class Program:
    """A running command. `pause` and `go_on` are SIGSTOP and SIGCONT."""

    def __init__(self, warm: Warm, pid: int, log: Path) -> None:
        self._warm, self._pid, self._log = warm, pid, log
        self._code: int | None = None

    @property
    def words(self) -> str:
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    @property
    def code(self) -> int | None:
        """The exit code, None while it runs."""
        if self._code is None:
            self._code = self._warm.ask(do="poll", pid=self._pid)
        return self._code

    @property
    def health_url(self) -> str:
        found = eventually(lambda: _READY.search(self.words) or self.code is not None, "the daemon is ready")
        assert isinstance(found, re.Match), self.words
        return found[1]

    def health(self) -> requests.Response:
        return requests.get(f"{self.health_url}/healthz", timeout=DEADLINE)

    def says(self, text: str) -> None:
        eventually(lambda: text in self.words, text)

    def end(self) -> Ended:
        """Wait for the end that it comes to by itself."""
        eventually(lambda: self.code is not None, f"the end of a process that said: {self.words}")
        assert self.code is not None
        assert "Traceback" not in self.words
        return Ended(self.code, self.words)

    def signal(self, number: signal.Signals) -> None:
        assert self.code is None, self.words
        os.kill(self._pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        assert self.end().code == -signal.SIGKILL

    def pause(self) -> None:
        assert self._warm.ask(do="pause", pid=self._pid) is None

    def go_on(self) -> None:
        self.signal(signal.SIGCONT)

    def clear_away(self) -> None:
        if self.code is None:
            self.kill()


@dataclass(slots=True)
class Barrier:
    """Requests of one kind on their way, kept back until `let_through`; `arrived` once there are `count` of them."""

    method: str
    path: str
    count: int
    seen: int = 0
    arrived: Event = field(default_factory=Event)
    opened: Event = field(default_factory=Event)

    def let_through(self) -> None:
        self.opened.set()

    def wait(self) -> None:
        assert self.arrived.wait(DEADLINE), f"{self.count} {self.method} {self.path}"


class Network:
    """What lies between our processes and a sandbox. A request that it keeps back is carried out later, as if new."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._through, self._turn = sandbox.respond, Lock()
        self._barriers: list[Barrier] = []
        self.down = False
        self.loses_keys = False
        self.loses_answers = False

    def keep_back(self, method: str, path: str, count: int = 1) -> Barrier:
        """Keep the next `count` such requests back."""
        self._barriers.append(Barrier(method, path, count))
        return self._barriers[-1]

    def respond(self, request: Request) -> Answer | None:
        if self.down:
            return None
        if barrier := self._barrier_for(request):
            barrier.opened.wait(DEADLINE)
        if self.loses_keys:
            headers = {name: value for name, value in request.headers.items() if name != "idempotency-key"}
            request = replace(request, headers=headers)
        answer = self._through(request)
        return None if self.loses_answers else answer

    def open_all(self) -> None:
        for barrier in self._barriers:
            barrier.let_through()

    def _barrier_for(self, request: Request) -> Barrier | None:
        with self._turn:
            for barrier in self._barriers:
                meant = request.method == barrier.method and barrier.path in request.path
                if meant and barrier.seen < barrier.count:
                    barrier.seen += 1
                    if barrier.seen == barrier.count:
                        barrier.arrived.set()
                    return barrier
        return None


@dataclass(slots=True)
class Shop:
    """A freelancer's machine: the rehearsal, its configuration, and the processes that run on it."""

    directory: Path
    warm: Warm
    stage: Rehearsal
    to_github: Network
    to_xero: Network
    programs: list[Program] = field(default_factory=list[Program])

    def start(self, *arguments: str, after: timedelta = timedelta(0), impatient: bool = False) -> Program:
        """Start a command, its clock `after` noon; an impatient one hardly waits for locks."""
        log = self.directory / f"{len(self.programs)}.log"
        pid = self.warm.ask(
            do="start",
            arguments=arguments,
            environment=self.environment | {"T2I_NOW": (NOON + after).isoformat()},
            impatient=impatient,
            log=str(log),
        )
        self.programs.append(Program(self.warm, pid, log))
        return self.programs[-1]

    @property
    def environment(self) -> dict[str, str]:
        """What every process of this shop finds in its environment."""
        return dict(os.environ) | self.stage.environment | {"T2I_CONFIG": str(self.stage.config)}

    def run(self, *, after: timedelta = timedelta(seconds=10)) -> Ended:
        return self.start("run", after=after).end()

    def kill_at(self, sandbox: Sandbox, fault: Fault, *arguments: str) -> None:
        """Start a command and kill it while the request that the fault is about has no answer."""
        sandbox.faults.append(fault)
        program = self.start(*arguments)
        self.until(lambda: not sandbox.faults, f"{fault.method} {fault.path}")
        assert fault.when == "before" or sandbox.committed.wait(DEADLINE)
        program.kill()

    def clear_away(self) -> None:
        for program in self.programs:
            program.clear_away()

    def until(self, look: Callable[[], object], what: str) -> None:
        eventually(look, what)

    def configure(self, old: str, new: str) -> None:
        text = self.stage.config.read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        self.stage.config.write_text(text.replace(old, new), encoding="utf-8")

    def close(self, number: int) -> None:
        """Close a milestone from outside, between two requests: the sandbox may be busy."""
        order = {"repository": PROJECT, "milestone": number}
        requests.post(f"{self.stage.github.url}/_sandbox/close_milestone", json=order, timeout=DEADLINE)

    @property
    def invoices(self) -> list[Fields]:
        """What stands in Xero's books."""
        return list(self.stage.xero.books.invoices)

    def asked(self, sandbox: Sandbox, method: str, path: str) -> list[Request]:
        return [one for one in tuple(sandbox.requests) if one.method == method and path in one.path]

    @contextmanager
    def ledger(self) -> Generator[Ledger]:
        with open_ledger(load(self.stage.config).ledger_url, lambda: NOON) as ledger:
            yield ledger

    def claims(self) -> tuple[Claim, ...]:
        with self.ledger() as ledger:
            return ledger.claims()

    def delivery(self, output: str, term: str = "design") -> Delivery:
        (claim,) = (claim for claim in self.claims() if claim.term == term)
        (delivery,) = (one for one in claim.deliveries if one.output == output)
        return delivery

    def events(self) -> list[str]:
        """What the journal says happened at Xero, in order."""
        with self.ledger() as ledger:
            entries = [(entry.kind, entry.body) for entry in ledger.journal()]
        return [kind for kind, body in entries if kind.startswith("delivery.") and body["output"] == "books"]

    def settled(self) -> dict[str, str]:
        """Return the net amount of each term that stands in Xero, after a look at everything that must be true.

        The ledger verifies, every delivery is delivered, each claim has one document in each output, and its
        amounts are those of the frozen draft.
        """
        with self.ledger() as ledger:
            assert verify(ledger) == ()
            drafts = {claim.term: ledger.draft(claim.reference) for claim in ledger.claims()}
            states = {one.state for claim in ledger.claims() for one in claim.deliveries}
        assert states <= {"delivered"}
        assert len(self.invoices) == len(drafts)
        for draft in drafts.values():
            self._check(draft)
        assert len(list((self.directory / "invoices").glob("*.json"))) == len(drafts)
        return {term: str(draft.totals.net) for term, draft in drafts.items()}

    def _check(self, draft: Draft) -> None:
        (invoice,) = (one for one in self.invoices if draft.reference in str(one["Reference"]))
        assert (invoice["SubTotal"], invoice["Total"]) == (draft.totals.net, draft.totals.gross)
        assert (invoice["Status"], invoice["CurrencyCode"]) == ("DRAFT", draft.currency)
        assert self.delivery("books", draft.why.term).receipt
        file = (self.directory / "invoices" / f"{draft.reference}.json").read_text(encoding="utf-8")
        assert f'"{draft.totals.gross}"' in file


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    with warmed_up() as started:
        yield started


@pytest.fixture
def shop(tmp_path: Path, warm: Warm, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """PDF is left out: it is slow and says nothing about processes."""
    for name in [name for name in os.environ if name.startswith("T2I_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with ExitStack() as stack:
        stage = stack.enter_context(rehearsal(tmp_path, lambda: NOON))
        to_github, to_xero = Network(stage.github), Network(stage.xero)
        for sandbox, network in ((stage.github, to_github), (stage.xero, to_xero)):
            monkeypatch.setattr(sandbox, "respond", network.respond)
            stack.callback(network.open_all)
        for name, value in stage.environment.items():
            monkeypatch.setenv(name, value)
        opened = Shop(tmp_path, warm, stage, to_github, to_xero)
        opened.configure('formats = ["pdf", "json", "csv"]', 'formats = ["json"]')
        opened.configure('poll = "1 minute"', 'poll = "1 hour"\nhealth = { port = 0 }')
        stack.callback(opened.clear_away)
        yield opened
