"""The types of single settings: what a person may write, and what it becomes.

Every refusal is a short sentence that says what to write instead and never repeats what was written. What
a value needs to know besides itself (currency of the contract, names defined elsewhere, folder of the file)
comes in the validation context, see `Surroundings`. Nothing here reads files or the environment.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import Annotated, cast
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, PlainValidator, ValidationInfo, WithJsonSchema

from tracker2invoice.config.codes import COUNTRIES, units
from tracker2invoice.config.identifiers import check_bic, check_iban, check_vat_id, looks_like_email
from tracker2invoice.config.plain import is_table
from tracker2invoice.config.schemes import endpoint, legal_id
from tracker2invoice.documents.text import clean
from tracker2invoice.languages.labels import LANGUAGES
from tracker2invoice.model.contract import Identifier
from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.model.money import Money, parse_decimal

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DURATION = re.compile(r"(\d{1,6}) *(second|minute|hour|day|week)s?", re.IGNORECASE)
_FRACTION = re.compile(r"(\d{1,9}) */ *(\d{1,9})")
_LONGEST = timedelta(days=3650)
_ALL_UNDER_A_NAME = re.compile(r"[^*]*[^*/\s]/\*")
_MOST_LANGUAGES = 2
_COMMON_MISTAKES = {"UK": "GB", "EL": "GR"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What single values are checked against.

    `names` maps `client`, `tracker` and `output` to the names that are defined; absent means not known, thus
    not checked. `dotenv` holds the variables of the `.env` file beside the configuration.
    """

    directory: Path = Path()
    dotenv: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    currency: str | None = None


def surroundings(info: ValidationInfo) -> Surroundings:
    """Return what the value is checked against; empty if the caller gave none."""
    return info.context if isinstance(info.context, Surroundings) else Surroundings()


def did_you_mean(written: str, known: tuple[str, ...]) -> str:
    """Return `did you mean 'token'?` for a near miss, else the empty string. Names known ones alone."""
    name = closest(written, known)
    return f"did you mean '{name}'?" if name else ""


def closest(written: str, known: Iterable[str]) -> str:
    """Return the known name that what was written comes close to, else the empty string. Capitals do not matter."""
    names = {name.lower(): name for name in known}
    close = get_close_matches(written.lower(), names, n=1, cutoff=0.72)
    return names[close[0]] if close else ""


