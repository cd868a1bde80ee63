"""What a file can have against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tracker2invoice.documents.profiles import Profile
from tracker2invoice.validation.reading import Invoice


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the rule it breaks, its business terms (BT, BG), where in the file, and what is wrong.

    `rule` is the id of an official rule, or of a business term where there is none. A `warning` is what official rules
    warn of, and let pass.
    """

    rule: str
    terms: tuple[str, ...]
    place: str
    words: str
    warning: bool = False

    def __str__(self) -> str:
        named = dict.fromkeys((*self.terms, self.rule))
        return f"{self.place}: {self.words} ({', '.join(named)})"


Rule = Callable[[Invoice, Profile], Iterator[Fault]]
"""Yields what an invoice has against it in the profile."""
