"""The daemon as a process: its schedule, its health, and what signals do to it."""

from __future__ import annotations

import signal
import socket
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

if TYPE_CHECKING:
    from tests.crash.conftest import Program, Shop

DESIGN, BETA = 1, 2
HOURLY, BUSY = 'poll = "1 hour"', 'poll = "1 second"'


def runs(daemon: Program) -> int:
    """Return how many runs have ended."""
    count: int = daemon.health().json()["runs"]
    return count


def stop(daemon: Program) -> None:
    daemon.signal(signal.SIGTERM)
    ended = daemon.end()
    assert ended.code == 0
    assert ended.words.endswith("Stopped.\n")


def test_the_first_run_comes_at_once_and_health_tells_of_it(shop: Shop) -> None:
    shop.stage.close("Design")
    daemon = shop.start("daemon")
    shop.until(lambda: runs(daemon) == 1, "the first run")
    answer = daemon.health()
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok", "last_run": "2026-11-23T12:00:00Z", "runs": 1, "troubles": 0, "held": 0, "billed": 1,
        "failed_runs": 0, "consents_ending": 0, "consent_ends": "",
    }  # fmt: skip
    metrics = requests.get(f"{daemon.health_url}/metrics", timeout=30).text
    assert "tracker2invoice_billed_total 1\n" in metrics
    stop(daemon)
    assert shop.settled() == {"design": "18000.00"}


def test_only_this_machine_can_ask_how_it_is(shop: Shop) -> None:
    daemon = shop.start("daemon")
    address = urlsplit(daemon.health_url)
    assert address.hostname == "127.0.0.1"
    # a server on all addresses would answer here too
    with pytest.raises(OSError, match=r"refused|unreachable|assign"):
        socket.create_connection(("127.0.0.2", address.port or 0))


def test_what_is_closed_is_billed_by_the_next_run(shop: Shop) -> None:
    shop.configure(HOURLY, BUSY)
    daemon = shop.start("daemon")
    shop.until(lambda: runs(daemon) >= 1, "the first run")
    assert shop.invoices == []
    shop.close(DESIGN)
    shop.until(lambda: daemon.health().json()["billed"] == 1, "Design is billed")
    shop.close(BETA)
    shop.until(lambda: daemon.health().json()["billed"] == 2, "Beta is billed")
    stop(daemon)
    assert shop.settled() == {"design": "18000.00", "beta": "30000.00"}


def test_while_github_is_down_it_is_unwell_and_then_it_catches_up(shop: Shop) -> None:
    shop.configure(HOURLY, BUSY)
    daemon = shop.start("daemon")
    shop.until(lambda: daemon.health().json()["status"] == "ok", "it is well")
    shop.to_github.down = True
    shop.until(lambda: daemon.health().status_code == 503, "it is unwell")
    assert daemon.health().json()["status"] == "degraded"
    daemon.says("github cannot be reached")
    shop.to_github.down = False
    shop.close(DESIGN)
    shop.until(lambda: daemon.health().status_code == 200, "it is well again")
    stop(daemon)
    assert shop.settled() == {"design": "18000.00"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(("method", "states"), [("PUT", ["delivered", "pending"]), ("GET", ["pending", "pending"])])
def test_told_to_stop_it_finishes_the_request_in_hand_and_sends_no_other(
    shop: Shop, number: signal.Signals, method: str, states: list[str]
) -> None:
    shop.stage.close("Design")
    shop.stage.close("Beta")
    in_hand = shop.to_xero.keep_back(method, "/Invoices")
    daemon = shop.start("daemon")
    in_hand.wait()
    daemon.signal(number)
    shop.until(lambda: daemon.health().json()["status"] == "stopping", "it has heard")
    in_hand.let_through()
    assert daemon.end().code == 0
    assert [shop.delivery("books", term).state for term in ("design", "beta")] == states
    assert shop.run().code == 0
    assert shop.settled() == {"design": "18000.00", "beta": "30000.00"}


def test_a_delivery_that_fails_after_the_signal_is_looked_up_by_the_next_run(shop: Shop) -> None:
    shop.stage.close("Design")
    in_hand = shop.to_xero.keep_back("PUT", "/Invoices")
    daemon = shop.start("daemon")
    in_hand.wait()
    daemon.signal(signal.SIGTERM)
    shop.to_xero.loses_answers = True
    in_hand.let_through()
    assert daemon.end().code == 0
    shop.to_xero.loses_answers = False
    assert shop.delivery("books").state == "sending"
    assert shop.run(after=timedelta(minutes=2)).code == 0
    assert shop.settled() == {"design": "18000.00"}


def test_sighup_brings_new_terms_and_a_new_schedule(shop: Shop) -> None:
    daemon = shop.start("daemon")
    shop.until(lambda: runs(daemon) == 1, "the first run")
    shop.close(DESIGN)
    shop.configure('price = "60000.00"', 'price = "80000.00"')
    shop.configure(HOURLY, BUSY)
    daemon.signal(signal.SIGHUP)
    shop.until(lambda: daemon.health().json()["billed"] == 1, "the new schedule")
    stop(daemon)
    assert shop.settled() == {"design": "24000.00"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('price = "60000.00"', 'price = "sixty"', "[contracts.acme-portal] price:"),
        ("tracker2invoice.db", "another.db", "[ledger] url: restart the daemon"),
    ],
)
def test_sighup_with_a_configuration_that_cannot_be_used_is_refused_in_words(
    shop: Shop, old: str, new: str, words: str
) -> None:
    shop.configure(HOURLY, BUSY)
    daemon = shop.start("daemon")
    shop.until(lambda: runs(daemon) == 1, "the first run")
    shop.configure(old, new)
    daemon.signal(signal.SIGHUP)
    daemon.says("There is a problem in the configuration:")
    daemon.says(words)
    assert new not in daemon.words
    shop.close(DESIGN)
    shop.until(lambda: daemon.health().json()["billed"] == 1, "the old terms")
    stop(daemon)
    shop.configure(new, old)
    assert shop.settled() == {"design": "18000.00"}


def test_an_address_that_is_taken_is_refused_in_words(shop: Shop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        shop.configure("port = 0", f"port = {other.getsockname()[1]}")
        refused = shop.start("daemon").end()
    assert refused.code == 2
    assert "[daemon.health] port: the address is taken" in refused.words
