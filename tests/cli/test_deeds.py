"""What each command does to the world: plan and apply, run, backfill, explain, decisions, the ledger's commands."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import World

REFERENCE = re.compile(r"T2I-[A-Z2-7]{12}")
BRAKE = "[brake]\nrun = { count = 1 }"


def billed(world: World) -> list[str]:
    """Return the references that stand in Xero, after a look that no document stands there twice."""
    found = [reference for one in world.stage.xero.books.invoices for reference in REFERENCE.findall(str(one))]
    assert len(found) == len(set(found))
    return found


@pytest.mark.parametrize(
    "command",
    [("plan",), ("run", "--dry-run"), ("backfill", "--since", "2026-01-01", "--until", "2026-12-31", "--dry-run")],
    ids=" ".join,
)
def test_a_dry_run_sends_and_claims_nothing(world: World, command: tuple[str, ...]) -> None:
    world.stage.close("Design")
    assert world.t2i(*command).code == 0
    assert billed(world) == []
    assert not world.invoices.exists()
    assert world.t2i("status", "--json").json["contracts"][0]["billed"] == "0.00"


def test_a_dry_run_shows_the_very_actions_of_the_run(world: World) -> None:
    world.stage.close("Design")
    dry, real = world.t2i("run", "--dry-run", "--json"), world.t2i("run", "--json")
    assert dry.json["plan_hash"] == real.json["plan_hash"]


def test_a_run_bills_once_and_says_so(world: World) -> None:
    world.stage.close("Design")
    answer = world.t2i("run")
    assert "books delivered, files delivered" in answer.words
    assert [world.t2i("run").code for _ in range(2)] == [0, 0]
    assert len(billed(world)) == 1


def test_a_run_with_nothing_to_do_explains_every_term(world: World) -> None:
    answer = world.t2i("run")
    assert answer.out.count("not-closed") == 3
    assert answer.code == 0


def test_apply_carries_out_a_saved_plan(world: World) -> None:
    world.stage.close("Design")
    saved = world.t2i("plan", "--out", "plan.json")
    assert "t2i apply plan.json" in saved.out
    world.advance(minutes=10)
    answer = world.t2i("apply", "plan.json")
    assert "books delivered" in answer.out
    assert answer.code == 0
    assert len(billed(world)) == 1


def test_a_saved_plan_is_what_plan_json_prints(world: World) -> None:
    world.stage.close("Design")
    answer = world.t2i("plan", "--out", "plan.json", "--json")
    assert json.loads(Path("plan.json").read_text()) == answer.json


@pytest.mark.parametrize("change", ["closed", "reopened", "price", "applied"])
def test_apply_refuses_a_plan_that_things_have_moved_away_from(world: World, change: str) -> None:
    world.stage.close("Design")
    world.t2i("plan", "--out", "plan.json")
    match change:
        case "closed":
            world.stage.close("Beta")
        case "reopened":
            world.stage.reopen("Design")
        case "price":
            world.configure('price = "60000.00"', 'price = "60000.01"')
        case _:
            world.t2i("apply", "plan.json")
    before = billed(world)
    answer = world.t2i("apply", "plan.json")
    assert "t2i plan --out plan.json" in answer.err
    assert answer.code == 3
    assert billed(world) == before


def test_apply_dates_no_draft_in_the_future(world: World) -> None:
    world.stage.close("Design")
    saved = world.t2i("plan", "--json").json
    Path("plan.json").write_text(json.dumps(saved | {"as_of": "2031-05-05T00:00:00Z"}))
    answer = world.t2i("apply", "plan.json")
    assert "is from the future" in answer.err
    assert answer.code == 2
    assert billed(world) == []


def test_backfill_bills_what_was_closed_before_the_start_within_the_days_named(world: World) -> None:
    world.configure("start = 2026-01-01", "start = 2026-12-01")
    world.stage.close("Design")
    assert "before-start" in world.t2i("run").out
    assert billed(world) == []
    elsewhere = world.t2i("backfill", "--since", "2026-11-01", "--until", "2026-11-22")
    assert "outside-window" in elsewhere.out
    assert billed(world) == []
    answer = world.t2i("backfill", "--since", "2026-11-23", "--until", "2026-11-23")
    assert "books delivered" in answer.out
    assert len(billed(world)) == 1


def test_the_brake_stops_a_backfill_until_it_is_released(world: World) -> None:
    world.configure("[daemon]", f"{BRAKE}\n\n[daemon]")
    world.stage.close("Design")
    world.stage.close("Beta")
    days = ("--since", "2026-11-01", "--until", "2026-11-30")
    stopped = world.t2i("backfill", *days)
    assert stopped.out.count("brake-run") == 2
    assert stopped.code == 3
    assert billed(world) == []
    assert world.t2i("backfill", *days, "--release-brake").code == 0
    assert len(billed(world)) == 2


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (("--since", "2026-02-01"), "--until"),
        (("--until", "2026-02-01"), "--since"),
        (("--since", "2026-02-30", "--until", "2026-03-01"), "2026-02-30"),
        (("--since", "1.2.2026", "--until", "2026-03-01"), "%Y-%m-%d"),
        (("--since", "2026-03-01", "--until", "2026-02-01"), "--until is before --since"),
    ],
    ids=["no end", "no start", "no such day", "another form", "backwards"],
)
def test_backfill_wants_two_days_in_order(world: World, days: tuple[str, ...], words: str) -> None:
    answer = world.t2i("backfill", *days)
    assert words in answer.err
    assert answer.code == 2


def test_approve_all_lets_go_what_the_brake_holds_and_nothing_else(world: World) -> None:
    world.configure("[daemon]", f"{BRAKE}\n\n[daemon]")
    kept = world.reference("acceptance")
    for title in ("Design", "Beta", "Acceptance"):
        world.stage.close(title)
    world.t2i("hold", kept, "--by", "ann", "--note", "ask first")
    assert world.t2i("run").code == 3
    assert world.t2i("approve", "--all").code == 0
    answer = world.t2i("run")
    assert "held by ann: ask first" in answer.words
    assert answer.code == 3
    assert len(billed(world)) == 2
    assert kept not in billed(world)


def test_hold_keeps_a_bill_back_until_it_is_approved(world: World) -> None:
    world.stage.close("Design")
    reference = world.reference("design")
    assert f"{reference} held" in world.t2i("hold", reference).out
    assert world.t2i("run").code == 3
    assert billed(world) == []
    assert world.t2i("approve", reference).code == 0
    assert world.t2i("run").code == 0
    assert billed(world) == [reference]


def test_retry_sends_again_what_was_refused_once_its_cause_is_gone(world: World) -> None:
    world.stage.close("Design")
    world.stage.xero.books.contacts[0]["ContactStatus"] = "ARCHIVED"
    refused = world.t2i("run")
    assert "t2i retry" in refused.err
    assert refused.code == 1
    assert world.t2i("run").code == 3
    world.stage.xero.books.contacts[0]["ContactStatus"] = "ACTIVE"
    assert "goes out again" in world.t2i("retry", "--all").out
    assert world.t2i("run").code == 0
    assert len(billed(world)) == 1


def test_what_has_left_can_neither_be_held_nor_retried_and_that_is_said(world: World) -> None:
    world.stage.close("Design")
    reference = world.reference("design")
    assert world.t2i("run").code == 0
    assert "has left already" in world.t2i("hold", reference).out
    assert "nothing that a retry is for" in world.t2i("retry", reference).out
    assert world.t2i("run").code == 0


def test_retry_all_with_nothing_refused_says_so(world: World) -> None:
    for command in (("retry", "--all"), ("approve", "--all")):
        answer = world.t2i(*command)
        assert answer.out.strip() != ""
        assert answer.code == 0


@pytest.mark.parametrize("command", ["approve", "hold", "retry"])
def test_a_reference_that_nobody_knows_changes_nothing_at_all(world: World, command: str) -> None:
    known = world.reference("design")
    answer = world.t2i(command, known, "T2I-AAAAAAAAAAAA")
    assert "T2I-AAAAAAAAAAAA" in answer.err
    assert known not in answer.out + answer.err
    assert "t2i plan" in answer.err
    assert answer.code == 2
    assert "decision" not in world.t2i("explain", "github:acme/portal", "Design").out


@pytest.mark.parametrize("command", [("approve",), ("retry",), ("hold",), ("approve", "--all", "T2I-AAAAAAAAAAAA")])
def test_a_decision_needs_references_or_all_of_them(world: World, command: tuple[str, ...]) -> None:
    assert world.t2i(*command).code == 2


@pytest.mark.parametrize("name", ["Design", "1"])
def test_explain_tells_the_story_of_a_milestone_by_title_and_by_number(world: World, name: str) -> None:
    world.stage.close("Design")
    world.t2i("hold", world.reference("design"), "--by", "ann", "--note", "ask first")
    answer = world.t2i("explain", "github:acme/portal", name)
    for part in ("milestone.", "decision", "ann", "ask first", "held-by-person", "2026-11-23 12:00:00"):
        assert part in answer.words, part
    assert answer.code == 0


def test_explain_says_how_an_amount_came_about(world: World) -> None:
    world.stage.close("Design")
    world.t2i("run")
    assert "30 % of 60000.00 EUR = 18000.00 EUR" in world.t2i("explain", "github:acme/portal", "Design").words


def test_explain_tells_of_the_document_that_two_milestones_share(world: World) -> None:
    world.configure('outputs = ["files", "books"]', 'outputs = ["files"]\ninvoice_per = "run"')
    for title in ("Design", "Beta"):
        world.stage.close(title)
    bills = [one for one in world.t2i("run", "--json").json["actions"] if one["action"] == "bill"]
    (document,) = {output["document"] for one in bills for output in one["outputs"]}
    assert [path.name for path in world.invoices.glob("*.json")] == [f"{document}.json"]
    story = world.t2i("explain", "github:acme/portal", "Beta", "--json").json
    assert [[one["amount"] for one in parts] for parts in story["amounts"].values()] == [["18000.00", "30000.00"]]
    assert {"delivery.planned", "delivery.delivered"} <= {entry["kind"] for entry in story["journal"]}
    assert "accepts" not in world.t2i("approve", document).words


def test_explain_gives_scripts_the_journal_in_its_order(world: World) -> None:
    world.stage.close("Design")
    world.t2i("run")
    story = world.t2i("explain", "github:acme/portal", "Design", "--json").json
    assert set(story) == {"milestones", "journal", "amounts", "tax_note", "accepted_by", "certified_by", "actions"}
    [amounts] = story["amounts"].values()
    assert amounts == [
        {"what": "Customer portal: Design", "amount": "18000.00", "basis": "30 % of 60000.00 EUR = 18000.00 EUR"}
    ]
    assert [one["title"] for one in story["milestones"]] == ["Design"]
    assert [set(one) for one in story["journal"]] == [{"seq", "at", "kind", "subject", "body", "hash"}] * len(
        story["journal"]
    )
    numbers = [one["seq"] for one in story["journal"]]
    assert numbers == sorted(set(numbers))
    assert {one["kind"].partition(".")[0] for one in story["journal"]} >= {"milestone", "claim", "delivery"}


@pytest.mark.parametrize(("project", "milestone"), [("github:acme/portal", "Gamma"), ("github:acme/potral", "Design")])
def test_explain_says_that_it_knows_no_such_milestone(world: World, project: str, milestone: str) -> None:
    world.t2i("plan")
    answer = world.t2i("explain", project, milestone)
    assert "t2i plan" in answer.err
    assert answer.code == 2


def test_verify_finds_an_untouched_ledger_intact(world: World) -> None:
    world.stage.close("Design")
    world.t2i("run")
    spoken, machine = world.t2i("ledger", "verify"), world.t2i("ledger", "verify", "--json")
    assert "The ledger is intact" in spoken.out
    assert (machine.json["intact"], machine.json["faults"]) == (True, [])
    assert machine.json["entries"] > 0
    assert (spoken.code, machine.code) == (0, 0)


def test_verify_names_the_row_that_somebody_changed(world: World) -> None:
    world.stage.close("Design")
    world.t2i("run")
    reference = billed(world)[0]
    change(world.database, "UPDATE claim SET amount = '28000.00'")
    spoken, machine = world.t2i("ledger", "verify"), world.t2i("ledger", "verify", "--json")
    assert f"claim {reference}: amount" in spoken.err
    assert [(one["table"], one["row"]) for one in machine.json["faults"]] == [("claim", reference)]
    assert machine.json["intact"] is False
    assert (spoken.code, machine.code) == (1, 1)


def test_migrate_is_content_with_a_ledger_of_today(world: World) -> None:
    world.t2i("plan")
    answer = world.t2i("ledger", "migrate", "--json")
    assert (answer.json, answer.code) == ({"migrated": True}, 0)
    assert "up to date" in answer.err


def change(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement)


def test_exit_codes_and_streams_of_a_real_process(world: World) -> None:
    """In-process runs stand for real ones: the same codes, and JSON alone on stdout."""
    world.stage.close("Design")
    done = world.t2i.process("run", "--json")
    assert done.json["actions"][0]["outputs"][0]["state"] == "delivered"
    assert "files delivered" in done.err
    world.stage.reopen("Design")
    held = world.t2i.process("plan", "--json")
    assert held.json["actions"][0]["action"] == "hold"
    assert (done.code, held.code) == (0, 3)


def test_no_secret_is_left_in_any_file(world: World) -> None:
    world.stage.close("Design")
    world.t2i("plan", "--out", str(world.directory / "plan.json"))
    world.t2i("run")
    files = [one for one in world.directory.rglob("*") if one.is_file()]
    secrets = [world.stage.environment[name].encode() for name in world.stage.environment]
    assert [one.name for one in files if any(secret in one.read_bytes() for secret in secrets)] == []
    assert len(files) > 4
