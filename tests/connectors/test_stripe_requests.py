"""How many requests a delivery to Stripe takes, and how fast they are sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from tests.connectors.stripe import CUSTOMER, Clock, FarStripe, connected, draft_for

from tracker2invoice.errors import AccessDenied, Unreachable
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Output
from tracker2invoice.testing.sandbox.server import Fault
from tracker2invoice.testing.timer import WaitingTimer
from tracker2invoice_stripe.client import EACH_ENDPOINT, endpoint

FIND, DELETIONS = "GET /v1/invoices", "GET /v1/events"
CREATE, LINES = "POST /v1/invoices", "POST /v1/invoices/*/add_lines"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarStripe]:
    with FarStripe(clock) as stripe:
        stripe.books.add_customer("Acme GmbH", CUSTOMER)
        yield stripe


@pytest.fixture
def output(far_side: FarStripe, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side.url, clock, tmp_path) as output:
        yield output


def pad(far_side: FarStripe, invoices: int) -> None:
    """Give the customer so many newer invoices that are none of ours."""
    base = {"customer": CUSTOMER, "collection_method": "send_invoice", "days_until_due": "30"}
    for _ in range(invoices):
        far_side.books.create({**base})


def push(output: Output, draft: Draft) -> None:
    assert list(output.find(draft, ["T2I-RIVALRIVAL22", "T2I-RIVALRIVAL33"])) == []
    output.create(draft, output.prepare(draft), draft.reference)


def test_a_first_push_is_three_requests_and_once_a_minute_one_more_for_what_was_deleted(
    output: Output, far_side: FarStripe, clock: Clock
) -> None:
    push(output, draft_for())
    assert far_side.asked() == [FIND, DELETIONS, CREATE, LINES]
    clock.now += timedelta(seconds=59)
    push(output, draft_for(milestone_id="2"))
    assert far_side.asked() == [FIND, CREATE, LINES]
    clock.now += timedelta(seconds=1)
    push(output, draft_for(milestone_id="3"))
    assert far_side.asked() == [FIND, DELETIONS, CREATE, LINES]


def test_a_document_that_would_bill_the_same_is_seen_in_the_same_look_and_marked(
    output: Output, far_side: FarStripe
) -> None:
    draft, rival = draft_for(), draft_for(milestone_id="2")
    output.create(rival, output.prepare(rival), "k")
    far_side.requests.clear()
    (document,) = output.find(draft, ["T2I-RIVALRIVAL22", rival.reference])
    assert (document.other, document.receipt.state) == (rival.reference, "draft")
    assert far_side.asked() == [FIND, DELETIONS]


def test_one_that_would_bill_the_same_is_seen_after_it_was_deleted(output: Output, far_side: FarStripe) -> None:
    draft, rival = draft_for(), draft_for(milestone_id="2")
    receipt = output.create(rival, output.prepare(rival), "k").receipt
    far_side.books.delete(receipt.remote_id)
    found = [(one.other, one.receipt.state) for one in output.find(draft, [rival.reference])]
    assert found == [(rival.reference, "deleted")]


def test_what_was_deleted_does_not_matter_if_the_invoice_is_there(output: Output, far_side: FarStripe) -> None:
    push(output, draft_for())
    far_side.requests.clear()
    (document,) = output.find(draft_for(), ["T2I-RIVALRIVAL22"])
    assert (document.other, document.complete) == ("", True)
    assert far_side.asked() == [FIND]


def test_many_drafts_for_one_customer_read_its_list_whole_once_a_minute(
    output: Output, far_side: FarStripe, clock: Clock
) -> None:
    pad(far_side, 250)
    for number in range(3):
        push(output, draft_for(milestone_id=str(number)))
    assert far_side.asked() == [FIND, FIND, FIND, DELETIONS, CREATE, LINES, FIND, CREATE, LINES, FIND, CREATE, LINES]
    clock.now += timedelta(seconds=60)
    output.find(draft_for(milestone_id="9"))
    assert far_side.asked().count(FIND) == 3


def test_what_is_on_an_older_invoice_is_looked_up_as_it_is_now(output: Output, far_side: FarStripe) -> None:
    draft = draft_for()
    receipt = output.create(draft, output.prepare(draft), "k").receipt
    pad(far_side, 250)
    for other in ("2", "3"):
        output.find(draft_for(milestone_id=other))
    far_side.change(draft.reference, "sent")
    (document,) = output.find(draft)
    assert (document.receipt.remote_id, document.receipt.state) == (receipt.remote_id, "sent")


def test_what_somebody_else_made_meanwhile_is_seen(
    output: Output, far_side: FarStripe, clock: Clock, tmp_path: Path
) -> None:
    draft = draft_for()
    pad(far_side, 1)
    output.find(draft_for(milestone_id="2"))
    pad(far_side, 120)
    with connected(far_side.url, clock, tmp_path) as other:
        push(other, draft)
    (document,) = output.find(draft)
    assert document.receipt.state == "draft"


def test_if_the_newest_invoice_was_deleted_the_list_is_read_whole(output: Output, far_side: FarStripe) -> None:
    draft, newest = draft_for(), draft_for(milestone_id="2")
    pad(far_side, 120)
    output.find(draft_for(milestone_id="3"))
    push(output, draft)
    push(output, newest)
    output.find(draft_for(milestone_id="3"))
    far_side.change(newest.reference, "deleted")
    far_side.requests.clear()
    output.find(draft_for(milestone_id="4"))
    assert far_side.asked() == [FIND, FIND, FIND]
    assert len(output.find(draft)) == 1


def test_a_list_of_deletions_that_could_not_be_read_is_asked_for_again(output: Output, far_side: FarStripe) -> None:
    far_side.faults.append(Fault("before", "drop", method="GET", path="/v1/events"))
    far_side.faults.append(Fault("before", "drop", method="GET", path="/v1/events"))
    with pytest.raises(Unreachable):
        output.find(draft_for())
    far_side.requests.clear()
    push(output, draft_for())
    assert far_side.asked() == [FIND, DELETIONS, CREATE, LINES]


@pytest.mark.parametrize(("key", "rounds_a_second"), [("rk_test_sandbox", 0.5), ("rk_live_x", 1.0)])
def test_a_key_for_tests_is_good_for_24_requests_a_second_and_a_live_one_for_24_of_each_kind(
    far_side: FarStripe, clock: Clock, tmp_path: Path, key: str, rounds_a_second: float
) -> None:
    watch = WaitingTimer()
    with connected(far_side.url, clock, tmp_path, watch, api_key=key) as output:
        far_side.revoke()
        for _ in range(10 * EACH_ENDPOINT):
            with suppress(AccessDenied):
                output.find(draft_for())
            with suppress(AccessDenied):
                list(output.read_back([Receipt("in_1", "", "", "draft")], None))
    assert watch.seconds == pytest.approx(10 / rounds_a_second - 1)


def test_an_endpoint_is_a_method_and_a_path_whatever_ids_are_in_it() -> None:
    assert endpoint("POST", "/v1/invoices/in_1A/add_lines") == endpoint("POST", "/v1/invoices/in_2/add_lines")
    assert endpoint("GET", "/v1/customers/cus_1") == "GET /v1/customers/*"
    assert endpoint("GET", "/v1/invoices/in_1A") != endpoint("GET", "/v1/invoices")


def delivered(output: Output, count: int) -> list[Receipt]:
    drafts = [draft_for(milestone_id=str(number)) for number in range(count)]
    return [output.create(one, output.prepare(one), one.reference).receipt for one in drafts]


def test_only_invoices_that_something_has_happened_to_since_are_read_back(
    output: Output, far_side: FarStripe, clock: Clock
) -> None:
    receipts = delivered(output, 4)
    clock.now += timedelta(hours=1)
    far_side.books.delete(receipts[0].remote_id)
    far_side.books.finalize(receipts[1].remote_id)
    far_side.books.pay(receipts[1].remote_id, 100)
    far_side.requests.clear()
    told = {one.receipt.remote_id: one.receipt.state for one in output.read_back(receipts, clock.now)}
    assert told == {receipts[0].remote_id: "deleted", receipts[1].remote_id: "sent"}
    assert len(far_side.requests) == 1 + 2


def test_where_very_much_happens_all_invoices_are_read_back(output: Output, far_side: FarStripe, clock: Clock) -> None:
    receipts = delivered(output, 2)
    pad(far_side, 201)
    far_side.requests.clear()
    assert len(list(output.read_back(receipts, clock.now))) == 2
    assert len(far_side.requests) == 2 + 2


def test_a_forecast_without_an_id_is_no_invoice_that_changed(output: Output, far_side: FarStripe, clock: Clock) -> None:
    receipts = delivered(output, 1)
    clock.now += timedelta(hours=1)
    about = {"id": "evt_1", "type": "invoice.upcoming", "created": int(clock.now.timestamp())}
    far_side.books.events.append({**about, "data": {"object": {"object": "invoice"}}})
    assert list(output.read_back(receipts, clock.now)) == []
