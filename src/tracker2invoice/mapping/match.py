"""Which milestones match a term? Titles are hostile and only compared; patterns are the configuration's."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import translate
from functools import cache, cached_property
from operator import attrgetter

from tracker2invoice.mapping.text import LONGEST
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.term import Match

LONGEST_FOR_REGEX = LONGEST
"""Characters. Longer titles match no regular expression: what one costs can grow steeply with the length."""

_order = attrgetter("number", "id")


class Milestones:
    """The milestones of one project, in the order of their numbers.

    A title or a number is found without looking at all of them, a glob among those that begin like it. Only what is
    asked for is indexed: most contracts name their milestones in one way.
    Titles are compared in NFC without surrounding space, case-sensitively and as a whole.
    """

    def __init__(self, milestones: Iterable[Milestone]) -> None:
        self._all = sorted(milestones, key=_order)
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

    @cached_property
    def _by_key(self) -> Mapping[str, Milestone]:
        return {milestone.key: milestone for milestone in self._all}

    @cached_property
    def _by_number(self) -> Mapping[int, Sequence[Milestone]]:
        grouped: dict[int, list[Milestone]] = {}
        for milestone in self._all:
            grouped.setdefault(milestone.number, []).append(milestone)
        return grouped

    @cached_property
    def _by_title(self) -> Mapping[str, Sequence[Milestone]]:
        grouped: dict[str, list[Milestone]] = {}
        for milestone in self._all:
            grouped.setdefault(_normal(milestone.title), []).append(milestone)
        return grouped

    @cached_property
    def _titles(self) -> Sequence[str]:
        return sorted(self._by_title)

    @cached_property
    def _short_titles(self) -> Sequence[str]:
        return [title for title in self._by_title if len(title) <= LONGEST_FOR_REGEX]

    def _beginning_with(self, start: str) -> Iterator[str]:
        for index in range(bisect_left(self._titles, start), len(self._titles)):
            if not self._titles[index].startswith(start):
                return
            yield self._titles[index]

    def _with_title(self, pattern: re.Pattern[str], titles: Iterable[str]) -> Iterable[Milestone]:
        hits = [self._by_title[title] for title in filter(pattern.fullmatch, titles)]
        return sorted((milestone for milestones in hits for milestone in milestones), key=_order)


@cache
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
