"""No more requests than every limit allows, and no later than they do; with a timer that only sleeping moves on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracker2invoice.pace import Limit, Pace, Paces
from tracker2invoice.testing.timer import WaitingTimer


def sent(watch: WaitingTimer, pace: Pace, requests: list[tuple[str, str]]) -> list[float]:
    at: list[float] = []
    for method, path in requests:
        pace.wait(method, path)
        at.append(watch.seconds)
    assert all(slept > 0 for slept in watch.slept)
    return at


def test_the_first_requests_wait_for_nothing_and_the_next_until_the_window_has_passed() -> None:
    watch = WaitingTimer()
    pace = Pace(Limit(60, 60), timer=watch)
    assert sent(watch, pace, [("GET", "/a")] * 121) == [*[0.0] * 60, *[60.0] * 60, 120.0]


def test_endpoints_are_counted_by_themselves_and_together() -> None:
    watch = WaitingTimer()
    pace = Pace(Limit(2, 1, of=lambda method, path: f"{method} {path}"), Limit(3, 1), timer=watch)
    requests = [("GET", "/a"), ("GET", "/a"), ("GET", "/b"), ("GET", "/b"), ("GET", "/a")]
    assert sent(watch, pace, requests) == [0.0, 0.0, 0.0, 1.0, 1.0]


def test_without_limits_nothing_waits() -> None:
    watch = WaitingTimer()
    assert sent(watch, Pace(timer=watch), [("GET", "/a")] * 1000)[-1] == 0.0


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 10)), min_size=1, max_size=3),
    st.lists(st.sampled_from("ab"), max_size=60),
    st.lists(st.floats(0, 3), min_size=60, max_size=60),
)
def test_no_window_ever_has_more_than_its_limit(
    limits: list[tuple[int, int]], paths: list[str], pauses: list[float]
) -> None:
    watch = WaitingTimer()
    pace = Pace(*(Limit(most, seconds) for most, seconds in limits), timer=watch)
    at: list[float] = []
    for path, pause in zip(paths, pauses, strict=False):
        watch.seconds += pause
        at += sent(watch, pace, [("GET", path)])
    for most, seconds in limits:
        assert all(later - earlier >= seconds - 1e-6 for earlier, later in zip(at, at[most:], strict=False))


def test_who_connects_anew_waits_behind_what_was_sent_before() -> None:
    paces, timer = Paces(), WaitingTimer()
    for name in ("books", "ledger", "books"):
        paces.of(name, Limit(1, 60.0), timer=timer).wait("GET", "/")
    assert timer.slept == [60.0]
