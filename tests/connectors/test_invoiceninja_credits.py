"""Credit notes in Invoice Ninja: credits, which are documents of a kind of their own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.connectors.invoiceninja import Clock, FarNinja, connected, create, draft_for, running

from tracker2invoice.errors import Rejected
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Output
from tracker2invoice.testing.samples import NOW


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarNinja]:
    with running(clock) as ninja:
        yield ninja


@pytest.fixture
def output(far_side: FarNinja, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path) as output:
        yield output


@pytest.fixture
def credit() -> Draft:
    return draft_for(type_code="381", milestone_id="7")


def test_a_credit_note_becomes_a_credit_in_draft(output: Output, far_side: FarNinja, credit: Draft) -> None:
    receipt = create(output, credit)
    assert far_side.books.invoices == []
    (kept,) = far_side.books.credits
    assert (kept["status_id"], kept["amount"], kept["custom_value1"]) == ("1", 21420, credit.reference)
    assert receipt.url == f"{far_side.url}/#/credits/{kept['id']}/edit"


def test_it_is_found_once_and_in_whatever_state(output: Output, far_side: FarNinja, credit: Draft) -> None:
    created = output.create(credit, output.prepare(credit), "k")
    assert list(output.find(credit)) == [created]
    states: list[str] = []
    for status in ("2", "3", "4"):
        far_side.books.credits[0]["status_id"] = status
        states += [document.receipt.state for document in output.find(credit)]
    assert states == ["sent", "sent", "sent"]
    far_side.change(credit.reference, "deleted")
    assert [document.receipt.state for document in output.find(credit)] == ["deleted"]


def test_an_invoice_and_a_credit_of_one_id_are_told_apart(output: Output, far_side: FarNinja, credit: Draft) -> None:
    invoice = create(output, draft_for())
    far_side.books.invoices[0]["amount"] = 1
    taken_back = create(output, credit)
    far_side.books.credits[0]["id"] = far_side.books.invoices[0]["id"]
    (found,) = output.find(credit)
    amounts = [one.gross for one in output.read_back([found.receipt, invoice], None)]
    assert amounts == [credit.totals.gross, 1]
    changed = {one.receipt.remote_id: one.gross for one in output.read_back([found.receipt, invoice], NOW)}
    assert changed == {found.receipt.remote_id: credit.totals.gross, invoice.remote_id: 1}
    assert taken_back.remote_id.partition("/")[0] == found.receipt.remote_id.partition("/")[0] == "credits"


def test_a_credit_in_draft_is_withdrawn_and_its_invoice_is_left_alone(
    output: Output, far_side: FarNinja, credit: Draft
) -> None:
    create(output, draft_for())
    receipt = create(output, credit)
    output.withdraw(receipt)
    assert [one["is_deleted"] for one in (*far_side.books.credits, *far_side.books.invoices)] == [True, False]


def test_a_credit_that_was_sent_is_not_withdrawn(output: Output, far_side: FarNinja, credit: Draft) -> None:
    receipt = create(output, credit)
    far_side.books.credits[0]["status_id"] = "4"
    with pytest.raises(Rejected, match="sent"):
        output.withdraw(receipt)


def test_what_was_made_use_of_is_not_called_paid(output: Output, far_side: FarNinja, credit: Draft) -> None:
    receipt = create(output, credit)
    far_side.books.credits[0] |= {"status_id": "4", "paid_to_date": 21420}
    assert [one.receipt.paid for one in output.read_back([receipt], NOW - timedelta(days=1))] == [None]
