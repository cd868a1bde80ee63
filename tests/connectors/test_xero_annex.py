"""The list of deliverables as an attachment in Xero."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.connectors.xero import CONTACT, Clock, FarXero, connected, draft_for, running

from tracker2invoice.errors import AccessDenied, Rejected, Unclear
from tracker2invoice.plugins import Output
from tracker2invoice.testing.samples import sample_contract
from tracker2invoice.testing.sandbox.server import Answer, Fault


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarXero]:
    with running(clock) as xero:
        yield xero


@pytest.fixture
def output(far_side: FarXero, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path, attach_annex=True) as output:
        yield output


@pytest.mark.parametrize(("type_code", "path"), [("380", "Invoices"), ("381", "CreditNotes")])
def test_it_is_attached_once_however_often_it_is_sent_and_not_shown_online(
    output: Output, far_side: FarXero, type_code: str, path: str
) -> None:
    draft = draft_for(type_code=type_code)
    receipt = output.create(draft, output.prepare(draft), "k").receipt
    for _ in range(2):
        output.finish(draft, receipt)
    ((document_id, files),) = far_side.books.attachments.items()
    assert far_side.requests[-1].path == f"/api.xro/2.0/{path}/{document_id}/Attachments/{draft.reference}.pdf"
    assert far_side.requests[-1].query == {"IncludeOnline": "false"}
    assert far_side.requests[-1].headers["content-type"] == "application/pdf"
    assert list(files) == [f"{draft.reference}.pdf"]
    assert files[f"{draft.reference}.pdf"].startswith(b"%PDF")


@pytest.mark.parametrize(
    ("answer", "error"),
    [(Answer(400, b'{"Message": "too many"}'), Rejected), (Answer(404), Rejected), (Answer(503), Unclear)],
)
def test_a_refusal_for_good_is_told_from_an_answer_that_is_unclear(
    output: Output, far_side: FarXero, answer: Answer, error: type[Exception]
) -> None:
    receipt = output.create(draft_for(), output.prepare(draft_for()), "k").receipt
    far_side.faults.append(Fault("before", "answer", answer, "PUT", "/Attachments"))
    with pytest.raises(error):
        output.finish(draft_for(), receipt)


def test_the_scope_for_it_is_asked_for_only_if_something_is_attached(
    far_side: FarXero, clock: Clock, tmp_path: Path
) -> None:
    for attach_annex in (True, False):
        with connected(far_side, clock, tmp_path, attach_annex=attach_annex) as output:
            output.find(draft_for())
            assert output.capabilities.attachments is attach_annex
    bodies = [one.body for one in far_side.requests if one.path == "/connect/token"]
    assert [b"accounting.attachments" in body for body in bodies] == [True, False]


def test_check_says_that_the_scope_is_missing(output: Output, far_side: FarXero) -> None:
    contract = sample_contract(remote={"books": CONTACT})
    assert [one for one in output.check([contract]) if not one.ok] == []
    far_side.beyond_consent = ("/Attachments",)
    (wrong,) = (one for one in output.check([contract]) if not one.ok)
    assert wrong.what == "books: scope accounting.attachments"
    assert "scopes" in wrong.next_step
    receipt = output.create(draft_for(), output.prepare(draft_for()), "k").receipt
    with pytest.raises(AccessDenied):
        output.finish(draft_for(), receipt)
