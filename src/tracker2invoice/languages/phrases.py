"""What is said of a bill, before it is said in a language: mapping chooses a phrase, the catalogue has its words.

`str()` gives it in English with plain digits and ISO dates, as reasons and platforms have it. Other languages write
numbers and dates by their locale. No phrase needs a plural or a case: each stands for itself, like a formula.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache, reduce
from typing import TYPE_CHECKING, Literal, TypeAlias

from tracker2invoice.languages.labels import labels
from tracker2invoice.model.digits import decimal, mixed
from tracker2invoice.model.money import Money

if TYPE_CHECKING:
    from tracker2invoice.languages.figures import Figures

ENGLISH = "en"
"""The language of reasons, and of documents whose client has none."""


@dataclass(frozen=True, slots=True)
class Unrounded:
    """An exact amount that goes on after the decimals of its currency."""

    amount: Fraction
    currency: str

    def __str__(self) -> str:
        return f"{decimal(self.amount)} {self.currency}"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of the catalogue, by its key, and what stands in its places. Text in it is said as it is."""

    name: str
    values: tuple[tuple[str, Said], ...] = ()

    def __str__(self) -> str:
        return worded(self, ENGLISH)


Joint = Literal["comma", "either", "words", "sentences", "due_then"]
"""Phrases that say two things one after the other."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Two things or more, each said `by` this phrase after those before it."""

    by: Joint
    said: tuple[Said, ...]

    def __str__(self) -> str:
        return worded(self, ENGLISH)


Figure: TypeAlias = "date | Decimal | Fraction | Money | Unrounded"
"""What each language writes its own way. A `Fraction` without an end is written as one: `33 1/3`."""

Said: TypeAlias = "str | Figure | Phrase | Joined"
"""What can be said."""


def phrase(name: str, **values: Said) -> Phrase:
    """Return a phrase with its values by the names of their places."""
    return Phrase(name, tuple(values.items()))


def days(count: int) -> Phrase:
    """Return a number of days."""
    return phrase("one_day") if count == 1 else phrase("days", count=Decimal(count))


def joined(by: Joint, said: Iterable[Said]) -> Said:
    """Return all that is said, one after the other; nothing if there is nothing to say."""
    there = tuple(one for one in said if one != "")
    return Joined(by, there) if len(there) > 1 else next(iter(there), "")


def worded(said: Said, language: str) -> str:
    """Say it in one of `LANGUAGES`, in plain characters: no-break spaces and marks of direction are for pages alone."""
    match said:
        case str():
            return said
        case Phrase(name=name, values=values):
            return labels(language)[name].format(**{place: worded(value, language) for place, value in values})
        case Joined(by=by, said=parts):
            joint, words = labels(language)[by], (worded(one, language) for one in parts)
            return reduce(lambda first, following: joint.format(first=first, following=following), words)
        case _:
            return _plain(said) if language == ENGLISH else _local(said, language).translate(_FOR_PAGES)


_FOR_PAGES = {0xA0: " ", 0x202F: " ", 0x200E: None, 0x200F: None, 0x61C: None}


def _plain(value: Figure) -> str:
    match value:
        case Decimal():
            return decimal(value)
        case Fraction():
            return mixed(value)
        case _:
            return str(value)


def _local(value: Figure, language: str) -> str:
    match value:
        case date():
            return _figures(language).date(value)
        case Money(amount=amount, currency=currency):
            return _money(_figures(language, currency).amount(amount), currency, language)
        case Unrounded(amount=amount, currency=currency):
            return _money(_digits(decimal(amount), language), currency, language)
        case _:
            return _digits(_plain(value), language)


def _money(number: str, currency: str, language: str) -> str:
    return labels(language)["money"].format(number=number, currency=currency)


def _digits(plain: str, language: str) -> str:
    if "/" in plain:
        return plain
    digits = plain.removesuffix("…")
    return _figures(language).number(Decimal(digits)) + plain[len(digits) :]


@cache
def _figures(language: str, currency: str = "EUR") -> Figures:
    # most plans need no other language, and Babel takes time to load
    from tracker2invoice.languages.figures import Figures

    return Figures(currency, language)
