"""`credit`: an invoice that was sent is taken back, what the command says, and what everybody else then sees."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import World


@pytest.fixture
def billed(world: World) -> str:
    """Return the reference of a bill that stands in the folder."""
    world.configure('outputs = ["files", "books"]', 'outputs = ["files"]')
    world.stage.close("Design")
    world.t2i("run")
    return world.reference("design")


def note_of(world: World) -> str:
    return world.reference("design@credit")


def documents(world: World) -> list[tuple[str, str]]:
    """Return type code and payable of each document in the folder, in the order of type codes."""
    plain = [json.loads(path.read_text()) for path in world.invoices.glob("*.json")]
    return sorted((one["type_code"], one["totals"]["payable"]) for one in plain)


def test_what_is_credited_is_taken_back_by_the_note_that_was_said(world: World, billed: str) -> None:
    answer = world.t2i("credit", billed, "--by", "ann", "--note", "wrong hours")
    note = note_of(world)
    assert f"{billed} is taken back by {note}, which the next run writes" in answer.words
    assert answer.code == 0
    assert [world.t2i("run").code for _ in range(2)] == [0, 0]
    assert documents(world) == [("380", "21420.00"), ("381", "21420.00")]
    assert (world.invoices / f"{note}.json").exists()


def test_the_plan_says_what_is_to_be_credited_and_why(world: World, billed: str) -> None:
    world.t2i("credit", billed, "--by", "ann", "--note", "wrong hours")
    [action] = [one for one in world.t2i("plan", "--json").json["actions"] if one["action"] == "credit"]
    assert action["reason"] == f"to-be-credited: takes back {billed}, decided by ann (wrong hours)"
    assert (action["amount"], action["term"]) == ("-18000.00", "design@credit")
    assert [one["output"] for one in action["outputs"]] == ["files"]


def test_a_saved_plan_carries_the_credit_out(world: World, billed: str) -> None:
    world.t2i("credit", billed)
    world.t2i("plan", "--out", "plan.json")
    assert world.t2i("apply", "plan.json").code == 0
    assert [kind for kind, _ in documents(world)] == ["380", "381"]


def test_status_counts_invoice_and_credit_note(world: World, billed: str) -> None:
    world.t2i("credit", billed)
    world.t2i("run")
    contract = world.t2i("status", "--json").json["contracts"][0]
    assert (contract["billed"], contract["open"]) == ("0.00", "60000.00")
    assert contract["terms"][0]["state"] == "open"
    assert [one["reason"].partition(":")[0] for one in contract["waiting"]] == ["credited"]


def test_explain_tells_of_the_bill_the_decision_and_the_credit_note(world: World, billed: str) -> None:
    world.t2i("credit", billed, "--by", "ann", "--note", "wrong hours")
    note = note_of(world)
    world.t2i("run")
    story = world.t2i("explain", "github:acme/portal", "Design")
    for part in (billed, note, "credit ann wrong hours"):
        assert part in story.words, part


def test_the_statement_shows_what_was_taken_back(world: World, billed: str) -> None:
    world.advance(days=1)
    world.t2i("credit", billed)
    world.t2i("run")
    [first, second] = world.t2i("statement", "acme-portal", "--all", "--json").json["applications"]
    assert (first["lines"]["8"], second["lines"]["7"], second["lines"]["8"]) == ("18000.00", "18000.00", "-18000.00")


def test_closed_again_it_is_billed_again(world: World, billed: str) -> None:
    world.t2i("credit", billed)
    world.t2i("run")
    assert "credited: " in world.t2i("plan").words
    world.advance(hours=1)
    world.stage.reopen("Design")
    world.t2i("run")
    world.advance(hours=1)
    world.stage.close("Design")
    world.t2i("run")
    assert [kind for kind, _ in documents(world)] == ["380", "380", "381"]


def test_the_credit_note_goes_to_the_output_that_has_the_invoice_and_names_it(world: World) -> None:
    world.configure('outputs = ["files", "books"]', 'outputs = ["books"]')
    world.stage.close("Design")
    world.t2i("run")
    billed = world.reference("design")
    world.t2i("credit", billed)
    assert [world.t2i("run").code for _ in range(2)] == [0, 0]
    (note,) = world.stage.xero.books.credit_notes
    assert (note["Status"], note["Total"]) == ("DRAFT", Decimal("21420.00"))
    assert re.search(rf"INV-0001 of [0-9-]+ \({billed}\)", str(note["LineItems"]))


def test_what_no_output_takes_is_held_and_settled_by_hand(world: World) -> None:
    world.configure('outputs = ["files", "books"]', 'outputs = ["books"]')
    world.stage.close("Design")
    world.t2i("run")
    world.t2i("credit", world.reference("design"))
    world.stage.xero.books.contacts[0]["ContactStatus"] = "ARCHIVED"
    world.t2i("run")
    held = world.t2i("run")
    note = note_of(world)
    assert "delivery-rejected: books: " in held.words
    assert f"t2i retry {note}" in held.words
    assert f"by hand, then `t2i approve {note}`" in held.words
    assert held.code == 3
    world.t2i("approve", note)
    assert world.t2i("run").code == 0


def test_a_second_credit_is_refused_with_the_reason(world: World, billed: str) -> None:
    world.t2i("credit", billed)
    waiting = world.t2i("credit", billed)
    world.t2i("run")
    written = world.t2i("credit", billed, "--json")
    assert f"{billed} cannot be credited: that was decided already" in waiting.words
    assert written.json["error"] == "UsageError"
    assert written.json["message"].endswith("has taken it back already.")
    assert (waiting.code, written.code) == (2, 2)


@pytest.mark.parametrize("command", ["approve", "hold", "retry"])
def test_nothing_is_left_to_decide_about_what_was_credited(world: World, billed: str, command: str) -> None:
    world.t2i("credit", billed)
    assert f"{billed} was credited" in world.t2i(command, billed).words
    world.t2i("run")
    assert [kind for kind, _ in documents(world)] == ["380", "381"]


def test_what_was_never_billed_is_not_credited(world: World) -> None:
    answer = world.t2i("credit", "T2I-AAAAAAAAAAAA")
    assert "Nothing was billed as T2I-AAAAAAAAAAAA" in answer.err
    assert answer.code == 2


def test_a_milestone_that_is_open_again_names_the_command(world: World, billed: str) -> None:
    world.advance(hours=1)
    world.stage.reopen("Design")
    assert f"`t2i credit {billed}` takes back an invoice" in world.t2i("run").words


def test_the_answer_for_scripts_names_both_references(world: World, billed: str) -> None:
    answer = world.t2i("credit", billed, "--json")
    words = f"is taken back by {note_of(world)}, which the next run writes"
    assert answer.json == {"references": [billed], "done": {billed: words}}
