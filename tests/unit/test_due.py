"""Days on a document: those of the contract's time zone, and the day by which it is to be paid."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, get_args

import pytest

from tracker2invoice.config.due import due_rule
from tracker2invoice.mapping.calendar import WEEKENDS
from tracker2invoice.mapping.due import business_day, due_date, local_date
from tracker2invoice.model.due import BusinessDays, DueRule


def test_ti_1_midnight_in_sydney_is_the_first_of_october() -> None:
    """TI-1, InvoiceShelf 491: 1 October 00:00 in Sydney is 30 September in UTC."""
    assert local_date(datetime(2024, 9, 30, 14, 0, tzinfo=UTC), "Australia/Sydney") == date(2024, 10, 1)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
        (datetime(2026, 7, 1, 22, 0, tzinfo=UTC), date(2026, 7, 2)),
    ],
)
def test_summer_time_moves_midnight(instant: datetime, day: date) -> None:
    assert local_date(instant, "Europe/Berlin") == day


def test_an_instant_without_an_offset_has_no_date() -> None:
    with pytest.raises(ValueError, match="offset"):
        local_date(datetime(2026, 1, 1), "UTC")  # noqa: DTZ001


@pytest.mark.parametrize(
    ("issued", "days", "due"),
    [
        (date(2026, 11, 23), 30, date(2026, 12, 23)),
        (date(2024, 1, 30), 30, date(2024, 2, 29)),
        (date(2026, 12, 31), 0, date(2026, 12, 31)),
    ],
)
def test_the_due_date_is_so_many_calendar_days_later(issued: date, days: int, due: date) -> None:
    assert due_date(issued, DueRule(days=days)) == due


@pytest.mark.parametrize(
    ("rule", "issued", "due"),
    [
        pytest.param("EOM + 45 days", date(2019, 1, 1), date(2019, 3, 17), id="DD-1 Odoo 16 test_payment_term"),
        pytest.param("EOM + 45 days", date(2019, 1, 15), date(2019, 3, 17), id="DD-2 Odoo 16 test_payment_term"),
        pytest.param("31 days, next day 15", date(2019, 1, 1), date(2019, 2, 15), id="DD-3 Odoo 16 test_payment_term"),
        pytest.param("30 days then EOM, on day 10", date(2023, 12, 12), date(2024, 2, 10), id="DD-4 Odoo"),
        pytest.param("0 days then EOM, on day 31", date(2024, 5, 23), date(2024, 6, 30), id="DD-5 Odoo, clamped"),
        pytest.param("30 days then EOM", date(2024, 4, 22), date(2024, 5, 31), id="DD-6 Odoo"),
        pytest.param("30 days then EOM", date(2019, 1, 15), date(2019, 2, 28), id="DD-7 computed"),
        pytest.param("EOM + 30 days", date(2019, 1, 15), date(2019, 3, 2), id="DD-8 computed"),
    ],
)
def test_dd_1_to_8_each_rule_finds_the_day_that_its_source_states(rule: str, issued: date, due: date) -> None:
    assert due_date(issued, due_rule(rule)) == due


@pytest.mark.parametrize(
    ("rule", "issued", "due"),
    [
        ("31st of month", date(2023, 2, 10), date(2023, 2, 28)),
        ("31st of month", date(2024, 2, 10), date(2024, 2, 29)),
        ("15th of month", date(2026, 3, 15), date(2026, 3, 15)),
        ("15th of month", date(2026, 12, 16), date(2027, 1, 15)),
        ("31st of next month", date(2024, 1, 31), date(2024, 2, 29)),
        ("31st of next month", date(2023, 12, 31), date(2024, 1, 31)),
        ("5 days, next day 30", date(2023, 2, 1), date(2023, 2, 28)),
        ("EOM", date(2024, 2, 29), date(2024, 2, 29)),
    ],
)
def test_a_day_of_a_month_is_the_last_one_of_a_short_month_and_never_lies_behind(
    rule: str, issued: date, due: date
) -> None:
    assert due_date(issued, due_rule(rule)) == due


@pytest.mark.parametrize(
    ("issued", "due"),
    [
        (date(2026, 3, 10), date(2026, 4, 10)),
        (date(2026, 3, 11), date(2026, 4, 10)),
        (date(2026, 3, 12), date(2026, 4, 25)),
        (date(2026, 3, 27), date(2026, 5, 10)),
    ],
)
def test_fixed_payment_days_take_the_first_of_them_on_or_after(issued: date, due: date) -> None:
    """30 days after 11 March are 10 April, itself a day for payment."""
    assert due_date(issued, DueRule(days=30, payment_days=(10, 25))) == due


@pytest.mark.parametrize(
    ("issued", "due"),
    [
        (date(2026, 3, 25), date(2026, 3, 31)),
        (date(2026, 3, 26), date(2026, 4, 30)),
        (date(2026, 3, 31), date(2026, 4, 30)),
        (date(2026, 2, 23), date(2026, 3, 31)),
        (date(2026, 12, 31), date(2027, 1, 31)),
    ],
)
def test_an_invoice_within_the_cut_off_counts_as_one_of_the_next_month(issued: date, due: date) -> None:
    assert due_date(issued, DueRule("month end, then days", cut_off=5)) == due


def test_a_cut_off_of_no_days_moves_invoices_of_the_last_day_alone() -> None:
    rule = DueRule("month end, then days", cut_off=0)
    assert due_date(date(2026, 3, 30), rule) == date(2026, 3, 31)
    assert due_date(date(2026, 3, 31), rule) == date(2026, 4, 30)


STRATA = "Strata BusinessDayConventionTest"


@pytest.mark.parametrize(
    ("convention", "day", "moved"),
    [
        pytest.param("following", date(2014, 8, 30), date(2014, 9, 1), id=f"BD-1 {STRATA}"),
        pytest.param("modified following", date(2014, 8, 30), date(2014, 8, 29), id=f"BD-2 {STRATA}"),
        pytest.param("preceding", date(2014, 11, 1), date(2014, 10, 31), id=f"BD-3 {STRATA}"),
        pytest.param("nearest", date(2014, 7, 12), date(2014, 7, 11), id=f"BD-4 {STRATA}"),
        pytest.param("nearest", date(2014, 7, 13), date(2014, 7, 14), id=f"BD-5 {STRATA}"),
        pytest.param("none", date(2014, 7, 12), date(2014, 7, 12), id=f"BD-6 {STRATA}"),
        pytest.param("modified preceding", date(2014, 11, 1), date(2014, 11, 3), id="BD-1 to 6 leave it out"),
        pytest.param("modified preceding", date(2014, 8, 30), date(2014, 8, 29), id="the same within a month"),
    ],
)
def test_bd_1_to_6_a_day_on_the_weekend_is_moved_by_the_convention(
    convention: BusinessDays, day: date, moved: date
) -> None:
    assert business_day(day, convention, WEEKENDS) == moved


@pytest.mark.parametrize("convention", get_args(BusinessDays))
def test_a_business_day_stays_whatever_the_convention(convention: BusinessDays) -> None:
    assert business_day(date(2026, 4, 7), convention, "DE") == date(2026, 4, 7)


def test_holidays_of_the_calendar_are_no_business_days_and_those_of_other_regions_are() -> None:
    """8 March 2027 is a Monday and Women's Day, a holiday in Berlin alone."""
    assert business_day(date(2027, 3, 8), "following", "DE-BE") == date(2027, 3, 9)
    assert business_day(date(2027, 3, 8), "following", "DE-BY") == date(2027, 3, 8)


