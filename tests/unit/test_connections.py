"""What all connections of a tracker share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tracker2invoice.connections import Connections, LatestLimit
from tracker2invoice.errors import RateLimited, Unreachable

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class Line:
    closed: bool = False

    def close(self) -> None:
        self.closed = True


@dataclass(slots=True)
class Exchange:
    made: list[Line] = field(default_factory=list[Line])

    def connect(self) -> Line:
        self.made.append(Line())
        return self.made[-1]


class TestConnections:
    def test_nobody_gets_a_connection_that_is_in_use(self) -> None:
        lines = Connections(Exchange().connect)
        with lines.lend() as one, lines.lend() as other:
            assert one is not other

    def test_one_that_was_given_back_is_used_again_also_after_a_failure(self) -> None:
        exchange = Exchange()
        lines = Connections(exchange.connect)
        with pytest.raises(Unreachable), lines.lend():
            raise Unreachable("board", "502")
        with lines.lend():
            assert len(exchange.made) == 1

    def test_all_are_closed_at_the_end(self) -> None:
        exchange = Exchange()
        lines = Connections(exchange.connect)
        with lines.lend(), lines.lend():
            pass
        lines.close()
        assert [one.closed for one in exchange.made] == [True, True]


def hit(limit: LatestLimit, error: RateLimited) -> RateLimited:
    with pytest.raises(RateLimited) as caught, limit.heeded():
        raise error
    return caught.value


class TestLatestLimit:
    def test_nothing_is_sent_before_the_limit_ends(self, clock: FrozenClock) -> None:
        limit, sent = LatestLimit(clock), list[int]()
        end = clock() + timedelta(hours=1)
        hit(limit, RateLimited("board", "too many", end))
        clock.advance(timedelta(hours=1) - SECOND)
        with pytest.raises(RateLimited, match="too many") as caught, limit.heeded():
            sent.append(1)
        assert (sent, caught.value.not_before) == ([], end)
        clock.advance(SECOND)
        with limit.heeded():
            sent.append(2)
        assert sent == [2]

    def test_a_limit_without_an_end_lasts_a_minute(self, clock: FrozenClock) -> None:
        limit = LatestLimit(clock)
        assert hit(limit, RateLimited("board", "too many")).not_before == clock() + timedelta(minutes=1)
        clock.advance(timedelta(minutes=1) - SECOND)
        with pytest.raises(RateLimited), limit.heeded():
            pass

    def test_another_failure_is_no_limit(self, clock: FrozenClock) -> None:
        limit = LatestLimit(clock)
        with pytest.raises(Unreachable), limit.heeded():
            raise Unreachable("board", "502", clock() + SECOND)
        with limit.heeded():
            pass
