"""What the calendar or a person triggers: when it counts, and of which days it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from tests.unit.deals import Books, deal, eur, milestones, share, why

from tracker2invoice.mapping.actions import Action
from tracker2invoice.mapping.draft import Position, write_draft
from tracker2invoice.mapping.occasions import NO_MILESTONE
from tracker2invoice.model.conditions import Deposit, Release, Retainage
from tracker2invoice.model.contract import Acceptance
from tracker2invoice.model.invoice import Draft, Period
from tracker2invoice.model.term import Match, Term


def drafted(action: Action, books: Books) -> Draft:
    position = Position(action.due, action.closed, action.project, ())
    return write_draft([position], reference=action.reference, now=books.now)


def test_a_day_of_the_calendar_counts_at_once_for_nobody_closes_it_by_mistake() -> None:
    """Now is 2 March."""
    patient = Acceptance(after=timedelta(hours=24))
    contract = deal(share("A", "100"), deposit=Deposit(Fraction(10)), start=date(2026, 3, 2), acceptance=patient)
    assert why(Books(contract).run(milestones([], ["A"]))["deposit"]) == ("bill", "accepted")
    by_milestone = deal(share("A", "100"), deposit=Deposit(Fraction(10), match=Match("title", "A")), acceptance=patient)
    books = Books(by_milestone)
    books.later(-1)
    assert why(books.run(milestones(["A"]))["deposit"]) == ("none", "too-young")


def test_a_release_by_hand_is_of_the_day_on_which_it_goes_out() -> None:
    books = Books(deal(share("A", "60"), retainage=Retainage(Fraction(5), (Release(),))))
    books.run(milestones(["A"]))
    books.later(40)
    books.approve(books.plan(milestones(["A"])).actions[-1].reference)
    action = books.run(milestones(["A"]))["retainage"]
    draft = drafted(action, books)
    assert str(action.reason) == "accepted: approved by a person"
    assert draft.why.accepted == "approved by a person"
    assert (draft.delivery_date, draft.issue_date) == (date(2026, 4, 11), date(2026, 4, 11))


def test_a_month_was_delivered_in_that_month() -> None:
    retainer = Term("retainer", NO_MILESTONE, fixed=eur("500.00"), times=12, monthly=True)
    books = Books(deal(retainer, delivery="period", start=date(2026, 1, 15)))
    made = books.run([])
    assert [drafted(made[f"retainer@2026-0{month}"], books).delivery_period for month in (1, 2)] == [
        Period(date(2026, 1, 15), date(2026, 1, 31)),
        Period(date(2026, 2, 1), date(2026, 2, 28)),
    ]


def test_what_is_made_for_an_occasion_closes_no_term_that_looks_for_milestones() -> None:
    """The milestone of a month is called like the month, that of a certificate like its term."""
    monthly = replace(share("Care", "20"), match=NO_MILESTONE, progress="certified", monthly=True)
    books = Books(deal(monthly, share("Beta", "80", match=Match("glob", "*")), deposit=Deposit(Fraction(10))))
    books.certify("care", "50")
    books.later(40)
    assert {name for name, one in books.run([]).items() if one.kind == "bill"} == {"deposit", "care@2026-03"}
