"""How few requests it takes to find documents in Xero, and that none is overlooked for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.connectors.xero import Clock, FarXero, connected, create, draft_for, running

from tracker2invoice.errors import BadAnswer
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Output
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice.testing.timer import WaitingTimer

RIVALS = ["T2I-AAAAAAAAAAAA", "T2I-BBBBBBBBBBBB"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarXero]:
    with running(clock) as xero:
        yield xero


@pytest.fixture
def output(far_side: FarXero, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path) as output:
        yield output


@pytest.fixture(params=["380", "381"])
def draft(request: pytest.FixtureRequest) -> Draft:
    return draft_for(type_code=request.param)


def asked(far_side: FarXero) -> list[str]:
    return [f"{one.method} {one.path.removeprefix('/api.xro/2.0/')}" for one in far_side.requests if "/api" in one.path]


def test_a_first_push_is_two_requests(output: Output, far_side: FarXero) -> None:
    output.find(draft_for(), RIVALS)
    create(output, draft_for())
    assert asked(far_side) == ["GET Invoices", "PUT Invoices"]


def test_documents_that_would_bill_the_same_are_found_at_once_and_marked(
    output: Output, far_side: FarXero, draft: Draft
) -> None:
    create(output, draft)
    kept = far_side.books.invoices or far_side.books.credit_notes
    for reference in (RIVALS[1], f"{RIVALS[0]}X", f"changed by hand, {RIVALS[0]}"):
        kept.append({**kept[0], "InvoiceID": reference, "CreditNoteID": reference, "Reference": reference})
    far_side.requests.clear()
    assert [one.other for one in output.find(draft, RIVALS)] == ["", RIVALS[1], RIVALS[0]]
    assert len(asked(far_side)) == 1


def test_one_that_carries_two_references_is_found_by_both(output: Output, far_side: FarXero) -> None:
    create(output, draft_for())
    far_side.books.invoices[0]["Reference"] = f"{RIVALS[0]} {draft_for().reference}"
    assert [one.other for one in output.find(draft_for(), RIVALS)] == ["", RIVALS[0]]


@pytest.mark.parametrize("reference", ["", None])
def test_a_reference_that_is_the_number_alone_is_found(
    output: Output, far_side: FarXero, reference: str | None
) -> None:
    create(output, draft_for())
    far_side.books.invoices[0] |= {"Reference": reference, "InvoiceNumber": draft_for().reference}
    assert len(output.find(draft_for())) == 1


def test_among_very_many_invoices_each_reference_is_searched_for(output: Output, far_side: FarXero) -> None:
    create(output, draft_for())
    both = f"{RIVALS[0]} {RIVALS[1]}"
    far_side.books.invoices.append({**far_side.books.invoices[0], "InvoiceID": "another", "Reference": both})
    far_side.books.has_high_volume = True
    assert [one.other for one in output.find(draft_for(), RIVALS)] == ["", *RIVALS]
    far_side.requests.clear()
    assert [one.other for one in output.find(draft_for(), RIVALS)] == ["", *RIVALS]
    assert [one.query["searchTerm"] for one in far_side.requests] == [draft_for().reference, *RIVALS]


def test_among_very_many_credit_notes_nothing_is_taken_for_not_there(output: Output, far_side: FarXero) -> None:
    far_side.books.has_high_volume = True
    with pytest.raises(BadAnswer, match="high volume"):
        output.find(draft_for(type_code="381"))


def test_a_filter_that_is_refused_for_another_reason_is_an_error(output: Output, far_side: FarXero) -> None:
    far_side.faults.append(Fault("before", "answer", Answer(400, b'{"Message": "Syntax error"}'), "GET", "/Invoices"))
    with pytest.raises(BadAnswer, match="Syntax error"):
        output.find(draft_for())


def test_no_more_is_sent_in_a_minute_than_xero_takes(far_side: FarXero, clock: Clock, tmp_path: Path) -> None:
    timer = WaitingTimer()
    with connected(far_side, clock, tmp_path, timer) as output:
        for _ in range(58):
            output.find(draft_for())
        assert timer.seconds == 0
        output.find(draft_for())
    assert timer.seconds == 60
