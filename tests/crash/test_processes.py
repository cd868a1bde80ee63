"""Several processes on one ledger at the same moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tracker2invoice.testing.sandbox.rehearsal import PROJECT

if TYPE_CHECKING:
    from tests.crash.conftest import Shop

RUN = ("run",)
BACKFILL = ("backfill", "--since", "2026-01-01", "--until", "2026-12-31")


@pytest.mark.parametrize("commands", [(RUN, RUN), (RUN, RUN, RUN), (RUN, BACKFILL)], ids=["two", "three", "backfill"])
def test_processes_that_see_the_same_closing_at_once_bill_it_once(
    shop: Shop, commands: tuple[tuple[str, ...], ...]
) -> None:
    """All of them have polled before any of them plans. Xero would not notice a repeated key."""
    shop.stage.close("Design")
    shop.stage.close("Beta")
    shop.to_xero.loses_keys = True
    together = shop.to_github.keep_back("GET", "/milestones", count=len(commands))
    programs = [shop.start(*command) for command in commands]
    together.wait()
    together.let_through()
    assert [program.end().code for program in programs] == [0] * len(commands)
    assert shop.settled() == {"design": "18000.00", "beta": "30000.00"}


def test_a_run_that_is_claiming_keeps_others_from_planning(shop: Shop) -> None:
    """Otherwise the second would bill another milestone for the term that the first is about to bill."""
    shop.stage.close("Design")
    reads_the_deliverables = shop.to_github.keep_back("GET", "/issues")
    first = shop.start("run")
    reads_the_deliverables.wait()
    github = shop.stage.github.github
    github.rename_milestone(PROJECT, 1, "Wireframes")
    github.close_milestone(PROJECT, github.add_milestone(PROJECT, "Design"))
    second = shop.start("run", impatient=True).end()
    reads_the_deliverables.let_through()
    assert (first.end().code, second.code) == (0, 1)
    assert "Another process is working on the ledger (plan)." in second.words
    assert shop.run().code == 0
    assert shop.settled() == {"design": "18000.00"}


def test_of_two_processes_the_one_that_cannot_deliver_says_so(shop: Shop) -> None:
    shop.stage.close("Design")
    on_its_way = shop.to_xero.keep_back("PUT", "/Invoices")
    first = shop.start("run")
    on_its_way.wait()
    second = shop.start("run", impatient=True).end()
    on_its_way.let_through()
    assert (first.end().code, second.code) == (0, 1)
    assert "Wait for it to finish, then try again." in second.words
    assert shop.settled() == {"design": "18000.00"}


def test_a_second_daemon_on_the_same_ledger_is_refused(shop: Shop) -> None:
    first = shop.start("daemon")
    assert first.health_url
    second = shop.start("daemon").end()
    assert second.code == 1
    assert "Another daemon already works on this ledger. Stop that one first; one is enough." in second.words
    assert "Ready" not in second.words
    assert first.health().status_code == 200


def test_a_killed_daemon_leaves_no_lock_behind_and_its_delivery_is_found(shop: Shop) -> None:
    shop.stage.close("Design")
    on_its_way = shop.to_xero.keep_back("PUT", "/Invoices")
    first = shop.start("daemon")
    on_its_way.wait()
    first.kill()
    on_its_way.let_through()
    shop.until(lambda: shop.invoices, "the request arrives after the death of its sender")
    second = shop.start("daemon")
    shop.until(lambda: second.health().json()["runs"] == 1, "the first run of the second daemon")
    assert "delivery.adopted" in shop.events()
    assert shop.settled() == {"design": "18000.00"}


def test_a_run_beside_a_daemon_is_safe(shop: Shop) -> None:
    shop.stage.close("Design")
    together = shop.to_github.keep_back("GET", "/milestones", count=2)
    daemon, run = shop.start("daemon"), shop.start("run")
    together.wait()
    together.let_through()
    assert run.end().code == 0
    shop.until(lambda: daemon.health().json()["runs"] == 1, "the daemon's run")
    assert daemon.health().status_code == 200
    assert shop.settled() == {"design": "18000.00"}
