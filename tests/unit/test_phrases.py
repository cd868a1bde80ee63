"""What is said of a bill, in every language: its numbers and days, and that nothing is missing to say it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

import tracker2invoice
from tracker2invoice.languages.labels import LANGUAGES, labels
from tracker2invoice.languages.phrases import Said, Unrounded, days, joined, phrase, worded
from tracker2invoice.mapping import formula
from tracker2invoice.model.conditions import ChangeOrder, Drawdown
from tracker2invoice.model.invoice import PartKind
from tracker2invoice.model.money import Money
from tracker2invoice.model.tax import HELD_BACK, VAT_LATER
from tracker2invoice.model.term import Match, ProgressBy, Term
from tracker2invoice.testing.samples import sample_contract

SOURCES = Path(tracker2invoice.__file__).parent
DESIGN = Term("design", Match("title", "Design"), percent=Fraction(30))
THIRD = phrase("share_of", percent=Fraction(100, 3), amount=Money(Decimal("1234567.80"), "EUR"))
AMOUNT = Unrounded(Fraction(10000, 3), "EUR")
CHOSEN = {
    *(f"part_{kind.replace('-', '_')}" for kind in get_args(PartKind) if kind != "work"),
    *(f"done_{by}" for by in get_args(ProgressBy)),
    # a deposit that stays a credit is never drawn
    *(f"drawn_{rule.replace(' ', '_')}" for rule in get_args(Drawdown) if rule != "credit"),
}
"""Phrases whose keys are put together."""


def called() -> Iterator[tuple[str, list[str]]]:
    """Yield every call of `phrase` with a key, and the places that it names; those that are passed on are not known."""
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="phrase"), args=[ast.Constant(value=str(name))], keywords=given):
                    if places := [one.arg for one in given if one.arg]:
                        yield name, places
                    elif not given:
                        yield name, []
                case _:
                    pass


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_whatever_is_said_can_be_said_with_every_value() -> None:
    said = dict(called())
    assert len(said) > 30
    wrong = {name: places for name, places in said.items() if not {*places} <= placeholders(labels("en")[name])}
    assert wrong == {}
    assert {name for name in CHOSEN if name not in labels("en")} == set()


@pytest.mark.parametrize(
    ("language", "said", "words"),
    [
        ("en", THIRD, "33 1/3 % of 1234567.80 EUR"),
        ("de", THIRD, "33 1/3 % von 1.234.567,80 EUR"),
        ("fr", THIRD, "33 1/3 % de 1 234 567,80 EUR"),
        ("uk", THIRD, "33 1/3 % від 1 234 567,80 EUR"),
        ("ar", THIRD, "33 1/3 % من EUR 1,234,567.80"),
        ("en", date(2026, 4, 1), "2026-04-01"),
        ("pl", date(2026, 4, 1), "1 kwietnia 2026"),
        ("zh", date(2026, 4, 1), "2026年4月1日"),
        ("en", AMOUNT, "3333.333333… EUR"),
        ("de", AMOUNT, "3.333,333333… EUR"),
        ("ja", Money(Decimal(1200), "JPY"), "1,200 JPY"),
        ("de", Decimal("12.50"), "12,5"),
        ("en", days(1), "1 day"),
        ("de", days(30), "30 Tage"),
        ("ja", joined("comma", ["a", "b", "c"]), "a、b、c"),
        ("en", joined("sentences", ["", "A.", "", "B."]), "A. B."),
        ("en", joined("comma", []), ""),
    ],
)
def test_numbers_days_and_amounts_are_written_as_the_language_has_them(language: str, said: Said, words: str) -> None:
    assert worded(said, language) == words


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_has_no_characters_that_are_for_pages_alone(language: str) -> None:
    told = joined("comma", [THIRD, date(2026, 4, 1), Decimal("-1234567.5"), Money(Decimal("-1234.50"), "EUR")])
    assert set(worded(told, language)) & set("\u00a0\u202f\u200e\u200f\u061c") == set()


def test_text_of_people_is_said_as_it_is_whatever_it_looks_like() -> None:
    said = joined("words", ["{first}", phrase("less_order", amount="{}", number="{number.name}")])
    assert worded(said, "en") == "{first} - {} by change order {number.name}"


def test_as_many_change_orders_as_there_are_can_be_told() -> None:
    orders = tuple(
        ChangeOrder(str(number), date(2026, 1, 1), Money(Decimal(number % 2 * 2 - 1), "EUR"), term=of)
        for number in range(5000)
        for of in ("", "design")
    )
    told = str(formula.share(replace(sample_contract(), change_orders=orders), DESIGN, Money(Decimal(18000), "EUR")))
    assert told.startswith("30 % of 60000.00 EUR (with change orders 0, 1, 2, ")
    assert told.endswith("+ 1.00 EUR by change order 4999 = 18000.00 EUR")


def test_the_reasons_that_no_contract_words_are_those_of_the_english_catalogue() -> None:
    assert (labels("en")["vat_held_back"], labels("en")["vat_later"]) == (HELD_BACK.exemption_reason, VAT_LATER)
