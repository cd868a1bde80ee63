"""What is sent to Odoo: exact, complete, and refused by name where it cannot be."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

import pytest
from tests.connectors.odoo import CLIENT, GIVEN, Clock, draft_for

from tracker2invoice.errors import Rejected, Unsupported
from tracker2invoice.model.invoice import Draft, Line, LineTax
from tracker2invoice.testing.bills import BILLS, with_amounts, with_deposit_drawn, with_hours, with_two_rates
from tracker2invoice.testing.samples import with_preceding
from tracker2invoice.testing.sandbox.odoo_books import OdooBooks
from tracker2invoice.wire import read_json
from tracker2invoice_odoo import OdooSettings
from tracker2invoice_odoo.payload import LONGEST_TEXT, to_values

SETTINGS = OdooSettings.model_validate({"url": "https://odoo.example", **GIVEN})


def values(draft: Draft, settings: OdooSettings = SETTINGS) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(to_values("books", settings, draft))
    return read


def lines(draft: Draft, settings: OdooSettings = SETTINGS) -> list[dict[str, Any]]:
    return [line for _, _, line in values(draft, settings)["invoice_line_ids"] if "display_type" not in line]


def notes(draft: Draft) -> list[str]:
    return [line["name"] for _, _, line in values(draft)["invoice_line_ids"] if "display_type" in line]


def test_the_values_are_these() -> None:
    draft = draft_for()
    assert {name: value for name, value in values(draft).items() if name != "invoice_line_ids"} == {
        "move_type": "out_invoice",
        "partner_id": CLIENT,
        "currency_id": "EUR",
        "invoice_date": "2026-03-02",
        "invoice_date_due": "2026-04-01",
        "invoice_payment_term_id": False,
        "invoice_origin": draft.reference,
        "ref": "PO-4711",
    }
    assert lines(draft) == [
        {
            "name": "Customer portal: Design done",
            "quantity": 1,
            "price_unit": 18000.0,
            "tax_ids": [[6, 0, [11]]],
            "account_id": 400,
        }
    ]


def test_amounts_are_exact_numbers_and_a_deduction_is_a_negative_quantity() -> None:
    draft = with_deposit_drawn(with_hours(draft_for()))
    read: Any = read_json(to_values("books", SETTINGS, draft))
    sent = [(line["quantity"], line["price_unit"]) for _, _, line in read["invoice_line_ids"] if "price_unit" in line]
    assert sent == [(row.quantity, row.unit_price) for row in draft.rows]
    assert (sent[1][0], sent[-1][0]) == (Decimal("12.5"), -1)


def test_each_tax_has_its_own_id_and_its_own_account_if_there_is_one() -> None:
    settings = SETTINGS.model_copy(update={"account_by_tax": {"S 7": "401"}})
    sent = lines(with_two_rates(draft_for()), settings)
    assert [(line["tax_ids"][0][2], line["account_id"]) for line in sent] == [([11], 400), ([12], 401)]


def test_a_journal_is_named_only_if_it_is_set() -> None:
    assert "journal_id" not in values(draft_for())
    assert values(draft_for(), SETTINGS.model_copy(update={"journal": "7"}))["journal_id"] == 7


def test_what_odoo_has_no_field_for_stands_on_notes() -> None:
    draft = with_preceding(draft_for())
    assert any("INV-0012 of 2026-01-02 (T2I-AAAAAAAAAAAA)" in text for text in notes(draft))
    assert any("1 Log in https://github.com/acme/portal/issues/1" in text for text in notes(draft))
    assert "(hours)" in "\n".join(line["name"] for line in lines(with_hours(draft)))


def test_a_long_list_of_deliverables_is_cut_visibly() -> None:
    sent = notes(draft_for(deliverables=("Ticket " * 30,) * 40))
    assert any(" more" in text for text in sent)
    assert max(map(len, sent)) <= LONGEST_TEXT


def test_a_credit_note_is_one_there_with_positive_amounts() -> None:
    credit = draft_for(type_code="381")
    assert values(credit)["move_type"] == "out_refund"
    assert lines(credit) == lines(draft_for())


def line_of(draft: Draft, quantity: str, price: str, net: str) -> Draft:
    line = Line("Work", Decimal(quantity), "HUR", Decimal(price), Decimal(net), LineTax("S", Decimal(19)))
    return with_amounts(draft, [line])


def test_a_price_that_odoo_would_round_is_refused_by_name() -> None:
    with pytest.raises(Unsupported, match="unit prices with more than 2 decimals"):
        to_values("books", SETTINGS, line_of(draft_for(), "2", "0.125", "0.25"))


def test_a_quantity_that_odoo_would_round_becomes_one_of_its_amount_and_stands_in_the_text() -> None:
    first = lines(line_of(draft_for(), "0.125", "80", "10"))[0]
    assert (first["quantity"], first["price_unit"]) == (1, 10)
    assert first["name"] == "0.125 x 80: Work (hours)"


def test_a_tax_that_odoo_cannot_come_to_is_refused_by_name() -> None:
    draft = draft_for()
    (tax,) = draft.tax
    off = replace(
        draft,
        tax=(replace(tax, amount=tax.amount + 1),),
        totals=replace(draft.totals, tax=draft.totals.tax + 1, gross=draft.totals.gross + 1),
    )
    with pytest.raises(Unsupported, match="tax that is rounded neither line by line nor by tax"):
        to_values("books", SETTINGS, off)


@pytest.mark.parametrize("pinned", ["", "acme", "5 7", "\u0665", "-1"])
def test_a_client_whose_id_is_none_is_refused(pinned: str) -> None:
    with pytest.raises(Rejected, match=r"set remote\.books"):
        to_values("books", SETTINGS, draft_for(remote={"books": pinned}))


def test_a_tax_without_an_id_is_refused_by_name() -> None:
    with pytest.raises(Rejected, match="S 20"):
        to_values("books", SETTINGS, draft_for(rate="20"))


@pytest.mark.parametrize("bill", list(BILLS))
def test_odoo_comes_to_the_totals_of_the_draft(bill: str) -> None:
    draft = BILLS[bill](draft_for())
    books = OdooBooks(Clock())
    books.add_partner("Acme GmbH", CLIENT)
    move = books.create("account.move", values(draft) | {"currency_id": 1})
    assert (move["amount_untaxed"], move["amount_total"]) == (draft.totals.net, draft.totals.gross)


def test_two_lines_whose_taxes_are_rounded_apart_come_out_if_the_company_rounds_each_tax_once() -> None:
    cheap = Line("Work", Decimal(1), "C62", Decimal("0.03"), Decimal("0.03"), LineTax("S", Decimal(19)))
    draft = with_amounts(draft_for(), [cheap, cheap])
    books = OdooBooks(Clock())
    books.add_partner("Acme GmbH", CLIENT)
    totals: list[object] = []
    ways: tuple[Literal["round_per_line", "round_globally"], ...] = ("round_per_line", "round_globally")
    for rounds in ways:
        books.rounds = rounds
        totals.append(books.create("account.move", values(draft) | {"currency_id": 1})["amount_total"])
    assert totals == [Decimal("0.08"), draft.totals.gross]
