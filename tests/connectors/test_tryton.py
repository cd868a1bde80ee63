"""The Tryton output against the pretended server over HTTP: the shared suite, creating and finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.connectors.tryton import CLIENT, EVERYTHING, KNOWN, Clock, FarTryton, connected, create, draft_for, running

from tracker2invoice.errors import AccessDenied, BadAnswer, Rejected, Unclear
from tracker2invoice.plugins import Output
from tracker2invoice.testing.output_suite import FarSide, OutputSuite
from tracker2invoice.testing.sandbox.server import Answer, Fault


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarTryton]:
    with running(clock) as tryton:
        yield tryton


@pytest.fixture
def output(far_side: FarTryton, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side.url, clock, tmp_path, **EVERYTHING) as output:
        yield output


class TestTrytonKeepsTheContractOfOutputs(OutputSuite):
    kind = "tryton"
    client = CLIENT

    def test_a_deleted_document_is_still_found_and_not_called_a_draft(self, output: Output, far_side: FarSide) -> None:
        pytest.skip("Tryton keeps no trace of what was deleted")


def test_the_invoice_says_what_the_draft_says(output: Output, far_side: FarTryton) -> None:
    draft = draft_for()
    receipt = create(output, draft)
    (invoice,) = far_side.books.invoices
    # the buyer's order number alone: electronic invoices give that field to the buyer
    assert (invoice["description"], invoice["reference"]) == (draft.reference, "PO-4711")
    assert (invoice["invoice_date"], invoice["payment_term_date"]) == (date(2026, 3, 2), date(2026, 4, 1))
    assert (invoice["payment_term"], invoice["journal"]) == (None, 1)
    assert "1 Log in https://github.com/acme/portal/issues/1" in invoice["comment"]
    assert (receipt.number, receipt.url) == ("", f"{far_side.url}/#sandbox/model/account.invoice/1")


def test_a_first_push_is_two_requests_and_one_more_a_minute_for_its_party_and_its_company(
    output: Output, far_side: FarTryton, clock: Clock
) -> None:
    for milestone, wait, requests in (("1", 0, 4), ("2", 59, 2), ("3", 60, 4)):
        before, clock.now = len(far_side.requests), clock.now + timedelta(seconds=wait)
        draft = draft_for(milestone_id=milestone)
        output.find(draft, ["T2I-AAAAAAAAAAAA"])
        create(output, draft)
        assert len(far_side.requests) - before == requests


@pytest.mark.parametrize("table", ["party.party", "party.address"])
def test_nothing_is_sent_to_a_party_or_an_address_that_is_not_active(
    output: Output, far_side: FarTryton, table: str
) -> None:
    far_side.books.tables[table][1]["active"] = False
    with pytest.raises(Rejected, match="party 1 or its address 1 is not active: activate it there"):
        create(output, draft_for())
    assert far_side.books.invoices == []


@pytest.mark.parametrize("pinned", ["1/2", "2/1", "1/77"])
def test_nothing_is_sent_to_an_address_of_another_party(output: Output, far_side: FarTryton, pinned: str) -> None:
    words = f"client {pinned} is not there: pin another client there, then `t2i reissue`"
    with pytest.raises(Rejected, match=words):
        create(output, draft_for(remote={"books": pinned}))
    assert far_side.books.invoices == []


@pytest.mark.parametrize("pinned", ["1", "1/", "/1", "1/1/1", "0/1", "-1/1", "1/1?x=2", "T2I"])
def test_a_pin_is_two_numbers(output: Output, pinned: str) -> None:
    with pytest.raises(Rejected, match=r"client acme has no party and address there: set remote\.books"):
        output.prepare(draft_for(remote={"books": pinned}))


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, b"<html>"),
        Answer(503, b""),
        Answer(200, b"<html>"),
        Answer(200, b"{}"),
        Answer(200, b"[]"),
        Answer(200, b'{"id": 1, "state": "draft"}'),
    ],
)
def test_a_broken_answer_after_the_commit_is_unclear_and_the_invoice_is_found(
    output: Output, far_side: FarTryton, answer: Answer
) -> None:
    far_side.faults.append(Fault("after", "answer", answer, "POST", "/account.invoice"))
    with pytest.raises(Unclear):
        create(output, draft_for())
    assert len(output.find(draft_for())) == 1


def test_an_answer_about_another_invoice_is_unclear(output: Output, far_side: FarTryton) -> None:
    create(output, draft_for())
    posted = far_side.requests[-1]
    other = far_side.respond(replace(posted, method="GET", path=f"{posted.path}/1", body=b""))
    assert other
    far_side.faults.append(Fault("after", "answer", other, "POST", "/account.invoice"))
    with pytest.raises(Unclear, match="something else"):
        create(output, draft_for(milestone_id="7"))


def test_an_invoice_that_its_creator_may_not_read_is_not_created_again(output: Output, far_side: FarTryton) -> None:
    far_side.faults.append(Fault("after", "answer", Answer(204), "POST", "/account.invoice"))
    with pytest.raises(Rejected, match="was created, but the key's user may not read it"):
        create(output, draft_for())


def test_a_refusal_is_told_in_the_words_of_the_server_with_what_to_do(output: Output, far_side: FarTryton) -> None:
    far_side.books.tables["account.account"][KNOWN["revenue"]]["closed"] = True
    far_side.books.tables["account.tax"][KNOWN["taxes"]["0.19"]]["active"] = False
    with pytest.raises(Rejected) as caught:
        create(output, draft_for())
    assert 'The value "4.1.1 - Goods" for field "Account"' in caught.value.detail
    assert "the account is closed, or none for revenue; set account to the id of another" in caught.value.detail
    assert 'the company has no active tax 1; correct tax."S 19"' in caught.value.detail
    assert far_side.books.invoices == []


def test_a_company_that_was_taken_from_the_user_makes_no_second_invoice(output: Output, far_side: FarTryton) -> None:
    create(output, draft_for())
    far_side.books.companies.clear()
    with pytest.raises(AccessDenied, match="sees no account 1 of company 1; correct company"):
        output.find(draft_for())
    with pytest.raises(Rejected, match="User in companies"):
        create(output, draft_for())
    assert len(far_side.books.invoices) == 1


@pytest.mark.parametrize(
    ("button", "state"), [("validate_invoice", "draft"), ("post", "sent"), ("cancel", "void"), ("", "unknown")]
)
def test_it_is_found_in_every_state(output: Output, far_side: FarTryton, button: str, state: str) -> None:
    create(output, draft_for())
    (invoice,) = far_side.books.invoices
    if button:
        far_side.books.act(invoice, button)
    else:
        invoice["state"] = "disputed"
    assert [one.receipt.state for one in output.find(draft_for())] == [state]


def test_a_duplicate_that_a_person_made_is_found_beside_the_original(output: Output, far_side: FarTryton) -> None:
    create(output, draft_for())
    far_side.books.add("account.invoice", far_side.books.invoices[0] | {"id": 2, "reference": None})
    assert [one.receipt.remote_id for one in output.find(draft_for())] == ["1", "2"]


def test_a_credit_note_that_a_person_made_with_the_wizard_is_another_document(
    output: Output, far_side: FarTryton
) -> None:
    create(output, draft_for())
    far_side.books.act(far_side.books.invoices[0], "post")
    far_side.books.credit(far_side.books.invoices[0])
    assert [one.receipt.remote_id for one in output.find(draft_for())] == ["1"]


def test_a_reference_that_a_person_moved_is_found_and_what_only_looks_alike_is_left_out(
    output: Output, far_side: FarTryton
) -> None:
    draft = draft_for()
    create(output, draft)
    original = far_side.books.invoices[0]
    for text in (f"{draft.reference}X", f"X{draft.reference}", f"{draft.reference}-2"):
        far_side.books.add("account.invoice", original | {"id": 0, "description": text})
    original |= {"description": "Design", "reference": f"PO-4711 ({draft.reference})"}
    assert [one.receipt.remote_id for one in output.find(draft)] == ["1"]


@pytest.mark.parametrize("body", [b"{}", b'[{"id": 1}]', b"null", b"<html>"])
def test_a_list_that_cannot_be_read_is_never_an_empty_list(output: Output, far_side: FarTryton, body: bytes) -> None:
    far_side.faults.append(Fault("before", "answer", Answer(200, body), "GET", "/account.invoice"))
    with pytest.raises(BadAnswer):
        output.find(draft_for())


def test_a_total_that_differs_shows_when_the_document_is_created(output: Output) -> None:
    draft = draft_for()
    payload = output.prepare(draft).replace(b'"decimal":"18000.00"', b'"decimal":"18000.01"')
    assert output.create(draft, payload, "k").gross != draft.totals.gross


def test_a_secret_that_the_server_repeats_stays_out_of_the_error(output: Output, far_side: FarTryton) -> None:
    said = {"status": 400, "message": f"wrong key {KNOWN['key']}", "description": ""}
    far_side.faults.append(Fault(answer=Answer(400, said), method="POST", path="/account.invoice"))
    with pytest.raises(Rejected) as caught:
        create(output, draft_for())
    assert KNOWN["key"] not in str(caught.value)
