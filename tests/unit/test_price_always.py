"""What holds of every contract, in whatever order its milestones close and whatever is agreed on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.deals import Books, deal, eur

from tracker2invoice.mapping.allocate import as_of, contract_sum, scheduled
from tracker2invoice.mapping.due import local_date
from tracker2invoice.mapping.occasions import NO_MILESTONE
from tracker2invoice.model.conditions import ChangeOrder, Deposit, Escalation, Release, Retainage, RetainageStep
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Match, Term, Time
from tracker2invoice.model.work import TimeEntry, Work, WorkItem
from tracker2invoice.testing.samples import sample_milestone

TITLES = ("A", "B", "C", "D")
PERCENTS = st.sampled_from([Fraction(0), Fraction(5), Fraction(10), Fraction(100, 3), Fraction(100)])


@st.composite
def terms(draw: st.DrawFn) -> tuple[Term, ...]:
    """Return terms for each of the titles that are within the price."""
    weights = [draw(st.integers(1, 9)) for _ in TITLES]
    return tuple(
        draw(kinds(title, Fraction(100 * weight, sum(weights) + draw(st.integers(0, 1)))))
        for title, weight in zip(TITLES, weights, strict=True)
    )


def kinds(title: str, percent: Fraction) -> st.SearchStrategy[Term]:
    once = Term(title, Match("title", title), percent=percent)
    return st.sampled_from(
        [
            once,
            replace(once, discount=Fraction(10)),
            replace(once, progress="points"),
            replace(once, progress="issues", monthly=True),
            replace(once, progress="certified"),
            replace(once, progress="certified", monthly=True),
            replace(once, progress="certified", match=NO_MILESTONE),
            Term(title, Match("title", title), fixed=eur("0.07"), times=3, monthly=True),
            Term(title, Match("each", of=(Match("title", title),)), fixed=eur("0.11"), times=2),
            Term(title, Match("title", title), time=Time(Decimal("0.333")), ceiling=eur("0.50"), monthly=True),
        ]
    )


DEPOSITS = st.none() | st.sampled_from(
    [
        Deposit(Fraction(20)),
        Deposit(Fraction(33), drawdown="first"),
        Deposit(fixed=eur("0.50"), drawdown="end"),
        Deposit(Fraction(10), drawdown="percent", draw_percent=Fraction(25)),
        Deposit(Fraction(10), match=Match("title", "B"), drawdown="amount", draw_amount=eur("0.03")),
        Deposit(Fraction(10), drawdown="credit"),
    ]
)
RETAINAGES = st.none() | st.builds(
    Retainage,
    percent=PERCENTS,
    releases=st.sampled_from(
        [
            (Release(match=Match("title", "D")),),
            (Release(Fraction(50), on=date(2026, 4, 1)), Release(Fraction(50), match=Match("title", "A"))),
            (Release(),),
        ]
    ),
    steps=st.sampled_from(
        [(), (RetainageStep(Fraction(50), Fraction(10), Fraction(50)), RetainageStep(Fraction(100), Fraction(5)))]
    ),
    ceiling=st.none() | st.just(Fraction(3)),
    terms=st.sampled_from([{}, {"A": Fraction(0), "B": Fraction(100)}]),
)
ORDERS = st.sampled_from(
    [
        (),
        (ChangeOrder("1", date(2026, 3, 20), eur("12.35")),),
        (ChangeOrder("1", date(2026, 3, 20), eur("1.00"), term="C"), ChangeOrder("2", date(2026, 5, 1), eur("-0.01"))),
    ]
)


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    price = Money.of_units(draw(st.integers(1000, 10**7)), "EUR")
    return deal(
        *draw(terms()),
        price=str(price.amount),
        deposit=draw(DEPOSITS),
        retainage=draw(RETAINAGES),
        change_orders=draw(ORDERS),
        escalations=draw(st.sampled_from([(), (Escalation(date(2026, 4, 1), Fraction(3)),)])),
        discount=draw(st.sampled_from([Fraction(0), Fraction(2)])),
        minimum=draw(st.none() | st.just(eur("1.00"))),
    )


class Life:
    """A contract's life: milestones move on, time passes, and after each step there is a run."""

    def __init__(self, contract: Contract) -> None:
        self.books = Books(contract)
        self.closed: dict[str, Milestone] = {}
        self.work: dict[str, Work] = {}

    def close(self, title: str) -> None:
        self.closed.setdefault(title, replace(self._milestone(title), closed_at=self.books.now))

    def reopen(self, title: str) -> None:
        self.closed.pop(title, None)

    def run(self) -> None:
        before = self.books.invoiced
        seen = [self.closed.get(title) or self._open(title) for title in TITLES]
        made = self.books.run(seen, {one.key: self._items(one) for one in seen})
        for action in made.values():
            assert action.kind != "bill" or (action.amount and action.amount.units >= 0), "a negative invoice"
        assert before <= self.books.invoiced

    def _milestone(self, title: str) -> Milestone:
        return replace(sample_milestone(title, TITLES.index(title) + 1), updated_at=self.books.now)

    def _open(self, title: str) -> Milestone:
        return replace(self._milestone(title), state="open", closed_at=None, open_items=3, closed_items=2)

    def _items(self, one: Milestone) -> Work:
        day = local_date(self.books.now, "Europe/Berlin") - timedelta(days=10)
        time = (TimeEntry("bob", day, Decimal("0.7")),)
        return (
            WorkItem("1", "a", closed=True, points=Decimal(one.number), time=time),
            WorkItem("2", "b", closed=one.state == "closed", points=Decimal(3)),
        )


