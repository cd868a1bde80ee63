"""Why nothing is in Zoho Books twice, and nothing that a person has edited is overwritten."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.connectors.zoho import CUSTOMER, Clock, FarZoho, connected, create, draft_for, running

from tracker2invoice.errors import BadAnswer, NotThere, RateLimited, Rejected, Unclear
from tracker2invoice.plugins import Output
from tracker2invoice.testing.sandbox.oauth import json_answer
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice.testing.sandbox.zoho import rate_limited
from tracker2invoice.testing.sandbox.zoho_books import Fields

REFERENCE = draft_for().reference
LIST = "/books/v3/invoices"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarZoho]:
    with running(clock) as zoho:
        yield zoho


@pytest.fixture
def output(far_side: FarZoho, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side.url, clock, tmp_path) as output:
        yield output


def test_a_lost_race_is_unclear_and_leaves_what_the_other_has_written(output: Output, far_side: FarZoho) -> None:
    """Another installation was faster, and a person has edited its invoice already."""
    create(output, draft_for())
    far_side.books.change(far_side.books.invoices[0], {"due_date": "2026-05-01"})
    with pytest.raises(Unclear, match="refused, and it is there: HTTP 400: code 9999: This value is in use"):
        create(output, draft_for())
    assert [one["due_date"] for one in far_side.books.invoices] == ["2026-05-01"]


def test_nothing_is_ever_put(output: Output, far_side: FarZoho) -> None:
    create(output, draft_for())
    with pytest.raises(Unclear):
        create(output, draft_for())
    assert far_side.writes() == [f"POST {LIST}", f"POST {LIST}"]


def test_any_other_refusal_is_a_rejection_in_zohos_words(output: Output, far_side: FarZoho) -> None:
    far_side.books.items.clear()
    with pytest.raises(Rejected, match=r"code 1002: Item does not exist\."):
        create(output, draft_for())


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, b"{}"),
        Answer(503, b""),
        Answer(201, b"<html>"),
        Answer(201, b"{}"),
        Answer(201, b"[]"),
        Answer(201, b'{"code": 0, "invoice": {}}'),
    ],
)
def test_a_broken_answer_after_the_commit_is_unclear_and_the_invoice_is_found(
    output: Output, far_side: FarZoho, answer: Answer
) -> None:
    far_side.faults.append(Fault("after", "answer", answer, "POST", LIST))
    with pytest.raises(Unclear):
        create(output, draft_for())
    assert len(output.find(draft_for())) == 1


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_failure_with_status_200_is_unclear_whatever_else_it_says(
    output: Output, far_side: FarZoho, method: str
) -> None:
    receipt = create(output, draft_for(milestone_id="7")).receipt
    invoice: Fields = {**far_side.books.invoices[0], "reference_number": REFERENCE}
    failure = json_answer(200, {"code": 1000, "message": "Internal error", "invoice": invoice})
    far_side.faults.append(Fault("before", "answer", failure, method, LIST))
    with pytest.raises(Unclear, match="code 1000: Internal error"):
        create(output, draft_for()) if method == "POST" else output.withdraw(receipt)


def test_an_answer_about_another_invoice_is_unclear(output: Output, far_side: FarZoho) -> None:
    create(output, draft_for())
    other = json.dumps({"code": 0, "invoice": far_side.books.invoices[0]}, default=str).encode()
    far_side.faults.append(Fault("after", "answer", Answer(201, other), "POST", LIST))
    with pytest.raises(Unclear, match="something else"):
        create(output, draft_for(milestone_id="7"))


def test_a_limit_that_is_used_up_creates_nothing(output: Output, far_side: FarZoho) -> None:
    far_side.faults.append(replace(rate_limited(), method="POST"))
    with pytest.raises(RateLimited, match="code 44"):
        create(output, draft_for())
    assert far_side.count(REFERENCE) == 0


REFUSALS: tuple[tuple[Fields, str], ...] = (
    ({"contact_id": "1"}, f"client {CUSTOMER} is not there"),
    ({"contact_type": "vendor"}, f"client {CUSTOMER} is not there"),
    ({"status": "inactive"}, f"customer {CUSTOMER} is inactive"),
    ({"currency_code": "USD"}, f"customer {CUSTOMER} is billed in USD there"),
)


@pytest.mark.parametrize(("change", "words"), REFUSALS)
def test_nothing_is_sent_to_a_customer_who_is_not_as_pinned(
    output: Output, far_side: FarZoho, change: Fields, words: str
) -> None:
    far_side.books.contacts[0].update(change)
    with pytest.raises(Rejected, match=words):
        create(output, draft_for())
    assert far_side.writes() == []


SOMEBODY: Fields = {"contact_type": "customer", "status": "active", "currency_code": "EUR"}
UNREADABLE: tuple[tuple[int, Fields, type[Exception]], ...] = (
    (400, {"code": 1038, "message": "Something else"}, BadAnswer),
    (404, {"code": 5, "message": "Invalid URL Passed"}, NotThere),
    (200, {"code": 0, "contact": {"contact_id": CUSTOMER}}, BadAnswer),
    (200, {"code": 0, "contact": {**SOMEBODY, "contact_id": "9"}}, BadAnswer),
)


@pytest.mark.parametrize(("status", "body", "kind"), UNREADABLE)
def test_a_customer_who_cannot_be_read_is_not_taken_for_one_who_is_not_there(
    output: Output, far_side: FarZoho, status: int, body: Fields, kind: type[Exception]
) -> None:
    far_side.faults.append(Fault(answer=json_answer(status, body), path="/contacts/"))
    with pytest.raises(kind):
        create(output, draft_for())
    assert far_side.writes() == []


def test_a_total_that_differs_shows_when_the_invoice_is_created(output: Output, far_side: FarZoho) -> None:
    far_side.books.taxes[0]["tax_percentage"] = 20
    assert create(output, draft_for()).gross == 21600 != draft_for().totals.gross


DELETIONS: tuple[tuple[Callable[[FarZoho], object], str], ...] = (
    (lambda there: there.change(REFERENCE, "sent"), "the document is sent, no draft any more"),
    (
        lambda there: there.books.change(there.books.invoices[0], {"schedule_time": "2026-03-09"}),
        "the document is sent",
    ),
    (
        lambda there: there.faults.append(
            Fault(answer=json_answer(400, {"code": 12, "message": "Period is locked"}), method="DELETE")
        ),
        "Period is locked",
    ),
)


@pytest.mark.parametrize(("do", "words"), DELETIONS)
def test_what_is_no_draft_any_more_or_is_locked_is_not_withdrawn(
    output: Output, far_side: FarZoho, do: Callable[[FarZoho], object], words: str
) -> None:
    receipt = create(output, draft_for()).receipt
    do(far_side)
    with pytest.raises(Rejected, match=words):
        output.withdraw(receipt)
    assert far_side.count(REFERENCE) == 1


def test_what_a_person_deletes_at_the_same_time_counts_as_withdrawn(output: Output, far_side: FarZoho) -> None:
    receipt = create(output, draft_for()).receipt
    gone = json_answer(404, {"code": 1002, "message": "Invoice does not exist."})
    far_side.faults.append(Fault("after", answer=gone, method="DELETE"))
    output.withdraw(receipt)
    assert far_side.books.invoices == []
