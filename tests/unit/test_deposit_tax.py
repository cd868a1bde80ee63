"""The tax of deposits: deducted by rate with the deposit, or due on the whole work while the deposit is prepaid."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.unit.deals import Books, deal, eur, milestones, parts, share

from tracker2invoice.mapping.actions import Action
from tracker2invoice.mapping.draft import Position, write_draft
from tracker2invoice.model.claim import OUTSIDE_TAX, Receipt
from tracker2invoice.model.conditions import Deposit, Drawdown
from tracker2invoice.model.due import DueRule, EarlyPayment, Installment
from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.money import Money
from tracker2invoice.model.tax import VAT_LATER, Tax

OUTSIDE = Tax("O", Decimal(0), VAT_LATER)


def standard(rate: str) -> Tax:
    return Tax("S", Decimal(rate))


def written(action: Action, books: Books) -> Draft:
    assert action.bill
    assert action.milestone
    position = Position(action.bill, action.milestone, "github:acme/portal", ())
    return write_draft([position], reference=action.reference, now=books.now)


def advance_and_final(price: str, deposit: Deposit, rate: str, **more: Any) -> tuple[Draft, Draft]:
    """Bill the deposit, then all the work at once; return both documents."""
    books = Books(deal(share("Build", "100"), price=price, tax=standard(rate), deposit=deposit, **more))
    advance = books.run(milestones([], ["Build"]))["deposit"]
    final = books.run(milestones(["Build"]))["build"]
    return written(advance, books), written(final, books)


def totals(draft: Draft) -> list[str]:
    one = draft.totals
    return [str(amount) for amount in (one.net, one.tax, one.gross, one.prepaid, one.payable)]


def test_tx_4_an_advance_outside_vat_is_prepaid_and_the_final_invoice_bears_the_whole_tax() -> None:
    """TX-4, EN 16931 test file BIS_Billing_30-Forskott_slutreglering."""
    deposit = Deposit(fixed=eur("400000.00"), drawdown="end", tax=OUTSIDE)
    advance, final = advance_and_final("380000.00", deposit, "25")
    assert totals(advance) == ["400000.00", "0.00", "400000.00", "0.00", "400000.00"]
    assert [(one.category, one.rate, one.exemption_reason) for one in advance.tax] == [("O", Decimal(0), VAT_LATER)]
    assert totals(final) == ["380000.00", "95000.00", "475000.00", "400000.00", "75000.00"]
    assert [(one.category, str(one.base)) for one in final.tax] == [("S", "380000.00")]
    assert len(final.rows) == 1
    assert final.tax_note == ("400000.00 EUR was paid in advance, outside VAT; the VAT of all work is on this invoice.")


def test_tx_5_an_invoice_that_was_paid_in_advance_as_a_whole_asks_for_nothing() -> None:
    """TX-5, KoSIT 02.03a."""
    deposit = Deposit(fixed=eur("12829.69"), drawdown="first", tax=OUTSIDE)
    _, final = advance_and_final("10781.25", deposit, "19")
    assert totals(final) == ["10781.25", "2048.44", "12829.69", "12829.69", "0.00"]


def test_tx_2_the_final_invoice_deducts_net_and_tax_by_rate_and_nothing_is_merely_less_paid() -> None:
    """TX-2, Deubner: "less paid 119,000" alone would owe 19,000 of tax twice."""
    _, final = advance_and_final("1000000.00", Deposit(fixed=eur("100000.00"), drawdown="end"), "19")
    assert totals(final) == ["900000.00", "171000.00", "1071000.00", "0.00", "1071000.00"]
    work, deducted = final.lines
    assert (str(work.net), str(deducted.net), deducted.tax) == ("1000000.00", "-100000.00", work.tax)
    assert deducted.basis.endswith("left of 100000.00 EUR, with 19000.00 EUR VAT at 19 %")


def test_tx_3_what_was_paid_in_advance_is_deducted_with_its_tax() -> None:
    """TX-3, erpnext 42843: half of 100.00 in advance is 60.00 with 20 %, and 60.00 are deducted, not 50.00."""
    advance, final = advance_and_final("100.00", Deposit(Fraction(50), drawdown="end"), "20")
    assert (str(advance.totals.gross), str(final.totals.gross)) == ("60.00", "60.00")
    assert final.lines[-1].basis.endswith("left of 50.00 EUR, with 10.00 EUR VAT at 20 %")


@pytest.mark.parametrize("paid", [None, "36.00", "60.00", "72.00"])
def test_a_deposit_is_deducted_as_it_was_billed_whatever_was_paid_of_it(paid: str | None) -> None:
    """See docs/decisions/0012-deposits-as-billed.md."""
    contract = deal(
        share("Build", "100"), price="100.00", tax=standard("20"), deposit=Deposit(Fraction(50), drawdown="end")
    )
    books = Books(contract)
    books.run(milestones([], ["Build"]))
    receipt = Receipt("doc-1", "INV-1", "", "sent", Decimal(paid) if paid else None)
    [deposit] = books.claims
    books.claims = [replace(deposit, deliveries=(replace(deposit.deliveries[0], receipt=receipt),))]
    final = written(books.run(milestones(["Build"]))["build"], books)
    assert totals(final) == ["50.00", "10.00", "60.00", "0.00", "60.00"]


def test_of_prices_that_include_tax_the_deducted_tax_is_told_too() -> None:
    deposit = Deposit(fixed=eur("11.90"), drawdown="end")
    _, final = advance_and_final("119.00", deposit, "19", prices_include_tax=True)
    assert final.lines[-1].basis.endswith("left of 11.90 EUR, of it 1.90 EUR VAT at 19 %")
    assert totals(final) == ["90.00", "17.10", "107.10", "0.00", "107.10"]


def test_prices_that_include_tax_can_have_a_deposit_outside_vat() -> None:
    deposit = Deposit(fixed=eur("100.00"), drawdown="end", tax=OUTSIDE)
    _, final = advance_and_final("119.00", deposit, "19", prices_include_tax=True)
    assert totals(final) == ["100.00", "19.00", "119.00", "100.00", "19.00"]


def test_a_deposit_that_bore_tax_is_deducted_with_it_whatever_the_contract_says_later() -> None:
    books = Books(deal(share("Build", "100"), price="1000.00", deposit=Deposit(Fraction(10), drawdown="end")))
    books.run(milestones([], ["Build"]))
    books.contract = replace(books.contract, deposit=Deposit(Fraction(10), drawdown="end", tax=OUTSIDE))
    final = written(books.run(milestones(["Build"]))["build"], books)
    assert totals(final) == ["900.00", "171.00", "1071.00", "0.00", "1071.00"]


def test_a_deposit_outside_vat_stays_prepaid_whatever_the_contract_says_later() -> None:
    outside = Deposit(Fraction(10), drawdown="end", tax=OUTSIDE)
    books = Books(deal(share("Build", "100"), price="1000.00", deposit=outside))
    books.run(milestones([], ["Build"]))
    books.contract = replace(books.contract, deposit=replace(outside, tax=None))
    final = written(books.run(milestones(["Build"]))["build"], books)
    assert totals(final) == ["1000.00", "190.00", "1190.00", "100.00", "1090.00"]


def test_a_deposit_outside_vat_is_deducted_from_a_bill_of_any_tax() -> None:
    training = share("Build", "100", tax=Tax("E", Decimal(0), "training"))
    books = Books(deal(training, price="1000.00", deposit=Deposit(Fraction(10), drawdown="end", tax=OUTSIDE)))
    books.run(milestones([], ["Build"]))
    assert parts(books.run(milestones(["Build"]))["build"])[-1] == ("drawn", "-100.00")


def test_installments_and_discounts_are_of_what_is_payable() -> None:
    """1190.00 less 190.00 prepaid: two halves of 500.00, or 20.00 less for paying early."""
    deposit = Deposit(fixed=eur("190.00"), drawdown="end", tax=OUTSIDE)
    halves = (Installment(DueRule(days=10), percent=Fraction(50)), Installment(DueRule(days=30)))
    _, in_parts = advance_and_final("1000.00", deposit, "19", installments=halves)
    assert [str(one.amount) for one in in_parts.installments] == ["500.00", "500.00"]
    _, early = advance_and_final("1000.00", deposit, "19", early_payment=(EarlyPayment(10, Decimal(2)),))
    assert [str(one.amount_to_pay) for one in early.early_payment] == ["980.00"]


def test_what_is_billed_again_deducts_the_deposit_in_the_same_way() -> None:
    books = Books(
        deal(share("Build", "100"), price="1000.00", deposit=Deposit(Fraction(10), drawdown="end", tax=OUTSIDE))
    )
    books.run(milestones([], ["Build"]))
    books.run(milestones(["Build"]))
    books.claims = [replace(one, deliveries=(replace(one.deliveries[0], state="gone"),)) for one in books.claims]
    for claim in books.claims:
        books.approve(claim.reference)
        books.decisions[claim.reference] = replace(books.decisions[claim.reference], decision="reissue")
    again = books.run(milestones(["Build"]))
    assert written(again["deposit"], books).tax[0].category == "O"
    assert totals(written(again["build"], books)) == ["1000.00", "190.00", "1190.00", "100.00", "1090.00"]


def test_the_account_says_which_kind_of_advance_was_billed() -> None:
    books = Books(deal(share("Build", "100"), price="1000.00", deposit=Deposit(Fraction(10), tax=OUTSIDE)))
    assert not books.account.outside_tax
    books.run(milestones([], ["Build"]))
    assert books.account.outside_tax
    assert [part.item for part in books.claims[0].parts] == [OUTSIDE_TAX]


@pytest.mark.parametrize("drawdown", ["pro rata", "first", "end"])
@settings(deadline=None)
@given(
    st.integers(1, 10**7),
    st.integers(1, 10**7),
    st.integers(1, 99),
    st.sampled_from([None, OUTSIDE]),
    st.booleans(),
)
def test_all_documents_together_bear_the_tax_of_the_work_once_and_none_asks_for_less_than_nothing(
    drawdown: Drawdown, price: int, advance: int, first: int, tax: Tax | None, inclusive: bool
) -> None:
    deposit = Deposit(fixed=Money.of_units(min(advance, price), "EUR"), drawdown=drawdown, tax=tax)
    terms = (share("Build", str(first)), share("Launch", str(100 - first)))
    amount = str(Money.of_units(price, "EUR").amount)
    books = Books(deal(*terms, price=amount, deposit=deposit, prices_include_tax=inclusive))
    made = [*books.run(milestones([], ["Build", "Launch"])).values()]
    made += books.run(milestones(["Build"], ["Launch"])).values()
    made += books.run(milestones(["Build", "Launch"])).values()
    drafts = [written(action, books) for action in made if action.kind == "bill"]
    # a last bill that is smaller than the deposit leaves a credit
    assume(books.account.drawn == books.account.advances)
    assert all(draft.totals.payable >= 0 for draft in drafts)
    paid = sum(draft.totals.payable for draft in drafts)
    taxed = sum(draft.totals.tax for draft in drafts)
    wanted = Decimal(amount) if inclusive else Decimal(amount) + taxed
    assert paid == wanted
    exact = Decimal(amount) * 19 / (119 if inclusive else 100)
    assert abs(taxed - exact) < Decimal("0.05")
