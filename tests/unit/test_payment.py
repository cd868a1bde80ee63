"""What the client is told about paying: the discount for paying early, the due date in words, the late fee."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker2invoice.config.due import due_rule
from tracker2invoice.mapping.due import due_date
from tracker2invoice.mapping.payment import early_payment_offers, payment_terms
from tracker2invoice.mapping.tax import breakdown
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.due import DueRule, EarlyPayment
from tracker2invoice.model.invoice import EarlyPaymentOffer
from tracker2invoice.model.money import Money
from tracker2invoice.model.tax import Tax
from tracker2invoice.testing.samples import sample_contract

ISSUED, DUE = date(2026, 11, 23), date(2026, 12, 23)


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def offers(
    payable: str, *steps: tuple[int, str], issued: date = ISSUED, due: date = DUE
) -> tuple[EarlyPaymentOffer, ...]:
    early = [EarlyPayment(days, Decimal(percent)) for days, percent in steps]
    return early_payment_offers(early, issued, due, eur(payable))


def test_ep_1_the_discount_is_taken_of_the_amount_with_tax() -> None:
    """EP-1, Odoo, tax mode included: 1,000.00 and 15 % tax make 1,150.00; with 10 % off, 1,035.00 are paid."""
    (offer,) = offers("1150.00", (10, "10"))
    assert (offer.amount_off, offer.amount_to_pay) == (Decimal("115.00"), Decimal("1035.00"))


def test_ep_2_the_tax_on_the_invoice_stays_that_of_the_full_amount() -> None:
    """EP-2, Odoo, tax mode mixed: of 1,000.00 with 10 % off, 15 % of 900.00 and a fixed tax of 0.05 are 135.05.

    That is not offered (docs/terms.md): the invoice bears 150.00, and 1,035.00 or 1,050.00 are paid in time.
    """
    [subtotal] = breakdown([(Decimal(1000), Tax("S", Decimal(15)))], "EUR")
    assert subtotal.amount == Decimal("150.00")
    early, gross = [EarlyPayment(10, Decimal(10))], eur("1150.00")
    ways = [early_payment_offers(early, ISSUED, DUE, gross, base) for base in (None, eur("1000.00"))]
    assert [str(offer.amount_to_pay) for (offer,) in ways] == ["1035.00", "1050.00"]


def test_ep_4_with_the_tax_excluded_the_discount_is_of_the_net_amount_and_the_tax_stays() -> None:
    """EP-4, jupiterinvoice glossary: 2 % of 1,000.00 are 20.00, also where 190.00 of tax are payable besides."""
    early = [EarlyPayment(10, Decimal(2))]
    (offer,) = early_payment_offers(early, ISSUED, DUE, eur("1190.00"), eur("1000.00"))
    assert (offer.amount_off, offer.amount_to_pay, offer.base) == (Decimal("20.00"), Decimal("1170.00"), Decimal(1000))
    assert str(payment_terms(sample_contract(), DUE, (offer,))).endswith(
        "Paid by 2026-12-03: 1170.00 EUR, 2 % of 1000.00 EUR without VAT (20.00 EUR) less."
    )


def test_a_discount_of_the_net_amount_is_never_more_than_what_is_payable() -> None:
    (offer,) = early_payment_offers([EarlyPayment(10, Decimal(10))], ISSUED, DUE, eur("50.00"), eur("1000.00"))
    assert (offer.amount_off, offer.amount_to_pay) == (Decimal("50.00"), Decimal("0.00"))


def test_ep_3_ten_days_from_new_year_end_on_the_eleventh() -> None:
    """EP-3, Odoo."""
    (offer,) = offers("100.00", (10, "2"), issued=date(2019, 1, 1), due=date(2019, 1, 31))
    assert (offer.last_day, offer.days) == (date(2019, 1, 11), 10)


def test_ep_4_two_percent_in_ten_days_net_thirty() -> None:
    """EP-4, jupiterinvoice glossary: 980.00 until day 10, then 1,000.00 by day 30."""
    contract = replace(sample_contract(), early_payment=(EarlyPayment(10, Decimal(2)),))
    due = due_date(ISSUED, contract.due)
    made = early_payment_offers(contract.early_payment, ISSUED, due, eur("1000.00"))
    assert made == (EarlyPaymentOffer(10, Decimal(2), date(2026, 12, 3), Decimal("20.00"), Decimal("980.00")),)
    assert str(payment_terms(contract, due, made)) == (
        "Payable within 30 days, by 2026-12-23, without deduction. "
        "Paid by 2026-12-03: 980.00 EUR, 2 % (20.00 EUR) less."
    )


def test_ep_5_every_step_has_its_amounts() -> None:
    """EP-5, KoSIT 01.10a: 2,594.20; its third step takes nothing off, so it is none."""
    made = offers("2594.20", (7, "2.00"), (14, "1.00"), (30, "0.00"))
    assert [(one.amount_off, one.amount_to_pay) for one in made] == [
        (Decimal("51.88"), Decimal("2542.32")),
        (Decimal("25.94"), Decimal("2568.26")),
    ]


def test_no_offer_outlasts_the_due_date_and_the_best_of_a_day_is_left() -> None:
    made = offers("1000.00", (20, "1"), (10, "2"), issued=ISSUED, due=ISSUED + timedelta(days=5))
    assert [(one.days, one.last_day, one.percent) for one in made] == [(5, date(2026, 11, 28), Decimal(2))]


@pytest.mark.parametrize("payable", ["0.00", "-10.00", "0.20"])
def test_where_nothing_comes_off_there_is_no_offer(payable: str) -> None:
    assert offers(payable, (10, "2")) == ()


@given(
    st.integers(0, 10**9),
    st.lists(st.tuples(st.integers(0, 60), st.decimals("0.01", "99.99", places=2)), max_size=4),
)
def test_what_comes_off_and_what_is_left_make_the_whole(cents: int, steps: list[tuple[int, Decimal]]) -> None:
    payable = Money.of_units(cents, "EUR")
    made = early_payment_offers((EarlyPayment(*step) for step in steps), ISSUED, DUE, payable)
    assert all(one.amount_off + one.amount_to_pay == payable.amount and one.amount_to_pay >= 0 for one in made)
    days = [one.last_day for one in made]
    assert days == sorted(set(days))
    assert all(ISSUED <= day <= DUE for day in days)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("30 days", "within 30 days, by 2026-12-23"),
        ("1 day", "within 1 day, by 2026-11-24"),
        ("at once", "at once, by 2026-11-23"),
        ("EOM", "by 2026-11-30 (the end of the month)"),
        ("EOM + 10 days", "by 2026-12-10 (10 days after the end of the month)"),
        ("30 days then EOM", "by 2026-12-31 (30 days after the invoice date, then the end of the month)"),
        (
            "30 days then EOM, on day 10",
            "by 2027-01-10 (30 days after the invoice date, then day 10 of the next month)",
        ),
        ("30 days, next day 1", "by 2027-01-01 (30 days after the invoice date, then the next day 1 of a month)"),
        ("22nd of next month", "by 2026-12-22 (day 22 of the next month)"),
        ("13th of month", "by 2026-12-13 (the next day 13 of a month)"),
    ],
)
def test_payment_terms_name_the_day_and_how_it_was_found(rule: str, words: str) -> None:
    assert terms(replace(sample_contract(), due=due_rule(rule))) == f"Payable {words}, without deduction."


def test_payment_terms_name_every_step_that_moves_the_day() -> None:
    rule = DueRule(days=30, payment_days=(3, 25), cut_off=5, business_days="modified following", calendar="DE-BE")
    assert terms(replace(sample_contract(), due=rule)) == (
        "Payable by 2026-12-28 (counting an invoice of the last 6 days of a month as of the 1st of the next, "
        "30 days after the invoice date, then the next day 3 or 25 of a month, "
        "moved to a business day of DE-BE), without deduction."
    )


def test_the_late_fee_comes_last_in_the_words_of_the_contract() -> None:
    contract = replace(sample_contract(), late_fee="Late payments bear 9 % interest.")
    assert terms(contract) == (
        "Payable within 30 days, by 2026-12-23, without deduction. Late payments bear 9 % interest."
    )


def terms(contract: Contract) -> str:
    return str(payment_terms(contract, due_date(ISSUED, contract.due), ()))
