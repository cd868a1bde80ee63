"""What becomes of documents in Odoo, what is taken back, and what `check` says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import cast

import pytest
from pydantic import ValidationError
from tests.connectors.odoo import BY_XML_RPC, CLIENT, GIVEN, Clock, FarOdoo, connected, create, draft_for, running

from tracker2invoice.errors import Rejected, Unclear
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.conditions import Deposit
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Output
from tracker2invoice.testing.samples import sample_contract
from tracker2invoice.testing.sandbox.odoo_books import Fields
from tracker2invoice.testing.sandbox.server import Fault
from tracker2invoice_odoo import OdooSettings

CONTRACT = sample_contract(remote={"books": str(CLIENT)})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarOdoo]:
    with running(clock) as odoo:
        yield odoo


@pytest.fixture
def output(far_side: FarOdoo, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path) as output:
        yield output


def read(output: Output, receipt: Receipt) -> Receipt:
    (document,) = output.read_back([receipt], None)
    return document.receipt


def matched(move: Fields) -> list[Fields]:
    return cast("dict[str, list[Fields]]", move["invoice_payments_widget"])["content"]


def test_a_posted_invoice_has_its_number_and_one_that_is_a_draft_again_has_not(
    output: Output, far_side: FarOdoo
) -> None:
    receipt = create(output, draft_for())
    (move,) = far_side.books.moves
    far_side.books.post(move)
    assert read(output, receipt).number == "INV/2026/00001"
    move["state"] = "draft"
    assert (read(output, receipt).number, read(output, receipt).state) == ("", "draft")


def test_a_payment_of_a_part_is_read_back_with_its_day(output: Output, far_side: FarOdoo) -> None:
    receipt = create(output, draft_for())
    far_side.books.post(far_side.books.moves[0])
    far_side.books.pay(far_side.books.moves[0], Decimal(100), date(2026, 3, 8))
    far_side.books.pay(far_side.books.moves[0], Decimal("0.10"), date(2026, 3, 9))
    found = read(output, receipt)
    assert (found.state, found.paid, found.paid_on) == ("sent", Decimal("100.10"), date(2026, 3, 9))


@pytest.mark.parametrize("version", [18, 19])
def test_what_was_credited_is_not_called_paid_and_no_money_is_a_difference_of_rates(
    output: Output, far_side: FarOdoo, version: int
) -> None:
    receipt = create(output, draft_for())
    (move,) = far_side.books.moves
    far_side.books.post(move)
    far_side.books.moves.append({**move, "id": 999, "move_type": "out_refund"})
    far_side.books.pay(move, Decimal(1420), credit_note=far_side.books.moves[-1])
    far_side.books.pay(move, Decimal(20000))
    matched(move).append({**matched(move)[-1], "amount": Decimal(7), "is_exchange": True})
    if version < 19:
        for one in matched(move):
            del one["is_refund"]
    found = read(output, receipt)
    assert (found.state, found.paid, found.credited) == ("paid", Decimal(20000), Decimal(1420))


def test_a_registered_payment_counts_before_the_bank_has_told(output: Output, far_side: FarOdoo) -> None:
    receipt = create(output, draft_for())
    far_side.books.post(far_side.books.moves[0])
    far_side.books.moves[0]["payment_state"] = "in_payment"
    assert read(output, receipt).state == "paid"


def test_a_credit_note_that_is_settled_is_not_called_paid(output: Output, far_side: FarOdoo) -> None:
    receipt = create(output, draft_for(type_code="381"))
    far_side.books.post(far_side.books.moves[0])
    far_side.books.pay(far_side.books.moves[0])
    assert (read(output, receipt).state, read(output, receipt).paid) == ("sent", None)


def test_many_documents_are_read_back_five_hundred_a_request(output: Output, far_side: FarOdoo) -> None:
    receipts = [Receipt(str(n), "", "", "draft") for n in range(1, 1001)]
    assert {one.receipt.state for one in output.read_back(receipts, None)} == {"deleted"}
    assert len(far_side.requests) == 2


def test_a_draft_that_was_posted_before_is_not_deleted(output: Output, far_side: FarOdoo) -> None:
    receipt = create(output, draft_for())
    far_side.books.post(far_side.books.moves[0])
    far_side.books.moves[0]["state"] = "draft"
    with pytest.raises(Rejected, match="was posted"):
        output.withdraw(receipt)
    assert far_side.count(draft_for().reference) == 1


def test_a_cancelled_document_is_left_as_it_is(output: Output, far_side: FarOdoo) -> None:
    receipt = create(output, draft_for())
    far_side.books.cancel(far_side.books.moves[0])
    output.withdraw(receipt)
    assert far_side.count(draft_for().reference) == 1


@pytest.mark.parametrize("more", [{}, BY_XML_RPC], ids=["json-2", "xml-rpc"])
def test_whether_a_draft_was_deleted_is_unclear_without_an_answer(
    far_side: FarOdoo, clock: Clock, tmp_path: Path, more: Fields
) -> None:
    with connected(far_side, clock, tmp_path, **more) as output:
        receipt = create(output, draft_for())
        far_side.faults.append(Fault("after", "drop", path="/account.move/unlink"))
        with pytest.raises(Unclear):
            output.withdraw(receipt)
        output.withdraw(receipt)


def missing(output: Output, *contracts: Contract) -> Sequence[tuple[str, str]]:
    return [(one.what, one.next_step) for one in output.check(contracts) if not one.ok]


def test_check_looks_at_everything_that_is_needed(far_side: FarOdoo, clock: Clock, tmp_path: Path) -> None:
    more = {"journal": "7", "account_by_tax": {"S 7": "401"}}
    with connected(far_side, clock, tmp_path, **more) as output:
        assert [one.what.removeprefix("books: ") for one in output.check([CONTRACT])] == [
            "company 1", "journal 7", "account 400", "account 401", "client acme", "currency EUR", "tax S 19",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "remote", "said"),
    [
        ({"journal": "8"}, "57", "the journal is not for sales"),
        ({"journal": "9"}, "57", "no active journal with that id"),
        ({"account": "4000"}, "57", "no such account"),
        ({}, "58", "no such contact"),
        ({}, "acme", "set remote.books of client acme"),
        ({"tax": {}}, "57", 'set tax."S 19"'),
        ({"tax": {"S 19": "99"}}, "57", "no active tax for sales has the id 99"),
        ({"tax": {"S 19": "12"}}, "57", "7% is not 19 percent there"),
    ],
)
def test_check_says_what_is_wrong(
    far_side: FarOdoo, clock: Clock, tmp_path: Path, settings: Fields, remote: str, said: str
) -> None:
    with connected(far_side, clock, tmp_path, **settings) as output:
        ((_, step),) = missing(output, sample_contract(remote={"books": remote}))
    assert said in step


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"price_include": True}, "19% is included in prices there"),
        ({"amount_type": "fixed"}, "19% is not 19 percent there"),
        ({"type_tax_use": "purchase"}, "no active tax for sales"),
        ({"active": False}, "no active tax for sales"),
    ],
)
def test_check_refuses_a_tax_that_would_change_the_total(
    output: Output, far_side: FarOdoo, change: Fields, said: str
) -> None:
    far_side.books.tables["account.tax"][0] |= change
    ((what, step),) = missing(output, CONTRACT)
    assert (what, said in step) == ("books: tax S 19", True)


def test_check_names_an_archived_client_and_a_currency_that_is_off(output: Output, far_side: FarOdoo) -> None:
    far_side.books.tables["res.partner"][0]["active"] = False
    contract = sample_contract("GBP", remote={"books": str(CLIENT)})
    assert missing(output, contract) == [
        ("books: client acme", "the contact is archived; restore it, or pin another"),
        ("books: currency GBP", "activate GBP under Invoicing, Configuration, Currencies"),
    ]


def test_check_refuses_a_deposit_outside_vat(output: Output) -> None:
    outside = replace(CONTRACT, deposit=Deposit(Fraction(10), tax=Tax("E", Decimal(0), "advance")))
    assert [what for what, _ in missing(output, outside)] == ["books: deposit of contract acme-portal"]


def test_check_stops_where_the_user_may_not_see_all_invoices(output: Output, far_side: FarOdoo) -> None:
    far_side.books.billing = False
    ((what, step),) = missing(output, CONTRACT)
    assert what == "books: company 1"
    assert "who needs Invoicing: Billing in that company" in step


def test_check_tells_an_older_odoo_from_one_with_json_2(output: Output, far_side: FarOdoo) -> None:
    far_side.version = 18
    ((_, step),) = missing(output, CONTRACT)
    assert "before Odoo 19 set login" in step


@pytest.mark.parametrize(
    "wrong",
    [{"url": "https://key@odoo.example"}, {"company": "main"}, {"account": "0"}, {"database": "a\r\nX: b"},
     {"tax": {"S 19": "19%"}}, {"account_by_tax": {"19": "7"}}, {"token": "t"}],
)  # fmt: skip
def test_settings_that_lead_nowhere_are_refused(wrong: Fields) -> None:
    with pytest.raises(ValidationError):
        OdooSettings.model_validate({"url": "https://odoo.example", **GIVEN, **wrong})
