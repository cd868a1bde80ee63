"""Days on a document: those of the contract's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tracker2invoice.mapping.due import due_date, local_date, payment_terms


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
    assert due_date(issued, days) == due


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (30, "Payable within 30 days, by 2026-12-23, without deduction."),
        (1, "Payable within 1 day, by 2026-11-24, without deduction."),
        (0, "Payable at once, by 2026-11-23, without deduction."),
    ],
)
def test_payment_terms_name_the_day(days: int, words: str) -> None:
    assert payment_terms(date(2026, 11, 23), days) == words
