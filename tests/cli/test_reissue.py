"""`reissue`: who may bill something again, what the command says, and what everybody else then sees."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import World


@pytest.fixture
def refused(world: World) -> str:
    """Return the reference of a bill for one output, Xero, which refused it."""
    world.configure('outputs = ["files", "books"]', 'outputs = ["books"]')
    world.stage.close("Design")
    world.stage.xero.books.contacts[0]["ContactStatus"] = "ARCHIVED"
    world.t2i("run")
    world.stage.xero.books.contacts[0]["ContactStatus"] = "ACTIVE"
    return world.reference("design")


def drafts(world: World) -> list[str]:
    """Return the references of the invoices that count in Xero, with the order reference before them."""
    return [str(one["Reference"]) for one in world.stage.xero.books.invoices if one["Status"] == "DRAFT"]


def test_what_is_reissued_is_billed_once_under_the_reference_that_was_said(world: World, refused: str) -> None:
    answer = world.t2i("reissue", refused, "--by", "ann", "--note", "wrong client")
    new = world.reference("design")
    assert new != refused
    assert f"{refused} is billed again as {new} by the next run" in answer.words
    assert answer.code == 0
    assert [world.t2i("run").code for _ in range(2)] == [0, 0]
    assert drafts(world) == [f"PO-4711 {new}"]


def test_the_plan_says_in_whose_place_something_is_billed_again(world: World, refused: str) -> None:
    world.t2i("reissue", refused, "--by", "ann", "--note", "wrong client")
    [action] = [one for one in world.t2i("plan", "--json").json["actions"] if one["term"] == "design"]
    assert action["reason"].startswith(f"reissued: in the place of {refused}, decided by ann (wrong client)")
    assert (action["action"], action["amount"]) == ("bill", "18000.00")


def test_explain_tells_of_the_old_bill_the_decision_and_the_new_bill(world: World, refused: str) -> None:
    world.t2i("reissue", refused, "--by", "ann", "--note", "wrong client")
    new = world.reference("design")
    world.t2i("run")
    story = world.t2i("explain", "github:acme/portal", "Design")
    for part in (refused, new, "delivery.rejected", "reissue ann wrong client", "delivery.delivered"):
        assert part in story.words, part


def test_status_counts_the_amount_once_before_and_after(world: World, refused: str) -> None:
    world.t2i("reissue", refused)
    before = world.t2i("status", "--json").json["contracts"][0]
    world.t2i("run")
    after = world.t2i("status", "--json").json["contracts"][0]
    assert [(one["billed"], one["open"]) for one in (before, after)] == [("18000.00", "42000.00")] * 2
    assert after["terms"][0]["state"] == "delivered"


def test_a_document_that_was_deleted_is_billed_again_after_a_restore(world: World) -> None:
    world.configure('outputs = ["files", "books"]', 'outputs = ["books"]')
    world.t2i("plan")
    shutil.copy(world.database, world.directory / "backup")
    world.stage.close("Design")
    world.t2i("run")
    world.stage.xero.books.invoices[0]["Status"] = "DELETED"
    shutil.copy(world.directory / "backup", world.database)
    world.t2i("run")
    held = world.t2i("run")
    old = world.reference("design")
    assert "delivery-gone" in held.words
    assert f"t2i reissue {old}" in held.words
    assert world.t2i("reissue", old).code == 0
    world.t2i("run")
    assert drafts(world) == [f"PO-4711 {world.reference('design')}"]


def test_a_delivered_bill_is_not_reissued_and_its_state_is_said(world: World) -> None:
    world.stage.close("Design")
    world.t2i("run")
    reference = world.reference("design")
    answer = world.t2i("reissue", reference, "--json")
    assert f"{reference} cannot be reissued: books delivered: " in answer.err
    assert answer.json == {"error": "UsageError", "message": answer.err.strip()}
    assert answer.code == 2
    assert "already-billed" in world.t2i("plan").out


@pytest.mark.parametrize("known", [True, False], ids=["planned", "unknown"])
def test_what_was_never_billed_is_not_reissued(world: World, known: bool) -> None:
    reference = world.reference("design") if known else "T2I-AAAAAAAAAAAA"
    answer = world.t2i("reissue", reference)
    assert f"Nothing was billed as {reference}" in answer.err
    assert "t2i plan" in answer.err
    assert answer.code == 2


def test_a_second_reissue_is_refused(world: World, refused: str) -> None:
    world.t2i("reissue", refused)
    new = world.reference("design")
    waiting = world.t2i("reissue", refused)
    world.t2i("run")
    billed = world.t2i("reissue", refused)
    assert f"waits to be billed as {new}" in waiting.words
    assert f"was billed again as {new}" in billed.words
    assert (waiting.code, billed.code) == (2, 2)


@pytest.mark.parametrize("command", ["approve", "hold", "retry"])
def test_nothing_is_left_to_decide_about_what_was_reissued(world: World, refused: str, command: str) -> None:
    world.t2i("reissue", refused)
    answer = world.t2i(command, refused)
    assert f"{refused} was reissued" in answer.words
    world.t2i("run")
    assert len(drafts(world)) == 1


def test_retry_all_leaves_alone_what_was_reissued(world: World, refused: str) -> None:
    world.t2i("reissue", refused)
    assert world.t2i("retry", "--all", "--json").json["references"] == []


def test_the_new_bill_can_be_held_back(world: World, refused: str) -> None:
    world.t2i("reissue", refused)
    new = world.reference("design")
    world.t2i("hold", new)
    assert world.t2i("run").code == 3
    assert drafts(world) == []
    world.t2i("approve", new)
    assert world.t2i("run").code == 0
    assert len(drafts(world)) == 1


def test_the_answer_for_scripts_names_both_references(world: World, refused: str) -> None:
    answer = world.t2i("reissue", refused, "--json")
    new = world.reference("design")
    assert answer.json == {"references": [refused], "done": {refused: f"is billed again as {new} by the next run"}}
