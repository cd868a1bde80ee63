"""The list of what was delivered as a file in ERPNext: once, on its document, and for nobody else to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.connectors.erpnext import Clock, FarErpnext, connected, create, draft_for, running

from tracker2invoice.errors import AccessDenied, BadAnswer, Rejected, Unclear
from tracker2invoice.plugins import Output
from tracker2invoice.testing.sandbox.multipart import read_parts
from tracker2invoice.testing.sandbox.server import Answer, Fault

FILE = f"{draft_for().reference}.pdf"
UPLOADING = "/api/method/upload_file"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarErpnext]:
    with running(clock) as erpnext:
        yield erpnext


@pytest.fixture
def output(far_side: FarErpnext, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path, attach_annex=True) as output:
        yield output


def names(far_side: FarErpnext) -> list[object]:
    return [one["file_name"] for one in far_side.books.tables["File"]]


def test_only_whoever_asks_for_it_gets_a_file(far_side: FarErpnext, clock: Clock, tmp_path: Path) -> None:
    for wanted in (True, False):
        with connected(far_side, clock, tmp_path, attach_annex=wanted) as output:
            assert output.capabilities.attachments is wanted


def test_the_file_is_a_private_pdf_on_the_draft_which_stays_one(output: Output, far_side: FarErpnext) -> None:
    receipt = create(output, draft_for())
    output.finish(draft_for(), receipt)
    (file,) = far_side.books.tables["File"]
    assert (file["attached_to_doctype"], file["attached_to_name"]) == ("Sales Invoice", receipt.remote_id)
    assert (file["file_name"], file["is_private"]) == (FILE, 1)
    assert read_parts(far_side.requests[-1])["file"].content.startswith(b"%PDF-")
    assert [one.receipt for one in output.find(draft_for())] == [receipt]


def test_a_file_to_which_erpnext_gave_another_name_is_known_again(output: Output, far_side: FarErpnext) -> None:
    """The disk has a file of that name, from an upload during which the server died."""
    receipt = create(output, draft_for())
    far_side.books.on_disk.add(FILE)
    for _ in range(2):
        output.finish(draft_for(), receipt)
    assert names(far_side) == [FILE.replace(".pdf", "5f3c1a.pdf")]


def test_the_files_of_other_documents_and_of_people_are_no_reason_to_leave_ours_out(
    output: Output, far_side: FarErpnext
) -> None:
    receipt = create(output, draft_for())
    for doctype, name, file in (
        ("Sales Invoice", receipt.remote_id, "order.pdf"),
        ("Sales Invoice", "another", FILE),
        ("Delivery Note", receipt.remote_id, FILE),
    ):
        belongs_to = {"attached_to_doctype": doctype, "attached_to_name": name}
        far_side.books.tables["File"].append({"file_name": file, **belongs_to})
    output.finish(draft_for(), receipt)
    assert names(far_side) == ["order.pdf", FILE, FILE, FILE]


def test_a_list_of_files_that_cannot_be_read_is_not_taken_for_none(output: Output, far_side: FarErpnext) -> None:
    receipt = create(output, draft_for())
    far_side.faults.append(Fault(answer=Answer(200, b"{}"), path="get_list"))
    with pytest.raises(BadAnswer):
        output.finish(draft_for(), receipt)
    assert names(far_side) == []


def test_a_file_that_erpnext_refuses_is_a_rejection_in_its_words(output: Output, far_side: FarErpnext) -> None:
    receipt = create(output, draft_for())
    refused = {"exc_type": "MaxFileSizeReachedError"}
    far_side.faults.append(Fault(answer=Answer(417, refused), path=UPLOADING))
    with pytest.raises(Rejected, match="HTTP 417: MaxFileSizeReachedError"):
        output.finish(draft_for(), receipt)


def test_a_user_who_may_not_write_the_document_is_told_so(output: Output, far_side: FarErpnext) -> None:
    receipt = create(output, draft_for())
    far_side.faults.append(Fault(answer=Answer(403, {"exc_type": "PermissionError"}), path=UPLOADING))
    with pytest.raises(AccessDenied, match="PermissionError"):
        output.finish(draft_for(), receipt)


@pytest.mark.parametrize("body", [b"{}", b'{"message": {}}', b'{"message": {"file_name": "another.pdf"}}'])
def test_an_answer_that_says_nothing_of_the_file_is_unclear(output: Output, far_side: FarErpnext, body: bytes) -> None:
    receipt = create(output, draft_for())
    far_side.faults.append(Fault("after", "answer", Answer(200, body), path=UPLOADING))
    with pytest.raises(Unclear):
        output.finish(draft_for(), receipt)
