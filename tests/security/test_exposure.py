"""What others on the machine or the network could reach: files, the health address, and `check` telling of both."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from tracker2invoice.configfile import load
from tracker2invoice.engine.health import MOST_CONNECTIONS, Health, serve

if TYPE_CHECKING:
    from tests.security.conftest import Desk

XERO = 'client_secret = { env = "REHEARSAL_XERO_SECRET" }'


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=lambda umask: f"umask {umask:03o}")
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def with_a_chain(desk: Desk, secrets: dict[str, str]) -> Path:
    desk.configure(XERO, f'{XERO}\nrefresh_token = {{ env = "FIRST_TOKEN" }}')
    desk.patch.setenv("FIRST_TOKEN", secrets["refresh"])
    return desk.directory / "xero-books.token.json"


def test_what_we_keep_is_the_owners_alone_whatever_the_umask(desk: Desk, secrets: dict[str, str], umask: int) -> None:
    tokens = with_a_chain(desk, secrets)
    desk.stage.close("Design")
    assert desk.t2i("plan", "--out", "plan.json").code == 0
    assert desk.t2i("run").code == 0
    ours = [*desk.directory.glob("tracker2invoice.db*"), *desk.directory.glob("*.lock"), tokens, Path("plan.json")]
    assert len(ours) >= 6
    assert {path.name: oct(mode(path)) for path in ours if mode(path) != 0o600} == {}
    assert [path.name for path in (desk.directory / "invoices").iterdir() if mode(path) & 0o007] == []


def test_a_token_file_is_replaced_with_its_mode_and_never_written_through_a_link(
    desk: Desk, secrets: dict[str, str]
) -> None:
    tokens = with_a_chain(desk, secrets)
    precious = desk.directory / "precious.txt"
    precious.write_text("keep me")
    tokens.write_text("{}")
    tokens.chmod(0o666)
    desk.t2i("check")
    assert mode(tokens) == 0o600
    desk.advance(minutes=61)
    tokens.unlink()
    tokens.symlink_to(precious)
    desk.stage.xero.tokens.refresh = secrets["refresh"]
    desk.t2i("check")
    assert not tokens.is_symlink()
    assert mode(tokens) == 0o600
    assert secrets["access"] in tokens.read_text()
    assert precious.read_text() == "keep me"


@pytest.mark.parametrize("name", ["plan", "daemon", "schema", "output-books"])
def test_a_link_in_the_place_of_a_lock_harms_nothing(desk: Desk, name: str) -> None:
    desk.t2i("plan")
    desk.stage.close("Design")
    precious = desk.directory / "precious.txt"
    precious.write_text("keep me")
    found = {path.name for path in desk.directory.glob("*.lock")}
    lock = desk.directory / f"tracker2invoice.db.{name}.lock"
    lock.unlink(missing_ok=True)
    lock.symlink_to(precious)
    desk.t2i("run")
    assert precious.read_text() == "keep me", found


def test_check_warns_of_what_others_can_read(desk: Desk, secrets: dict[str, str]) -> None:
    (desk.directory / "token").write_text(secrets["github"])
    (desk.directory / ".env").write_text("A=1")
    (desk.directory / "xero-books.token.json").write_text("{}")
    desk.configure('token = { env = "REHEARSAL_GITHUB_TOKEN" }', 'token = { file = "token" }')
    desk.t2i("plan")
    files = [desk.directory / name for name in ("token", ".env", "xero-books.token.json", "tracker2invoice.db")]
    for path in files:
        path.chmod(0o644)
    answer = desk.t2i("check", "--json")
    assert answer.err.count("others can read it; let nobody but the owner: chmod 600") == 4
    assert len(answer.json["warnings"]) == 4
    assert "[trackers.github] token:" in answer.err
    assert answer.code == 0
    for path in files:
        path.chmod(0o600)
    assert desk.t2i("check", "--json").json["warnings"] == []


@pytest.mark.parametrize(("host", "warned"), [
    ("127.0.0.1", False), ("::1", False), ("localhost", False), ("0.0.0.0", True), ("::", True), ("10.0.0.7", True),
    ("example.com", True), ("", False),
])  # fmt: skip
def test_check_warns_when_the_network_can_ask_how_the_daemon_is(desk: Desk, host: str, warned: bool) -> None:
    if host:
        desk.configure('poll = "1 minute"', f'poll = "1 minute"\nhealth = {{ host = "{host}" }}')
    answer = desk.t2i("check")
    assert ("[daemon.health] host: anybody on the network can read it" in answer.err) == warned


def test_the_health_address_is_loopback_unless_somebody_writes_another(desk: Desk) -> None:
    assert load(desk.config).daemon.host == "127.0.0.1"


GARBAGE = [
    b"\x00" * 1000, b"GET", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"GET /" + b"a" * 100_000,
    b"GET /healthz HTTP/1.1\r\n" + b"".join(b"A%d: b\r\n" % n for n in range(500)) + b"\r\n",
    b"POST /healthz HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"GET /healthz HTTP/1.1\r\nA" + b"\xff" * 50,
    b"GET http://example.com/ HTTP/1.1\r\n\r\n", b"<script>alert(1)</script> / HTTP/1.0\r\n\r\n", b"\r\n" * 1000,
]  # fmt: skip


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_answered_or_hung_up_on_and_the_next_probe_is_served(
    desk: Desk, capfd: pytest.CaptureFixture[str], garbage: bytes
) -> None:
    with serve("127.0.0.1", 0, lambda: Health("ok")) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as one:
            try:
                one.sendall(garbage)
                one.shutdown(socket.SHUT_WR)
                answer = one.recv(100_000)
            except ConnectionError:
                answer = b""
        head, _, page = answer.partition(b"\r\n\r\n")
        assert b"<script>" not in page
        assert b"Python" not in head
        assert requests.get(f"http://127.0.0.1:{port}/healthz", timeout=30).status_code == 200
    assert capfd.readouterr() == ("", "")


def test_many_connections_that_say_nothing_keep_no_probe_out(desk: Desk) -> None:
    with serve("127.0.0.1", 0, lambda: Health("ok")) as port, ExitStack() as stack:
        silent = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            for _ in range(3 * MOST_CONNECTIONS)
        ]
        for one in silent[-MOST_CONNECTIONS:]:
            one.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
        assert requests.get(f"http://127.0.0.1:{port}/healthz", timeout=30).status_code == 200
        # the oldest were hung up on, so that their number has a bound
        assert [one.recv(1) for one in silent[: 2 * MOST_CONNECTIONS]] == [b""] * (2 * MOST_CONNECTIONS)
