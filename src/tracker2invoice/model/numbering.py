"""The numbers of invoices (BT-1): series without gaps, one for each year."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FIELD = re.compile(r"\{(year|number(?::0[1-9])?)\}")
_PLAIN = re.compile(r"[A-Za-z0-9 ._/#-]*")

LONGEST_PATTERN = 40
"""Characters; what comes out is shorter than the number that any platform takes."""


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers that follow each other: `name` has `{number}` where they differ; `first` is the first that we give."""

    name: str
    first: int = 1

    def text(self, number: int) -> str:
        """Return a number of the series as it stands on the invoice."""
        return self.name.format(number=number)


@dataclass(frozen=True, slots=True)
class Numbering:
    """How a supplier numbers invoices: `RE-{year}-{number:04}` makes RE-2026-0001 of the first one in 2026.

    Without `{year}` one series goes on for ever. `last` is the latest number that was given elsewhere, empty if none
    was; its series goes on after it.

    Raises:
        ValueError: the pattern has no `{number}`, or something that belongs in no number; or `last` does not follow it.
    """

    pattern: str = "{year}-{number:04}"
    last: str = ""

    def __post_init__(self) -> None:
        fields = sorted(name.partition(":")[0] for name in _FIELD.findall(self.pattern))
        if fields not in (["number"], ["number", "year"]):
            raise ValueError('write {number} once, and {year} at most once, as in "RE-{year}-{number:04}"')
        if len(self.pattern) > LONGEST_PATTERN or not _PLAIN.fullmatch(_FIELD.sub("", self.pattern)):
            raise ValueError(f"take letters, digits and ._/#- alone, at most {LONGEST_PATTERN} characters")
        if self.last and self._read_last() is None:
            raise ValueError(f'the last number must look like "{self.series(2026).text(56)}"')

    def series(self, year: int) -> Series:
        """Return the series of a year, that of the issue date."""
        name = self.pattern.replace("{year}", str(year))
        last = self._read_last()
        goes_on = last is not None and last[0] in ("", str(year))
        return Series(name, last[1] + 1 if last and goes_on else 1)

    def _read_last(self) -> tuple[str, int] | None:
        """Return the year and the number of `last`; the year is empty where the pattern has none."""
        parts = (_ON_PAPER.get(part.partition(":")[0], re.escape(part)) for part in _FIELD.split(self.pattern))
        found = re.fullmatch("".join(parts), self.last, re.ASCII)
        return (found.groupdict().get("year") or "", int(found["number"])) if found else None


_ON_PAPER = {"year": r"(?P<year>\d{4})", "number": r"(?P<number>\d{1,9})"}
