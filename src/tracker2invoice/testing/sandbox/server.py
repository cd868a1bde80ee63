"""The small HTTP server under every sandbox: loopback only, one answer per request, faults on demand.

A sandbox subclasses `Sandbox` and turns a `Request` into an `Answer` in `handle`, which runs under a lock, so that its
state needs no other care. It knows no vendor.
"""

from __future__ import annotations

import json
import socket
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Literal, Self, cast
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `path` is decoded and without the query; `headers` has lower-case names."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    target: str = ""

    def json(self) -> object:
        """Return the body as JSON.

        Raises:
            ValueError: it is not JSON.
        """
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `body` is bytes as they are, or a value to be sent as JSON; None sends no body.

    A `Content-Length` among the headers is sent as it is, so that an answer can end too soon.
    """

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to the next request that matches.

    `before` means that the request is not carried out. `drop` closes the connection without an answer, `hang` keeps
    it open until the server stops, `answer` is sent instead of the true one.
    """

    when: Literal["before", "after"] = "before"
    do: Literal["drop", "hang", "answer"] = "answer"
    answer: Answer = Answer(502, b"<html><body>Bad Gateway</body></html>", {"Content-Type": "text/html"})
    method: str = ""
    path: str = ""

    @classmethod
    def ordered(cls, order: Mapping[str, object], path: str) -> Fault:
        """Return the fault that somebody orders over HTTP, as JSON; `path` is where it happens if they do not say."""
        headers = cast("dict[str, str]", order.get("headers", {}))
        return cls(
            when="after" if order.get("when") == "after" else "before",
            do="drop" if order.get("do") == "drop" else "answer",
            answer=Answer(int(str(order.get("status", 500))), str(order.get("body", "")).encode(), headers),
            method=str(order.get("method", "")),
            path=str(order.get("path", path)),
        )

    def matches(self, request: Request) -> bool:
        """Say whether the fault is meant for this request: its method, and a part of its path."""
        return request.method == (self.method or request.method) and self.path in request.path


class Sandbox:
    """A server on 127.0.0.1; a context manager. `url` has no slash at the end.

    `latency` is in seconds for each request. `requests` lists what was asked, oldest first. `committed` is set as soon
    as a request met an `after` fault, when the far side has done its work and nobody has been told.
    """

    def __init__(self, port: int = 0, latency: float = 0.0) -> None:
        self.latency = latency
        self.faults: deque[Fault] = deque()
        self.requests: deque[Request] = deque(maxlen=100_000)
        self.committed = Event()
        self._stopping = Event()
        self._state = Lock()
        self._server = _Server(("127.0.0.1", port), self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def handle(self, request: Request) -> Answer:
        """Answer one request; subclasses do this. One request at a time."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def respond(self, request: Request) -> Answer | None:
        """Return what goes out, None to drop the connection."""
        if self.latency:
            time.sleep(self.latency)
        with self._state:
            self.requests.append(request)
            fault = self._fault_for(request)
            true_answer = None if fault and fault.when == "before" else self.handle(request)
        if fault is None:
            return true_answer
        if fault.when == "after":
            self.committed.set()
        if fault.do == "hang":
            self._stopping.wait()
        return fault.answer if fault.do == "answer" else None

    def _fault_for(self, request: Request) -> Fault | None:
        fault = next((fault for fault in self.faults if fault.matches(request)), None)
        if fault:
            self.faults.remove(fault)
        return fault


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet when a client goes away in mid-answer: killed clients are what the sandbox is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # header and body in one packet, or each answer waits for a delayed acknowledgement

    def handle_one_request(self) -> None:
        """Read one request and answer it, whatever its method."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        answer = self._sandbox.respond(self._request())
        if answer is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""

    @property
    def _sandbox(self) -> Sandbox:
        return cast("_Server", self.server).sandbox

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        return Request(
            method=self.command,
            path=unquote(parts.path),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
            target=self.path,
        )

    def _send(self, answer: Answer) -> None:
        body = answer.body if isinstance(answer.body, bytes) else b""
        headers = dict(answer.headers)
        if answer.body is not None and not isinstance(answer.body, bytes):
            body = json.dumps(answer.body, ensure_ascii=False).encode()
            headers.setdefault("Content-Type", "application/json; charset=utf-8")
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        if answer.status != 304 and "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if self.command != "HEAD" else b"")
        self.wfile.flush()
