"""What is still billed of a contract, or of a term, that was cancelled."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from tests.unit.deals import Books, claim_of, deal, eur, milestones, parts, share, why

from tracker2invoice.engine.standing import standings
from tracker2invoice.mapping.occasions import NO_MILESTONE
from tracker2invoice.mapping.statement import opening, statements
from tracker2invoice.model.conditions import Deposit, Drawdown, Release, Retainage
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.term import Match, Term, Time
from tracker2invoice.model.work import TimeEntry, WorkItem

LAST = date(2026, 5, 1)
TERMS = (share("Design", "30"), share("Build", "50"), share("Launch", "20"))
SPRINTS = Match("each", of=(Match("glob", "Sprint *"),))


def closed_at(milestone: Milestone, at: datetime) -> Milestone:
    return replace(milestone, state="closed", closed_at=at, updated_at=at)


def noon(day: int, month: int = 5) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def test_contract_cancelled_what_was_closed_until_its_last_day_is_billed_and_nothing_later() -> None:
    books = Books(deal(*TERMS, cancelled=LAST))
    books.now = noon(4)
    build, design, launch = milestones(["Build", "Design"], ["Launch"])
    made = books.run([closed_at(design, noon(1)), closed_at(build, noon(2)), launch])
    assert {term: why(action) for term, action in made.items()} == {
        "design": ("bill", "accepted"),
        "build": ("none", "contract-cancelled"),
        "launch": ("none", "contract-cancelled"),
    }
    assert made["build"].reason.words == "closed 2026-05-02T12:00:00Z, after 2026-05-01, the last day of the contract"


def test_the_last_day_of_a_contract_is_one_of_its_own_time_zone() -> None:
    """22:30 in UTC on 1 May is 2 May in Berlin, and 1 May in New York."""
    late = closed_at(milestones(["Design"])[0], datetime(2026, 5, 1, 22, 30, tzinfo=UTC))
    for timezone, kind in (("Europe/Berlin", "none"), ("America/New_York", "bill")):
        books = Books(deal(*TERMS, cancelled=LAST, timezone=timezone))
        books.now = noon(4)
        assert books.run([late])["design"].kind == kind


def test_until_its_last_day_is_over_a_contract_goes_on() -> None:
    books = Books(deal(*TERMS, cancelled=LAST))
    books.now = noon(1)
    made = books.run(milestones([], ["Design"]))
    assert (why(made["design"]), why(made["build"])) == (("none", "not-closed"), ("none", "milestone-missing"))


def test_a_term_that_nothing_matches_is_over_with_its_contract() -> None:
    books = Books(deal(*TERMS, cancelled=LAST))
    books.now = noon(4)
    assert why(books.run(())["design"]) == ("none", "contract-cancelled")


def test_a_closing_that_may_lie_after_the_last_day_waits_for_a_person() -> None:
    """The tracker gives no closing time: some time between its creation and its last change."""
    books = Books(deal(*TERMS, cancelled=LAST))
    books.now = noon(4)
    design = replace(milestones(["Design"])[0], closed_at=None, updated_at=noon(3))
    held = books.run([design])["design"]
    assert why(held) == ("hold", "closing-time-unknown")
    assert "perhaps after 2026-05-01, the last day of the contract" in held.reason.words
    books.approve(held.reference)
    assert books.run([design])["design"].kind == "bill"


def test_a_milestone_closed_after_the_last_day_stands_in_the_way_of_no_other_term_or_contract() -> None:
    twins = (share("Design", "30"), replace(share("Design", "30"), id="other"))
    books = Books(deal(*twins, cancelled=LAST))
    books.now = noon(4)
    design = closed_at(milestones(["Design"])[0], noon(2))
    assert {why(one) for one in books.run([design]).values()} == {("none", "contract-cancelled")}


def test_an_approval_does_not_bill_what_was_closed_after_the_last_day() -> None:
    books = Books(deal(*TERMS, cancelled=LAST))
    books.now = noon(4)
    design = closed_at(milestones(["Design"])[0], noon(2))
    books.approve(books.run([design])["design"].reference)
    assert why(books.run([design])["design"]) == ("none", "contract-cancelled")


def test_a_fixed_month_is_billed_if_it_ended_by_the_last_day_and_later_ones_do_not_come_into_being() -> None:
    retainer = Term("retainer", NO_MILESTONE, fixed=eur("500.00"), times=12, monthly=True)
    books = Books(deal(retainer, cancelled=date(2026, 3, 15)))
    books.now = noon(4, month=6)
    made = books.run(())
    assert {term: why(action) for term, action in made.items()} == {
        "retainer@2026-01": ("bill", "accepted"),
        "retainer@2026-02": ("bill", "accepted"),
        "retainer@2026-03": ("none", "contract-cancelled"),
    }


def test_hours_are_billed_until_the_last_day_and_not_the_rest_of_its_month() -> None:
    advice = Term("advice", NO_MILESTONE, time=Time(Decimal(100)), ceiling=eur("9000.00"), monthly=True)
    books = Books(deal(replace(advice, match=Match("title", "Design")), cancelled=date(2026, 3, 15)))
    [design] = milestones([], ["Design"])
    worked = [TimeEntry("anna", date(2026, 3, day), Decimal(hours)) for day, hours in ((15, 3), (16, 4))]
    books.now = noon(18, month=3)
    work = {design.key: (WorkItem("1", "Log in", closed=True, time=tuple(worked)),)}
    assert books.run([design], work)["advice@2026-03"].amount == eur("300.00")


def test_what_is_held_back_is_released_after_the_last_day() -> None:
    retainage = Retainage(Fraction(10), (Release(match=Match("title", "Acceptance")),))
    books = Books(deal(*TERMS, cancelled=LAST, retainage=retainage))
    books.now = noon(4)
    acceptance, design = milestones(["Design"], ["Acceptance"])
    design = closed_at(design, noon(1))
    books.run([design, acceptance])
    books.later(10)
    released = books.run([design, closed_at(acceptance, books.now)])["retainage"]
    assert (released.kind, released.amount) == ("bill", eur("1800.00"))


def test_small_bills_of_a_contract_that_is_over_wait_for_no_others() -> None:
    books = Books(deal(*TERMS, price="1000.00", minimum=eur("500.00"), cancelled=LAST))
    books.now = noon(4)
    design = closed_at(milestones(["Design"])[0], noon(1))
    assert books.run([design])["design"].kind == "bill"


@pytest.mark.parametrize("drawdown", ["end", "pro rata"])
def test_the_last_bill_of_a_contract_that_is_over_deducts_all_that_is_left_of_the_deposit(drawdown: Drawdown) -> None:
    books = Books(deal(*TERMS, price="1000.00", deposit=Deposit(Fraction(20), drawdown=drawdown)))
    books.run(())
    books.contract = replace(books.contract, cancelled=LAST)
    books.now = noon(4)
    build, design = (closed_at(one, noon(1)) for one in milestones(["Build", "Design"]))
    made = books.run([build, design])
    assert books.account.advances == books.account.drawn
    assert parts(made["build"])[-1][0] == "drawn"


def test_a_deposit_is_not_drawn_to_the_end_while_more_work_is_held() -> None:
    books = Books(deal(*TERMS, price="1000.00", deposit=Deposit(Fraction(20), drawdown="end")))
    books.run(())
    books.contract = replace(books.contract, cancelled=LAST)
    books.now = noon(4)
    build, design = (closed_at(one, noon(1)) for one in milestones(["Build", "Design"]))
    unknown = replace(build, closed_at=None, updated_at=noon(3))
    made = books.run([unknown, design])
    assert (why(made["build"])[0], parts(made["design"])) == ("hold", [("work", "300.00")])


def test_term_cancelled_a_cancelled_term_is_never_billed_and_al_5_its_cents_go_to_nobody() -> None:
    """AL-5, alga-psa T005: 1.01 in 50 %, 10 % cancelled and 50 % is 0.51, 0.10 that does not count, and 0.50."""
    terms = (share("Design", "50"), share("Beta", "10", cancelled=True), share("Launch", "50"))
    books = Books(deal(*terms, price="1.01"))
    made = books.run(milestones(["Beta", "Design", "Launch"]))
    assert [(one.kind, one.reason.code, str(one.amount and one.amount.amount)) for one in made.values()] == [
        ("bill", "accepted", "0.51"),
        ("none", "term-cancelled", "0.10"),
        ("bill", "accepted", "0.50"),
    ]
    [application] = statements(books.contract, books.claims)
    assert [(item.kind, str(item.scheduled.amount)) for item in application.items] == [
        ("term", "0.51"),
        ("cancelled", "0.10"),
        ("term", "0.50"),
    ]
    assert (str(application.total.scheduled.amount), application.total.balance.units) == ("1.01", 0)


def test_what_is_not_billed_because_a_term_was_cancelled_is_left_of_the_price() -> None:
    books = Books(deal(share("Design", "80"), share("Beta", "20", cancelled=True), price="100.00"))
    application = opening(books.contract, LAST)
    assert [(item.kind, str(item.scheduled.amount)) for item in application.items] == [
        ("term", "80.00"),
        ("cancelled", "20.00"),
        ("unallocated", "20.00"),
    ]
    assert application.total.scheduled == eur("100.00")


def test_term_cancelled_one_that_was_billed_before_keeps_its_claim() -> None:
    books = Books(deal(*TERMS))
    seen = milestones(["Design"], ["Build", "Launch"])
    books.run(seen)
    design, *others = TERMS
    books.contract = deal(replace(design, cancelled=True), *others)
    kept = books.run(seen)["design"]
    assert (why(kept), kept.amount) == (("none", "term-cancelled"), eur("18000.00"))
    assert kept.reason.words == "billed 18000.00 EUR, which stays; the contract has cancelled the term since"
    assert books.invoiced == eur("18000.00")
    assert [item.kind for item in statements(books.contract, books.claims)[-1].items] == ["term", "term", "term"]


def test_a_term_that_is_cancelled_halfway_counts_with_what_was_billed_of_it() -> None:
    sprint = Term("sprint", SPRINTS, fixed=eur("100.00"), times=10)
    books = Books(deal(sprint, share("Launch", "50"), price="2000.00"))
    books.run(milestones(["Sprint 1", "Sprint 2"], ["Launch", "Sprint 3"]))
    books.contract = deal(replace(sprint, cancelled=True), share("Launch", "50"), price="2000.00")
    books.later(1)
    made = books.run(milestones(["Launch", "Sprint 1", "Sprint 2", "Sprint 3"]))
    assert sorted(why(one) for term, one in made.items() if term != "launch") == [("none", "term-cancelled")] * 3
    assert (made["launch"].kind, books.account.work_of("sprint")) == ("bill", eur("200.00"))
    application = statements(books.contract, books.claims)[-1]
    assert [(item.kind, str(item.scheduled.amount)) for item in application.items] == [
        ("term", "200.00"),
        ("term", "1000.00"),
        ("unallocated", "800.00"),
    ]


def test_the_deposit_is_drawn_to_the_end_by_the_last_term_that_was_not_cancelled() -> None:
    design, build, launch = TERMS
    contract = deal(design, build, replace(launch, cancelled=True), price="1000.00")
    books = Books(replace(contract, deposit=Deposit(Fraction(20), drawdown="end")))
    books.run(())
    books.run(milestones(["Design"], ["Build"]))
    books.later(1)
    last = books.run(milestones(["Build", "Design"]))["build"]
    assert parts(last) == [("work", "500.00"), ("drawn", "-200.00")]


def test_a_cancelled_term_stands_in_the_way_of_no_other_term_of_its_milestone() -> None:
    books = Books(deal(share("Design", "30", cancelled=True), replace(share("Design", "40"), id="again")))
    made = books.run(milestones(["Design"]))
    assert (why(made["design"]), why(made["again"])) == (("none", "term-cancelled"), ("bill", "accepted"))


def test_the_standing_names_what_was_cancelled_and_nobody_waits_for_it() -> None:
    design, build, launch = TERMS
    books = Books(deal(design, replace(build, cancelled=True), launch, cancelled=LAST))
    books.now = noon(4)
    made = books.plan([closed_at(milestones(["Design"])[0], noon(1))])
    claims = [claim_of(action, books.now) for action in made.of_kind("bill")]
    [standing] = standings([books.contract], replace(made, actions=made.actions[1:]), claims)
    assert [one.state for one in standing.terms] == ["delivered", "cancelled", "cancelled"]
    assert standing.waiting == ()


def test_a_contract_that_is_reissued_after_its_last_day_is_billed_as_before() -> None:
    books = Books(deal(*TERMS))
    books.run(milestones(["Design"]))
    gone = tuple(replace(one, state="gone") for one in books.claims[0].deliveries)
    books.claims = [replace(books.claims[0], deliveries=gone)]
    first = books.claims[0].reference
    books.approve(first)
    books.decisions = {first: replace(books.decisions[first], decision="reissue")}
    design, *others = TERMS
    books.contract = deal(replace(design, cancelled=True), *others, cancelled=date(2026, 1, 2))
    books.now += timedelta(days=1)
    again = books.run(milestones(["Design"]))["design"]
    assert (why(again), again.amount) == (("bill", "reissued"), eur("18000.00"))
