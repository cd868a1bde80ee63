"""Every outcome of a request is the right error, told apart on a real socket; no credential ever gets out."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tracker2invoice.errors import (
    AccessDenied,
    BadAnswer,
    NotThere,
    RateLimited,
    Rejected,
    Tracker2InvoiceError,
    Unclear,
    Unreachable,
)
from tracker2invoice.pace import Pace
from tracker2invoice.rest import FixedHeaders, Media, Session
from tracker2invoice.testing.timer import WaitingTimer
from tracker2invoice.wire import NotJson

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TOKEN = "tok-7f3kq2"


class Wire:
    """A server that answers each connection with the next of its raw answers; None closes it unanswered."""

    def __init__(self, answers: list[bytes | None]) -> None:
        self.answers, self.requests = answers, list[bytes]()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        for answer in self.answers:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.requests.append(self._request(connection))
                if answer is not None:
                    connection.sendall(answer)

    def _request(self, connection: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data and (piece := connection.recv(65536)):
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                while len(body) < int(line.split(b":")[1]) and (piece := connection.recv(65536)):
                    body += piece
        return head + b"\r\n\r\n" + body

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)


@contextmanager
def wire(*answers: bytes | None) -> Generator[tuple[Session, Wire]]:
    server = Wire(list(answers))
    session = Session(
        "books",
        server.url,
        lambda: NOW,
        authorisation=FixedHeaders({"Authorization": f"Bearer {TOKEN}"}),
        timeout=5,
    )
    with closing(server), closing(session):
        yield session, server


def http(status: int, body: bytes = b"{}", *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def put(session: Session) -> object:
    return session.write("PUT", "/things", b'{"a":1}').data


def get(session: Session) -> object:
    return session.read("/things").data


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_numbers_arrive_exactly() -> None:
    with wire(http(200, b'{"total": 0.1, "many": 12345678901234567890.12}')) as (session, _):
        assert get(session) == {"total": Decimal("0.1"), "many": Decimal("12345678901234567890.12")}


def test_what_is_not_json_is_read_and_named_as_what_it_is() -> None:
    words = Media("text/words", lambda body: body.decode().split() or NotJson())
    server = Wire([http(200, b"a b"), http(200, b"c"), http(200, b""), http(200, b"")])
    with closing(server), closing(Session("books", server.url, lambda: NOW, media=words)) as session:
        assert (session.query("/", b"x").data, session.write("POST", "/", b"y").data) == (["a", "b"], ["c"])
        with pytest.raises(BadAnswer, match="cannot be read"):
            session.query("/", b"x")
        with pytest.raises(Unclear, match="cannot be read"):
            session.write("POST", "/", b"y")
    assert all(b"Content-Type: text/words" in one and b"Accept: text/words" in one for one in server.requests)


def test_a_request_without_a_body_leaves_nothing_on_the_connection_for_the_next_one() -> None:
    with wire(http(200)) as (session, server):
        session.write("DELETE", "/things/1", b"")
        assert server.requests[0].endswith(b"\r\n\r\n")
        assert b"Content-Length: 0" in server.requests[0]
        assert b"chunked" not in server.requests[0]


def test_a_request_without_a_body_that_got_no_answer_may_have_been_carried_out() -> None:
    with wire(None) as (session, _), pytest.raises(Unclear):
        session.write("DELETE", "/things/1", b"")


def test_the_credentials_are_sent_and_so_is_the_body() -> None:
    with wire(http(200)) as (session, server):
        put(session)
        assert f"Authorization: Bearer {TOKEN}".encode() in server.requests[0]
        assert server.requests[0].endswith(b'\r\n\r\n{"a":1}')


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((status, Rejected) for status in (400, 409, 422)),
        *((status, AccessDenied) for status in (401, 403)),
        (404, NotThere),
        (429, RateLimited),
        *((status, Unclear) for status in (302, 408, 500, 502, 503)),
    ],
)
def test_a_write_that_fails_says_whether_it_may_have_been_carried_out(
    status: int, error: type[Tracker2InvoiceError]
) -> None:
    with wire(http(status)) as (session, server):
        with pytest.raises(error):
            put(session)
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, BadAnswer),
        (401, AccessDenied),
        (404, NotThere),
        (429, RateLimited),
        (500, Unreachable),
        (503, Unreachable),
    ],
)
def test_a_read_that_fails_says_what_to_do(status: int, error: type[Tracker2InvoiceError]) -> None:
    with wire(http(status)) as (session, _), pytest.raises(error):
        get(session)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":', b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}'])
def test_a_success_that_cannot_be_read_is_unclear_for_a_write_and_a_bad_answer_for_a_read(
    body: bytes,
) -> None:
    with wire(http(200, body), http(200, body)) as (session, _):
        with pytest.raises(Unclear):
            put(session)
        with pytest.raises(BadAnswer):
            get(session)


def test_a_connection_that_breaks_after_the_request_is_unclear() -> None:
    with wire(None) as (session, server):
        with pytest.raises(Unclear):
            put(session)
        assert len(server.requests) == 1


def test_an_answer_cut_short_is_unclear() -> None:
    with wire(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}") as (session, _), pytest.raises(Unclear):
        put(session)


def test_a_timeout_after_the_request_is_unclear() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with closing(Session("books", url, lambda: NOW, timeout=0.05)) as session, pytest.raises(Unclear):
            put(session)


def test_without_a_connection_nothing_was_sent() -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    with closing(Session("books", url, lambda: NOW)) as session:
        with pytest.raises(Unreachable, match="refused"):
            put(session)
        with pytest.raises(Unreachable, match="refused"):
            get(session)


def test_a_read_is_tried_once_more_when_the_connection_broke() -> None:
    with wire(None, http(200, b"[1]")) as (session, server):
        assert get(session) == [1]
        assert len(server.requests) == 2


def test_a_query_sends_its_body_and_does_so_once_more_when_the_connection_broke() -> None:
    with wire(None, http(200, b'{"issues": []}')) as (session, server):
        assert session.query("/search", b'{"jql": "x"}').data == {"issues": []}
        assert [request.endswith(b'\r\n\r\n{"jql": "x"}') for request in server.requests] == [True, True]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http(400), BadAnswer),
        (http(401), AccessDenied),
        (http(404), NotThere),
        (http(429), RateLimited),
        (http(302, b"", "Location: /elsewhere"), BadAnswer),
        (http(503), Unreachable),
        (http(200, b"<html>"), BadAnswer),
    ],
)
def test_a_query_that_fails_changed_nothing(answer: bytes, error: type[Tracker2InvoiceError]) -> None:
    with wire(answer) as (session, server):
        with pytest.raises(error):
            session.query("/search", b"{}")
        assert len(server.requests) == 1


def test_an_answer_without_content_is_no_data() -> None:
    with wire(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n") as (session, _):
        assert session.write("DELETE", "/things/1", b"").data is None


def test_a_redirect_within_the_same_origin_is_followed_for_reads() -> None:
    with wire(http(301, b"", "Location: /moved"), http(200, b"[1]")) as (session, server):
        assert get(session) == [1]
        assert server.requests[1].startswith(b"GET /moved ")


def test_a_redirect_elsewhere_is_not_followed_and_gets_no_credentials() -> None:
    with wire(http(200)) as (_, other), wire(http(302, b"", f"Location: {other.url}/x")) as (session, _):
        with pytest.raises(NotThere, match="elsewhere"):
            get(session)
        assert other.requests == []


def test_a_redirect_in_a_circle_ends() -> None:
    with wire(*[http(302, b"{}", "Location: /things")] * 4) as (session, server):
        with pytest.raises(BadAnswer):
            get(session)
        assert len(server.requests) == 4


def test_an_endless_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker2invoice.rest._LARGEST_ANSWER", 1000)
    answer = http(200, b"[" + b" " * 70_000 + b"]")
    with wire(answer, answer, answer) as (session, _):
        with pytest.raises(Unreachable):
            get(session)
        with pytest.raises(Unclear):
            put(session)


@pytest.mark.parametrize(
    ("header", "instant"),
    [
        ("Retry-After: 60", NOW + timedelta(seconds=60)),
        ("X-RateLimit-Reset: 1772443860", NOW + timedelta(seconds=60)),
        ("Retry-After: 9999999", NOW + timedelta(days=1)),
        ("X-Nothing: 1", None),
    ],
)
def test_a_rate_limit_says_when_to_come_back_but_never_in_more_than_a_day(
    header: str, instant: datetime | None
) -> None:
    with wire(http(429, b"", header)) as (session, _), pytest.raises(RateLimited) as caught:
        put(session)
    assert caught.value.not_before == instant


def test_nothing_is_sent_while_a_limit_lasts_whoever_connects_anew() -> None:
    times, pace = [NOW], Pace(timer=WaitingTimer())
    with wire(http(429, b"", "Retry-After: 60"), http(200)) as (_, server):

        def read() -> object:
            with closing(Session("books", server.url, lambda: times[-1], timeout=5, pace=pace)) as session:
                return session.read("/things").data

        for _ in range(2):
            with pytest.raises(RateLimited) as caught:
                read()
            assert caught.value.not_before == NOW + timedelta(seconds=60)
        assert len(server.requests) == 1
        times.append(NOW + timedelta(seconds=60))
        assert read() == {}


def test_the_words_of_the_vendor_come_out_on_one_line_and_not_endlessly() -> None:
    body = b'{"message": "wrong\\r\\n\\u001b[31m' + b"x" * 2000 + b'"}'
    with wire(http(422, body)) as (session, _), pytest.raises(Rejected) as caught:
        put(session)
    assert caught.value.detail.startswith("HTTP 422: wrong   [31mxxx")
    assert len(caught.value.detail) == 500


def test_no_credential_gets_out_even_if_the_server_repeats_it() -> None:
    body = f'{{"message": "bad token {TOKEN}, secret a%2Bb, a+b"}}'.encode()
    with wire(http(400, body)) as (session, _):
        session.hide("a+b")
        with pytest.raises(Rejected) as caught:
            put(session)
    assert caught.value.detail == "HTTP 400: bad token ***, secret ***, ***"
    assert caught.value.__context__ is None


def test_a_broken_connection_is_described_without_address_or_credential() -> None:
    with wire(None) as (session, server), pytest.raises(Unclear) as caught:
        put(session)
    assert server.url.removeprefix("http://") not in str(caught.value)
    assert TOKEN not in repr(caught.value.args)
    assert caught.value.__context__ is None


def test_a_netrc_file_does_not_replace_our_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with wire(http(200)) as (session, server):
        get(session)
        assert f"Bearer {TOKEN}".encode() in server.requests[0]


class _Renewed:
    """Has as many tokens as it is given, and keeps the last."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = list(tokens)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._tokens[0]}"}

    def refused(self) -> None:
        self._tokens = self._tokens[1:] or self._tokens


def test_a_read_whose_token_was_refused_is_sent_once_more_with_another_one() -> None:
    server = Wire([http(401), http(200), http(401)])
    with closing(server):
        for tokens in (("old", "new"), ("only",)):
            session = Session("books", server.url, lambda: NOW, authorisation=_Renewed(*tokens))
            with closing(session), suppress(AccessDenied):
                get(session)
    assert [one.split(b"Bearer ")[1].split(b"\r\n")[0] for one in server.requests] == [b"old", b"new", b"only"]


def test_a_write_whose_token_was_refused_is_not_sent_again() -> None:
    server = Wire([http(401)])
    with (
        closing(server),
        closing(Session("books", server.url, lambda: NOW, authorisation=_Renewed("old", "new"))) as session,
        pytest.raises(AccessDenied),
    ):
        put(session)
    assert len(server.requests) == 1


def test_a_refused_token_is_forgotten() -> None:
    class Token(FixedHeaders):
        forgotten = False

        def refused(self) -> None:
            Token.forgotten = True

    with wire(http(401)) as (_, server):
        session = Session("books", server.url, lambda: NOW, authorisation=Token({}))
        with closing(session), pytest.raises(AccessDenied):
            get(session)
    assert Token.forgotten
