"""Calendars of holidays: their names, and that nobody waits for them or depends on the machine."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from tracker2invoice.mapping.calendar import WEEKENDS, countries, has_calendar, is_business_day, regions

DUE = """
from datetime import date
from tracker2invoice.mapping.due import due_date
from tracker2invoice.model.due import DueRule
due_date(date(2026, 1, 1), DueRule(days=30, {}))
"""
LOADED = "\nimport sys\nprint('holidays' in sys.modules)"


@pytest.mark.parametrize("name", [WEEKENDS, "DE", "DE-BE", "GB-SCT", "US-NY", "FR"])
def test_countries_and_their_regions_have_calendars(name: str) -> None:
    assert has_calendar(name)


@pytest.mark.parametrize("name", ["", "-", "DE-", "de", "DE-be", "DE-BE-X", "DEU", "UK", "XX", "Berlin", "../DE"])
def test_no_other_name_is_one(name: str) -> None:
    assert not has_calendar(name)


def test_a_calendar_that_does_not_exist_is_an_error_and_no_calendar_without_holidays() -> None:
    with pytest.raises(LookupError):
        is_business_day(date(2026, 4, 7), "XX")


def test_every_country_has_a_calendar_that_can_be_asked() -> None:
    for country in sorted(set(countries().values())):
        assert has_calendar(country)
        assert any(is_business_day(date(2026, 6, day), country) for day in range(8, 15)), country


def test_regions_are_known_by_name_and_by_code() -> None:
    assert regions("DE")["Berlin"] == regions("DE")["BE"] == "BE"
    assert regions("LU") == {}


def test_the_weekend_is_that_of_the_country() -> None:
    """In Israel Friday and Saturday are the weekend."""
    friday, sunday = date(2026, 6, 12), date(2026, 6, 14)
    assert (is_business_day(friday, "IL"), is_business_day(sunday, "IL")) == (False, True)
    assert (is_business_day(friday, "DE"), is_business_day(sunday, "DE")) == (True, False)


def test_a_weekend_that_is_worked_to_make_up_for_a_holiday_is_a_business_day() -> None:
    """China, 2025: Sunday 28 September is worked for the days off in October."""
    assert is_business_day(date(2025, 9, 28), "CN")


@pytest.mark.parametrize(
    ("work", "loads"),
    [
        ("import tracker2invoice.configfile, tracker2invoice.mapping.plan", False),
        (DUE.format("payment_days=(10,)"), False),
        (DUE.format("business_days='nearest', calendar='weekends'"), False),
        (DUE.format("business_days='nearest', calendar='DE'"), True),
    ],
)
def test_only_who_needs_a_calendar_waits_for_it(work: str, *, loads: bool) -> None:
    assert printed(work + LOADED) == str(loads)


def printed(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout.strip()
