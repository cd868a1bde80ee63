"""What holds for every due date, whatever the rule, the day and the calendar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, get_args

from hypothesis import assume, given
from hypothesis import strategies as st

from tracker2invoice.mapping.calendar import WEEKENDS, is_business_day
from tracker2invoice.mapping.due import business_day, due_date, month_end
from tracker2invoice.model.due import BusinessDays, DueKind, DueRule

CALENDARS = (WEEKENDS, "DE-BE", "GB-SCT", "US", "CN", "AE", "XK")
DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
NUMBERS = st.integers(1, 31)
CONVENTIONS: tuple[BusinessDays, ...] = tuple(one for one in get_args(BusinessDays) if one != "none")


@st.composite
def rules(draw: st.DrawFn, conventions: tuple[BusinessDays, ...] = get_args(BusinessDays)) -> DueRule:
    kind: DueKind = draw(st.sampled_from(get_args(DueKind)))
    names_a_day = kind in ("days, then month end, then day", "days, then next day")
    convention = draw(st.sampled_from(conventions))
    return DueRule(
        kind,
        draw(st.integers(0, 400)),
        draw(NUMBERS) if names_a_day else None,
        () if names_a_day else tuple(draw(st.lists(NUMBERS, unique=True, max_size=3))),
        draw(st.none() | st.integers(0, 27)),
        convention,
        "" if convention == "none" else draw(st.sampled_from(CALENDARS)),
    )


@given(DAYS, rules())
def test_nothing_is_due_before_its_date(issued: date, rule: DueRule) -> None:
    assert due_date(issued, rule) >= issued


@given(DAYS, rules(CONVENTIONS))
def test_what_is_moved_is_due_on_a_business_day_or_on_the_date_of_the_invoice(issued: date, rule: DueRule) -> None:
    due = due_date(issued, rule)
    assert is_business_day(due, rule.calendar) or due == issued


@given(DAYS, st.sampled_from(CONVENTIONS), st.sampled_from(CALENDARS))
def test_no_business_day_lies_between_a_day_and_where_it_is_moved(
    day: date, convention: BusinessDays, calendar: str
) -> None:
    moved = business_day(day, convention, calendar)
    first, last = sorted((day, moved))
    between = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    assert [one for one in between if is_business_day(one, calendar)] == [moved]


@given(DAYS, st.sampled_from(CALENDARS), st.sampled_from(["modified following", "modified preceding"]))
def test_a_modified_convention_stays_in_the_month(day: date, calendar: str, convention: Any) -> None:
    assert business_day(day, convention, calendar).month == day.month


@given(DAYS, NUMBERS, st.integers(0, 400))
def test_a_day_of_the_month_is_that_day_or_the_last_one_of_a_short_month(issued: date, day: int, days: int) -> None:
    for kind in ("days, then month end, then day", "days, then next day"):
        due = due_date(issued, DueRule(kind, days, day))
        assert due.day == min(day, month_end(due).day)


@given(DAYS, NUMBERS, st.integers(0, 400))
def test_the_next_such_day_is_the_first_one(issued: date, day: int, days: int) -> None:
    later = issued + timedelta(days=days)
    due = due_date(issued, DueRule("days, then next day", days, day))
    passed = [later + timedelta(days=step) for step in range((due - later).days)]
    assert not [one for one in passed if one.day == min(day, month_end(one).day)]


@given(DAYS, DAYS, rules(("none",)))
def test_a_later_invoice_is_never_due_earlier(one: date, other: date, rule: DueRule) -> None:
    assume(one <= other)
    assert due_date(one, rule) <= due_date(other, rule)
