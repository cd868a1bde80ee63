"""What a probe and a scraper see of the daemon."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

import pytest
import requests

from tracker2invoice.engine.health import Health, serve

WELL = Health(
    "ok", "2026-11-23T12:00:00Z", runs=7, troubles=0, held=2, billed=3,
    consents_ending=1, consent_ends="2026-12-01T12:00:00Z",
)  # fmt: skip


@dataclass
class Patient:
    health: Health = field(default_factory=lambda: WELL)
    port: int = 0

    def ask(self, path: str, method: str = "GET") -> requests.Response:
        return requests.request(method, f"http://127.0.0.1:{self.port}{path}", timeout=30)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[Patient]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    one = Patient()
    with serve("127.0.0.1", 0, lambda: one.health) as one.port:
        yield one


@pytest.mark.parametrize(("status", "code"), [("starting", 200), ("ok", 200), ("stopping", 200), ("degraded", 503)])
def test_only_a_daemon_whose_latest_run_failed_somewhere_is_unwell(patient: Patient, status: str, code: int) -> None:
    patient.health = Health(status)
    answer = patient.ask("/healthz")
    assert (answer.status_code, answer.headers["Content-Type"]) == (code, "application/json")
    assert answer.json()["status"] == status


def test_health_tells_counts_and_times_and_nothing_about_anybody(patient: Patient) -> None:
    assert patient.ask("/healthz").json() == asdict(WELL)
    assert patient.ask("/healthz").json() == {
        "status": "ok", "last_run": "2026-11-23T12:00:00Z", "runs": 7, "troubles": 0, "held": 2, "billed": 3,
        "failed_runs": 0, "consents_ending": 1, "consent_ends": "2026-12-01T12:00:00Z",
    }  # fmt: skip


def test_metrics_are_what_prometheus_reads(patient: Patient) -> None:
    answer = patient.ask("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert answer.text.splitlines() == [
        "tracker2invoice_runs_total 7",
        "tracker2invoice_billed_total 3",
        "tracker2invoice_troubles 0",
        "tracker2invoice_held 2",
        "tracker2invoice_failed_runs 0",
        "tracker2invoice_consents_ending 1",
        "tracker2invoice_up 1",
    ]
    patient.health = Health("degraded")
    assert "tracker2invoice_up 0" in patient.ask("/metrics").text


@pytest.mark.parametrize(("method", "path", "code"), [("GET", "/", 404), ("GET", "/../etc", 404), ("POST", "/", 501)])
def test_there_is_nothing_else_to_see(patient: Patient, method: str, path: str, code: int) -> None:
    assert patient.ask(path, method).status_code == code


def test_a_probe_that_hangs_up_leaves_no_trace(patient: Patient, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", patient.port)) as probe:
            # closed with a reset instead of a good-bye
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            probe.sendall(b"GET /healthz HTTP/1.0\r\n")
    assert patient.ask("/healthz").status_code == 200
    assert capsys.readouterr() == ("", "")


def test_an_address_that_is_taken_is_an_error(patient: Patient) -> None:
    with pytest.raises(OSError, match="in use"), serve("127.0.0.1", patient.port, Health):
        pass


def test_it_listens_where_it_was_told_to_and_no_longer_than_that() -> None:
    with serve("127.0.0.1", 0, Health) as port:
        pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
