"""Several readings at a time, as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Barrier, Event

import pytest

from tracker2invoice.together import AHEAD, AT_ONCE, several_at_once


def test_every_result_comes_once() -> None:
    assert sorted(several_at_once(lambda number: number * 2, range(100), "t")) == list(range(0, 200, 2))


def test_so_many_are_read_at_a_time() -> None:
    all_there = Barrier(AT_ONCE, timeout=10)
    assert len([*several_at_once(lambda _: all_there.wait(), range(AT_ONCE), "t")]) == AT_ONCE


def test_whoever_is_quick_does_not_wait_for_the_slow() -> None:
    go_on = Event()

    def read(number: int) -> int:
        assert number or go_on.wait(10)
        return number

    results = several_at_once(read, range(3), "t")
    assert {next(results), next(results)} == {1, 2}
    go_on.set()
    assert list(results) == [0]


def test_nothing_is_read_far_ahead_of_whoever_takes_the_results() -> None:
    taken = list[int]()

    def things() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    for number, _ in enumerate(several_at_once(lambda one: one, things(), "t"), 1):
        assert len(taken) <= AHEAD + number
    assert len(taken) == 100


def test_what_is_left_is_not_read_when_nobody_takes_the_results_any_more() -> None:
    read = list[int]()
    results = several_at_once(read.append, range(100), "t")
    next(results)
    results.close()
    assert len(read) <= AHEAD + 1


def test_what_a_reading_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        list(several_at_once(lambda number: 1 // number, range(3), "t"))
