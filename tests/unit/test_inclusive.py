"""Prices that include tax: what was agreed is kept to the cent, and the document splits it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.deals import Books, deal, eur, milestones, share

from tracker2invoice.documents.statement import StatementView
from tracker2invoice.mapping.bill import Bill, Charge
from tracker2invoice.mapping.draft import Position, write_draft
from tracker2invoice.mapping.statement import statements
from tracker2invoice.model.claim import Part
from tracker2invoice.model.conditions import Deposit
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.model.invoice import Draft, PartKind
from tracker2invoice.model.money import Money
from tracker2invoice.model.tax import HELD_BACK, Tax
from tracker2invoice.testing.samples import NOW, sample_contract, sample_milestone

S21 = Tax("S", Decimal(21))
S19, S7 = Tax("S", Decimal(19)), Tax("S", Decimal(7))


def contract(tax: Tax = S21, currency: str = "EUR") -> Contract:
    return replace(sample_contract(currency), tax=tax, prices_include_tax=True)


def charge(amount: str, tax: Tax = S21, kind: PartKind = "work", currency: str = "EUR") -> Charge:
    return Charge(Part(kind, "design", Money(Decimal(amount), currency)), tax, f"{amount} with tax")


def units(quantity: str, price: str) -> Charge:
    amount = Money.rounded(Fraction(quantity) * Fraction(price), "EUR")
    return Charge(Part("work", "design", amount, "", Decimal(quantity)), S21, "counted", Decimal(price))


def written(*charges: Charge, of: Contract | None = None) -> Draft:
    agreed = of or contract()
    milestone = sample_milestone()
    bill = Bill(agreed, agreed.terms[0], charges, (milestone,))
    return write_draft([Position(bill, milestone, "github:acme/portal", ())], reference="T2I-AAAAAAAAAAAA", now=NOW)


def nets(draft: Draft) -> list[str]:
    return [str(row.net) for row in draft.rows]


def test_dp_3_100_at_21_percent_is_8264_and_1736_and_never_9999() -> None:
    """DP-3, Odoo PR 135262."""
    draft = written(charge("100.00"))
    assert (draft.totals.net, draft.totals.tax) == (Decimal("82.64"), Decimal("17.36"))
    assert draft.totals.gross == draft.totals.payable == Decimal("100.00")
    assert nets(draft) == ["82.64"]
    assert draft.tax_note == (
        "The agreed prices include VAT: 100.00 EUR is 82.64 EUR and 17.36 EUR VAT at 21 % "
        "(0.01 EUR more than of the sum at 21 %)."
    )


def test_lines_share_the_net_sum_by_largest_remainder() -> None:
    """Three times 10.00 at 21 % are 24.79 net; each by itself would be 8.26, which makes 24.78."""
    draft = written(charge("10.00"), charge("10.00"), charge("10.00"))
    assert nets(draft) == ["8.27", "8.26", "8.26"]
    assert (draft.totals.net, draft.totals.gross) == (Decimal("24.79"), Decimal("30.00"))


def test_each_rate_is_split_by_itself_and_what_bears_none_is_left() -> None:
    draft = written(charge("119.00", S19), charge("107.00", S7), charge("-11.90", HELD_BACK, "retained"))
    assert [(one.category, str(one.base), str(one.amount)) for one in draft.tax] == [
        ("S", "100.00", "19.00"),
        ("S", "100.00", "7.00"),
        ("E", "-11.90", "0.00"),
    ]
    assert (draft.totals.allowances, draft.totals.gross) == (Decimal("11.90"), Decimal("214.10"))
    assert draft.tax_note == (
        "The agreed prices include VAT: 119.00 EUR is 100.00 EUR and 19.00 EUR VAT at 19 %, "
        "107.00 EUR is 100.00 EUR and 7.00 EUR VAT at 7 %."
    )


def test_several_bills_on_one_document_share_its_net_sum() -> None:
    agreed, milestone = contract(), sample_milestone()
    bills = (Bill(agreed, agreed.terms[0], (charge("10.00"),) * count, (milestone,)) for count in (1, 2))
    positions = [Position(bill, milestone, "github:acme/portal", ()) for bill in bills]
    draft = write_draft(positions, reference="T2I-AAAAAAAAAAAA", now=NOW)
    assert (nets(draft), draft.totals.net) == (["8.27", "8.26", "8.26"], Decimal("24.79"))


def test_a_deposit_that_is_deducted_as_a_whole_bears_the_tax_of_its_own_invoice() -> None:
    deposit = written(charge("33.33", kind="advance"))
    final = written(charge("50.00"), charge("50.01"), charge("-33.33", kind="drawn"))
    [*_, deducted] = final.lines
    assert -deducted.net == deposit.totals.net
    assert final.totals.gross == Decimal("66.68")


@pytest.mark.parametrize(
    ("quantity", "price", "net_price"),
    [("3", "10.00", "8.263"), ("12.5", "96.00", "79.339"), ("40", "121.00", "100.00")],
)
def test_a_unit_price_has_as_many_decimals_as_it_needs_to_make_its_line(
    quantity: str, price: str, net_price: str
) -> None:
    [line] = written(units(quantity, price)).lines
    assert (line.quantity, str(line.unit_price)) == (Decimal(quantity), net_price)


def test_without_any_tax_there_is_nothing_to_split_and_nothing_to_say() -> None:
    exempt = Tax("AE", Decimal(0), "Reverse charge")
    draft = written(charge("100.00", exempt), of=contract(exempt))
    assert (nets(draft), draft.tax_note) == (["100.00"], "")


def test_shares_and_claims_are_reckoned_with_tax_and_the_deposit_too() -> None:
    """100.00 with tax: 20.00 in advance, then 50.00 less 10.00 twice; the documents make 100.00 again."""
    agreed = deal(share("Design", "50"), share("Build", "50"), price="100.00", tax=S21, prices_include_tax=True)
    books = Books(replace(agreed, deposit=Deposit(Fraction(20))))
    books.run(())
    books.run(milestones(["Build", "Design"]))
    assert [str(one.amount.amount) for one in books.claims] == ["20.00", "40.00", "40.00"]
    [first, *_] = statements(books.contract, books.claims)
    assert (first.lines["1"], first.asked) == (eur("100.00"), eur("100.00"))


def test_the_statement_says_that_its_amounts_are_with_tax() -> None:
    agreed = contract()
    made = statements(agreed, ())
    assert StatementView(agreed, made).data()["unit"] == "with VAT, in EUR"
    assert StatementView(sample_contract(), made).data()["unit"] == "net, in EUR"


@st.composite
def amounts(draw: st.DrawFn) -> tuple[str, Sequence[Charge]]:
    currency = draw(st.sampled_from(["EUR", "JPY", "KWD"]))
    taxes = st.sampled_from([S21, S19, S7, Tax("S", Decimal("8.1")), HELD_BACK])
    step = Decimal(1).scaleb(-MINOR_UNITS[currency])
    drawn = draw(
        st.lists(st.tuples(st.integers(1, 10**8), taxes, st.decimals("0.1", "999", places=1)), min_size=1, max_size=8)
    )
    charges = [
        Charge(Part("work", "design", Money(units * step, currency), "", quantity), tax, "x", Decimal(1))
        for units, tax, quantity in drawn
    ]
    return currency, charges


@settings(deadline=None)
@given(amounts())
def test_what_was_agreed_is_kept_to_the_last_unit_and_all_sums_tie_out(drawn: tuple[str, Sequence[Charge]]) -> None:
    currency, charges = drawn
    draft = written(*charges, of=contract(currency=currency))
    assert draft.totals.gross == sum(one.part.amount.amount for one in charges)
    assert draft.totals.net == sum(line.net for line in draft.lines) == sum(one.base for one in draft.tax)
    assert draft.totals.tax == sum(one.amount for one in draft.tax)
    for line in draft.lines:
        assert Money.rounded(line.quantity * line.unit_price, currency).amount == line.net


@settings(deadline=None)
@given(amounts())
def test_no_line_is_off_by_a_whole_unit(drawn: tuple[str, Sequence[Charge]]) -> None:
    currency, charges = drawn
    draft = written(*charges, of=contract(currency=currency))
    for line, one in zip(draft.lines, charges, strict=True):
        exact = Fraction(one.part.amount.amount) / (1 + Fraction(one.tax.rate) / 100)
        assert abs(Fraction(line.net) - exact) < Fraction(Decimal(1).scaleb(-MINOR_UNITS[currency]))
