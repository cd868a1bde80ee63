"""A network between the program and a twin, in which the n-th request meets what was planned for it.

It is a server of its own, so that it works in front of any twin that a connector declares.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection
from threading import Lock
from typing import Literal, get_args
from urllib.parse import unquote, urlsplit

from tracker2invoice.model.invoice import REFERENCE
from tracker2invoice.testing.sandbox.server import Answer, Request, Sandbox

Fault = Literal[
    "dropped", "answer lost", "answer cut", "too many requests", "500 before", "500 after", "502 before",
    "502 after", "503 before", "503 after", "not json", "html", "wrong type", "late", "later", "twice", "stale",
]  # fmt: skip
"""What happens to a request. `before` means that it is not carried out.

`dropped` breaks the connection before it is carried out, `answer lost` after that, `answer cut` in the middle of the
answer. `not json`, `html` and `wrong type` spoil the true answer. `late` is carried out when the process that sent it
has ended, `later` when two more have. `twice` is carried out two times. `stale` loses the answer, and lists go on for
a while as they were before.
"""

FAULTS: tuple[Fault, ...] = get_args(Fault)
SPOILED = frozenset({"answer lost", "answer cut", "500 after", "502 after", "503 after", "not json", "html", "stale"})
"""The faults after which the far side has done its work and the sender cannot know."""

_PAGE = b"<html><body>Something went wrong</body></html>"


@dataclass(slots=True)
class Delayed:
    """A request that is still on its way; `processes` is how many more must end before it arrives."""

    request: Request
    processes: int


class FaultProxy(Sandbox):
    """In front of the server at `upstream`. `asked` counts the requests; `down` lets none through."""

    def __init__(self, upstream: str, clock: Callable[[], datetime], lag: timedelta) -> None:
        super().__init__()
        self.upstream, self._clock, self._lag = upstream.rstrip("/"), clock, lag
        self.faults_by_number: Mapping[int, Fault] = {}
        self.asked = 0
        self.down = False
        self._counting = Lock()
        self._delayed: list[Delayed] = []
        self._lists: dict[frozenset[str], Answer] = {}
        self._stale_until: datetime | None = None

    def handle(self, request: Request) -> Answer:
        """Carry a request out."""
        return self._carried_out(request)

    def process_ended(self) -> None:
        """Let arrive what was under way for so long."""
        with self._counting:
            for one in self._delayed:
                one.processes -= 1
            due = [one for one in self._delayed if one.processes <= 0]
            self._delayed = [one for one in self._delayed if one.processes > 0]
        for one in due:
            self._carried_out(one.request)

    def respond(self, request: Request) -> Answer | None:
        """Return what goes out, None to drop the connection."""
        with self._counting:
            self.asked += 1
            fault = self.faults_by_number.get(self.asked)
        if self.down:
            return None
        if fault is None:
            return self._aged(request) or self._carried_out(request)
        return self._faulty(request, fault)

    def _faulty(self, request: Request, fault: Fault) -> Answer | None:
        match fault:
            case "dropped":
                return None
            case "too many requests":
                return Answer(429, b"", {"Retry-After": "1"})
            case "500 before" | "502 before" | "503 before":
                return Answer(int(fault[:3]), _PAGE, {"Content-Type": "text/html"})
            case "late" | "later":
                self._delayed.append(Delayed(request, 1 if fault == "late" else 3))
                self._stopping.wait(_PATIENCE)
                return None
            case "twice":
                self._carried_out(request)
                return self._carried_out(request)
            case "stale":
                before = dict(self._lists)
                self._carried_out(request)
                self._lists, self._stale_until = before, self._clock() + self._lag
                return None
            case _:
                return _spoiled(self._carried_out(request), fault)

    def _aged(self, request: Request) -> Answer | None:
        if self._stale_until is None or self._clock() >= self._stale_until or request.method != "GET":
            return None
        return self._lists.get(_shape(request.target))

    def _carried_out(self, request: Request) -> Answer:
        parts = urlsplit(self.upstream)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            headers = {name: value for name, value in request.headers.items() if name != "host"}
            connection.request(request.method, parts.path + request.target, request.body or None, headers)
            found = connection.getresponse()
            body = self._ours(found.read())
            kept = {name: self._ours(value.encode()).decode() for name, value in found.getheaders()}
        finally:
            connection.close()
        for name in ("Content-Length", "Connection", "Server", "Date", "Transfer-Encoding"):
            kept.pop(name, None)
        answer = Answer(found.status, None if found.status == 304 else body, kept)
        if request.method == "GET":
            self._lists[_shape(request.target)] = answer
        return answer

    def _ours(self, data: bytes) -> bytes:
        """Let the links in an answer lead through here too."""
        return data.replace(self.upstream.encode(), self.url.encode())


_PATIENCE = 1.0
"""Seconds that a request is kept without an answer; the programs under test have less patience."""


def _shape(target: str) -> frozenset[str]:
    """Return what a list is asked for, whatever the references: the next look may be for others at once."""
    return frozenset(re.split(r"\W+", REFERENCE.sub("", unquote(target))))


def _spoiled(answer: Answer, fault: Fault) -> Answer | None:
    body = answer.body if isinstance(answer.body, bytes) else b""
    match fault:
        case "answer lost":
            return None
        case "answer cut":
            headers = {**answer.headers, "Content-Length": str(len(body) + 1), "Connection": "close"}
            return Answer(answer.status, body[: len(body) // 2], headers)
        case "not json":
            return Answer(answer.status, body[: len(body) // 2] or b"{", answer.headers)
        case "html":
            return Answer(200, _PAGE, {"Content-Type": "text/html"})
        case "wrong type":
            return Answer(answer.status, answer.body, {**answer.headers, "Content-Type": "text/plain"})
        case _:
            return Answer(int(fault[:3]), _PAGE, {"Content-Type": "text/html"})
