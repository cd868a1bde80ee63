"""What the official rules let pass: each fault of sums, signs and dates is seen by ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.einvoice.billing import Scenario
from tests.einvoice.rules import broken_rules
from tests.einvoice.scenarios import CONDITIONS, SCENARIOS

from tracker2invoice.documents.arithmetic import faults
from tracker2invoice.documents.profiles import PROFILES
from tracker2invoice.documents.ubl import render_ubl
from tracker2invoice.model.invoice import Draft, Period

DRAFT = CONDITIONS["a discount"].drafts()[0]


def off(draft: Draft, cents: str = "0.90") -> Draft:
    """Return the draft with VAT that is wrong by less than one, and totals that agree with it."""
    wrong, [tax] = Decimal(cents), draft.tax
    totals = replace(
        draft.totals,
        tax=draft.totals.tax + wrong,
        gross=draft.totals.gross + wrong,
        payable=draft.totals.payable + wrong,
    )
    return replace(draft, tax=(replace(tax, amount=tax.amount + wrong),), totals=totals)


def line(**fields: Any) -> Callable[[Draft], Draft]:
    return lambda draft: replace(draft, lines=(replace(draft.lines[0], **fields), *draft.lines[1:]))


def totals(**more: str) -> Callable[[Draft], Draft]:
    def changed(draft: Draft) -> Draft:
        sums = {name: getattr(draft.totals, name) + Decimal(value) for name, value in more.items()}
        return replace(draft, totals=replace(draft.totals, **sums))

    return changed


FAULTS: list[tuple[str, Callable[[Draft], Draft]]] = [
    ("R120", line(quantity=Decimal(2))),
    ("BR-27", line(unit_price=Decimal("-18000.00"), quantity=Decimal(-1))),
    ("BT-92", lambda one: replace(one, allowances=tuple(replace(a, amount=-a.amount) for a in one.allowances))),
    ("BR-CO-11", totals(allowances="0.01")),
    ("BR-CO-10", totals(net="0.01")),
    ("BR-CO-14", totals(tax="0.01")),
    ("BR-CO-15", totals(gross="0.01")),
    ("BR-CO-16", totals(payable="0.01")),
    ("BR-CO-16", totals(prepaid="0.01")),
    ("BR-CO-18", lambda one: replace(one, tax=())),
    ("BR-S-08", lambda one: replace(one, tax=(replace(one.tax[0], base=one.tax[0].base + 1),))),
    ("BR-CO-17", off),
    ("BR-CO-17", lambda one: off(one, "-0.03")),
    ("BT-9", lambda one: replace(one, due_date=one.issue_date - timedelta(days=1))),
    (
        "BR-29",
        lambda one: replace(one, delivery_period=Period(one.issue_date, one.delivery_date - timedelta(days=9))),
    ),
]


@pytest.mark.parametrize(("rule", "change"), FAULTS)
def test_each_fault_is_told_with_its_rule(rule: str, change: Callable[[Draft], Draft]) -> None:
    assert faults(DRAFT) == ()
    assert any(rule in words for words in faults(change(DRAFT)))


def test_the_official_rules_do_not_see_vat_that_is_wrong_by_ninety_cents() -> None:
    """This is why the check is ours: once they do, it can go."""
    assert broken_rules(render_ubl(off(DRAFT), PROFILES["en16931"]), "ubl") == []
    assert faults(off(DRAFT)) != ()


@pytest.mark.parametrize("name", ["tax rounded by line", "prices that include tax", "prices that include two taxes"])
def test_vat_that_is_rounded_by_line_or_part_of_prices_is_no_fault(name: str) -> None:
    assert [faults(draft) for draft in SCENARIOS[name].drafts()] == [()] * len(SCENARIOS[name].drafts())


def test_a_line_of_hours_may_be_off_by_what_was_rounded_before() -> None:
    draft = Scenario().drafts()[0]
    assert faults(line(quantity=Decimal("1.000001"))(draft)) == ()
