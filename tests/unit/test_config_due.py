"""What a person writes about the time for payment, and the rule that it becomes."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker2invoice.config.due import due_rule
from tracker2invoice.configfile import load
from tracker2invoice.errors import ConfigInvalid
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.due import DueRule, EarlyPayment, Installment
from tracker2invoice.model.money import Money

pytestmark = pytest.mark.usefixtures("strangers_connectors")

GOOD = (Path(__file__).parent / "configuration" / "good.toml").read_text(encoding="utf-8")


def contract(folder: Path, *settings: str) -> Contract:
    """Return the contract of the good file with these lines in place of its due date."""
    path = folder / "tracker2invoice.toml"
    path.write_text(GOOD.replace('due = "30 days"', "\n".join(settings)), encoding="utf-8")
    return load(path).contracts[0]


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("30 days", DueRule(days=30)),
        ("1 day", DueRule(days=1)),
        ("net 30", DueRule(days=30)),
        ("Net 30 days", DueRule(days=30)),
        ("30 days net", DueRule(days=30)),
        ("at once", DueRule()),
        ("EOM", DueRule("month end, then days")),
        ("end of month + 10 days", DueRule("month end, then days", 10)),
        ("end of the month+10", DueRule("month end, then days", 10)),
        ("EOM + 10", DueRule("month end, then days", 10)),
        ("30 days, then EOM", DueRule("days, then month end", 30)),
        ("30 days then  end of month", DueRule("days, then month end", 30)),
        ("30 days, EOM, on day 10", DueRule("days, then month end, then day", 30, 10)),
        ("30 days then EOM, on the day 10th", DueRule("days, then month end, then day", 30, 10)),
        ("15th of next month", DueRule("days, then month end, then day", 0, 15)),
        ("1st of the next month", DueRule("days, then month end, then day", 0, 1)),
        ("30 days, then next day 15", DueRule("days, then next day", 30, 15)),
        ("the 31st of the month", DueRule("days, then next day", 0, 31)),
    ],
)
def test_each_way_to_write_a_rule_is_understood(words: str, rule: DueRule) -> None:
    assert due_rule(words) == due_rule(words.upper()) == rule


@given(st.text(max_size=40))
def test_any_other_text_is_refused_with_a_sentence_alone(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(write a rule: |days are calendar days; |two rules |a day of a month )"):
        due_rule(f"x {text}")


def test_a_table_holds_all_that_moves_the_day(tmp_path: Path) -> None:
    due = (
        'due = { rule = "30 days then EOM", payment_days = [25, 10], cut_off = 5, '
        'business_days = "modified following", calendar = "DE-BE" }'
    )
    assert contract(tmp_path, due).due == DueRule(
        "days, then month end", 30, None, (10, 25), 5, "modified following", "DE-BE"
    )


def test_a_rule_in_a_table_is_the_rule_by_itself(tmp_path: Path) -> None:
    assert contract(tmp_path, 'due = { rule = "14 days" }').due == contract(tmp_path, 'due = "14 days"').due


def test_discounts_the_late_fee_and_the_time_of_delivery_are_what_was_agreed(tmp_path: Path) -> None:
    agreed = contract(
        tmp_path,
        'due = "30 days"',
        'early_payment = [{ days = 7, percent = "2.5" }, { days = 14, percent = 1 }]',
        'late_fee = "  Late payments\\n bear 9 %. "',
        'delivery = "period"',
    )
    assert agreed.early_payment == (EarlyPayment(7, Decimal("2.5")), EarlyPayment(14, Decimal(1)))
    assert (agreed.late_fee, agreed.delivery) == ("Late payments bear 9 %.", "period")


PARTS = (
    'installments = [{ percent = "100/3", due = "at once" }, { percent_of_rest = "50", due = "14 days" }, '
    '{ amount = "500.00", due = "30 days" }, { rest = true, due = { rule = "EOM", cut_off = 5 } }]'
)


def test_installments_are_what_was_agreed_each_with_its_own_due_date(tmp_path: Path) -> None:
    agreed = contract(tmp_path, 'due = { rule = "EOM", cut_off = 5 }', PARTS)
    assert agreed.installments == (
        Installment(DueRule(), percent=Fraction(100, 3)),
        Installment(DueRule(days=14), percent_of_rest=Fraction(50)),
        Installment(DueRule(days=30), fixed=Money(Decimal("500.00"), "EUR")),
        Installment(DueRule("month end, then days", cut_off=5)),
    )


def test_a_discount_beside_installments_is_refused(tmp_path: Path) -> None:
    early = 'early_payment = [{ days = 10, percent = "2" }]'
    with pytest.raises(ConfigInvalid) as caught:
        contract(tmp_path, 'due = { rule = "EOM", cut_off = 5 }', PARTS, early)
    assert [(one.key, one.message) for one in caught.value.problems] == [
        ("early_payment", "a discount and installments contradict each other; remove one")
    ]


@pytest.mark.parametrize("rule", ["EOM", "15th of next month"])
def test_a_discount_may_be_longer_than_the_shortest_time_that_a_rule_gives(tmp_path: Path, rule: str) -> None:
    early = contract(tmp_path, f'due = "{rule}"', 'early_payment = [{ days = 10, percent = "2" }]').early_payment
    assert early == (EarlyPayment(10, Decimal(2)),)
