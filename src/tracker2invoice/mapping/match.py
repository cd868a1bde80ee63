"""Which milestones match a term? Titles are hostile and only compared; patterns are the configuration's."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from fnmatch import translate
from functools import cache

from tracker2invoice.mapping.text import LONGEST
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.term import Match

LONGEST_FOR_REGEX = LONGEST
"""Characters. Longer titles match no regular expression: what one costs can grow steeply with the length."""


class Milestones:
    """The milestones of one project, in the order of their numbers.

    A title or a number is found without looking at all of them, a glob among those that begin like it.
    Titles are compared in NFC without surrounding space, case-sensitively and as a whole.
    """

    def __init__(self, milestones: Iterable[Milestone]) -> None:
        self._all = sorted(milestones, key=_order)
        self._by_title: dict[str, list[Milestone]] = {}
        self._by_number: dict[int, list[Milestone]] = {}
        self._by_key = {milestone.key: milestone for milestone in self._all}
        for milestone in self._all:
            self._by_title.setdefault(_normal(milestone.title), []).append(milestone)
            self._by_number.setdefault(milestone.number, []).append(milestone)
        self._titles = sorted(self._by_title)
        self._short_titles = [title for title in self._titles if len(title) <= LONGEST_FOR_REGEX]
        self._found: dict[Match, tuple[Milestone, ...]] = {}

    def __iter__(self) -> Iterator[Milestone]:
        return iter(self._all)

    def matching(self, match: Match) -> tuple[Milestone, ...]:
        """Return those that a term asks for: by exact title, title glob, regular expression, number, key, or several.

        Raises:
            ValueError: the number is none. re.error: the regular expression is none.
        """
        found = self._found.get(match)
        if found is None:
            found = self._found[match] = tuple(self._look_for(match))
        return found

    def _look_for(self, match: Match) -> Iterable[Milestone]:
        match match.by:
            case "number":
                return self._by_number.get(int(match.value), ())
            case "title":
                return self._by_title.get(_normal(match.value), ())
            case "glob":
                return self._with_title(_glob(match.value), self._beginning_with(_literal_start(match.value)))
            case "regex":
                return self._with_title(_regex(match.value), self._short_titles)
            case "key":
                return [self._by_key[match.value]] if match.value in self._by_key else ()
            case "any" | "all" | "each":
                found = {milestone.key: milestone for one in match.of for milestone in self.matching(one)}
                return sorted(found.values(), key=_order)

    def _beginning_with(self, start: str) -> Iterator[str]:
        for index in range(bisect_left(self._titles, start), len(self._titles)):
            if not self._titles[index].startswith(start):
                return
            yield self._titles[index]

    def _with_title(self, pattern: re.Pattern[str], titles: Iterable[str]) -> Iterable[Milestone]:
        fits = pattern.fullmatch
        hits = [self._by_title[title] for title in titles if fits(title)]
        return sorted((milestone for milestones in hits for milestone in milestones), key=_order)


def _order(milestone: Milestone) -> tuple[int, str]:
    return (milestone.number, milestone.id)


def _literal_start(glob: str) -> str:
    return re.split(r"[*?\[]", _normal(glob), maxsplit=1)[0]


def _normal(title: str) -> str:
    return unicodedata.normalize("NFC", title).strip()


@cache
def _glob(value: str) -> re.Pattern[str]:
    return re.compile(translate(_normal(value)))


@cache
def _regex(value: str) -> re.Pattern[str]:
    return re.compile(unicodedata.normalize("NFC", value))
