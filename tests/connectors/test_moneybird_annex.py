"""The list of what was delivered, attached to a draft in Moneybird: once, and only if that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from tests.connectors.moneybird import CONTACT, Clock, FarMoneybird, connected, create, draft_for

from tracker2invoice.documents.annex import annex_name, annex_pdf
from tracker2invoice.errors import Rejected, TryLater, Unclear
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Output
from tracker2invoice.testing.sandbox.server import Answer, Fault

UPLOAD = "/attachments"


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
    with connected(far_side, clock, tmp_path, attach_annex=True) as output:
        yield output


def attached(far_side: FarMoneybird) -> list[tuple[str, bytes]]:
    (invoice,) = far_side.books.invoices
    files: Any = invoice["attachments"]
    return [(one["filename"], far_side.books.files[one["id"]]) for one in files]


@pytest.mark.parametrize("type_code", ["380", "381"])
def test_the_annex_is_attached_once_and_the_draft_stays_one(
    output: Output, far_side: FarMoneybird, type_code: str
) -> None:
    draft = draft_for(type_code=type_code)
    receipt = create(output, draft)
    for _ in range(2):
        output.finish(draft, receipt)
    assert attached(far_side) == [(annex_name(draft), annex_pdf(draft))]
    assert far_side.books.invoices[0]["state"] == "draft"
    (document,) = output.find(draft)
    assert document.receipt == receipt


@pytest.mark.parametrize("moment", ["before", "after"])
def test_whenever_the_upload_is_cut_short_the_next_attempt_leaves_one_annex(
    output: Output, far_side: FarMoneybird, moment: Literal["before", "after"]
) -> None:
    receipt = create(output, draft_for())
    far_side.faults.append(Fault(moment, "drop", method="POST", path=UPLOAD))
    with pytest.raises(Unclear):
        output.finish(draft_for(), receipt)
    output.finish(draft_for(), receipt)
    assert len(attached(far_side)) == 1


def test_another_file_of_a_person_is_no_annex(output: Output, far_side: FarMoneybird) -> None:
    receipt = create(output, draft_for())
    far_side.books.attach(far_side.books.invoices[0], "contract.pdf", b"%PDF")
    output.finish(draft_for(), receipt)
    assert [name for name, _ in attached(far_side)] == ["contract.pdf", annex_name(draft_for())]


def test_what_is_there_has_to_be_known_before_anything_is_attached(output: Output, far_side: FarMoneybird) -> None:
    receipt = create(output, draft_for())
    far_side.faults.append(Fault(answer=Answer(503), method="GET", path="/sales_invoices/"))
    with pytest.raises(TryLater):
        output.finish(draft_for(), receipt)
    assert attached(far_side) == []


def test_a_refused_file_is_a_rejection_in_moneybirds_words(output: Output, far_side: FarMoneybird) -> None:
    receipt = create(output, draft_for())
    far_side.faults.append(Fault(answer=Answer(422, {"error": {"file": ["is too large"]}}), path=UPLOAD))
    with pytest.raises(Rejected, match="file: is too large"):
        output.finish(draft_for(), receipt)


def test_nothing_can_be_attached_to_a_draft_that_a_person_deleted(output: Output, far_side: FarMoneybird) -> None:
    draft: Draft = draft_for()
    receipt = create(output, draft)
    gone = Answer(404, {"error": "record not found", "symbolic": {"id": "not_found"}})
    far_side.faults.append(Fault(answer=gone, path=UPLOAD))
    with pytest.raises(Rejected, match="record not found"):
        output.finish(draft, receipt)
    far_side.change(draft.reference, "deleted")
    with pytest.raises(Rejected, match="deleted before"):
        output.finish(draft, receipt)


def test_an_annex_is_attached_only_if_the_settings_ask_for_it(
    output: Output, far_side: FarMoneybird, clock: Clock, tmp_path: Path
) -> None:
    with connected(far_side, clock, tmp_path) as other:
        assert (output.capabilities.attachments, other.capabilities.attachments) == (True, False)
