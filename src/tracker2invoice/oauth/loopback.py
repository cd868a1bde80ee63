"""Waits on this machine for a browser that comes back from giving consent (RFC 8252, 7.3).

It listens on 127.0.0.1 alone, says one sentence whatever it is asked, and repeats nothing of what it was asked.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.parse import SplitResult, urlsplit

from tracker2invoice.errors import ConsentFailed

SENTENCE = "Go back to the terminal: it says whether the consent was understood. This page can be closed."
_PATIENCE = 10
"""Seconds that a connection may say nothing."""


class Listener:
    """Where the browser comes back to: `redirect_url`, with the port that is really in use."""

    def __init__(self, name: str, redirect_url: str, answers: SimpleQueue[str]) -> None:
        self._name, self._answers = name, answers
        self.redirect_url = redirect_url

    def wait(self, patience: timedelta) -> str:
        """Return the address to which the browser was sent.

        Raises:
            ConsentFailed: it did not come in time.
        """
        try:
            return self._answers.get(timeout=patience.total_seconds())
        except Empty:
            raise ConsentFailed(self._name, "silence") from None


@contextmanager
def listening(name: str, redirect_url: str) -> Generator[Listener]:
    """Listen for the browser of whoever is asked for the consent of the connector called `name`.

    Raises:
        ConsentFailed: the address leads to another machine, is taken or may not be used.
    """
    there = urlsplit(redirect_url)
    if there.scheme != "http" or there.hostname not in ("localhost", "127.0.0.1"):
        raise ConsentFailed(name, "elsewhere", redirect_url)
    answers: SimpleQueue[str] = SimpleQueue()
    server = _server(name, there, answers)
    port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Listener(name, there._replace(netloc=f"{there.hostname}:{port}").geturl(), answers)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    """Serves each connection by itself: a browser opens some in advance and says nothing on them."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about browsers that hang up."""


def _server(name: str, there: SplitResult, answers: SimpleQueue[str]) -> _Server:
    path = there.path or "/"

    class Handler(BaseHTTPRequestHandler):
        server_version, sys_version = "tracker2invoice", ""
        timeout = _PATIENCE

        def do_GET(self) -> None:
            ours = self.path.partition("?")[0] == path
            self._say(200 if ours else 404)
            if ours:
                answers.put(self.path)

        def _say(self, status: int) -> None:
            body = (SENTENCE if status == 200 else "There is nothing here.").encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep quiet: the address holds a code."""

    try:
        return _Server(("127.0.0.1", 80 if there.port is None else there.port), Handler)
    except OSError as error:
        raise ConsentFailed(name, "address", f"{there.geturl()}: {error.strerror or 'not usable'}") from None
    except ValueError:
        raise ConsentFailed(name, "address", f"{there.geturl()}: no such port") from None
