"""The progress statement: what counts, on which day, in which row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from tests.statements import FIRST, claim, columns, deal, euro, lines

from tracker2invoice.mapping.statement import opening, statements
from tracker2invoice.model.conditions import ChangeOrder
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Match, Term, TermKind, Time, Units
from tracker2invoice.testing.samples import sample_contract

DESIGN = claim(0, ("work", "design", "18000.00"), name="design")
TODAY = date(2026, 3, 2)


def test_a_contract_with_nothing_billed_is_open_as_a_whole() -> None:
    before = opening(sample_contract(), TODAY)
    assert (before.number, before.day) == (0, TODAY)
    assert lines(before) == {
        "1": "60000.00", "2": "0.00", "2a": "0.00", "3": "60000.00", "4": "0.00", "5": "0.00", "6": "0.00",
        "7": "0.00", "8": "0.00", "9": "60000.00",
    }  # fmt: skip
    assert columns(before)["beta"] == ["30000.00", "0.00", "0.00", "0.00", "0.00", "0 %", "30000.00", "0.00"]
    assert statements(sample_contract(), []) == ()


def test_a_claim_of_the_first_version_is_all_work() -> None:
    (only,) = statements(sample_contract(), [replace(DESIGN, parts=())])
    assert columns(only)["design"][:5] == ["18000.00", "0.00", "18000.00", "0.00", "18000.00"]


def test_a_day_is_one_of_the_contracts_time_zone() -> None:
    contract = deal("100.00", a="100.00")
    late = claim(0, ("work", "a", "10.00"), at=datetime(2026, 3, 1, 22, 59, tzinfo=UTC))
    later = claim(0, ("work", "a", "20.00"), at=datetime(2026, 3, 1, 23, 1, tzinfo=UTC), name="a@later")
    assert [one.day for one in statements(contract, [late, later])] == [date(2026, 3, 1), date(2026, 3, 2)]
    in_london = replace(contract, timezone="Europe/London")
    assert [one.day for one in statements(in_london, [late, later])] == [date(2026, 3, 1)]


def test_all_that_is_billed_on_a_day_is_one_application() -> None:
    contract = deal("100.00", a="60.00", b="40.00")
    (only,) = statements(contract, [claim(0, ("work", "a", "60.00")), claim(0, ("work", "b", "40.00"))])
    assert (only.number, only.asked) == (1, euro("100.00"))


def test_what_was_reissued_no_longer_counts() -> None:
    again = replace(DESIGN, reference="T2I-again", generation=2, claimed_at=FIRST + timedelta(days=5))
    (only,) = statements(sample_contract(), [DESIGN, again])
    assert only.day == date(2026, 3, 7)
    assert lines(only)["4"] == "18000.00"


def test_claims_of_another_contract_or_another_currency_do_not_count() -> None:
    other = replace(DESIGN, contract="acme-shop")
    dollars = replace(DESIGN, term="beta", amount=Money(Decimal("30000.00"), "USD"), parts=())
    assert statements(sample_contract(), [other, dollars]) == ()


def test_work_that_a_cap_has_written_down_is_not_completed() -> None:
    contract = deal("100.00", hours="100.00")
    (only,) = statements(contract, [claim(0, ("work", "hours", "20.00"), ("written-down", "hours", "-5.00"))])
    assert columns(only)["hours"] == ["100.00", "0.00", "15.00", "0.00", "15.00", "15 %", "85.00", "0.00"]


def test_occasions_of_a_term_are_one_row() -> None:
    contract = deal("100.00", sprint="100.00")
    claims = [
        claim(0, ("work", "sprint@github:1:7", "10.00"), name="sprint@github:1:7"),
        claim(1, ("work", "sprint", "30.00"), name="sprint@github:1:8"),
    ]
    last = statements(contract, claims)[-1]
    assert columns(last) == {"sprint": ["100.00", "10.00", "30.00", "0.00", "40.00", "40 %", "60.00", "0.00"]}


def test_escalation_and_discounts_change_the_contract_sum_by_what_was_billed_of_them() -> None:
    contract = deal("100.00", a="100.00")
    claims = [
        claim(0, ("work", "a", "50.00"), ("escalation", "a", "5.00")),
        claim(1, ("work", "a", "50.00"), ("escalation", "a", "6.00"), ("discount", "a", "-2.00")),
    ]
    last = statements(contract, claims)[-1]
    assert columns(last) == {
        "a": ["100.00", "50.00", "50.00", "0.00", "100.00", "100 %", "0.00", "0.00"],
        "escalation": ["11.00", "5.00", "6.00", "0.00", "11.00", "100 %", "0.00", "0.00"],
        "discount": ["-2.00", "0.00", "-2.00", "0.00", "-2.00", "100 %", "0.00", "0.00"],
    }
    assert lines(last) == {
        "1": "100.00", "2": "0.00", "2a": "9.00", "3": "109.00", "4": "109.00", "5": "0.00", "6": "109.00",
        "7": "55.00", "8": "54.00", "9": "0.00",
    }  # fmt: skip


def test_advances_stand_beside_the_lines_and_make_what_the_bills_ask_for() -> None:
    contract = deal("100.00", a="100.00")
    claims = [
        claim(0, ("advance", "deposit", "30.00")),
        claim(1, ("work", "a", "50.00"), ("drawn", "a", "-12.00")),
        claim(2, ("work", "a", "50.00"), ("drawn", "a", "-18.00")),
    ]
    first, second, third = statements(contract, claims)
    assert (first.lines["8"], first.asked) == (euro("0.00"), euro("30.00"))
    assert (second.lines["8"], second.asked) == (euro("50.00"), euro("38.00"))
    advances = second.advances
    assert (advances.billed, advances.drawn, advances.left) == (euro("30.00"), euro("12.00"), euro("18.00"))
    assert (third.asked, third.advances.left) == (euro("32.00"), euro("0.00"))


def test_a_change_order_counts_from_its_day_and_leaves_what_was_billed() -> None:
    order = ChangeOrder("CO-1", date(2026, 3, 3), euro("20000.00"))
    contract = replace(sample_contract(), change_orders=(order,))
    beta = claim(1, ("work", "beta", "40000.00"), name="beta")
    before, after = statements(contract, [DESIGN, beta])
    assert (before.lines["2"], before.change_orders) == (euro("0.00"), ())
    assert columns(before)["beta"][0] == "30000.00"
    assert (after.lines["2"], after.change_orders) == (euro("20000.00"), (order,))
    assert [row[0] for row in columns(after).values()] == ["18000.00", "40000.00", "16000.00", "6000.00"]


def test_what_is_in_no_term_has_a_row_so_that_column_c_makes_line_3() -> None:
    contract = replace(sample_contract(), terms=sample_contract().terms[:2])
    (only,) = statements(contract, [DESIGN])
    assert columns(only)["unallocated"] == ["12000.00", "0.00", "0.00", "0.00", "0.00", "0 %", "12000.00", "0.00"]
    assert only.total.scheduled == only.lines["3"]


def test_a_term_that_was_billed_and_removed_keeps_its_row() -> None:
    contract = replace(sample_contract(), terms=sample_contract().terms[1:])
    (only,) = statements(contract, [DESIGN])
    assert columns(only)["design"] == ["18000.00", "0.00", "18000.00", "0.00", "18000.00", "100 %", "0.00", "0.00"]
    assert [(item.kind, item.scheduled) for item in only.items if item.kind != "term"] == [
        ("removed", euro("18000.00"))
    ]


MATCH = Match("title", "a")


@pytest.mark.parametrize(
    "term",
    [
        Term("a", MATCH, fixed=euro("100.00"), progress="points"),
        Term("a", MATCH, units=Units(Decimal(1), "number", Decimal(100))),
        Term("a", MATCH, time=Time(Decimal(50)), ceiling=euro("100.00")),
        Term("a", MATCH, fixed=euro("25.00"), monthly=True, times=4),
    ],
    ids=["progress", "units", "time", "monthly"],
)
def test_a_term_that_is_billed_in_steps_keeps_its_scheduled_value(term: Term) -> None:
    (only,) = statements(replace(deal("100.00"), terms=(term,)), [claim(0, ("work", "a", "25.00"))])
    assert columns(only) == {"a": ["100.00", "0.00", "25.00", "0.00", "25.00", "25 %", "75.00", "0.00"]}


@pytest.mark.parametrize("kind", ["advance", "release"])
def test_what_is_no_work_has_no_row(kind: TermKind) -> None:
    term = replace(Term("b", Match("title", "b")), percent=Fraction(10), kind=kind)
    contract = deal("100.00", a="100.00")
    contract = replace(contract, terms=(*contract.terms, term))
    (only,) = statements(contract, [claim(0, ("work", "a", "25.00"))])
    assert list(columns(only)) == ["a"]


def test_nothing_scheduled_has_no_percentage() -> None:
    contract = replace(deal("0.00"), terms=(Term("a", Match("title", "a"), time=Time(Decimal(50))),))
    (only,) = statements(contract, [claim(0, ("work", "a", "25.00"))])
    assert columns(only)["a"] == ["0.00", "0.00", "25.00", "0.00", "25.00", "", "-25.00", "0.00"]


def test_a_release_for_no_term_is_taken_off_what_each_term_holds_in_proportion() -> None:
    contract = deal("300.00", a="100.00", b="200.00")
    claims = [
        claim(0, ("work", "a", "100.00"), ("retained", "a", "-10.00")),
        claim(0, ("work", "b", "100.00"), ("retained", "b", "-10.00")),
        claim(1, ("released", "retainage", "5.01")),
        claim(2, ("work", "b", "100.00"), ("retained", "b", "-10.00")),
    ]
    held = [[row[-1] for row in columns(one).values()] for one in statements(contract, claims)]
    assert held == [["10.00", "10.00"], ["7.49", "7.50"], ["7.49", "17.50"]]


def test_a_release_of_one_term_is_taken_off_that_term() -> None:
    contract = deal("200.00", a="100.00", b="100.00")
    claims = [
        claim(0, ("work", "a", "100.00"), ("retained", "a", "-10.00")),
        claim(0, ("work", "b", "100.00"), ("retained", "b", "-10.00")),
        claim(1, ("released", "b", "10.00")),
    ]
    assert [row[-1] for row in columns(statements(contract, claims)[-1]).values()] == ["10.00", "0.00"]


def test_what_is_released_beyond_what_was_retained_is_an_item_of_its_own() -> None:
    contract = deal("100.00", a="100.00")
    claims = [
        claim(0, ("work", "a", "50.00"), ("retained", "a", "-5.00")),
        claim(1, ("released", "a", "7.00")),
        claim(2, ("work", "a", "50.00"), ("retained", "a", "-5.00")),
    ]
    applications = statements(contract, claims)
    assert columns(applications[1])["released"][:3] == ["2.00", "0.00", "2.00"]
    assert [one.lines["5"] for one in applications] == [euro("5.00"), euro("0.00"), euro("3.00")]
    assert [one.lines["8"] for one in applications] == [euro("45.00"), euro("7.00"), euro("45.00")]
    assert columns(applications[2])["released"][:3] == ["0.00", "2.00", "-2.00"]
