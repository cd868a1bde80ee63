"""kill -9 at every request of a run, and a process that is paused instead of killed: one document all the same.

tests/engine goes through every commit of the ledger in memory; here processes, locks and requests are real.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import pytest

from tracker2invoice.testing.sandbox.server import Fault

if TYPE_CHECKING:
    from tests.crash.conftest import Shop

DESIGN = {"design": "18000.00"}
"""What stands in the books in the end: 30 % of the rehearsal's 60000.00 EUR."""


@pytest.mark.parametrize(
    ("system", "method", "path", "when"),
    [
        ("github", "GET", "/repos/acme/portal", "before"),
        ("github", "GET", "/milestones", "before"),
        ("github", "GET", "/issues", "before"),
        ("xero", "POST", "/connect/token", "before"),
        ("xero", "GET", "/Invoices", "before"),
        ("xero", "PUT", "/Invoices", "before"),
        ("xero", "PUT", "/Invoices", "after"),
    ],
)
def test_a_run_killed_at_any_request_is_made_good_by_the_next(
    shop: Shop, system: Literal["github", "xero"], method: str, path: str, when: Literal["before", "after"]
) -> None:
    shop.stage.close("Design")
    sandbox = shop.stage.github if system == "github" else shop.stage.xero
    shop.kill_at(sandbox, Fault(when=when, do="hang", method=method, path=path), "run")
    assert len(shop.invoices) == (when == "after")
    assert shop.run().code == 0
    assert shop.settled() == DESIGN


def test_what_xero_committed_before_the_kill_is_found_and_taken_for_ours(shop: Shop) -> None:
    shop.stage.close("Design")
    shop.kill_at(shop.stage.xero, Fault(when="after", do="hang", method="PUT", path="/Invoices"), "run")
    (sent,) = shop.asked(shop.stage.xero, "PUT", "/Invoices")
    in_the_air = shop.delivery("books")
    assert (in_the_air.state, in_the_air.payload, in_the_air.receipt) == ("sending", sent.body, None)
    assert shop.run().code == 0
    assert shop.events() == ["delivery.planned", "delivery.sending", "delivery.adopted"]
    receipt = shop.delivery("books").receipt
    assert receipt
    assert receipt.remote_id == shop.invoices[0]["InvoiceID"]
    assert shop.asked(shop.stage.xero, "PUT", "/Invoices") == [sent]
    assert shop.settled() == DESIGN


def test_what_xero_never_got_goes_out_again_as_the_same_request(shop: Shop) -> None:
    shop.stage.close("Design")
    shop.kill_at(shop.stage.xero, Fault(when="before", do="hang", method="PUT", path="/Invoices"), "run")
    assert shop.run().code == 0
    first, second = shop.asked(shop.stage.xero, "PUT", "/Invoices")
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert shop.events() == ["delivery.planned", "delivery.sending", "delivery.resending", "delivery.delivered"]
    assert shop.settled() == DESIGN


def test_a_list_that_does_not_show_the_document_yet_does_not_double_it(shop: Shop) -> None:
    shop.stage.close("Design")
    shop.kill_at(shop.stage.xero, Fault(when="after", do="hang", method="PUT", path="/Invoices"), "run")
    shop.stage.xero.stale_reads = 1
    assert shop.run().code == 0
    assert len(shop.asked(shop.stage.xero, "PUT", "/Invoices")) == 2
    assert shop.settled() == DESIGN


def test_once_the_key_has_expired_two_looks_apart_come_before_it_is_sent_again(shop: Shop) -> None:
    shop.stage.close("Design")
    shop.kill_at(shop.stage.xero, Fault(when="before", do="hang", method="PUT", path="/Invoices"), "run")
    for minutes, sent in ((60, 1), (62, 2)):
        assert shop.run(after=timedelta(minutes=minutes)).code == 0
        assert len(shop.asked(shop.stage.xero, "PUT", "/Invoices")) == sent
    assert shop.settled() == DESIGN


def test_killed_again_and_again_it_still_ends_with_one_document(shop: Shop) -> None:
    shop.stage.close("Design")
    for when in ("before", "after", "before"):
        shop.stage.xero.stale_reads = 1
        shop.kill_at(shop.stage.xero, Fault(when=when, do="hang", method="PUT", path="/Invoices"), "run")
        shop.stage.xero.committed.clear()
    assert shop.run().code == 0
    assert shop.settled() == DESIGN


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_paused_run_keeps_others_from_its_output_until_it_goes_on(shop: Shop, method: str) -> None:
    """Without the lock the second run finds nothing, sends, and the first one's request comes in behind it."""
    shop.stage.close("Design")
    shop.to_xero.loses_keys = True
    on_its_way = shop.to_xero.keep_back(method, "/Invoices")
    paused = shop.start("run")
    on_its_way.wait()
    paused.pause()

    gives_up = shop.start("run", impatient=True).end()
    assert gives_up.code == 1
    assert "Another process is working on the ledger (output-books)." in gives_up.words
    waits = shop.start("run")
    assert shop.invoices == []

    paused.go_on()
    on_its_way.let_through()
    assert (paused.end().code, waits.end().code) == (0, 0)
    assert shop.settled() == DESIGN


def test_a_process_that_waits_for_the_lock_of_a_killed_one_gets_it(shop: Shop) -> None:
    shop.stage.close("Design")
    on_its_way = shop.to_xero.keep_back("PUT", "/Invoices")
    killed = shop.start("run")
    on_its_way.wait()
    waits = shop.start("run", after=timedelta(seconds=10))
    shop.until(lambda: shop.asked(shop.stage.github, "POST", "/graphql"), "the second run has polled")
    killed.kill()
    assert waits.end().code == 0
    on_its_way.let_through()
    assert shop.settled() == DESIGN
