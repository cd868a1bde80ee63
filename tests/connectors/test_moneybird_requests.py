"""How many requests a delivery to Moneybird takes, how fast they are sent, and what is looked up with them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.connectors.moneybird import CONTACT, Clock, FarMoneybird, connected, create, draft_for

from tracker2invoice.errors import Rejected
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Output
from tracker2invoice.testing.timer import WaitingTimer

FIND, CREATE, CONTACT_LOOK = "GET /sales_invoices.json", "POST /sales_invoices.json", f"GET /contacts/{CONTACT}.json"
RIVALS = ["T2I-RIVALRIVAL22", "T2I-RIVALRIVAL33"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarMoneybird]:
    with FarMoneybird(clock) as moneybird:
        moneybird.books.add_contact("Acme B.V.", CONTACT)
        yield moneybird


@pytest.fixture
def output(far_side: FarMoneybird, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path) as output:
        yield output


def push(output: Output, draft: Draft) -> None:
    assert list(output.find(draft, RIVALS)) == []
    create(output, draft)


def test_a_first_push_is_two_requests_and_once_a_minute_one_more_for_the_contact(
    output: Output, far_side: FarMoneybird, clock: Clock
) -> None:
    push(output, draft_for())
    assert far_side.asked() == [FIND, CONTACT_LOOK, CREATE]
    clock.now += timedelta(seconds=59)
    push(output, draft_for(milestone_id="2"))
    assert far_side.asked() == [FIND, CREATE]
    clock.now += timedelta(seconds=1)
    push(output, draft_for(milestone_id="3"))
    assert far_side.asked() == [FIND, CONTACT_LOOK, CREATE]


def test_a_contact_that_was_archived_is_found_out_within_a_minute(
    output: Output, far_side: FarMoneybird, clock: Clock
) -> None:
    push(output, draft_for())
    far_side.books.contacts[0]["archived"] = True
    clock.now += timedelta(seconds=60)
    for _ in range(2):
        with pytest.raises(Rejected, match="archived"):
            create(output, draft_for(milestone_id="2"))


def test_documents_that_would_bill_the_same_are_seen_in_the_same_look_and_marked(
    output: Output, far_side: FarMoneybird
) -> None:
    draft, rival = draft_for(), draft_for(milestone_id="2")
    create(output, rival)
    far_side.requests.clear()
    (document,) = output.find(draft, [RIVALS[0], rival.reference])
    assert (document.other, document.receipt.state) == (rival.reference, "draft")
    create(output, draft)
    assert {one.other for one in output.find(draft, [rival.reference])} == {"", rival.reference}
    assert far_side.asked().count(FIND) == 2


def test_no_five_minutes_see_more_requests_than_moneybird_allows(
    far_side: FarMoneybird, clock: Clock, tmp_path: Path
) -> None:
    watch, sent = WaitingTimer(), list[float]()
    with connected(far_side, clock, tmp_path, watch) as output:
        for _ in range(400):
            output.find(draft_for())
            sent.append(watch.seconds)
    assert max(sum(start <= one < start + 300 for one in sent) for start in sent) <= 150
    assert watch.seconds < 400 / 28 * 60