CERTIFIED = ("0.07", "33.3", "60", "100")
STEPS = st.lists(
    st.tuples(st.sampled_from(["close", "reopen", "wait", "wait", *CERTIFIED]), st.sampled_from(TITLES)),
    min_size=1,
    max_size=10,
)


def lived(contract: Contract, steps: list[tuple[str, str]]) -> Life:
    life = Life(contract)
    for what, title in steps:
        match what:
            case "close":
                life.close(title)
            case "reopen":
                life.reopen(title)
            case percent if percent in CERTIFIED:
                life.books.certify(title, percent)
            case _:
                life.books.later(17)
        life.run()
        ties_out(life.books)
    return life


def ties_out(books: Books) -> None:
    account, contract, zero = books.account, books.contract, Money.zero("EUR")
    assert account.work + account.adjustments - account.retained + account.advances - account.drawn == books.invoiced
    # what was billed before a change order took something away stays
    agreed = [as_of(contract, day) for day in (contract.start, *(one.effective for one in contract.change_orders))]
    assert account.work <= max(map(contract_sum, agreed)), "over the sum"
    claims = {claim.term: claim for claim in books.claims}
    values = [scheduled(one, claims) for one in agreed]
    for term in contract.terms:
        assert zero <= account.work_of(term.id) <= max(one[term.id] for one in values), "over a term"
    assert zero <= account.retained
    assert zero <= account.drawn <= account.advances
    assert len(claims) == len(books.claims), "an occasion was billed twice"


@settings(deadline=None, max_examples=150)
@given(contracts(), STEPS)
def test_whatever_happens_every_cent_is_accounted_for_and_nothing_is_billed_beyond_the_contract(
    contract: Contract, steps: list[tuple[str, str]]
) -> None:
    lived(contract, steps)


@settings(deadline=None, max_examples=60)
@given(contracts(), st.permutations(TITLES), st.permutations(TITLES))
def test_no_order_of_closing_and_certifying_changes_what_is_billed_in_the_end(
    contract: Contract, one: list[str], other: list[str]
) -> None:
    contract = replace(contract, escalations=(), change_orders=(), minimum=None)
    months = [("wait", "A")] * 4
    ends = [
        lived(contract, [*((what, title) for title in order for what in certified), *months])
        for order, certified in ((one, ("close", "60", "100")), (other, ("33.3", "60", "0.07", "close", "100")))
    ]
    first, second = (end.books.account for end in ends)
    assert first.work == second.work
    # discounts are rounded on each bill, so what is left to be held back may differ by as many cents
    discounted = contract.discount or any(term.discount for term in contract.terms)
    bills = len(ends[0].books.claims) + len(ends[1].books.claims)
    assert abs(first.retained.units - second.retained.units) <= (bills if discounted else 0)
