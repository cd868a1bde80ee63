"""All that can work on one ledger at the same moment: people, runs, backfills, daemons, and a stranger's lock."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
from contextlib import closing
from random import Random
from typing import TYPE_CHECKING

import pytest

from tracker2invoice.configfile import load
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice.testing.sandbox.xero import FIRST_REFRESH_TOKEN

if TYPE_CHECKING:
    from tests.conftest import PostgreSQL
    from tests.crash.conftest import Shop

TITLES = ("Design", "Beta", "Acceptance")
ALL = {"design": "18000.00", "beta": "30000.00", "acceptance": "12000.00"}
DESIGN = {"design": "18000.00"}
COMMANDS = (("run",), ("run",), ("backfill", "--since", "2026-01-01", "--until", "2026-12-31"), ("approve", "--all"))


def everything_at_once(shop: Shop) -> None:
    """Let a daemon and several commands see each closing at once, in an order that a seed gives."""
    shop.configure('poll = "1 hour"', 'poll = "1 second"')
    shop.to_xero.loses_keys = True
    assert shop.run().code == 0
    rng = Random(7)
    daemon = shop.start("daemon")
    assert daemon.health_url
    for number in range(1, len(TITLES) + 1):
        together = shop.to_github.keep_back("POST", "/graphql", count=2)
        programs = [shop.start(*command) for command in rng.sample(COMMANDS, len(COMMANDS))]
        together.wait()
        shop.close(number)
        together.let_through()
        assert {program.end().code for program in programs} == {0}
    daemon.signal(signal.SIGTERM)
    assert daemon.end().code == 0
    assert shop.run().code == 0
    assert shop.settled() == ALL


def test_a_daemon_runs_a_backfill_and_an_approval_at_once_bill_each_closing_once(shop: Shop) -> None:
    everything_at_once(shop)


def test_on_a_postgresql_ledger_it_is_the_same(shop: Shop, postgresql: PostgreSQL) -> None:
    with postgresql.empty() as url:
        shop.configure("sqlite:///tracker2invoice.db", url)
        everything_at_once(shop)


def test_of_two_daemons_started_at_the_same_instant_one_works_and_can_be_replaced(shop: Shop) -> None:
    daemons = [shop.start("daemon"), shop.start("daemon")]
    shop.until(lambda: any(daemon.code is not None for daemon in daemons), "one of them is refused")
    (working,) = [daemon for daemon in daemons if daemon.code is None]
    (refused,) = [daemon for daemon in daemons if daemon.code is not None]
    assert refused.end().code == 1
    assert "Another daemon already works on this ledger." in refused.words
    assert working.health_url
    working.kill()
    shop.stage.close("Design")
    third = shop.start("daemon")
    shop.until(lambda: third.health().json()["billed"] == 1, "the third works")
    third.signal(signal.SIGTERM)
    assert third.end().code == 0
    assert shop.settled() == DESIGN


def test_a_stranger_who_keeps_the_ledger_locked_is_named_and_nothing_is_lost(shop: Shop) -> None:
    assert shop.run().code == 0
    shop.stage.close("Design")
    with closing(sqlite3.connect(shop.directory / "tracker2invoice.db")) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        ended = shop.start("run", impatient=True).end()
    assert ended.code == 1
    assert "Another process is working on the ledger (ledger)." in ended.words
    assert shop.invoices == []
    assert shop.run().code == 0
    assert shop.settled() == DESIGN


def test_a_receipt_that_could_not_be_written_is_found_by_the_next_run(shop: Shop) -> None:
    shop.stage.close("Design")
    in_hand = shop.to_xero.keep_back("PUT", "/Invoices")
    run = shop.start("run", impatient=True)
    in_hand.wait()
    with closing(sqlite3.connect(shop.directory / "tracker2invoice.db")) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        in_hand.let_through()
        assert run.end().code == 1
    assert "Another process is working on the ledger (ledger)." in run.words
    assert shop.delivery("books").state == "sending"
    assert shop.run().code == 0
    assert shop.settled() == DESIGN


@pytest.mark.parametrize("name", ["plan", "output-books", "output-files", "schema", "daemon"])
def test_the_lock_file_of_a_dead_process_is_in_nobodys_way(shop: Shop, name: str) -> None:
    shop.stage.close("Design")
    (shop.directory / f"tracker2invoice.db.{name}.lock").write_text("999999 of another machine\n", encoding="utf-8")
    daemon = shop.start("daemon")
    shop.until(lambda: daemon.health().json()["billed"] == 1, "the first run")
    daemon.signal(signal.SIGTERM)
    assert daemon.end().code == 0
    assert shop.settled() == DESIGN


@pytest.mark.parametrize("name", ["plan", "output-books"])
def test_a_folder_in_the_place_of_a_lock_is_said_in_words_and_nothing_is_lost(shop: Shop, name: str) -> None:
    shop.stage.close("Design")
    lock = shop.directory / f"tracker2invoice.db.{name}.lock"
    lock.mkdir()
    ended = shop.run()
    assert ended.code == 1
    assert f"{lock} cannot be written:" in ended.words
    assert shop.invoices == []
    lock.rmdir()
    assert shop.run().code == 0
    assert shop.settled() == DESIGN


def test_an_approval_waits_for_the_delivery_in_hand_and_changes_nothing_about_it(shop: Shop) -> None:
    shop.stage.close("Design")
    in_hand = shop.to_xero.keep_back("PUT", "/Invoices")
    run = shop.start("run")
    in_hand.wait()
    reference = reference_of(shop)
    approval = shop.start("approve", reference, "--by", "anna")
    shop.until(lambda: is_decided(shop, reference), "the decision is recorded")
    in_hand.let_through()
    assert (run.end().code, approval.end().code) == (0, 0)
    assert shop.events() == ["delivery.planned", "delivery.sending", "delivery.delivered"]
    assert shop.settled() == DESIGN


def test_nothing_is_called_held_while_a_run_that_has_planned_it_is_claiming(shop: Shop) -> None:
    """The run would bill it all the same: it has made its plan before the person decides."""
    shop.stage.close("Design")
    claiming = shop.to_github.keep_back("GET", "/issues")
    run = shop.start("run")
    claiming.wait()
    hold = shop.start("hold", reference_of(shop), impatient=True).end()
    claiming.let_through()
    assert (run.end().code, hold.code) == (0, 1)
    assert "Another process is working on the ledger (plan)." in hold.words
    assert shop.settled() == DESIGN


def test_a_hold_beside_a_run_says_whether_it_came_in_time(shop: Shop) -> None:
    shop.stage.close("Design")
    claiming = shop.to_github.keep_back("GET", "/issues")
    run = shop.start("run")
    claiming.wait()
    hold = shop.start("hold", reference_of(shop))
    claiming.let_through()
    assert hold.end().code == 0
    run.end()
    states = {shop.delivery(output).state for output in ("books", "files")}
    assert ("held" in states) == ("has left already" not in hold.words)
    assert len(shop.invoices) == (shop.delivery("books").state == "delivered")


def test_a_retry_beside_a_run_sends_a_refused_draft_once(shop: Shop) -> None:
    shop.stage.close("Design")
    shop.to_xero.loses_keys = True
    shop.stage.xero.faults.append(Fault(answer=Answer(400, b"{}"), method="PUT", path="/Invoices"))
    shop.run()
    assert shop.delivery("books").state == "rejected"
    together = shop.to_github.keep_back("POST", "/graphql", count=2)
    runs = [shop.start("run"), shop.start("run")]
    together.wait()
    retries = [shop.start("retry", "--all"), shop.start("retry", "--all")]
    together.let_through()
    assert {program.end().code for program in retries} == {0}
    assert {program.end().code for program in runs} <= {0, 3}
    assert shop.run().code == 0
    assert shop.settled() == DESIGN


def test_two_processes_that_need_a_new_token_at_once_use_up_one(shop: Shop) -> None:
    """Xero takes a refresh token once; whoever used it a second time might break the chain."""
    shop.configure("account =", 'refresh_token = { env = "REHEARSAL_XERO_TOKEN" }\naccount =')
    shop.stage.environment["REHEARSAL_XERO_TOKEN"] = FIRST_REFRESH_TOKEN
    shop.stage.close("Design")
    refreshing = shop.to_xero.keep_back("POST", "/connect/token")
    run = shop.start("run")
    refreshing.wait()
    check = shop.start("check")
    shop.until(lambda: shop.asked(shop.stage.github, "GET", "/rate_limit"), "the check has come past GitHub")
    refreshing.let_through()
    assert (run.end().code, check.end().code) == (0, 0)
    assert len(shop.asked(shop.stage.xero, "POST", "/connect/token")) == 1
    (kept,) = shop.directory.glob("*.token.json")
    assert json.loads(kept.read_text(encoding="utf-8"))["refresh"] == shop.stage.xero.tokens.refresh
    assert shop.settled() == DESIGN


def test_of_two_that_write_a_first_configuration_at_once_one_is_refused(shop: Shop) -> None:
    target = shop.directory / "first.toml"
    programs = [shop.start("init", str(target)), shop.start("init", str(target))]
    ended = [program.end() for program in programs]
    assert sorted(one.code for one in ended) == [0, 2]
    assert "is there already, and nothing was changed." in next(one.words for one in ended if one.code)
    assert load(target).contracts


def reference_of(shop: Shop) -> str:
    """Return the reference of Design, as `explain` and `plan` show it."""
    found = re.search(r"design\s.*?(T2I-[A-Z2-7]{12})", shop.start("plan").end().words)
    assert found
    return found[1]


def is_decided(shop: Shop, reference: str) -> bool:
    with shop.ledger() as ledger:
        return reference in ledger.decisions()
