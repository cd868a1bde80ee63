"""A consultancy with hours at agreed rates up to a limit, and a retainer, as `examples/consultancy` has it.

Up to 60000.00 EUR for hours (anna 150.00, workshops 180.00, everybody else 120.00), and 1500.00 in each of twelve
months. Reverse charge, so no tax. The client raises the limit by 9000.00 in summer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from tests.scenarios.stage import Bill, Life, Standing

from tracker2invoice.model.work import TimeEntry, WorkItem


class Timesheet:
    """The hours of two issues, one of which is a workshop."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.hours: dict[str, list[TimeEntry]] = {"analysis": [], "workshop": []}

    def add(self, person: str, day: date, hours: str, label: str = "analysis") -> None:
        self.hours[label].append(TimeEntry(person, day, Decimal(hours)))
        issues = enumerate(self.hours.items(), start=1)
        work = (WorkItem(str(n), one, closed=False, labels=(one,), time=tuple(time)) for n, (one, time) in issues)
        self.life.work("Work package 1", *work)


@pytest.fixture
def life(life_of: Callable[[str], Life]) -> Life:
    return life_of("consultancy")


def advice(month: str, amount: str) -> Bill:
    return (f"advice@{month}", amount, "0.00", amount)


def retainer(month: str) -> Bill:
    return (f"retainer@{month}", "1500.00", "0.00", "1500.00")


def test_a_year_of_advice_up_to_its_limit(life: Life) -> None:
    life.plan_work("Work package 1")
    sheet = Timesheet(life)
    two_people_work_in_january(life, sheet)
    a_workshop_costs_more_and_hours_of_january_come_late(life, sheet)
    the_first_alert_is_told_once(life, sheet)
    the_second_alert_follows(life, sheet)
    the_limit_is_reached_and_the_rest_is_written_down(life, sheet)
    the_client_raises_the_limit(life, sheet)
    the_retainer_goes_on_to_the_end_of_the_year(life)
    life.close_the_books(net="87000.00", tax="0.00", gross="87000.00")


def two_people_work_in_january(life: Life, sheet: Timesheet) -> None:
    """40 x 150.00 + 80 x 120.00; what was worked in February does not count yet."""
    sheet.add("anna", date(2026, 1, 14), "40")
    sheet.add("ben", date(2026, 1, 20), "80")
    sheet.add("anna", date(2026, 2, 1), "8")
    life.on(2026, 2, 1)
    assert life.run() == [advice("2026-01", "15600.00"), retainer("2026-01")]
    assert life.standing == Standing("78000.00", billed="17100.00", open="60900.00")
    assert life.drafts[0].due_date == date(2026, 3, 15)
    assert [line.description for line in life.drafts[0].lines] == ["Advice, anna", "Advice, ben"]


def a_workshop_costs_more_and_hours_of_january_come_late(life: Life, sheet: Timesheet) -> None:
    """60 x 150.00 + 100 x 120.00 + 10 x 180.00 = 22800.00."""
    sheet.add("anna", date(2026, 2, 14), "52")
    sheet.add("ben", date(2026, 1, 30), "20")
    sheet.add("ben", date(2026, 2, 20), "80")
    sheet.add("ben", date(2026, 2, 24), "10", label="workshop")
    life.on(2026, 3, 1)
    assert life.run() == [advice("2026-02", "22800.00"), retainer("2026-02")]
    assert life.standing == Standing("78000.00", billed="41400.00", open="36600.00")


def the_first_alert_is_told_once(life: Life, sheet: Timesheet) -> None:
    """38400.00 + 20 x 150.00 + 40 x 120.00 = 46200.00, more than 75 % of 60000.00."""
    sheet.add("anna", date(2026, 3, 14), "20")
    sheet.add("ben", date(2026, 3, 20), "40")
    life.on(2026, 4, 1)
    assert life.run() == [advice("2026-03", "7800.00"), retainer("2026-03")]
    assert life.reason("advice@2026-03").endswith("passes 75 % of the 60000.00 EUR that are not to be exceeded")


def the_second_alert_follows(life: Life, sheet: Timesheet) -> None:
    """46200.00 + 60 x 120.00 = 53400.00, more than 85 % of 60000.00."""
    sheet.add("ben", date(2026, 4, 20), "60")
    life.on(2026, 5, 1)
    assert life.run() == [advice("2026-04", "7200.00"), retainer("2026-04")]
    assert life.reason("advice@2026-04").endswith("passes 85 % of the 60000.00 EUR that are not to be exceeded")


def the_limit_is_reached_and_the_rest_is_written_down(life: Life, sheet: Timesheet) -> None:
    """40 x 150.00 + 50 x 120.00 = 12000.00, of which 60000.00 - 53400.00 = 6600.00 can be billed."""
    sheet.add("anna", date(2026, 5, 20), "40")
    sheet.add("ben", date(2026, 5, 20), "50")
    life.on(2026, 6, 1)
    assert life.run() == [advice("2026-05", "6600.00"), retainer("2026-05")]
    assert life.reason("advice@2026-05").endswith("passes 100 % of the 60000.00 EUR that are not to be exceeded")
    written_down = life.drafts[-2].allowances
    assert [(one.reason, str(one.amount)) for one in written_down] == [("Above the agreed limit", "5400.00")]
    assert life.standing == Standing("78000.00", billed="67500.00", open="10500.00")


def the_client_raises_the_limit(life: Life, sheet: Timesheet) -> None:
    """To 69000.00 from July on. What was written down is not billed after all; 75 x 120.00 = 9000.00 are new."""
    life.on(2026, 7, 1)
    assert life.run() == [retainer("2026-06")]
    assert life.reason("advice@2026-06").startswith("nothing-counted")
    sheet.add("ben", date(2026, 7, 20), "75")
    life.on(2026, 8, 1)
    assert life.run() == [advice("2026-07", "9000.00"), retainer("2026-07")]
    assert life.standing == Standing("87000.00", billed="79500.00", open="7500.00")


def the_retainer_goes_on_to_the_end_of_the_year(life: Life) -> None:
    life.close("Work package 1")
    for month in (9, 10, 11, 12):
        life.on(2026, month, 1)
        assert life.run() == [retainer(f"2026-{month - 1:02}")]
    life.on(2027, 1, 1)
    assert life.run() == [retainer("2026-12")]
    life.on(2027, 2, 1)
    assert life.run() == []
    assert life.standing == Standing("87000.00", billed="87000.00", open="0.00")
