"""The list of what was delivered as a file in QuickBooks Online: once, on its document, and mailed to nobody by us."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.quickbooks import Clock, FarQuickBooks, connected, create, draft_for, running, unknown_to_intuit

from tracker2invoice.errors import Rejected, Unclear
from tracker2invoice.plugins import Output
from tracker2invoice.testing.sandbox.multipart import read_parts
from tracker2invoice.testing.sandbox.server import Answer, Fault

FILE = f"{draft_for().reference}.pdf"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarQuickBooks]:
    with running(clock) as quickbooks:
        yield quickbooks


@pytest.fixture
def output(far_side: FarQuickBooks, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side.url, clock, tmp_path, attach_annex=True) as output:
        yield output


def names(far_side: FarQuickBooks) -> list[object]:
    return [one["FileName"] for one in far_side.books.attachables]


def test_only_whoever_asks_for_it_gets_a_file(far_side: FarQuickBooks, clock: Clock, tmp_path: Path) -> None:
    for wanted in (True, False):
        with connected(far_side.url, clock, tmp_path, attach_annex=wanted) as output:
            assert output.capabilities.attachments is wanted


@pytest.mark.parametrize("mode", ["estimate", "unsent-invoice"])
def test_the_file_belongs_to_the_document_is_a_pdf_and_is_not_mailed_with_it(
    far_side: FarQuickBooks, clock: Clock, tmp_path: Path, mode: str
) -> None:
    with connected(far_side.url, clock, tmp_path, mode=mode, attach_annex=True) as output:
        receipt = create(output, draft_for()).receipt
        output.finish(draft_for(), receipt)
        parts = read_parts(far_side.requests[-1])
        assert [one.receipt for one in output.find(draft_for())] == [receipt]
    described: Any = json.loads(parts["file_metadata_01"].content)
    entity, _, own_id = receipt.remote_id.partition("/")
    assert described["AttachableRef"] == [{"EntityRef": {"type": entity, "value": own_id}, "IncludeOnSend": False}]
    assert (described["FileName"], parts["file_content_01"].file) == (FILE, FILE)
    assert parts["file_content_01"].content.startswith(b"%PDF-")


def test_every_field_of_a_file_is_one_that_intuits_schema_has(output: Output, far_side: FarQuickBooks) -> None:
    output.finish(draft_for(), create(output, draft_for()).receipt)
    described = read_parts(far_side.requests[-1])["file_metadata_01"].content
    assert unknown_to_intuit(described) == set()


def test_a_file_that_is_there_is_not_uploaded_again(output: Output, far_side: FarQuickBooks) -> None:
    receipt = create(output, draft_for()).receipt
    output.finish(draft_for(), receipt)
    far_side.knows_keys = False
    output.finish(draft_for(), receipt)
    assert names(far_side) == [FILE]
    assert [path.rpartition("/")[2] for path in far_side.writes()] == ["invoice", "upload"]


def test_the_files_of_other_documents_and_of_people_are_no_reason_to_leave_ours_out(
    output: Output, far_side: FarQuickBooks
) -> None:
    receipts = [create(output, draft_for(milestone_id=one)).receipt for one in ("6", "7")]
    for receipt, file in zip(receipts, ("order.pdf", FILE), strict=True):
        entity, _, own_id = receipt.remote_id.partition("/")
        belongs_to = {"EntityRef": {"type": entity, "value": own_id}}
        far_side.books.attach({"FileName": file, "AttachableRef": [belongs_to]}, 1)
    output.finish(draft_for(), receipts[0])
    assert names(far_side) == ["order.pdf", FILE, FILE]


@pytest.mark.parametrize("knows_keys", [True, False])
def test_after_an_answer_that_was_lost_there_is_one_file(
    output: Output, far_side: FarQuickBooks, *, knows_keys: bool
) -> None:
    far_side.knows_keys = knows_keys
    receipt = create(output, draft_for()).receipt
    far_side.faults.append(Fault("after", "drop", method="POST", path="/upload"))
    with pytest.raises(Unclear):
        output.finish(draft_for(), receipt)
    output.finish(draft_for(), receipt)
    assert names(far_side) == [FILE]


def test_a_file_that_no_query_shows_yet_is_not_there_twice(output: Output, far_side: FarQuickBooks) -> None:
    receipt = create(output, draft_for()).receipt
    for _ in range(2):
        far_side.faults.append(Fault(answer=Answer(200, {"QueryResponse": {}}), path="/query"))
        output.finish(draft_for(), receipt)
    assert names(far_side) == [FILE]


def test_a_refusal_in_an_answer_that_is_none_is_a_rejection(output: Output, far_side: FarQuickBooks) -> None:
    receipt = create(output, draft_for()).receipt
    far_side.change(draft_for().reference, "deleted")
    with pytest.raises(Rejected, match="the file was refused: code 610: Object Not Found"):
        output.finish(draft_for(), receipt)
    assert names(far_side) == []


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"AttachableResponse": []}',
        b'{"AttachableResponse": [{}]}',
        b'{"AttachableResponse": [{"Attachable": {"FileName": "another.pdf"}}]}',
    ],
)
def test_an_answer_that_says_nothing_of_the_file_is_unclear(
    output: Output, far_side: FarQuickBooks, body: bytes
) -> None:
    receipt = create(output, draft_for()).receipt
    far_side.faults.append(Fault("after", "answer", Answer(200, body), "POST", "/upload"))
    with pytest.raises(Unclear):
        output.finish(draft_for(), receipt)
