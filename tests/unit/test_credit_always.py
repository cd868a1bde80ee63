"""Whatever is closed, reopened, credited and closed again: no closing is billed twice, and every cent is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.deals import Books, deal, eur, milestones, parts, share, why
from tests.unit.test_price_always import TITLES, Life, contracts

from tracker2invoice.mapping.allocate import as_of, contract_sum, scheduled
from tracker2invoice.mapping.counting import in_force
from tracker2invoice.mapping.statement import statements
from tracker2invoice.model.conditions import Deposit, Release, Retainage
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.milestone import CALENDAR
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Match, Term, Time
from tracker2invoice.model.work import TimeEntry, WorkItem
from tracker2invoice.testing.samples import sample_milestone

STEPS = st.lists(
    st.tuples(st.sampled_from(["close", "reopen", "credit", "approve", "wait"]), st.integers(0, 7)),
    min_size=1,
    max_size=14,
)


class Credited(Life):
    """A life in which bills are taken back. `billed` counts what each closing was billed for; a person's word aside."""

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self.billed: Counter[tuple[str, str, str]] = Counter()

    def credit(self, number: int) -> None:
        bills = [one for one in self.books.claims if not one.credits]
        if bills:
            self.books.credit(bills[number % len(bills)].reference)

    def approve(self, number: int) -> None:
        known = [one.next_reference for one in self.books.claims if not one.credits]
        if known:
            self.books.approve(known[number % len(known)])

    def run(self) -> None:
        seen = [self.closed.get(title) or self._open(title) for title in TITLES]
        made = self.books.plan(seen, {one.key: self._items(one) for one in seen})
        for action in made.of_kind("bill"):
            assert action.amount
            assert action.amount.units >= 0, "a negative invoice"
            if action.closed.tracker != CALENDAR:
                self.billed[action.term, action.closed.key, str(action.closed.closed_at)] += 1
        self.books.run(seen, {one.key: self._items(one) for one in seen})


def ties_out(books: Books) -> None:
    account, contract, zero = books.account, books.contract, Money.zero("EUR")
    assert account.work + account.adjustments - account.retained + account.advances - account.drawn == books.invoiced
    agreed = [as_of(contract, day) for day in (contract.start, *(one.effective for one in contract.change_orders))]
    assert account.work <= max(map(contract_sum, agreed)), "over the sum"
    claims = {claim.term: claim for claim in in_force(books.claims).values()}
    values = [scheduled(one, claims) for one in agreed]
    for term in contract.terms:
        assert zero <= account.work_of(term.id) <= max(one[term.id] for one in values), "over a term"
    assert zero <= account.drawn <= account.advances
    made = statements(contract, books.claims)
    assert sum((one.lines["8"] for one in made), zero) == (made[-1].lines["6"] if made else zero)
    assert sum((one.asked for one in made), zero) == books.invoiced
    for one in made:
        assert one.total.scheduled == one.lines["3"]
    for before, after in pairwise(made):
        assert after.total.previous == before.total.completed


@settings(deadline=None, max_examples=200)
@given(contracts(), STEPS)
def test_no_closing_is_billed_twice_and_nothing_beyond_the_contract(
    contract: Contract, steps: list[tuple[str, int]]
) -> None:
    life = Credited(contract)
    for what, number in steps:
        match what:
            case "close":
                life.close(TITLES[number % 4])
            case "reopen":
                life.reopen(TITLES[number % 4])
            case "credit":
                life.credit(number)
            case "approve":
                life.approve(number)
            case _:
                life.books.later(17)
        life.run()
        ties_out(life.books)
        assert all(count == 1 for count in life.billed.values())


def test_hours_that_were_credited_are_billed_with_the_new_ones() -> None:
    """CN-2 with whole credit notes: 8.0 h billed and credited, 1.0 h new, so the next bill is for 9.0 h."""
    time = Time(Decimal("100.00"))
    term = Term("advice", Match("title", "Advice"), time=time, ceiling=eur("5000.00"), monthly=True)
    books = Books(deal(term, price="5000.00"))
    advice = replace(sample_milestone("Advice", 1), state="open", closed_at=None)
    first = books.now.date()

    def billed(*hours: tuple[int, str]) -> list[tuple[str, str]]:
        books.later(31)
        entries = tuple(
            TimeEntry("ben", first.replace(month=first.month + month), Decimal(one)) for month, one in hours
        )
        made = books.run([advice], {advice.key: (WorkItem("1", "Talk", closed=False, time=entries),)})
        return [(name, str(one.amount)) for name, one in made.items() if one.kind == "bill"]

    assert [amount for _, amount in billed((0, "8.0"))] == ["800.00 EUR"]
    assert books.credit(books.claims[0].reference) == ""
    assert billed((0, "8.0")) == []
    assert [amount for _, amount in billed((0, "8.0"), (1, "1.0"))] == ["900.00 EUR"]
    assert books.account.work == eur("900.00")


def test_a_cancelled_term_that_was_credited_is_worth_nothing_on_the_statement() -> None:
    books = Books(deal(share("Design", "40"), share("Beta", "60")))
    design = replace(sample_milestone("Design", 1), closed_at=books.now)
    books.run([design])
    books.credit(books.claims[0].reference)
    books.later(1)
    cancelled = replace(books.contract.terms[0], cancelled=True)
    books.contract = replace(books.contract, terms=(cancelled, books.contract.terms[1]))
    books.run([design])
    last = statements(books.contract, books.claims)[-1]
    assert last.total.previous == eur("24000.00")
    assert (last.total.completed, last.total.scheduled) == (eur("0.00"), eur("60000.00"))
    assert why(books.run([design])["design"]) == ("none", "term-cancelled")


def test_nothing_is_deducted_of_an_advance_that_is_to_be_taken_back() -> None:
    """The run that writes the credit note for the deposit bills Beta in full: what it deducted nobody would make up."""
    books = Books(deal(share("Design", "40"), share("Beta", "60"), deposit=Deposit(Fraction(20))))
    books.run(milestones(still_open=["Design", "Beta"]))
    assert books.credit(books.claims[0].reference) == ""
    made = books.run(milestones(["Beta"], ["Design"]))
    assert parts(made["beta"]) == [("work", "36000.00")]
    assert books.account.advances == books.account.drawn == eur("0.00")


def test_what_is_held_back_of_a_bill_that_is_to_be_taken_back_is_not_released() -> None:
    retainage = Retainage(Fraction(5), (Release(match=Match("title", "Beta")),))
    books = Books(deal(share("Design", "40"), share("Beta", "60"), retainage=retainage))
    books.run(milestones(["Design"], ["Beta"]))
    assert books.account.retained == eur("1200.00")
    assert books.credit(books.claims[0].reference) == ""
    made = books.run(milestones(["Design", "Beta"]))
    assert {one.amount for one in made.values() if one.kind == "credit"} == {eur("-22800.00")}
    assert parts(made["retainage"]) == [("released", "1800.00")]
