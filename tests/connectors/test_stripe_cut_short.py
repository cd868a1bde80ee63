"""Two requests make one invoice, wherever the first or the second one is cut short."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from tests.connectors.stripe import CUSTOMER, Clock, FarStripe, connected, draft_for

from tracker2invoice.errors import Rejected, Unclear
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Output
from tracker2invoice.testing.bills import with_all_of_these
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice.testing.sandbox.stripe import key_in_use, rate_limited
from tracker2invoice.testing.sandbox.stripe_books import lines_of

LINES = "/add_lines"
BROKEN = [Answer(500, b"{}"), Answer(503, b""), Answer(502, b"<html>"), Answer(200, b"<html>"), Answer(200, b"{}")]


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


@pytest.fixture
def draft() -> Draft:
    return with_all_of_these(draft_for())


def send(output: Output, draft: Draft, key: str = "k") -> None:
    output.create(draft, output.prepare(draft), key)


def lose(output: Output, far_side: FarStripe, draft: Draft, fault: Fault) -> None:
    far_side.faults.append(fault)
    with pytest.raises(Unclear):
        send(output, draft)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("path", ["/v1/invoices", LINES])
@pytest.mark.parametrize("keys", [True, False])
@pytest.mark.parametrize("key", ["k", "another key, a day later"])
def test_whichever_request_is_lost_the_next_look_and_attempt_make_one_whole_invoice(
    output: Output,
    far_side: FarStripe,
    draft: Draft,
    moment: Literal["before", "after"],
    path: str,
    keys: bool,
    key: str,
) -> None:
    far_side.knows_keys = keys
    lose(output, far_side, draft, Fault(moment, "drop", method="POST", path=path))
    if not any(one.complete for one in output.find(draft)):
        send(output, draft, key)
    (document,) = output.find(draft)
    assert (document.complete, document.gross) == (True, draft.totals.gross)
    assert [line["amount"] for line in lines_of(far_side.one(draft.reference))] == [
        int(row.net * 100) for row in draft.rows
    ]


@pytest.mark.parametrize("answer", BROKEN)
@pytest.mark.parametrize("path", ["/v1/invoices", LINES])
def test_a_broken_answer_after_the_commit_is_unclear_and_the_invoice_is_found(
    output: Output, far_side: FarStripe, draft: Draft, answer: Answer, path: str
) -> None:
    lose(output, far_side, draft, Fault("after", "answer", answer, "POST", path))
    (document,) = output.find(draft)
    assert document.complete == (path == LINES)


def test_a_draft_without_lines_is_told_to_be_cut_short_and_looking_adds_none(
    output: Output, far_side: FarStripe, draft: Draft
) -> None:
    lose(output, far_side, draft, Fault("before", "drop", path=LINES))
    (document,) = output.find(draft)
    assert (document.complete, document.receipt.state) == (False, "draft")
    assert lines_of(far_side.one(draft.reference)) == []


def test_a_draft_that_was_cut_short_a_day_ago_is_completed_although_its_key_is_forgotten(
    output: Output, far_side: FarStripe, draft: Draft, clock: Clock
) -> None:
    lose(output, far_side, draft, Fault("before", "drop", path=LINES))
    clock.now += timedelta(days=2)
    output.find(draft)
    send(output, draft)
    assert far_side.count(draft.reference) == 1
    assert output.find(draft)[0].gross == draft.totals.gross


def test_lines_that_arrive_late_are_not_added_twice(output: Output, far_side: FarStripe, draft: Draft) -> None:
    lose(output, far_side, draft, Fault("before", "drop", path=LINES))
    late = far_side.requests[-1]
    output.find(draft)
    send(output, draft)
    far_side.handle(late)
    assert output.find(draft)[0].gross == draft.totals.gross


def test_a_draft_from_which_a_person_took_a_line_is_never_filled_up(
    output: Output, far_side: FarStripe, draft: Draft
) -> None:
    lose(output, far_side, draft, Fault("after", "drop", path=LINES))
    lines_of(far_side.one(draft.reference)).pop()
    (document,) = output.find(draft)
    assert document.complete


def test_what_is_repeated_to_us_is_read_again_since_a_person_may_have_changed_it(
    output: Output, far_side: FarStripe, draft: Draft
) -> None:
    send(output, draft)
    far_side.one(draft.reference)["total"] = 1
    payload = output.prepare(draft)
    assert output.create(draft, payload, "k").gross != draft.totals.gross


def test_a_draft_that_a_person_deleted_meanwhile_is_not_taken_for_delivered(
    output: Output, far_side: FarStripe, draft: Draft
) -> None:
    send(output, draft)
    far_side.books.delete(far_side.one(draft.reference)["id"])
    with pytest.raises(Rejected, match="was deleted"):
        send(output, draft)
    assert far_side.books.invoices == []


def test_a_draft_whose_lines_are_refused_is_taken_back(output: Output, far_side: FarStripe, draft: Draft) -> None:
    payload = output.prepare(draft)
    far_side.books.tax_rates["txr_19"]["active"] = False
    with pytest.raises(Rejected, match="No such active tax rate"):
        output.create(draft, payload, "k")
    assert (far_side.books.invoices, list(output.find(draft))) == ([], [])


def test_a_draft_whose_lines_are_refused_and_that_cannot_be_taken_back_is_found_cut_short(
    output: Output, far_side: FarStripe, draft: Draft
) -> None:
    payload = output.prepare(draft)
    far_side.books.tax_rates["txr_19"]["active"] = False
    far_side.faults.append(Fault("before", "drop", method="DELETE"))
    with pytest.raises(Rejected, match="No such active tax rate"):
        output.create(draft, payload, "k")
    assert [one.complete for one in output.find(draft)] == [False]


@pytest.mark.parametrize("fault", [rate_limited(), key_in_use(), Fault(answer=Answer(403, b"{}"))])
def test_whatever_stops_the_lines_for_now_leaves_the_draft_and_is_unclear(
    output: Output, far_side: FarStripe, draft: Draft, fault: Fault
) -> None:
    lose(output, far_side, draft, Fault(answer=fault.answer, path=LINES))
    assert [one.complete for one in output.find(draft)] == [False]
    send(output, draft)
    assert output.find(draft)[0].gross == draft.totals.gross


@pytest.mark.parametrize(("moment", "documents"), [("before", 0), ("after", 1)])
def test_a_500_that_stripe_keeps_is_unclear_as_long_as_the_key_lives(
    output: Output, far_side: FarStripe, draft: Draft, moment: Literal["before", "after"], documents: int
) -> None:
    far_side.breakdowns.append(moment)
    for _ in range(2):
        with pytest.raises(Unclear):
            send(output, draft)
    assert len(output.find(draft)) == documents
    send(output, draft, "the key of the next attempt")
    assert output.find(draft)[0].gross == draft.totals.gross
