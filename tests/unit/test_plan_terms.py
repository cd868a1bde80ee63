"""What triggers each kind of term, how often it bills, and what is said while there is nothing to bill."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from tests.unit.deals import Books, deal, eur, milestones, parts, share, why

from tracker2invoice.mapping.occasions import NO_MILESTONE
from tracker2invoice.model.claim import Decision
from tracker2invoice.model.conditions import ChangeOrder, Release, Retainage
from tracker2invoice.model.contract import Acceptance
from tracker2invoice.model.term import Match, Term, Time, Units
from tracker2invoice.model.work import TimeEntry, WorkItem

SPRINTS = Match("each", of=(Match("glob", "Sprint *"),))
KEY = "github:1296269:1002604"
"""The key of the first milestone in the alphabet."""


def hours(person: str, day: date, number: str, **more: object) -> WorkItem:
    return replace(WorkItem("1", "Log in", closed=True, time=(TimeEntry(person, day, Decimal(number)),)), **more)  # type: ignore[arg-type]


def test_the_first_of_several_milestones_triggers_the_term_and_the_second_does_not() -> None:
    books = Books(deal(Term("start", Match("any", of=(Match("title", "A"), Match("title", "B"))), fixed=eur("100.00"))))
    first, second = milestones(["A", "B"])
    at = datetime(2026, 2, 1, 12, tzinfo=UTC)
    earlier = replace(second, closed_at=at, updated_at=at)
    made = books.plan([first, earlier])
    assert [(one.kind, one.milestone and one.milestone.title) for one in made.actions] == [("none", "A"), ("bill", "B")]


def test_several_milestones_together_trigger_the_term_once_when_the_last_is_closed() -> None:
    together = Match("all", of=(Match("title", "Design"), Match("title", "Build")))
    books = Books(deal(Term("both", together, fixed=eur("100.00"))))
    assert why(books.run(milestones(["Design"], ["Build"]))["both"]) == ("none", "not-closed")
    billed = books.run(milestones(["Design", "Build"]))["both"]
    assert (billed.kind, billed.milestone and billed.milestone.title) == ("bill", "Design, Build")
    assert why(books.run(milestones(["Design", "Build"]))["both"]) == ("none", "already-billed")
    assert why(books.run(milestones(["Design"], ["Build"]))["both"]) == ("hold", "reopened-after-billing")


def test_together_means_that_none_of_them_may_be_missing() -> None:
    together = Match("all", of=(Match("title", "Design"), Match("title", "Build")))
    books = Books(deal(Term("both", together, fixed=eur("100.00"))))
    assert why(books.run(milestones(["Design"]))["both"]) == ("none", "milestone-missing")


def test_each_milestone_triggers_the_term_once() -> None:
    books = Books(deal(Term("sprint", SPRINTS, fixed=eur("100.00"), times=3)))
    made = books.run(milestones(["Sprint 1"], ["Sprint 2"]))
    assert sorted(one.kind for one in made.values()) == ["bill", "none"]
    books.run(milestones(["Sprint 1", "Sprint 2"]))
    assert books.invoiced == eur("200.00")
    books.run(milestones(["Sprint 1", "Sprint 2"]))
    assert books.invoiced == eur("200.00")


def test_over_term_more_milestones_than_were_agreed_wait_for_a_person() -> None:
    books = Books(deal(Term("sprint", SPRINTS, fixed=eur("100.00"), times=1)))
    made = books.run(milestones(["Sprint 1", "Sprint 2"]))
    assert sorted(why(one) for one in made.values()) == [("bill", "accepted"), ("hold", "over-term")]
    assert "over-term" in {one.reason.code for one in made.values()}


def test_a_renamed_milestone_stays_billed_as_what_it_was() -> None:
    books = Books(deal(Term("sprint", SPRINTS, fixed=eur("100.00"), times=3)))
    books.run(milestones(["Sprint 1"]))
    made = books.run(milestones(["Something else"]))
    assert why(made["sprint@" + KEY]) == ("none", "already-billed")


def test_a_month_is_billed_once_it_is_over() -> None:
    """Now is 2 March: January and February are over, the contract started on 1 January."""
    books = Books(deal(Term("retainer", NO_MILESTONE, fixed=eur("500.00"), times=12, monthly=True)))
    made = books.run([])
    assert {term: one.kind for term, one in made.items()} == {
        "retainer@2026-01": "bill",
        "retainer@2026-02": "bill",
        "retainer@2026-03": "none",
    }
    books.later(31)
    assert books.run([])["retainer@2026-03"].kind == "bill"
    assert books.invoiced == eur("1500.00")


def test_months_count_while_the_phase_is_under_way_and_only_so_many() -> None:
    phase = Match("title", "Operation")
    books = Books(deal(Term("retainer", phase, fixed=eur("500.00"), times=2, monthly=True)))
    books.later(90)
    made = books.run(milestones([], ["Operation"]))
    assert [term for term, one in made.items() if one.kind == "bill"] == ["retainer@2026-01", "retainer@2026-02"]
    closed = Books(replace(books.contract, terms=(replace(books.contract.terms[0], times=12),)))
    closed.later(90)
    # the milestone was closed on 1 March, which is the last month
    assert max(closed.run(milestones(["Operation"]))) == "retainer@2026-03"


def test_hours_are_billed_by_person_with_their_rates() -> None:
    time = Time(Decimal("95.00"), people={"anna": Decimal("120.00")}, labels={"architecture": Decimal("140.00")})
    books = Books(deal(Term("support", Match("title", "Support"), time=time, ceiling=eur("5000.00"))))
    day = date(2026, 2, 10)
    work = (
        hours("anna", day, "7.5"),
        hours("bob", day, "2"),
        hours("bob", day, "1", labels=("architecture",)),
    )
    billed = books.run(milestones(["Support"]), {KEY: work})["support"]
    assert parts(billed) == [("work", "900.00"), ("work", "190.00"), ("work", "140.00")]
    assert billed.bill
    assert [charge.part.item for charge in billed.bill.charges] == ["anna", "bob", "bob, architecture"]


def test_no_rate_for_a_person_waits_for_a_rate() -> None:
    time = Time(people={"anna": Decimal("120.00")})
    books = Books(deal(Term("support", Match("title", "Support"), time=time, ceiling=eur("5000.00"))))
    held = books.run(milestones(["Support"]), {KEY: (hours("eve", date(2026, 2, 1), "1"),)})["support"]
    assert why(held) == ("hold", "no-rate")
    assert "eve" in held.reason.words


def test_work_unread_waits_for_the_next_run_and_is_never_taken_for_no_work() -> None:
    time = Time(Decimal(95))
    books = Books(deal(Term("support", Match("title", "Support"), time=time, ceiling=eur("5000.00"))))
    assert why(books.run(milestones(["Support"]))["support"]) == ("none", "work-unread")


def test_each_month_bills_the_hours_since_the_last_bill_also_those_that_came_late() -> None:
    time = Time(Decimal("100.00"))
    books = Books(deal(Term("support", NO_MILESTONE, time=time, ceiling=eur("5000.00"), monthly=True)))
    books.contract = replace(books.contract, terms=(replace(books.contract.terms[0], match=Match("title", "Support")),))
    seen = milestones([], ["Support"])
    february = hours("bob", date(2026, 2, 10), "3")
    assert books.run(seen, {KEY: (february,)})["support@2026-02"].amount == eur("300.00")
    books.later(31)
    late = hours("bob", date(2026, 2, 27), "2")
    march, april = hours("bob", date(2026, 3, 9), "1"), hours("bob", date(2026, 4, 1), "8")
    made = books.run(seen, {KEY: (february, late, march, april)})
    assert made["support@2026-03"].amount == eur("300.00")
    assert why(made["support@2026-04"]) == ("none", "not-closed")
    books.later(30)
    made = books.run(seen, {KEY: (february, late, march)})
    assert why(made["support@2026-04"]) == ("none", "nothing-counted")


def test_a_new_rate_is_for_new_hours_and_hours_under_another_label_are_not_billed_twice() -> None:
    time = Time(Decimal("100.00"), labels={"architecture": Decimal("140.00")})
    term = Term("support", Match("title", "Support"), time=time, ceiling=eur("5000.00"), monthly=True)
    books, seen = Books(deal(term)), milestones([], ["Support"])
    books.run(seen, {KEY: (hours("bob", date(2026, 2, 10), "3"),)})
    books.contract = deal(replace(term, time=replace(time, rate=Decimal("110.00"))))
    books.later(31)
    moved = hours("bob", date(2026, 2, 10), "3", labels=("architecture",))
    march = hours("bob", date(2026, 3, 9), "2")
    billed = books.run(seen, {KEY: (moved, march)})["support@2026-03"]
    assert billed.bill
    # five hours in all: three were billed, so that two are left, at the rate of where the new hours stand
    assert [(part.item, part.quantity) for part in billed.bill.parts] == [("bob, architecture", Decimal(2))]
    books.later(30)
    april = hours("bob", date(2026, 4, 9), "1")
    assert parts(books.run(seen, {KEY: (moved, march, april)})["support@2026-04"]) == [("work", "140.00")]


def test_a_milestone_without_a_billable_issue_makes_no_invoice() -> None:
    units = Units(Decimal("450.00"), "label", label="billable")
    books = Books(deal(Term("tickets", Match("title", "Tickets"), units=units, ceiling=eur("9000.00"))))
    work = (WorkItem("1", "a", closed=True), WorkItem("2", "b", closed=False, labels=("billable",)))
    assert why(books.run(milestones(["Tickets"]), {KEY: work})["tickets"]) == ("none", "nothing-counted")
    done = (*work, WorkItem("3", "c", closed=True, labels=("billable",)))
    assert books.run(milestones(["Tickets"]), {KEY: done})["tickets"].amount == eur("450.00")


@pytest.mark.parametrize(
    ("units", "amount"),
    [(Units(Decimal("12.50"), "number", Decimal(8)), "100.00"), (Units(Decimal("0.125"), "points"), "1.00")],
)
def test_a_number_of_the_contract_and_points_have_a_price_each(units: Units, amount: str) -> None:
    books = Books(deal(Term("t", Match("title", "T"), units=units, ceiling=eur("100.00"))))
    work = (WorkItem("1", "a", closed=True, points=Decimal(5)), WorkItem("2", "b", closed=True, points=Decimal(3)))
    assert books.run(milestones(["T"]), {KEY: work})["t"].amount == eur(amount)


def test_progress_is_billed_as_the_change_and_a_fall_takes_nothing_back() -> None:
    term = Term("build", Match("each", of=(Match("title", "Build"),)), percent=Fraction(50), progress="points")
    books = Books(deal(replace(term, monthly=True), price="1000.00"))
    seen = milestones([], ["Build"])

    def work(done: int) -> dict[str, tuple[WorkItem, ...]]:
        todo = WorkItem("2", "b", closed=False, points=Decimal(10 - done))
        return {KEY: (WorkItem("1", "a", closed=True, points=Decimal(done)), todo)}

    assert books.run(seen, work(3))["build@2026-02"].amount == eur("150.00")
    books.later(31)
    fell = books.run(seen, work(2))["build@2026-03"]
    assert why(fell) == ("none", "no-progress")
    assert "nothing is taken back" in fell.reason.words
    books.later(30)
    assert books.run(seen, work(9))["build@2026-04"].amount == eur("300.00")
    [closed] = milestones(["Build"])
    closed = replace(closed, closed_at=books.now, updated_at=books.now)
    assert books.run([closed], work(9))["build@2026-05"].kind == "none"
    books.later(31)
    made = books.run([closed], work(9))
    assert (made["build@2026-05"].amount, max(made)) == (eur("50.00"), "build@2026-05")
    assert books.invoiced == eur("500.00")


def test_what_is_finished_after_the_end_of_a_month_is_billed_with_the_next() -> None:
    """A run on 20 April finds an issue that was closed on 10 April: it is of April, not of March."""
    term = Term("build", Match("title", "Build"), percent=Fraction(100), progress="issues", monthly=True)
    books, seen = Books(deal(term, price="1000.00")), milestones([], ["Build"])
    march, april = (datetime(2026, month, 10, 12, tzinfo=UTC) for month in (3, 4))
    todo = WorkItem("3", "c", closed=False)
    work = (WorkItem("1", "a", closed=True, closed_at=march), WorkItem("2", "b", closed=True, closed_at=april), todo)
    books.now = datetime(2026, 4, 20, tzinfo=UTC)
    assert books.run(seen, {KEY: work})["build@2026-03"].amount == eur("333.33")
    assert why(books.run(seen, {KEY: work})["build@2026-04"]) == ("none", "not-closed")
    books.now = datetime(2026, 5, 1, tzinfo=UTC)
    assert books.run(seen, {KEY: work})["build@2026-04"].amount == eur("333.34")


def test_a_milestone_may_trigger_its_own_term_and_the_release_of_retainage() -> None:
    retainage = Retainage(Fraction(5), (Release(match=Match("title", "Beta")),))
    books = Books(deal(share("Alpha", "60"), share("Beta", "40"), retainage=retainage, price="1000.00"))
    assert why(books.run(milestones(["Beta"], ["Alpha"]))["retainage"]) == ("bill", "accepted")
    assert parts(books.run(milestones(["Alpha", "Beta"]))["alpha"]) == [("work", "600.00")]


def test_nothing_retained_makes_no_release() -> None:
    retainage = Retainage(Fraction(5), (Release(on=date(2026, 2, 1)),))
    books = Books(deal(share("Alpha", "60"), retainage=retainage))
    assert why(books.run(milestones([], ["Alpha"]))["retainage"]) == ("none", "nothing-retained")


def test_by_hand_a_release_waits_for_its_approval() -> None:
    books = Books(deal(share("Alpha", "60"), retainage=Retainage(Fraction(5), (Release(),)), price="1000.00"))
    waiting = books.run(milestones(["Alpha"]))["retainage"]
    assert why(waiting) == ("none", "by-hand")
    assert f"t2i approve {waiting.reference}" in waiting.reason.words
    books.approve(waiting.reference)
    assert parts(books.run(milestones(["Alpha"]))["retainage"]) == [("released", "30.00")]


def test_below_minimum_bills_are_carried_over_until_they_make_enough_or_are_the_last() -> None:
    books = Books(deal(share("A", "10"), share("B", "20"), share("C", "1"), price="1000.00", minimum=eur("250.00")))
    assert why(books.run(milestones(["A"], ["B", "C"]))["a"]) == ("none", "below-minimum")
    made = books.run(milestones(["A", "B"], ["C"]))
    assert (made["a"].kind, made["b"].kind) == ("bill", "bill")
    assert books.run(milestones(["A", "B", "C"]))["c"].kind == "bill"


def test_a_change_order_counts_from_its_day_and_billed_amounts_stay() -> None:
    day = date(2026, 3, 3)
    orders = (ChangeOrder("1", day, eur("500.00")), ChangeOrder("2", day, eur("7.00"), term="b"))
    books = Books(deal(share("A", "50"), share("B", "50"), price="1000.00", change_orders=orders))
    assert books.run(milestones(["A"], ["B"]))["a"].amount == eur("500.00")
    books.later(1)
    made = books.run(milestones(["A", "B"]))
    assert made["b"].amount == eur("757.00")
    assert why(made["a"]) == ("none", "term-changed")
    assert "change order" in made["a"].reason.words


def test_a_sum_below_what_was_billed_bills_nothing_more() -> None:
    books = Books(deal(share("A", "90"), share("B", "10"), price="1000.00"))
    books.run(milestones(["A"], ["B"]))
    books.contract = replace(books.contract, change_orders=(ChangeOrder("1", date(2026, 3, 1), eur("-500.00")),))
    assert why(books.run(milestones(["A", "B"]))["b"]) == ("hold", "over-price")


def test_a_held_bill_counts_for_nothing_in_the_bills_beside_it() -> None:
    retainage = Retainage(Fraction(10), (Release(match=Match("title", "B")),))
    books = Books(deal(share("A", "50"), share("B", "50"), price="1000.00", retainage=retainage))
    reference = books.plan(milestones(["A", "B"])).actions[0].reference
    books.decisions[reference] = Decision(reference, "hold", "ann", books.now)
    made = books.run(milestones(["A", "B"]))
    assert why(made["a"]) == ("hold", "held-by-person")
    assert parts(made["retainage"]) == [("released", "50.00")]


def test_not_approved_says_who_is_missing_and_a_month_needs_nobodys_word() -> None:
    acceptance = Acceptance(approvals=1, by=("anna", "bob"))
    retainer = Term("retainer", NO_MILESTONE, fixed=eur("500.00"), times=1, monthly=True)
    made = Books(deal(share("A", "50"), retainer, acceptance=acceptance)).run(milestones(["A"]))
    assert (made["a"].kind, made["a"].reason.code) == ("hold", "not-approved")
    assert made["a"].reason.command.endswith("--by NAME")
    assert made["retainer@2026-01"].kind == "bill"
