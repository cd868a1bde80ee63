"""Terms that bill what a person certifies: how much, when, and never twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from tests.unit.deals import Books, deal, eur, milestones, share, why

from tracker2invoice.mapping.occasions import NO_MILESTONE
from tracker2invoice.model.claim import Decision
from tracker2invoice.model.conditions import ChangeOrder
from tracker2invoice.model.contract import Acceptance
from tracker2invoice.model.invoice import Certification
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Match, Term
from tracker2invoice.testing.samples import NOW

BETA = share("Beta", "25", progress="certified")
ROOF = Term("roof", NO_MILESTONE, fixed=eur("1000.00"), progress="certified", description="Roof with gutters")
CLOSED = milestones(["Beta"])


def books(*terms: Term, **more: object) -> Books:
    """Return the books of a contract of 2000.00; anna and ben may certify."""
    return Books(deal(*terms, price="2000.00", acceptance=Acceptance(by=("anna", "ben")), **more))


def billed(made: Books) -> list[tuple[str, Money]]:
    return [(claim.term, claim.amount) for claim in made.claims]


def test_a_closed_milestone_waits_for_a_person_until_one_of_the_named_people_has_certified_something() -> None:
    action = books(BETA).run(CLOSED)["beta@1"]
    assert why(action) == ("hold", "not-certified")
    assert "anna or ben" in action.reason.words
    assert action.reason.command == "t2i certify acme-portal beta PERCENT --by NAME"


def test_what_is_certified_is_billed_and_the_rest_once_that_is_certified_too() -> None:
    made = books(BETA)
    made.certify("beta", "60")
    action = made.run(CLOSED)["beta@1"]
    assert why(action) == ("bill", "accepted")
    words = "60 % of 500.00 EUR certified by anna at 2026-03-02T09:30:00Z = 300.00 EUR, less 0.00 EUR billed before"
    assert str(action.due.charges[0].basis) == words
    assert action.due.certified == Certification("acme-portal", "beta", Decimal(60), "anna", NOW)
    rest = made.run(CLOSED)["beta@2"]
    assert why(rest) == ("none", "partly-certified")
    assert "t2i certify acme-portal beta PERCENT --by NAME" in rest.reason.words
    made.later(30)
    made.certify("beta", "100", "ben")
    made.run(CLOSED)
    assert billed(made) == [("beta@1", eur("300.00")), ("beta@2", eur("200.00"))]
    assert why(made.run(CLOSED)["beta@3"]) == ("none", "no-progress")


def test_two_runs_never_bill_one_certification_twice_nor_two_certifications_of_as_much() -> None:
    made = books(BETA)
    for who in ("anna", "ben"):
        made.certify("beta", "60", who)
        made.run(CLOSED)
        made.run(CLOSED)
    assert billed(made) == [("beta@1", eur("300.00"))]


def test_a_lower_certification_is_told_and_nothing_is_taken_back() -> None:
    made = books(BETA)
    made.certify("beta", "60")
    made.run(CLOSED)
    made.certify("beta", "40")
    action = made.run(CLOSED)["beta@2"]
    assert why(action) == ("none", "no-progress")
    assert action.reason.words.endswith("= 200.00 EUR, and 300.00 EUR was billed before; nothing is taken back")
    made.certify("beta", "70")
    made.run(CLOSED)
    assert billed(made) == [("beta@1", eur("300.00")), ("beta@2", eur("50.00"))]


def test_the_latest_certification_counts_so_that_one_can_be_corrected_before_it_is_billed() -> None:
    made = books(BETA)
    made.certify("beta", "100")
    made.certify("beta", "10")
    made.run(CLOSED)
    assert billed(made) == [("beta@1", eur("50.00"))]


@pytest.mark.parametrize("steps", [["100"], ["33.3", "66.6", "100"], ["0.001", "50", "49", "99.999", "100"]])
def test_however_many_certifications_lead_to_all_of_it_the_bills_make_what_the_term_is_worth(steps: list[str]) -> None:
    made = books(replace(BETA, percent=Fraction(100, 3)))
    for percent in steps:
        made.certify("beta", percent)
        made.run(CLOSED)
    assert made.invoiced == eur("666.67")


def test_nothing_of_an_open_milestone_is_billed_whatever_is_certified() -> None:
    made = books(BETA)
    made.certify("beta", "60")
    assert why(made.run(milestones([], ["Beta"]))["beta@1"]) == ("none", "not-closed")


def test_without_a_milestone_each_certification_bills_by_itself() -> None:
    made = books(ROOF)
    action = made.run([])["roof@1"]
    assert why(action) == ("none", "nothing-certified")
    assert "t2i certify acme-portal roof PERCENT --by NAME" in action.reason.words
    for percent, days in (("45", 30), ("100", 30)):
        made.certify("roof", percent)
        bills = [one for one in made.run([]).values() if one.kind == "bill"]
        assert [(one.closed.title, one.closed.closed_at) for one in bills] == [("Roof with gutters", made.now)]
        assert "no-progress" in {one.reason.code for one in made.run([]).values()}
        made.later(days)
    assert billed(made) == [("roof@1", eur("450.00")), ("roof@2", eur("550.00"))]
    assert [why(one) for one in made.run([]).values()] == [
        ("none", "already-billed"),
        ("none", "already-billed"),
        ("none", "no-progress"),
    ]


def test_a_month_bills_what_was_certified_by_its_end() -> None:
    made = books(replace(BETA, monthly=True))
    seen = milestones([], ["Beta"])
    assert why(made.run(seen)["beta@2026-02"]) == ("none", "nothing-certified")
    made.certify("beta", "20")
    made.later(27)
    made.certify("beta", "60")
    made.now = datetime(2026, 4, 1, 12, tzinfo=UTC)
    made.certify("beta", "90")
    made.run(seen)
    assert billed(made) == [("beta@2026-03", eur("300.00"))]
    made.later(30)
    made.run(seen)
    assert made.invoiced == eur("450.00")


def test_what_was_taken_back_has_to_be_certified_anew() -> None:
    made = books(BETA, ROOF)
    for term in ("beta", "roof"):
        made.certify(term, "60")
    made.run(CLOSED)
    made.certify("beta", "80")
    made.run(CLOSED)
    for claim in [one for one in made.claims if one.term in ("beta@2", "roof@1")]:
        assert made.credit(claim.reference) == ""
    made.run(CLOSED)
    made.later(1)
    again = made.run([replace(one, closed_at=made.now) for one in CLOSED])
    assert [why(again[term]) for term in ("beta@1", "beta@2", "beta@3", "roof@1", "roof@2")] == [
        ("none", "already-billed"),
        ("none", "credited"),
        ("hold", "not-certified"),
        ("none", "credited"),
        ("none", "nothing-certified"),
    ]
    assert "`t2i certify acme-portal roof PERCENT --by NAME`" in again["roof@1"].reason.words
    made.certify("beta", "70")
    made.certify("roof", "60")
    made.run(CLOSED)
    assert [made.account.work_of(term) for term in ("beta", "roof")] == [eur("350.00"), eur("600.00")]


def test_while_a_bill_is_being_taken_back_nothing_more_is_billed() -> None:
    made = books(BETA)
    made.certify("beta", "60")
    made.run(CLOSED)
    assert made.credit(made.claims[0].reference) == ""
    made.certify("beta", "70")
    waiting = made.run(CLOSED)["beta@2"]
    assert why(waiting) == ("none", "credited")
    assert "is to be taken back first" in waiting.reason.words
    note = made.claims[1]
    made.claims[1] = replace(note, deliveries=(replace(note.deliveries[0], state="rejected"),))
    assert "which is not there: books rejected" in made.run(CLOSED)["beta@2"].reason.words
    made.claims[1] = note
    made.run(CLOSED)
    assert made.claims[2].amount == eur("350.00")


def test_a_reopened_milestone_waits_for_a_person_and_stays_billed_if_that_person_says_so() -> None:
    made = books(BETA)
    made.certify("beta", "60")
    reference = made.run(CLOSED)["beta@1"].reference
    made.certify("beta", "100")
    reopened = milestones([], ["Beta"])
    made.later(1)
    again = made.run(reopened)
    assert [why(again[term]) for term in ("beta@1", "beta@2")] == [
        ("hold", "reopened-after-billing"),
        ("none", "not-closed"),
    ]
    made.approve(reference)
    made.run(reopened)
    assert made.invoiced == eur("300.00")
    made.run(CLOSED)
    assert billed(made) == [("beta@1", eur("300.00")), ("beta@2", eur("200.00"))]


def test_what_is_billed_again_has_the_amount_of_before_whatever_was_certified_since() -> None:
    made = books(BETA)
    made.certify("beta", "60")
    reference = made.run(CLOSED)["beta@1"].reference
    gone = replace(made.claims[0].deliveries[0], state="gone")
    made.claims[0] = replace(made.claims[0], deliveries=(gone,))
    made.decisions[reference] = Decision(reference, "reissue", "ann", made.now)
    made.certify("beta", "100")
    again = made.run(CLOSED)
    assert [(one.reason.code, one.amount) for one in again.values()] == [
        ("reissued", eur("300.00")),
        ("accepted", eur("200.00")),
    ]


def test_an_older_ledger_bills_under_the_reference_of_before_whatever_is_certified_then() -> None:
    made = books(BETA, ROOF)
    references: list[list[str]] = []
    for percent in ("60", "80"):
        restored = Books(made.contract)
        for term in ("beta", "roof"):
            restored.certify(term, percent)
        references.append([one.reference for one in restored.run(CLOSED).values() if one.kind == "bill"])
    assert references[0] == references[1]
    assert len(set(references[0])) == 2


def test_a_change_order_raises_what_the_certified_percentage_is_of() -> None:
    order = ChangeOrder("1", date(2026, 4, 1), eur("100.00"), term="beta")
    made = books(BETA, change_orders=(order,))
    made.certify("beta", "60")
    made.run(CLOSED)
    made.later(30)
    made.run(CLOSED)
    assert billed(made) == [("beta@1", eur("300.00")), ("beta@2", eur("60.00"))]


def test_a_small_part_waits_for_the_next_unless_nothing_is_left_to_certify() -> None:
    made = books(ROOF, minimum=eur("100.00"))
    made.certify("roof", "5")
    assert why(made.run([])["roof@1"]) == ("none", "below-minimum")
    made.certify("roof", "95")
    made.run([])
    made.certify("roof", "100")
    made.run([])
    assert billed(made) == [("roof@1", eur("950.00")), ("roof@2", eur("50.00"))]


def test_what_is_small_waits_no_longer_once_all_was_certified_and_billed() -> None:
    made = books(ROOF, share("Launch", "1"), minimum=eur("100.00"))
    made.certify("roof", "100")
    made.run([])
    assert why(made.run(milestones(["Launch"]))["launch"]) == ("bill", "accepted")


def test_two_terms_of_one_milestone_still_wait_for_a_person() -> None:
    made = books(replace(BETA, id="one", percent=Fraction(20)), replace(BETA, id="other", percent=Fraction(20)))
    made.certify("one", "60")
    assert {why(one) for one in made.run(CLOSED).values()} == {("hold", "two-terms")}


def test_several_milestones_together_are_certified_once_all_of_them_are_closed() -> None:
    together = Match("all", of=(Match("title", "Design"), Match("title", "Beta")))
    made = books(replace(BETA, match=together))
    made.certify("beta", "60")
    assert why(made.run(milestones(["Beta"], ["Design"]))["beta@1"]) == ("none", "not-closed")
    made.run(milestones(["Beta", "Design"]))
    made.certify("beta", "100")
    made.run(milestones(["Beta", "Design"]))
    assert made.invoiced == eur("500.00")


@pytest.mark.parametrize("percent", ["-0.1", "100.1"])
def test_less_than_nothing_and_more_than_all_cannot_be_certified(percent: str) -> None:
    with pytest.raises(ValueError, match="from 0 to 100"):
        Certification("acme-portal", "beta", Decimal(percent), "anna", NOW)
