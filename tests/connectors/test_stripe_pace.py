"""No more requests in any second than Stripe allows, measured with a clock of our own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.connectors.stripe import CUSTOMER, Clock, FarStripe, connected, draft_for

from tracker2invoice_stripe.pace import ALL_LIVE, ALL_TEST, EACH_ENDPOINT, Pace


@dataclass
class Watch:
    """A clock that only sleeping moves on, and a little each time it is read."""

    now: float = 0.0
    sent: list[float] = field(default_factory=list[float])

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def busiest_second(self) -> int:
        return max(sum(start <= one < start + 1 for one in self.sent) for start in self.sent)


def let_through(watch: Watch, *, is_live: bool, requests: list[tuple[str, str]]) -> None:
    pace = Pace(is_live=is_live, monotonic=watch.monotonic, sleep=watch.sleep)
    for method, path in requests:
        pace.wait(method, path)
        watch.sent.append(watch.now)
        watch.now += 0.001


@pytest.mark.parametrize("is_live", [True, False])
def test_one_endpoint_gets_no_more_than_its_share_whatever_ids_are_in_the_path(is_live: bool) -> None:
    watch = Watch()
    let_through(watch, is_live=is_live, requests=[("post", f"/v1/invoices/in_{n}/add_lines") for n in range(200)])
    assert watch.busiest_second() == EACH_ENDPOINT
    assert watch.now < 200 / EACH_ENDPOINT + 1


@pytest.mark.parametrize(("is_live", "most"), [(True, ALL_LIVE), (False, ALL_TEST)])
def test_all_endpoints_together_stay_below_the_limit_of_the_mode(is_live: bool, most: int) -> None:
    watch = Watch()
    let_through(watch, is_live=is_live, requests=[("get", f"/v1/thing{n % 10}?limit={n}") for n in range(500)])
    assert watch.busiest_second() == most
    assert watch.now < 500 / most + 1


def test_every_request_waits_for_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def wait(_: Pace, method: str, path: str) -> None:
        asked.append((method, path.partition("?")[0]))

    monkeypatch.setattr(Pace, "wait", wait)
    clock, draft = Clock(), draft_for()
    with FarStripe(clock) as stripe, connected(stripe.url, clock, tmp_path) as output:
        stripe.books.add_customer("Acme GmbH", CUSTOMER)
        output.find(draft)
        output.withdraw(output.create(draft, output.prepare(draft), "k").receipt)
        assert asked == [(one.method.lower(), one.path) for one in stripe.requests]


def test_whoever_is_slow_never_waits() -> None:
    watch = Watch()
    pace = Pace(is_live=False, monotonic=watch.monotonic, sleep=watch.sleep)
    for _ in range(100):
        pace.wait("get", "/v1/invoices")
        watch.now += 0.05
    assert watch.now == pytest.approx(5.0)
