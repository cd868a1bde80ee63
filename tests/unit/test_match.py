"""Which milestones match a term. Titles come from outside and may be anything."""

from __future__ import annotations

import time
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker2invoice.mapping.match import LONGEST_FOR_REGEX, Milestones
from tracker2invoice.model.term import Match
from tracker2invoice.testing.samples import sample_milestone

By = Literal["title", "glob", "regex", "number"]


def fits(by: By, value: str, title: str, number: int = 1) -> bool:
    return bool(Milestones([sample_milestone(title, number)]).matching(Match(by, value)))


@pytest.mark.parametrize(
    ("by", "value", "title", "expected"),
    [
        ("title", "Beta", "Beta", True),
        ("title", "Beta", "beta", False),
        ("title", "Beta", "Beta 2", False),
        ("title", "Beta", "  Beta\t", True),
        ("title", "Beta*", "Beta 2", False),
        ("title", "Caf\u00e9", "Cafe\u0301", True),
        ("title", "Cafe\u0301", "Caf\u00e9", True),
        ("glob", "Design*", "Design", True),
        ("glob", "Design*", "Design done", True),
        ("glob", "Design*", "Re-Design", False),
        ("glob", "Design*", "design", False),
        ("glob", "Design*", "Design\nand more", True),
        ("glob", "Phase [12]", "Phase 2", True),
        ("glob", "Phase ?", "Phase 10", False),
        ("glob", "[Pp]hase *", "phase 3", True),
        ("glob", "*", "", True),
        ("glob", "Beta", "Beta", True),
        ("glob", "Beta", "Beta 2", False),
        ("glob", "Cafe\u0301*", "Caf\u00e9 open", True),
        ("regex", "Beta( 2)?", "Beta 2", True),
        ("regex", "Beta", "Beta 2", False),
        ("regex", "(?i)beta", "BETA", True),
        ("regex", "Cafe\u0301", "Caf\u00e9", True),
        ("regex", r"Beta\ ", "Beta ", False),
    ],
)
def test_a_title_is_compared_as_a_whole_in_nfc_without_space_around_it(
    by: By, value: str, title: str, expected: bool
) -> None:
    assert fits(by, value, title) is expected


def test_a_number_matches_whatever_the_title_says() -> None:
    assert fits("number", "3", "Beta", number=3)
    assert not fits("number", "3", "3", number=30)


def test_what_matches_comes_in_the_order_of_numbers_whatever_the_order_seen() -> None:
    titles = {3: "Sprint c", 1: "Sprint a", 2: "Other", 4: "Sprint a"}
    seen = [replace(sample_milestone(title, number), id=str(9 - number)) for number, title in titles.items()]
    for order in (seen, seen[::-1]):
        found = Milestones(order).matching(Match("glob", "Sprint*"))
        assert [one.number for one in found] == [1, 3, 4]


def test_milestones_of_one_title_all_match_it() -> None:
    twins = Milestones([sample_milestone("Beta", 1), sample_milestone("Beta", 2)])
    assert len(twins.matching(Match("title", "Beta"))) == 2


def test_no_title_makes_a_glob_slow() -> None:
    began = time.perf_counter()
    assert not fits("glob", "*a*a*a*a*a*b", "a" * 20_000)
    assert time.perf_counter() - began < 5


def test_a_title_longer_than_any_tracker_keeps_matches_no_regular_expression() -> None:
    assert fits("regex", "a+", "a" * LONGEST_FOR_REGEX)
    assert not fits("regex", "a+", "a" * (LONGEST_FOR_REGEX + 1))


@settings(deadline=None)
@given(st.text(), st.sampled_from(["glob", "title", "regex"]), st.sampled_from(["Beta.*", ".*", "B[a-z]+", "x"]))
def test_any_text_can_be_a_title(title: str, by: By, value: str) -> None:
    assert fits(by, value, title) in (True, False)
    assert fits("glob", "*", title)


@settings(deadline=None)
@given(st.text(min_size=1).filter(lambda text: bool(text.strip())))
def test_any_title_matches_itself(title: str) -> None:
    assert fits("title", sample_milestone(title).title, title)


@settings(deadline=None)
@given(st.lists(st.text("AB[]*? ")), st.text("AB*?", min_size=1).filter(lambda text: bool(text.strip())))
def test_a_glob_finds_among_many_titles_what_it_finds_one_by_one(titles: list[str], glob: str) -> None:
    seen = [sample_milestone(title, number) for number, title in enumerate(titles, start=1)]
    found = Milestones(seen).matching(Match("glob", glob))
    assert [one.title for one in found] == [title for title in titles if fits("glob", glob, title)]
    assert all(fnmatchcase(one.title.strip(), glob.strip()) for one in found)
