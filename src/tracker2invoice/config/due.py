"""What a person may write about the time for payment: the due-date rule, its calendar, the discount, the late fee.

As in `config.types`, every refusal says what to write instead and never repeats what was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, PlainValidator, WithJsonSchema

from tracker2invoice.config.types import closest
from tracker2invoice.mapping.calendar import WEEKENDS, countries, has_calendar, parts, regions
from tracker2invoice.mapping.text import one_line
from tracker2invoice.model.due import LAST_DAY, DueKind, DueRule, EarlyPayment, Installment
from tracker2invoice.model.money import parse_decimal

_WRITE = 'write a rule: "30 days", "EOM + 10 days", "30 days then EOM", "15th of next month"'
_TWO_DECIMALS = Decimal("0.01")
_LONGEST_TEXT = 1000
_MANY = 20
_DAYS = r"(?P<days>\d{1,4}) ?days?"
_DAY = r"(?P<day>\d{1,2})(st|nd|rd|th)?"
_FORMS: Mapping[str, DueKind] = MappingProxyType(
    {
        rf"{_DAYS}( net)?": "days",
        r"net (?P<days>\d{1,4})( days?)?": "days",
        r"at once": "days",
        r"eom( ?\+ ?(?P<days>\d{1,4})( ?days?)?)?": "month end, then days",
        rf"{_DAYS} then eom": "days, then month end",
        rf"{_DAYS} (then )?eom on day {_DAY}": "days, then month end, then day",
        rf"{_DAYS} (then )?next day {_DAY}": "days, then next day",
        rf"{_DAY} of month": "days, then next day",
        rf"{_DAY} of next month": "days, then month end, then day",
    }
)
"""What may be written, once `_tidy` has gone over it, and the kind of rule it stands for."""


def due_rule(value: object) -> DueRule:
    """Read a due-date rule in words, such as `30 days then EOM`; one that was read before stays as it is.

    Raises:
        ValueError: with the sentence for the person.
    """
    if isinstance(value, DueRule):
        return value
    text = _tidy(value) if isinstance(value, str) else ""
    for form, kind in _FORMS.items():
        if found := re.fullmatch(form, text):
            numbers = {name: int(digits) for name, digits in found.groupdict().items() if digits}
            return _rule(kind, numbers.get("days", 0), numbers.get("day"))
    raise ValueError(_refusal(text))


def _tidy(text: str) -> str:
    words = text.lower().replace(",", " ").split()
    plain = " ".join(word for word in words if word != "the")
    return plain.replace("end of month", "eom")


def _rule(kind: DueKind, days: int, day: int | None) -> DueRule:
    return DueRule(kind, days, None if day is None else _day_of_month(day))


def _refusal(text: str) -> str:
    if re.fullmatch(rf"{_DAYS} eom", text):
        return 'two rules are called so; write "30 days then EOM" or "EOM + 30 days"'
    if re.search(r"\b(business|working)\b", text):
        return 'days are calendar days; write { rule = "10 days", business_days = "following", calendar = "DE" }'
    return _WRITE


def _day_of_month(number: int) -> int:
    if not 1 <= number <= LAST_DAY:
        raise ValueError(f"a day of a month is from 1 to {LAST_DAY}; {LAST_DAY} stands for the last one")
    return number


def _once(days: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(days)) < len(days):
        raise ValueError("a day is named twice; remove one")
    return tuple(sorted(days))


def _calendar(value: str) -> str:
    name = value.strip()
    if has_calendar(name):
        return name
    country, region = parts(name)
    if country in countries().values():
        raise ValueError(f"no calendar of this region; {_region_hint(country, region)}")
    known = countries()
    if code := known.get(closest(name.partition("-")[0], known)):
        raise ValueError(f"no calendar of this country; did you mean '{code}'?")
    raise ValueError(f'no such calendar; write a country such as "DE", a region such as "DE-BE", or "{WEEKENDS}"')


def _region_hint(country: str, region: str) -> str:
    known = regions(country)
    if code := known.get(closest(region, known)):
        return f"did you mean '{country}-{code}'?"
    names = [f"{country}-{code}" for code in dict.fromkeys(known.values())]
    return f"known: {', '.join(names[:_MANY])}{', …' if names[_MANY:] else ''}" if names else f'write "{country}"'


def _discount(value: object) -> Decimal:
    try:
        percent = parse_decimal(value)
    except ValueError:
        raise ValueError('write the percentage in quotes: "2" or "2.5"') from None
    if not 0 < percent < 100:
        raise ValueError("must be more than zero and less than 100 percent")
    if percent != percent.quantize(_TWO_DECIMALS):
        raise ValueError("a discount has at most two decimals, as in electronic invoices")
    return percent


def _late_fee(value: str) -> str:
    text = one_line(value, longest=_LONGEST_TEXT)
    if "#" in text:
        raise ValueError('must not contain "#", which electronic invoices take for a discount')
    return text


def early_payment_faults(due: DueRule, steps: Sequence[EarlyPayment]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong between the steps of a discount and the due date, as pairs of key and sentence."""
    for step in steps:
        if due.is_plain and step.days >= due.days:
            yield "early_payment", "a discount ends before the invoice is due; give it fewer days, or due more"
    for earlier, later in pairwise(sorted(steps, key=lambda one: one.days)):
        if earlier.days == later.days:
            yield "early_payment", "two discounts end on the same day; remove one"
        elif earlier.percent <= later.percent:
            yield "early_payment", "who pays later must not get more; lower the later discount"


def installment_faults(
    due: DueRule, parts: Sequence[Installment], discounts: Sequence[EarlyPayment]
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong between the parts of an invoice, the due date of the whole, and the steps of a discount."""
    if parts and discounts:
        yield "early_payment", "a discount and installments contradict each other; remove one"
    if len(parts) == 1:
        yield "installments", "one part is the whole; write its due date as due, and remove installments"
    elif any(part.is_rest for part in parts[:-1]):
        yield "installments", "the rest comes last; move it to the end"
    elif sum((part.percent for part in parts if part.percent), Fraction(0)) > 100:
        yield "installments", "the percentages make more than 100; lower one"
    elif any(_is_sooner(later.due, than=earlier.due) for earlier, later in pairwise(parts)):
        yield "installments", "a part is due before the one above it; put them in the order of their days"
    elif parts and parts[-1].due != due:
        yield "due", "the whole is due with the last of the installments; write the same rule here and there"


def _is_sooner(rule: DueRule, than: DueRule) -> bool:
    return rule.is_plain and than.is_plain and rule.days < than.days


_WORDS = WithJsonSchema({"type": "string", "examples": ["30 days", "30 days then EOM", "15th of next month"]})
_NUMBER = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer"}], "examples": ["2"]})

DueWords = Annotated[DueRule, PlainValidator(due_rule), _WORDS]
DayOfMonth = Annotated[int, AfterValidator(_day_of_month)]
PaymentDays = Annotated[tuple[DayOfMonth, ...], AfterValidator(_once)]
Calendar = Annotated[str, AfterValidator(_calendar)]
Discount = Annotated[Decimal, PlainValidator(_discount), _NUMBER]
LateFee = Annotated[str, AfterValidator(_late_fee)]
