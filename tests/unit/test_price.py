"""What a bill is made of, by published cases of other systems; the vectors' ids stand in the names."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from tests.unit.deals import Books, deal, eur, milestones, parts, share

from tracker2invoice.mapping.drawdown import drawn_now
from tracker2invoice.mapping.earn import passed
from tracker2invoice.mapping.retain import held_to_date
from tracker2invoice.model.conditions import Deposit, Escalation, Release, Retainage, RetainageStep
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Match, Term, Time
from tracker2invoice.model.work import TimeEntry, WorkItem

KEY = "github:1296269:1002604"
BY_HAND = (Release(),)


def test_rt_1_a_first_application_of_80_percent_with_5_percent_retained() -> None:
    """RT-1, levelset: scheduled value 15,000.00, 12,000.00 this period, 600.00 retained, 11,400.00 due."""
    books = Books(deal(share("A", "80"), share("B", "20"), price="15000.00", retainage=Retainage(Fraction(5), BY_HAND)))
    billed = books.run(milestones(["A"], ["B"]))["a"]
    assert parts(billed) == [("work", "12000.00"), ("retained", "-600.00")]
    assert billed.amount == eur("11400.00")


def test_rt_3_a_release_of_everything_pays_the_withheld_total() -> None:
    """RT-3, levelset: with all work done the last application pays what was withheld, and makes the contract sum."""
    retainage = Retainage(Fraction(5), (Release(match=Match("title", "B")),))
    books = Books(deal(share("A", "80"), share("B", "20"), price="15000.00", retainage=retainage))
    books.run(milestones(["A"], ["B"]))
    made = books.run(milestones(["A", "B"]))
    assert parts(made["retainage"]) == [("released", "750.00")]
    assert books.invoiced == eur("15000.00")
    assert books.account.retained == eur("0.00")


@pytest.mark.parametrize(
    ("done", "withheld"), [("25", "2500.00"), ("50", "2500.00"), ("75", "3750.00"), ("100", "5000.00")]
)
def test_rt_4_steps_by_which_half_is_returned_in_the_middle(done: str, withheld: str) -> None:
    """RT-4, Arizona 41-2576: 10 % until half of it is done, half of that returned there, then 5 %."""
    steps = (
        RetainageStep(Fraction(50), Fraction(10), returns=Fraction(50)),
        RetainageStep(Fraction(100), Fraction(5)),
    )
    earned = {"work": eur(f"{int(done) * 1000}.00")}
    assert held_to_date(Retainage(Fraction(10), steps=steps), earned, eur("100000.00")) == eur(withheld)


def test_rt_5_ten_percent_of_the_untaxed_amount() -> None:
    """RT-5, OCA account_invoice_payment_retention."""
    assert held_to_date(Retainage(Fraction(10)), {"t": eur("500.00")}, eur("500.00")) == eur("50.00")


def test_at_the_ceiling_retainage_stops_growing() -> None:
    retainage = Retainage(Fraction(10), ceiling=Fraction(5))
    sums = [held_to_date(retainage, {"t": eur(done)}, eur("1000.00")) for done in ("300.00", "500.00", "1000.00")]
    assert sums == [eur("30.00"), eur("50.00"), eur("50.00")]


def test_a_term_may_have_a_rate_of_its_own() -> None:
    retainage = Retainage(Fraction(10), terms={"design": Fraction(0)})
    earned = {"design": eur("400.00"), "build": eur("600.00")}
    assert held_to_date(retainage, earned, eur("1000.00")) == eur("60.00")


def test_half_may_be_released_now_and_half_of_the_work_to_come_is_held_no_more() -> None:
    releases = (Release(Fraction(50), match=Match("title", "B")), Release(Fraction(50), match=Match("title", "C")))
    books = Books(
        deal(share("A", "40"), share("B", "40"), share("C", "20"), price="1000.00",
             retainage=Retainage(Fraction(10), releases))
    )  # fmt: skip
    books.run(milestones(["A"], ["B", "C"]))
    assert parts(books.run(milestones(["A", "B"], ["C"]))["retainage"]) == [("released", "40.00")]
    made = books.run(milestones(["A", "B", "C"]))
    assert parts(made["c"]) == [("work", "200.00"), ("retained", "-10.00")]
    assert parts(made["retainage-2"]) == [("released", "50.00")]
    assert (books.invoiced, books.account.retained) == (eur("1000.00"), eur("0.00"))


def test_retainage_leaves_the_tax_base_whole_unless_the_contract_reduces_it() -> None:
    """An XRechnung example writes warranty retainage as an allowance of category E: the standard base stays whole."""
    whole = Books(deal(share("A", "50"), price="1000.00", retainage=Retainage(Fraction(10), BY_HAND)))
    billed = whole.run(milestones(["A"]))["a"]
    assert billed.bill
    assert [(one.part.kind, one.tax.category, one.tax.rate) for one in billed.bill.charges] == [
        ("work", "S", Decimal(19)),
        ("retained", "E", Decimal(0)),
    ]
    reduced = Books(replace(whole.contract, retainage=Retainage(Fraction(10), BY_HAND, reduces_tax=True)))
    billed = reduced.run(milestones(["A"]))["a"]
    assert billed.bill
    assert {one.tax.category for one in billed.bill.charges} == {"S"}


def test_a_rate_that_is_raised_never_makes_a_bill_negative() -> None:
    books = Books(deal(share("A", "90"), share("B", "10"), price="1000.00", retainage=Retainage(Fraction(5), BY_HAND)))
    books.run(milestones(["A"], ["B"]))
    books.contract = replace(books.contract, retainage=Retainage(Fraction(50), BY_HAND))
    assert parts(books.run(milestones(["A", "B"]))["b"]) == [("work", "100.00"), ("retained", "-100.00")]


def test_dp_1_an_advance_of_10_percent_is_deducted_from_the_final_invoice() -> None:
    """DP-1, Tryton scenario_advance_payment: sale 100.00, advance 10.00, final lines +100.00 and -10.00."""
    books = Books(deal(share("Sale", "100"), price="100.00", deposit=Deposit(Fraction(10), drawdown="end")))
    assert books.run(milestones([], ["Sale"]))["deposit"].amount == eur("10.00")
    final = books.run(milestones(["Sale"]))["sale"]
    assert parts(final) == [("work", "100.00"), ("drawn", "-10.00")]
    assert (final.amount, books.invoiced) == (eur("90.00"), eur("100.00"))


@pytest.mark.parametrize(("drawdown", "deducted"), [("end", "35.00"), ("credit", "0.00")])
def test_dp_2_what_was_invoiced_is_deducted_at_the_end_and_what_is_only_ready_is_not(
    drawdown: str, deducted: str
) -> None:
    """DP-2, alga-psa T020: deposits of 20.00 and 15.00 were invoiced, one of 10.00 was not; the milestone is 50.00."""
    deposit = Deposit(drawdown=drawdown)  # type: ignore[arg-type]
    amount = drawn_now(
        deposit, advances=eur("35.00"), drawn=eur("0.00"), bill=eur("50.00"), done=Fraction(1), last=True
    )
    assert amount == eur(deducted)


@pytest.mark.parametrize(
    ("deposit", "deductions"),
    [
        pytest.param(Deposit(Fraction(20)), ["-60.00", "-100.00", "-40.00"], id="pro rata"),
        pytest.param(Deposit(Fraction(20), drawdown="first"), ["-200.00"], id="first"),
        pytest.param(Deposit(Fraction(20), drawdown="end"), ["-200.00"], id="end"),
        pytest.param(
            Deposit(Fraction(20), drawdown="percent", draw_percent=Fraction(10)), ["-30.00", "-50.00", "-120.00"],
            id="percent of each bill, the rest at the end",
        ),
        pytest.param(
            Deposit(Fraction(20), drawdown="amount", draw_amount=eur("90.00")), ["-90.00", "-90.00", "-20.00"],
            id="an amount in each bill",
        ),
        pytest.param(Deposit(Fraction(20), drawdown="credit"), [], id="credit"),
    ],
)  # fmt: skip
def test_a_deposit_of_200_is_drawn_down_as_agreed(deposit: Deposit, deductions: list[str]) -> None:
    books = Books(deal(share("A", "30"), share("B", "50"), share("C", "20"), price="1000.00", deposit=deposit))
    found: list[str] = []
    for closed, still_open in (("", "ABC"), ("A", "BC"), ("AB", "C"), ("ABC", "")):
        made = books.run(milestones(closed, still_open))
        bills = [one for one in made.values() if one.kind == "bill"]
        found += [amount for one in bills for kind, amount in parts(one) if kind == "drawn"]
    assert found == deductions


def test_a_deduction_is_never_larger_than_the_bill_and_what_is_left_stays() -> None:
    books = Books(deal(share("A", "10"), share("B", "90"), price="1000.00",
                       deposit=Deposit(fixed=eur("500.00"), drawdown="first")))  # fmt: skip
    books.run(milestones([], ["A", "B"]))
    assert books.run(milestones(["A"], ["B"]))["a"].amount == eur("0.00")
    assert books.account.advances - books.account.drawn == eur("400.00")


def test_the_deposit_is_deducted_with_the_tax_it_was_billed_with() -> None:
    """TX-1, ratundtat.at: 10,000.00 and 20 %; after 2,000.00 and 400.00 the rest is 8,000.00 and 1,600.00."""
    books = Books(deal(share("Sale", "100"), price="10000.00", deposit=Deposit(fixed=eur("2000.00"), drawdown="end")))
    books.run(milestones([], ["Sale"]))
    final = books.run(milestones(["Sale"]))["sale"]
    assert final.bill
    assert {one.tax for one in final.bill.charges} == {books.contract.tax}
    assert final.amount == eur("8000.00")


def capped(cap: str, *hours: str) -> Books:
    time = Time(Decimal("1.00"), alerts=(Fraction(80), Fraction(50), Fraction(100)))
    term = Term("support", Match("each", of=(Match("glob", "S*"),)), time=time, ceiling=eur(cap))
    books = Books(deal(term, price="100.00"))
    for number in range(1, len(hours) + 1):
        seen = milestones([f"S{one + 1}" for one in range(number)])
        work = {
            one.key: (WorkItem("1", "a", closed=True, time=(TimeEntry("bob", date(2026, 2, 1), Decimal(each)),)),)
            for one, each in zip(seen, hours, strict=False)
        }
        books.run(seen, work)
    return books


@pytest.mark.parametrize(
    ("used", "charge", "billed"),
    [
        pytest.param("85.00", "20.00", [("work", "20.00"), ("written-down", "-5.00")], id="TM-1 alga-psa T016"),
        pytest.param("80.00", "20.00", [("work", "20.00")], id="TM-2 alga-psa T016"),
        pytest.param("100.00", "20.00", [("work", "20.00"), ("written-down", "-20.00")], id="TM-3 alga-psa T016"),
    ],
)
def test_what_is_above_the_cap_is_written_down_and_kept(used: str, charge: str, billed: list[tuple[str, str]]) -> None:
    books = capped("100.00", used, charge)
    last = max(books.claims, key=lambda claim: claim.milestone_key)
    assert [(part.kind, str(part.amount.amount)) for part in last.parts] == billed


def test_tm_4_each_threshold_is_told_once_in_the_order_of_the_contract() -> None:
    """TM-4, alga-psa T017: 80, 50 and 100 % of 100.00; from 49.99 to 90.00 the first two are passed."""
    alerts = (Fraction(80), Fraction(50), Fraction(100))
    assert passed(alerts, eur("100.00"), eur("49.99"), eur("90.00")) == (Fraction(80), Fraction(50))
    assert passed(alerts, eur("100.00"), eur("90.00"), eur("90.00")) == ()
    assert passed(alerts, eur("100.00"), eur("90.00"), eur("100.00")) == (Fraction(100),)


def test_pc_1_and_2_a_step_bills_what_was_done_since_the_last() -> None:
    """PC-1 and PC-2, Tryton scenario_project_invoice_progress: 75.00 at half, then 61.00 more, 136.00 in all."""
    prices = {"Task": "100.00", "Fixed": "50.00", "Project": "20.00"}
    terms = (
        Term(name.lower(), Match("title", name), fixed=eur(price), progress="points", monthly=True)
        for name, price in prices.items()
    )
    books = Books(deal(*terms, price="170.00"))
    seen = milestones([], ["Fixed", "Project", "Task"])

    def done(fixed: int, project: int, task: int) -> dict[str, tuple[WorkItem, ...]]:
        return {
            one.key: (
                WorkItem("1", "a", closed=True, points=Decimal(part)),
                WorkItem("2", "b", closed=False, points=Decimal(100 - part)),
            )
            for one, part in zip(seen, (fixed, project, task), strict=True)
        }

    books.run(seen, done(fixed=50, project=0, task=50))
    assert books.invoiced == eur("75.00")
    books.later(31)
    books.run(seen, done(fixed=90, project=80, task=75))
    assert books.invoiced == eur("136.00")


def test_cn_2_hours_that_were_credited_are_billed_again_with_the_new_ones() -> None:
    """CN-2, odoo PR 280601 and PR 254332: 8.0 h billed, 3.5 h credited, 1.0 h new make 4.5 h."""
    time = Time(Decimal("10.00"))
    term = Term("support", Match("title", "Support"), time=time, ceiling=eur("5000.00"), monthly=True)
    books, seen = Books(deal(term)), milestones([], ["Support"])

    def work(*hours: str) -> dict[str, tuple[WorkItem, ...]]:
        entries = tuple(TimeEntry("bob", date(2026, 2, 1), Decimal(one)) for one in hours)
        return {KEY: (WorkItem("1", "a", closed=True, time=entries),)}

    books.run(seen, work("8.0"))
    [billed] = books.claims
    credit = replace(billed.parts[0], amount=eur("-35.00"), quantity=Decimal("-3.5"))
    books.claims.append(replace(billed, term="support@credit", reference="T2I-CREDIT", parts=(credit,)))
    books.later(31)
    again = books.run(seen, work("8.0", "1.0"))["support@2026-03"]
    assert again.bill
    assert [(part.quantity, str(part.amount.amount)) for part in again.bill.parts] == [(Decimal("4.5"), "45.00")]


def test_work_from_a_day_on_costs_more_by_percent_or_index() -> None:
    index = Escalation(date(2026, 3, 1), Fraction("113.9") / Fraction("110.2") * 100 - 100, "index 113.9 after 110.2")
    books = Books(
        deal(share("A", "50"), price="1000.00", escalations=(Escalation(date(2026, 1, 1), Fraction(2)), index))
    )
    billed = books.run(milestones(["A"]))["a"]
    assert parts(billed) == [("work", "500.00"), ("escalation", "16.79")]
    assert billed.bill
    assert "index 113.9 after 110.2" in str(billed.bill.charges[1].basis)


def test_discounts_of_the_term_and_of_the_contract_follow_each_other() -> None:
    books = Books(deal(share("A", "50", discount=Fraction(10)), price="1000.00", discount=Fraction(2)))
    assert parts(books.run(milestones(["A"]))["a"]) == [
        ("work", "500.00"), ("discount", "-50.00"), ("discount", "-9.00"),
    ]  # fmt: skip


def test_everything_at_once_is_explained_line_by_line() -> None:
    retainage = Retainage(Fraction(5), BY_HAND)
    deposit = Deposit(Fraction(10))
    books = Books(deal(share("A", "100/3"), share("B", "200/3"), price="1000.00", retainage=retainage, deposit=deposit))
    books.run(milestones([], ["A", "B"]))
    billed = books.run(milestones(["A"], ["B"]))["a"]
    assert billed.bill
    assert [str(charge.basis) for charge in billed.bill.charges] == [
        "33 1/3 % of 1000.00 EUR = 333.333333… EUR, rounded to 333.33 EUR",
        "retainage of the work to date 16.67 EUR, less 0.00 EUR held back before",
        "deposit, pro rata: 33.33 EUR of the 100.00 EUR that is left of 100.00 EUR, with 6.33 EUR VAT at 19 %",
    ]
    assert billed.amount == Money(Decimal("283.33"), "EUR")
