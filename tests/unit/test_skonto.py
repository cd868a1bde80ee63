"""Discounts as XRechnung wants them in the payment terms; the rule is BR-DE-18 of its schematron."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker2invoice.documents.skonto import breaks_skonto, render_skonto
from tracker2invoice.mapping.payment import early_payment_offers
from tracker2invoice.model.due import EarlyPayment
from tracker2invoice.model.money import Money

ISSUED, DUE = date(2026, 3, 2), date(2026, 4, 1)
LINE = "#SKONTO#TAGE=14#PROZENT=2.00#\n"


def rendered(*steps: tuple[int, str]) -> str:
    given_steps = [EarlyPayment(days, Decimal(percent)) for days, percent in steps]
    return render_skonto(early_payment_offers(given_steps, ISSUED, DUE, Money(Decimal("2594.20"), "EUR")))


def test_ep_5_the_lines_are_those_of_the_kosit_example() -> None:
    """EP-5, KoSIT 01.10a; its third step of nothing is no discount, and we write none."""
    assert rendered((7, "2"), (14, "1")) == "#SKONTO#TAGE=7#PROZENT=2.00#\n#SKONTO#TAGE=14#PROZENT=1.00#\n"
    example = "#SKONTO#TAGE=7#PROZENT=2.00#\n#SKONTO#TAGE=14#PROZENT=1.00#\n#SKONTO#TAGE=30#PROZENT=0.00#\n"
    assert not breaks_skonto(example)


def test_a_discount_of_the_net_amount_names_its_base() -> None:
    offers = early_payment_offers(
        [EarlyPayment(14, Decimal(2))], ISSUED, DUE, Money(Decimal(1190), "EUR"), Money(Decimal(1000), "EUR")
    )
    line = render_skonto(offers)
    assert line == "#SKONTO#TAGE=14#PROZENT=2.00#BASISBETRAG=1000.00#\n"
    assert not breaks_skonto(line)


def test_without_a_discount_there_is_no_line() -> None:
    assert rendered() == ""


@pytest.mark.parametrize(
    "terms",
    [
        "",
        "Payable within 30 days.",
        "Payable for order #4711, not later.",
        LINE,
        f"Payable within 30 days.\n{LINE}",
        f"{LINE}  \n",
        LINE.replace("\n", "\r\n"),
        "#SKONTO#TAGE=14#PROZENT=2.00#BASISBETRAG=12345.67#\n",
        "#SKONTO#TAGE=14#PROZENT=2.00#BASISBETRAG=-12.00#\n",
    ],
)
def test_terms_in_the_form_of_the_rule_are_fine(terms: str) -> None:
    assert not breaks_skonto(terms)


@pytest.mark.parametrize(
    "terms",
    [
        pytest.param("#SKONTO#TAGE=14#prozent=1.00#\n", id="EP-6 XRechnung schematron: small letters"),
        pytest.param("#SKONTO#TAGE=7#PROZENT=2.000#\n", id="EP-7 XRechnung schematron: three decimals"),
        pytest.param(LINE.rstrip("\n"), id="EP-8 XRechnung schematron: no line break after the last"),
        pytest.param(f"{LINE}{LINE}".rstrip("\n"), id="EP-8 after the second"),
        pytest.param("#SKONTO#TAGE=7#PROZENT=2#\n", id="no decimals"),
        pytest.param("#SKONTO# TAGE=7#PROZENT=2.00#\n", id="a blank inside"),
        pytest.param("#SKONTO#TAGE=7#PROZENT=2.00# \u00a0\n", id="something after it"),
        pytest.param("#SKONTO#TAGE=\u0667#PROZENT=2.00#\n", id="digits of another script"),
        pytest.param(f"{LINE}For order #4711# alone.\n", id="no line break after the last # of all"),
        pytest.param("#VERZUG#TAGE=7#PROZENT=2.00#\n", id="a late fee has no such line"),
        pytest.param(f"{LINE}# a comment\n{LINE}", id="one of several"),
    ],
)
def test_ep_6_to_8_what_the_schematron_refuses_is_refused(terms: str) -> None:
    assert breaks_skonto(terms)


@given(
    st.lists(
        st.tuples(st.integers(0, 9999), st.decimals("0.01", "99.99", places=2).map(str)),
        max_size=4,
    )
)
def test_whatever_is_configured_the_lines_keep_the_rule(steps: list[tuple[int, str]]) -> None:
    assert not breaks_skonto(f"Payable within 30 days.\n{rendered(*steps)}")
