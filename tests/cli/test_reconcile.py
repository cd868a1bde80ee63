"""`reconcile` and `withdraw`: what a person reads about documents, and what a script gets."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import World


@pytest.fixture
def billed(world: World) -> str:
    """Return the reference of a bill in a folder and in Xero."""
    world.stage.close("Design")
    world.t2i("run")
    return world.reference("design")


def in_xero(world: World, status: str) -> None:
    (invoice,) = world.stage.xero.books.invoices
    world.stage.xero.books.change(str(invoice["InvoiceID"]), {"Status": status})


def test_a_paid_invoice_is_shown_with_what_was_paid_and_counts_in_status(world: World, billed: str) -> None:
    in_xero(world, "AUTHORISED")
    in_xero(world, "PAID")
    answer = world.t2i("reconcile", "--json")
    (change,) = answer.json["changes"]
    assert (change["document"], change["output"], change["event"], change["paid"]) == (
        billed, "books", "paid", "21420.00",
    )  # fmt: skip
    assert "21420.00 2026-11-23" in answer.words
    (contract,) = world.t2i("status", "--json").json["contracts"]
    assert contract["paid"] == "18000.00"
    assert {one["output"]: one["state"] for one in contract["documents"]} == {"books": "paid", "files": "draft"}
    assert "21420.00" in world.t2i("explain", "github:acme/portal", "Design").out
    assert world.t2i("reconcile").code == 0


@pytest.mark.parametrize(("credited", "paid"), [("21420.00", "0.00"), ("7140.00", "12000.00")])
def test_what_was_credited_over_there_does_not_count_as_paid(
    world: World, billed: str, credited: str, paid: str
) -> None:
    (invoice,) = world.stage.xero.books.invoices
    came_in = Decimal("21420.00") - Decimal(credited)
    invoice |= {"Status": "PAID", "AmountCredited": Decimal(credited), "AmountPaid": came_in}
    assert f"credited is {credited} there" in world.t2i("reconcile").words
    world.t2i("approve", billed)
    (contract,) = world.t2i("status", "--json").json["contracts"]
    assert contract["paid"] == paid


def test_nothing_new_is_said_in_a_line(world: World, billed: str) -> None:
    answer = world.t2i("reconcile")
    assert billed
    assert "2 documents read back, 0 have changed" in answer.words
    assert answer.code == 0


def test_an_edited_invoice_is_listed_with_the_command_that_settles_it(world: World, billed: str) -> None:
    (invoice,) = world.stage.xero.books.invoices
    invoice["DueDate"] = "/Date(1780272000000+0000)/"
    answer = world.t2i("reconcile")
    assert answer.code == 3
    assert "due date is 2026-06-01 there" in answer.words
    assert f"t2i approve {billed}" in answer.words
    world.t2i("approve", billed)
    assert world.t2i("reconcile").code == 0


def test_an_output_that_does_not_answer_is_named_and_the_others_are_read(world: World, billed: str) -> None:
    (world.invoices / f"{billed}.json").unlink()
    world.stage.xero.revoke()
    answer = world.t2i("reconcile")
    assert "outputs.books" in answer.words
    assert "the document was deleted over there" in answer.words
    assert answer.code in (1, 2)


def test_a_withdrawn_draft_is_nowhere_any_more(world: World, billed: str) -> None:
    answer = world.t2i("withdraw", billed, "--by", "ann", "--note", "wrong client")
    assert f"{billed} is withdrawn; `t2i reissue {billed}` bills it again" in answer.words
    assert [one["Status"] for one in world.stage.xero.books.invoices] == ["DELETED"]
    assert list(world.invoices.iterdir()) == []
    assert "wrong client" in world.t2i("explain", "github:acme/portal", "Design").out


def test_a_sent_invoice_is_not_withdrawn_and_nothing_else_of_it_either(world: World, billed: str) -> None:
    in_xero(world, "AUTHORISED")
    answer = world.t2i("withdraw", billed)
    assert "`t2i credit` takes back what was sent" in answer.words
    assert answer.code == 2
    assert len(list(world.invoices.iterdir())) == 1


def test_a_reference_that_nobody_knows_is_said_so(world: World) -> None:
    answer = world.t2i("withdraw", "T2I-AAAAAAAAAAAA")
    assert "Nothing was billed as T2I-AAAAAAAAAAAA" in answer.words
    assert answer.code == 2
