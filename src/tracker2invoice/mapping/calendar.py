"""Which days are business days, by country and region. The calendars are data of the library `holidays`.

Nothing here asks the clock, the network or the language of the machine. The library is loaded when a calendar is
first needed, so that nobody else waits for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holidays import HolidayBase

WEEKENDS = "weekends"
"""The calendar without holidays: only Saturday and Sunday are no business days."""

_FORM = re.compile(r"([A-Z]{2})(-(.+))?")
_SATURDAY = 5


def is_business_day(day: date, calendar: str) -> bool:
    """Whether the day is neither on the weekend nor a public holiday of the calendar, such as `DE` or `DE-BE`.

    Raises:
        LookupError: there is no such calendar.
    """
    if calendar == WEEKENDS:
        return day.weekday() < _SATURDAY
    return _holidays(calendar).is_working_day(day)


def has_calendar(name: str) -> bool:
    """Whether there is a calendar of this name: `weekends`, a country, or a country and its region."""
    if name == WEEKENDS:
        return True
    country, region = parts(name)
    return country in countries().values() and region in ("", *regions(country).values())


def parts(calendar: str) -> tuple[str, str]:
    """Return country and region of a name such as `DE-BE`; what is not there is empty."""
    found = _FORM.fullmatch(calendar)
    return (found[1], found[3] or "") if found else ("", "")


@cache
def countries() -> Mapping[str, str]:
    """Return the code (ISO 3166-1 alpha-2) of every country with a calendar, by its name in English or any code."""
    from holidays.registry import COUNTRIES

    named = {name.replace("_", " "): codes[1] for name, codes in COUNTRIES.items()}
    return named | {code: codes[1] for codes in COUNTRIES.values() for code in codes[1:]}


@cache
def regions(country: str) -> Mapping[str, str]:
    """Return the code of every region of a country that has a calendar, by its name or that code."""
    import holidays

    entity: type[HolidayBase] = getattr(holidays, country)
    codes = {code: code for code in entity.subdivisions}
    names = getattr(entity, "subdivisions_aliases", {})
    return codes | {name: code for name, code in names.items() if code in codes}


@cache
def _holidays(calendar: str) -> HolidayBase:
    from holidays import country_holidays

    if not has_calendar(calendar):
        raise LookupError("no such calendar of holidays")
    country, region = parts(calendar)
    # without a language the library would take that of the environment
    return country_holidays(country, subdiv=region or None, language="en_US")
