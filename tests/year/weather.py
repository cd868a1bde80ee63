"""A network and a disk that fail now and then, by a seed: in front of every connector that sends through `requests`.

What happens depends on the seed, the run and the request alone, so that threads may come in any order.
"""

from __future__ import annotations

import errno
import io
import os
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from random import Random
from threading import Lock
from typing import Any
from unittest.mock import patch

import requests
from requests.adapters import HTTPAdapter

from tracker2invoice.testing.memory_output import Killed

STATUSES = (429, 500, 502, 503)
REFUSED = 400
DEATHS = 0.03
"""How many of the faults end the process that asked."""
DISK = 0.25
"""How much less likely a fault is for a sync than for a request: a file takes several."""


class Weather:
    """`chance` is how likely a fault is for each request and each sync of a file; zero is fine weather."""

    def __init__(self, seed: int) -> None:
        self.faults: Counter[str] = Counter()
        self.chance = 0.0
        self._seed, self._run = seed, 0
        self._asked: Counter[str] = Counter()
        self._turn = Lock()

    def next_run(self, chance: float) -> None:
        """Begin another run with that weather."""
        self._run += 1
        self.chance = chance
        self._asked.clear()

    @contextmanager
    def outside(self) -> Generator[None]:
        """Let the weather into this process."""
        send, fsync = HTTPAdapter.send, os.fsync

        def exposed_send(adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> requests.Response:
            lot = self._lot(f"{request.method} {request.path_url}")
            return (
                send(adapter, request, **options) if lot is None else self._fault(lot, send, adapter, request, options)
            )

        def exposed_fsync(descriptor: int) -> None:
            if self._lot("fsync", DISK) is not None:
                self.faults["disk full"] += 1
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            fsync(descriptor)

        with patch.object(HTTPAdapter, "send", exposed_send), patch.object(os, "fsync", exposed_fsync):
            yield

    def _lot(self, what: str, factor: float = 1.0) -> Random | None:
        """Return what decides about the fault that this request meets, None if it meets none."""
        if not self.chance:
            return None
        with self._turn:
            self._asked[what] += 1
            lot = Random(f"{self._seed} {self._run} {what} {self._asked[what]}")
        return lot if lot.random() < self.chance * factor else None

    def _fault(
        self, lot: Random, send: Any, adapter: HTTPAdapter, request: requests.PreparedRequest, options: dict[str, Any]
    ) -> requests.Response:
        carried_out = lot.random() < 0.5
        if carried_out:
            with send(adapter, request, **options) as response:
                _ = response.content
        what = self._choice(lot, carried_out, request)
        with self._turn:
            self.faults[f"{what} {'after' if carried_out else 'before'}"] += 1
        match what:
            case "killed":
                raise Killed
            case "dropped":
                raise requests.ConnectionError("the weather")
            case status:
                return _answer(int(status), request)

    def _choice(self, lot: Random, carried_out: bool, request: requests.PreparedRequest) -> str:
        if lot.random() < DEATHS:
            return "killed"
        # a refusal is final: nobody refuses what was carried out, and a read is not refused for what it says
        refusals = () if carried_out or request.method == "GET" else (REFUSED,)
        return str(lot.choice(("dropped", "dropped", *STATUSES, *refusals)))


def _answer(status: int, request: requests.PreparedRequest) -> requests.Response:
    response = requests.Response()
    response.status_code, response.request, response.url = status, request, request.url or ""
    response.headers.update({"Content-Type": "text/html", **({"Retry-After": "60"} if status == 429 else {})})
    response.raw = io.BytesIO(b"<html><body>The weather</body></html>")
    return response
