"""`/healthz` and `/metrics` of the daemon: read only, no names of clients, no amounts, no secrets."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from threading import Lock, Thread
from typing import Any

MOST_CONNECTIONS = 32
PATIENCE = 10
"""Seconds that a connection may say nothing."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the daemon is. Instants are RFC 3339 in UTC, empty while there was none.

    `status` is `starting` before the first run has ended, then `ok`, or `degraded` when the latest run failed
    somewhere or a consent has ended; `stopping` once it was told to stop. `held` counts what waits for a person,
    `billed` what was claimed since the start. `failed_runs` counts the latest runs in a row that failed somewhere.
    `consents_ending` counts the consents that a person should renew soon or
    should have, `consent_ends` is when the first of them ends.
    """

    status: str = "starting"
    last_run: str = ""
    runs: int = 0
    troubles: int = 0
    held: int = 0
    billed: int = 0
    failed_runs: int = 0
    consents_ending: int = 0
    consent_ends: str = ""


class _Server(ThreadingHTTPServer):
    """Keeps few connections: who opens many and says nothing would else use up what the runs need."""

    daemon_threads = True
    request_queue_size = MOST_CONNECTIONS

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: deque[socket] = deque()
        self._turn = Lock()
        super().__init__(address, handler)

    def process_request(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """Make room for a new connection by hanging up on the oldest one."""
        assert isinstance(request, socket)
        with self._turn:
            self._open.append(request)
            if len(self._open) > MOST_CONNECTIONS:
                _hang_up(self._open.popleft())
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket | tuple[bytes, socket]) -> None:
        """Forget a connection that has ended."""
        assert isinstance(request, socket)
        with self._turn, suppress(ValueError):
            self._open.remove(request)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet: a probe that hangs up in the middle is no news either."""


def _hang_up(connection: socket) -> None:
    with suppress(OSError):  # it has ended by itself
        connection.shutdown(SHUT_RDWR)


@contextmanager
def serve(host: str, port: int, health: Callable[[], Health]) -> Generator[int]:
    """Serve the health endpoint in a thread; yields the port, which is a free one if `port` is 0.

    Raises:
        OSError: the address is taken or not ours.
    """

    class Handler(BaseHTTPRequestHandler):
        server_version, sys_version = "tracker2invoice", ""
        wbufsize = 1 << 16
        timeout = PATIENCE

        def do_GET(self) -> None:
            now = health()
            if self.path == "/healthz":
                self._answer(503 if now.status == "degraded" else 200, "application/json", json.dumps(asdict(now)))
            elif self.path == "/metrics":
                self._answer(200, "text/plain; version=0.0.4", _metrics(now))
            else:
                self._answer(404, "text/plain", "/healthz or /metrics\n")

        def _answer(self, status: int, kind: str, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep quiet: a probe every few seconds is no news."""

    server = _Server((host, port), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _metrics(health: Health) -> str:
    values = {
        "runs_total": health.runs,
        "billed_total": health.billed,
        "troubles": health.troubles,
        "held": health.held,
        "failed_runs": health.failed_runs,
        "consents_ending": health.consents_ending,
        "up": int(health.status == "ok"),
    }
    return "".join(f"tracker2invoice_{name} {value}\n" for name, value in values.items())