def test_the_nearest_business_day_of_a_holiday_on_a_monday_is_the_next_one() -> None:
    assert business_day(date(2026, 4, 6), "nearest", "DE") == date(2026, 4, 7)


def test_the_steps_are_cut_off_rule_payment_days_and_business_days_in_that_order() -> None:
    """26 March counts as 1 April; 30 days make 1 May; the next 10th is a Sunday; Monday."""
    rule = DueRule(days=30, payment_days=(10, 25), cut_off=5, business_days="modified following", calendar="DE-BE")
    assert due_date(date(2026, 3, 26), rule) == date(2026, 5, 11)


def test_a_convention_that_goes_back_stops_at_the_date_of_the_invoice() -> None:
    """7 November 2026 is a Saturday; the business day before it would be before the invoice."""
    rule = DueRule(business_days="preceding", calendar="DE")
    assert due_date(date(2026, 11, 7), rule) == date(2026, 11, 7)


@pytest.mark.parametrize(
    "parts",
    [
        {"days": -1},
        {"cut_off": 28},
        {"kind": "days, then next day"},
        {"kind": "days, then next day", "day": 0},
        {"kind": "days, then next day", "day": 32},
        {"day": 5},
        {"payment_days": (0,)},
        {"kind": "days, then next day", "day": 5, "payment_days": (10,)},
        {"business_days": "following"},
        {"calendar": "DE"},
    ],
)
def test_a_rule_that_contradicts_itself_cannot_be_made(parts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="day"):
        DueRule(**parts)
