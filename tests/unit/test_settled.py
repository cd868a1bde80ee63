"""Lists that change while they are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tracker2invoice.errors import BadAnswer
from tracker2invoice.settled import Pages, settled


@dataclass(frozen=True, slots=True)
class Row:
    id: int
    title: str = ""


def pages(*ids: str, whole: bool = True) -> Pages[Row]:
    """Return pages of rows, one digit an id."""
    return Pages([[Row(int(id_)) for id_ in page] for page in ids], whole)


def one_after_the_other(*readings: Pages[Row]) -> Callable[[], Pages[Row]]:
    left = list(readings)
    return lambda: left.pop(0)


def read(*readings: Pages[Row]) -> str:
    return "".join(str(one.id) for one in settled("board", one_after_the_other(*readings)))


def test_a_list_of_one_page_is_read_once() -> None:
    assert read(pages("12")) == "12"


def test_a_list_of_several_pages_is_read_until_it_is_alike_twice() -> None:
    assert read(pages("12", "4"), pages("12", "34"), pages("12", "34")) == "1234"


def test_alike_is_not_the_first_and_the_last_of_three() -> None:
    with pytest.raises(BadAnswer):
        read(pages("12", "3"), pages("12", "4"), pages("12", "3"))


def test_what_is_known_to_have_changed_is_read_again_even_if_alike() -> None:
    assert read(pages("12", whole=False), pages("12")) == "12"
    assert read(pages("12", "2", whole=False), pages("12", "2", whole=False), pages("12")) == "12"


def test_what_never_comes_to_rest_is_an_error() -> None:
    with pytest.raises(BadAnswer, match="board"):
        read(pages("12", "3"), pages("12", "4"), pages("12", "5"), pages("12", "5"))


def test_the_latest_reading_counts() -> None:
    first, second = Pages([[Row(1, "Design")], [Row(2)]]), Pages([[Row(1, "Concept")], [Row(2)]])
    assert settled("board", one_after_the_other(first, second))[0].title == "Concept"