def is_name(value: object) -> bool:
    """Whether the value can name a contract, term, client, tracker or output."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _name(value: str) -> str:
    if not is_name(value):
        raise ValueError('use letters, digits, "-", "_" and "." only, at most 64')
    return value


def _text(value: str) -> str:
    # what documents leave out is no text
    if not clean(value):
        raise ValueError("must not be empty")
    return value.strip()


def _country(value: str) -> str:
    if value in _COMMON_MISTAKES:
        raise ValueError(f'write "{_COMMON_MISTAKES[value]}", as in ISO 3166')
    if value not in COUNTRIES:
        raise ValueError('write the two capital letters of ISO 3166: "DE"')
    return value


def _email(value: str) -> str:
    if not looks_like_email(value.strip()):
        raise ValueError('write one e-mail address: "ap@client.example"')
    return value.strip()


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (OSError, ValueError, KeyError):  # a folder of the database, a path, an unknown name
        hint = did_you_mean(value, tuple(sorted(available_timezones())))
        example = 'write one such as "Europe/Berlin"'
        raise ValueError(f"unknown time zone; {hint or example}") from None
    return value


def _duration(value: object) -> timedelta:
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError('write a number and a unit: "30 seconds", "5 minutes", "24 hours", "2 days"')
    duration = timedelta(**{f"{found[2].lower()}s": int(found[1])})
    if duration > _LONGEST:
        raise ValueError(f"must not be more than {_LONGEST.days} days")
    return duration


def _more_than_nothing(value: timedelta) -> timedelta:
    if not value:
        raise ValueError('must be more than zero: "5 minutes"')
    return value


def _day(value: object) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            pass
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError("write a date, without quotes: 2026-01-31")


def _cron(value: str) -> str:
    from apscheduler.triggers.cron import CronTrigger

    try:
        CronTrigger.from_crontab(value, timezone="UTC")  # pyright: ignore[reportUnknownMemberType]
    except (ValueError, KeyError, TypeError):
        raise ValueError('write five fields (minute, hour, day, month, weekday): "*/5 * * * *"') from None
    return value


def _currency(value: str) -> str:
    if value not in MINOR_UNITS:
        raise ValueError('unknown currency; write the three capital letters of ISO 4217: "EUR"')
    return value


def amount(value: object, currency: str | None) -> Decimal:
    """Return a positive amount with no more decimals than the currency has (None: any currency).

    Raises:
        ValueError: with the sentence for the person.
    """
    number = parse_decimal(value)
    if number <= 0:
        raise ValueError("must be more than zero")
    exponent = number.as_tuple().exponent
    if currency is not None and isinstance(exponent, int) and -exponent > MINOR_UNITS[currency]:
        raise ValueError(_DECIMALS[MINOR_UNITS[currency]].format(currency=currency))
    return number


_DECIMALS = {
    0: '{currency} has no decimals; write "1234"',
    2: '{currency} has two decimals; write "1234.50"',
    3: '{currency} has three decimals; write "1234.500"',
}


def _amount(value: object, info: ValidationInfo) -> Decimal:
    return amount(value, surroundings(info).currency)


def _amounts(value: object) -> dict[str, Money]:
    if is_table(value):
        return dict(_limit(currency.upper(), number) for currency, number in value.items())
    raise ValueError('write amounts by currency: { EUR = "250000.00" }')


def _limit(currency: str, number: object) -> tuple[str, Money]:
    return _currency(currency), Money(amount(number, currency), currency)


def _change(value: object, info: ValidationInfo) -> Decimal:
    """Return an amount that is not zero, and may be negative."""
    text = value.strip() if isinstance(value, str) else value
    if isinstance(text, str) and text.startswith("-"):
        return -amount(text[1:], surroundings(info).currency)
    return amount(text, surroundings(info).currency)


def _price(value: object) -> Decimal:
    """Return a positive number, with more decimals than the currency has if need be (EN 16931 BT-146)."""
    return amount(value, None)


def _percent(value: object) -> Fraction:
    try:
        percent = Fraction(parse_decimal(value))
    except ValueError:
        raise ValueError('write the percentage in quotes: "3.2" or "-1.5"') from None
    if not -100 < percent <= 1000 or not percent:
        raise ValueError("must be more than -100 and at most 1000 percent, and not zero")
    return percent


def _unit_code(value: str) -> str:
    if value not in units():
        raise ValueError('write a code of UN/ECE Recommendation 20: "C62" (one), "HUR" (hour), "DAY"')
    return value


def _note_subject(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise ValueError('write a subject code of three capital letters: "PMT", "PMD", "AAB"')
    return value


def _share(value: object) -> Fraction:
    found = _FRACTION.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        share = Fraction(int(found[1]), int(found[2])) if found else Fraction(parse_decimal(value))
    except (ValueError, ZeroDivisionError):
        raise ValueError('write the percentage in quotes: "30", "12.5" or "100/3"') from None
    if share <= 0:
        raise ValueError("must be more than zero")
    if share > 100:
        raise ValueError("must not be more than 100 percent")
    return share


def _rate(value: object) -> Decimal:
    try:
        rate = parse_decimal(value)
    except ValueError:
        raise ValueError('write the percentage in quotes: "19" or "8.1"') from None
    if not 0 <= rate <= 100:
        raise ValueError("must be from 0 to 100 percent")
    return rate


def _regex(value: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(value)
    except (re.error, OverflowError, RecursionError):
        raise ValueError("not a regular expression of Python; check brackets and backslashes") from None
    return value


def _languages(value: object) -> tuple[str, ...]:
    named = cast("list[object]", value) if isinstance(value, list) else [value]
    if not 1 <= len(named) <= _MOST_LANGUAGES or len(set(map(str, named))) < len(named):
        raise ValueError('write one language or two different ones: "de" or ["de", "en"]')
    for one in named:
        if one not in LANGUAGES:
            raise ValueError(f"not a language of the documents; choose from {', '.join(LANGUAGES)}")
    return tuple(map(str, named))


def _defined(what: str) -> Callable[[str, ValidationInfo], str]:
    def check(value: str, info: ValidationInfo) -> str:
        require_defined(what, value, surroundings(info))
        return value

    return check


def require_defined(what: str, name: str, around: Surroundings) -> None:
    """Refuse the name of a client, tracker or output that nothing defines.

    Raises:
        ValueError: with the sentence for the person.
    """
    names = around.names.get(what)
    if names is None or name in names:
        return
    if not names:
        raise ValueError(f"no {what} is configured yet; add a section [{what}s.NAME]")
    raise ValueError(f"no {what} has this name; {did_you_mean(name, names) or 'known: ' + ', '.join(names)}")


def _project(value: str, info: ValidationInfo) -> str:
    tracker, colon, project = value.strip().partition(":")
    if not (is_name(tracker) and colon and project.strip()):
        example = next(iter(surroundings(info).names.get("tracker", ())), "github")
        raise ValueError(f'write the tracker first: "{example}:owner/repository"')
    require_defined("tracker", tracker, surroundings(info))
    if "*" in project and not _ALL_UNDER_A_NAME.fullmatch(project.strip()):
        raise ValueError(f'write * for all projects under a name, at the end alone: "{tracker}:owner/*"')
    return f"{tracker}:{project.strip()}"


def _string(description: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": description, "examples": list(examples)})


_NUMBER = {"anyOf": [{"type": "string"}, {"type": "integer"}]}

Name = Annotated[str, AfterValidator(_name)]
Text = Annotated[str, AfterValidator(_text)]
Country = Annotated[str, AfterValidator(_country)]
Email = Annotated[str, AfterValidator(_email)]
VatId = Annotated[str, AfterValidator(check_vat_id)]
Iban = Annotated[str, AfterValidator(check_iban)]
Bic = Annotated[str, AfterValidator(check_bic)]
LegalId = Annotated[Identifier, PlainValidator(legal_id), _string("A registration, scheme first.", "0002:552100554")]
Endpoint = Annotated[
    Identifier, PlainValidator(endpoint), _string("Where e-invoices go, scheme first.", "9930:DE123456788")
]
Languages = Annotated[
    tuple[str, ...],
    PlainValidator(_languages),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(LANGUAGES)},
                {"type": "array", "items": {"enum": list(LANGUAGES)}, "minItems": 1, "maxItems": _MOST_LANGUAGES},
            ],
            "examples": ["de", ["de", "en"]],
        }
    ),
]
Timezone = Annotated[str, AfterValidator(_timezone)]
Duration = Annotated[timedelta, PlainValidator(_duration), _string("A number and a unit.", "5 minutes", "24 hours")]
Interval = Annotated[Duration, AfterValidator(_more_than_nothing)]
Day = Annotated[date, BeforeValidator(_day)]
Cron = Annotated[str, AfterValidator(_cron)]
Currency = Annotated[str, AfterValidator(_currency)]
Amount = Annotated[Decimal, PlainValidator(_amount), WithJsonSchema(_NUMBER | {"examples": ["60000.00"]})]
Change = Annotated[Decimal, PlainValidator(_change), WithJsonSchema(_NUMBER | {"examples": ["5000.00", "-2500.00"]})]
Price = Annotated[Decimal, PlainValidator(_price), WithJsonSchema(_NUMBER | {"examples": ["450.00"]})]
Percent = Annotated[Fraction, PlainValidator(_percent), WithJsonSchema(_NUMBER | {"examples": ["3.2"]})]
NoteSubject = Annotated[str, AfterValidator(_note_subject)]
UnitCode = Annotated[str, AfterValidator(_unit_code)]
Amounts = Annotated[
    dict[str, Money],
    PlainValidator(_amounts),
    WithJsonSchema({"type": "object", "additionalProperties": _NUMBER, "examples": [{"EUR": "250000.00"}]}),
]
Share = Annotated[Fraction, PlainValidator(_share), WithJsonSchema(_NUMBER | {"examples": ["30", "100/3"]})]
Rate = Annotated[Decimal, PlainValidator(_rate), WithJsonSchema(_NUMBER | {"examples": ["19"]})]
Regex = Annotated[str, AfterValidator(_regex)]
ClientName = Annotated[str, AfterValidator(_defined("client"))]
OutputName = Annotated[str, AfterValidator(_defined("output"))]
ProjectName = Annotated[str, AfterValidator(_project)]
