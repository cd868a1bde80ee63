"""The list of deliverables as an attachment in Zoho Books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.connectors.zoho import Clock, FarZoho, connected, create, draft_for, running

from tracker2invoice.errors import Rejected, Unclear
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Output
from tracker2invoice.testing.sandbox.oauth import json_answer
from tracker2invoice.testing.sandbox.server import Answer, Fault


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarZoho]:
    with running(clock) as zoho:
        yield zoho


@pytest.fixture
def output(far_side: FarZoho, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side.url, clock, tmp_path, attach_annex=True) as output:
        yield output


@pytest.fixture(params=["380", "381"])
def draft(request: pytest.FixtureRequest) -> Draft:
    return draft_for(type_code=request.param)


def attached(far_side: FarZoho) -> list[str]:
    return [name for files in far_side.books.attachments.values() for name in files]


def uploads(far_side: FarZoho) -> list[str]:
    return [one.path for one in far_side.requests if one.path.endswith("/attachment")]


def test_it_is_attached_once_however_often_it_is_tried_and_goes_out_with_no_mail(
    output: Output, far_side: FarZoho, draft: Draft
) -> None:
    receipt = create(output, draft).receipt
    output.finish(draft, receipt)
    sent = far_side.requests[-1]
    output.finish(draft, receipt)
    assert attached(far_side) == [f"{draft.reference}.pdf"]
    assert len(uploads(far_side)) == 1
    assert sent.query["can_send_in_mail"] == "false"
    assert b"%PDF" in sent.body


def test_it_is_attached_once_if_the_answer_was_lost(output: Output, far_side: FarZoho, draft: Draft) -> None:
    receipt = create(output, draft).receipt
    far_side.faults.append(Fault("after", "drop", method="POST", path="/attachment"))
    with pytest.raises(Unclear):
        output.finish(draft, receipt)
    output.finish(draft, receipt)
    assert attached(far_side) == [f"{draft.reference}.pdf"]


def test_what_a_person_has_attached_stays_beside_it(output: Output, far_side: FarZoho, draft: Draft) -> None:
    receipt = create(output, draft).receipt
    far_side.books.attachments[receipt.remote_id.removeprefix("creditnotes/")] = ["plan.pdf"]
    output.finish(draft, receipt)
    assert attached(far_side) == ["plan.pdf", f"{draft.reference}.pdf"]


def test_an_invoice_that_tells_its_latest_file_alone_gets_it_once(output: Output, far_side: FarZoho) -> None:
    far_side.books.tells_documents = False
    receipt = create(output, draft_for()).receipt
    for _ in range(2):
        output.finish(draft_for(), receipt)
    assert attached(far_side) == [f"{draft_for().reference}.pdf"]


def test_nothing_is_attached_as_long_as_nobody_tells_what_is_there(output: Output, far_side: FarZoho) -> None:
    far_side.books.tells_documents = False
    invoice, note = (create(output, one).receipt for one in (draft_for(), draft_for(type_code="381")))
    far_side.books.attachments[invoice.remote_id] = [f"{draft_for().reference}.pdf", "plan.pdf"]
    for receipt in (invoice, note):
        with pytest.raises(Rejected, match="not told what is attached"):
            output.finish(draft_for(), receipt)
    assert uploads(far_side) == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_answer(400, {"code": 5013, "message": "Too many files"}), Rejected),
        (json_answer(404, {"code": 1002, "message": "Invoice does not exist."}), Rejected),
        (json_answer(200, {"code": 1000, "message": "Internal error"}), Unclear),
        (Answer(503), Unclear),
    ],
)
def test_a_refusal_for_good_is_told_from_an_answer_that_is_unclear(
    output: Output, far_side: FarZoho, answer: Answer, error: type[Exception]
) -> None:
    receipt = create(output, draft_for()).receipt
    far_side.faults.append(Fault("before", "answer", answer, "POST", "/attachment"))
    with pytest.raises(error):
        output.finish(draft_for(), receipt)


def test_a_document_that_is_not_there_any_more_takes_no_file(output: Output) -> None:
    with pytest.raises(Rejected, match="not there"):
        output.finish(draft_for(), replace(Receipt("", "", "", "draft"), remote_id="460000000567999"))


def test_nothing_is_attached_unless_it_is_said(far_side: FarZoho, clock: Clock, tmp_path: Path) -> None:
    with connected(far_side.url, clock, tmp_path) as output:
        assert not output.capabilities.attachments
