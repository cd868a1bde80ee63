"""The work in a milestone, as far as values can keep it right."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tracker2invoice.model.work import TimeEntry, WorkItem

NOBODY_COUNTED = [Decimal(text) for text in ("NaN", "sNaN", "Infinity", "1e9", "1e999999", "1e-999999")]


@pytest.mark.parametrize("number", [*NOBODY_COUNTED, Decimal(-1)], ids=str)
def test_points_and_estimates_that_cannot_be_meant_are_refused(number: Decimal) -> None:
    with pytest.raises(ValueError, match="nobody counted"):
        WorkItem("1", "Log in", closed=True, points=number)
    with pytest.raises(ValueError, match="nobody counted"):
        WorkItem("1", "Log in", closed=True, estimate=number)


@pytest.mark.parametrize("hours", NOBODY_COUNTED, ids=str)
def test_hours_that_cannot_be_meant_are_refused(hours: Decimal) -> None:
    with pytest.raises(ValueError, match="nobody counted"):
        TimeEntry("ada", date(2026, 3, 1), hours)


def test_a_correction_of_hours_is_negative_and_a_divided_hour_has_many_decimals() -> None:
    hours = Decimal(-1) / Decimal(3600)
    assert TimeEntry("ada", date(2026, 3, 1), hours).hours == hours


def test_text_that_no_database_keeps_is_replaced() -> None:
    item = WorkItem("1\0", "Log\ud800 in", closed=True, labels=("a\0",))
    assert (item.number, item.title, item.labels) == ("1\ufffd", "Log\ufffd in", ("a\ufffd",))
    assert TimeEntry("a\0da", date(2026, 3, 1), Decimal(1)).person == "a\ufffdda"
