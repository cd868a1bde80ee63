"""Why nothing is in QuickBooks Online twice: looking by number in both modes, and what an answer is worth."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from tests.connectors.quickbooks import CUSTOMER, Clock, FarQuickBooks, connected, create, draft_for, running

from tracker2invoice.errors import BadAnswer, RateLimited, Rejected, TryLater, Unclear
from tracker2invoice.plugins import Output
from tracker2invoice.testing.sandbox.quickbooks import throttled
from tracker2invoice.testing.sandbox.server import Answer, Fault

REFERENCE = draft_for().reference


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarQuickBooks]:
    with running(clock) as quickbooks:
        yield quickbooks


@pytest.fixture
def output(far_side: FarQuickBooks, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side.url, clock, tmp_path) as output:
        yield output


@pytest.mark.parametrize(("first", "then"), [("estimate", "unsent-invoice"), ("unsent-invoice", "estimate")])
def test_what_was_created_in_the_other_mode_is_found(
    far_side: FarQuickBooks, clock: Clock, tmp_path: Path, first: str, then: str
) -> None:
    with connected(far_side.url, clock, tmp_path, mode=first) as output:
        created = create(output, draft_for())
    with connected(far_side.url, clock, tmp_path, mode=then) as output:
        assert list(output.find(draft_for())) == [created]


def test_that_there_is_none_is_believed_only_if_both_kinds_could_be_asked(
    output: Output, far_side: FarQuickBooks
) -> None:
    far_side.faults.extend([Fault(answer=Answer(200, {"QueryResponse": {}}), path="/query"), Fault(path="/query")])
    with pytest.raises(TryLater):
        output.find(draft_for())


def test_a_void_invoice_is_found_as_that(output: Output, far_side: FarQuickBooks) -> None:
    create(output, draft_for())
    far_side.books.void(far_side.books.documents[0])
    assert [one.receipt.state for one in output.find(draft_for())] == ["void"]


def test_two_documents_with_one_number_are_both_found(output: Output, far_side: FarQuickBooks) -> None:
    create(output, draft_for())
    far_side.books.documents.append({**far_side.books.documents[0], "Id": "9", "entity": "Estimate"})
    assert len(output.find(draft_for())) == 2


def test_a_number_that_only_looks_alike_is_left_out(output: Output, far_side: FarQuickBooks) -> None:
    create(output, draft_for())
    alike = json.loads(json.dumps(far_side.books.documents[0], default=str)) | {"DocNumber": f"{REFERENCE}X"}
    answer = Answer(200, {"QueryResponse": {"Invoice": [alike]}})
    far_side.faults.append(Fault(answer=answer, path="/query"))
    assert list(output.find(draft_for())) == []


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b'{"QueryResponse": null}',
        b'{"QueryResponse": {"Fault": {"Error": []}}}',
        b'{"QueryResponse": {"Invoice": [{"Id": "1"}]}}',
        b'{"Fault": {"Error": [{"Message": "x", "code": "4000"}]}}',
    ],
)
def test_an_answer_that_cannot_be_read_is_never_an_empty_one(
    output: Output, far_side: FarQuickBooks, body: bytes
) -> None:
    far_side.faults.append(Fault(answer=Answer(200, body), path="/query"))
    with pytest.raises(BadAnswer):
        output.find(draft_for())


def test_while_the_company_numbers_its_documents_nothing_is_created(output: Output, far_side: FarQuickBooks) -> None:
    far_side.books.own_numbers = False
    with pytest.raises(Rejected, match="switch custom transaction numbers on"):
        create(output, draft_for())
    assert far_side.writes() == []


def test_a_document_whose_number_was_replaced_at_the_last_moment_is_known_by_its_note(
    output: Output, far_side: FarQuickBooks
) -> None:
    """Otherwise it would be looked for in vain, and created again and again."""
    on = {"Preferences": far_side.books.preferences}
    far_side.books.own_numbers = False
    far_side.faults.append(Fault(answer=Answer(200, on), path="/preferences"))
    receipt = create(output, draft_for()).receipt
    assert (receipt.number, receipt.state) == ("1001", "draft")
    assert [one.receipt for one in output.read_back([receipt], None)] == [receipt]


def test_every_request_has_an_id_of_its_attempt_and_none_allows_duplicates(
    output: Output, far_side: FarQuickBooks
) -> None:
    draft = draft_for()
    for key in ("k" * 64, "k" * 64, "other"):
        output.create(draft, output.prepare(draft), key)
    queries = [one.query for one in far_side.requests if one.path.endswith("/invoice")]
    first, second, third = (query["requestid"] for query in queries)
    assert first == second != third
    assert len(first) <= 50
    assert all("include" not in query for query in queries)
    assert far_side.count(draft.reference) == 2


@pytest.mark.parametrize("code", ["6140", "6240"])
def test_a_number_that_is_taken_means_look_again(output: Output, far_side: FarQuickBooks, code: str) -> None:
    error = {"Message": "Duplicate Document Number Error", "Detail": "taken", "code": code, "element": "DocNumber"}
    refusal = Answer(400, {"Fault": {"Error": [error], "type": "ValidationFault"}})
    far_side.faults.append(Fault(answer=refusal, method="POST", path="/invoice"))
    with pytest.raises(Unclear, match="the number is taken"):
        create(output, draft_for())


def test_any_other_fault_is_a_rejection_in_quickbooks_words(output: Output, far_side: FarQuickBooks) -> None:
    far_side.books.items[0]["Active"] = False
    with pytest.raises(Rejected, match=r"code 2500: Invalid Reference Id: ItemRef is not there or inactive: ItemRef"):
        create(output, draft_for())


@pytest.mark.parametrize(
    "answer",
    [Answer(500, b"{}"), Answer(503, b""), Answer(200, b"<html>"), Answer(200, b"{}"), Answer(200, b"[]")],
)
def test_a_broken_answer_after_the_commit_is_unclear_and_the_invoice_is_found(
    output: Output, far_side: FarQuickBooks, answer: Answer
) -> None:
    far_side.faults.append(Fault("after", "answer", answer, "POST", "/invoice"))
    with pytest.raises(Unclear):
        create(output, draft_for())
    assert len(output.find(draft_for())) == 1


def test_an_answer_about_another_invoice_is_unclear(output: Output, far_side: FarQuickBooks) -> None:
    create(output, draft_for())
    other = json.dumps({"Invoice": far_side.books.documents[0]}, default=str).encode()
    far_side.faults.append(Fault("after", "answer", Answer(200, other), "POST", "/invoice"))
    with pytest.raises(Unclear, match="something else"):
        create(output, draft_for(milestone_id="7"))


def test_a_limit_that_is_used_up_creates_nothing(output: Output, far_side: FarQuickBooks) -> None:
    draft = draft_for()
    output.find(draft)
    far_side.faults.append(replace(throttled(), method="POST", path="/invoice"))
    with pytest.raises(RateLimited, match="ThrottleExceeded"):
        create(output, draft)
    assert far_side.count(draft.reference) == 0


REFUSALS: tuple[tuple[Callable[[FarQuickBooks], object], str], ...] = (
    (lambda there: there.books.customers.clear(), f"customer {CUSTOMER} is not there"),
    (lambda there: there.books.customers[0].update(Active=False), f"customer {CUSTOMER} is not active"),
    (lambda there: there.books.customers[0].update(CurrencyRef={"value": "USD"}), "is billed in USD there"),
)


@pytest.mark.parametrize(("do", "words"), REFUSALS)
def test_nothing_is_sent_to_a_customer_who_is_not_as_pinned(
    output: Output, far_side: FarQuickBooks, do: Callable[[FarQuickBooks], object], words: str
) -> None:
    do(far_side)
    with pytest.raises(Rejected, match=words):
        create(output, draft_for())
    assert far_side.writes() == []


def test_a_customer_who_cannot_be_read_is_not_taken_for_one_who_is_not_there(
    output: Output, far_side: FarQuickBooks
) -> None:
    refusal = {"Fault": {"Error": [{"Message": "Something else", "code": "10000"}], "type": "SystemFault"}}
    far_side.faults.append(Fault(answer=Answer(400, refusal), path="/customer/"))
    with pytest.raises(BadAnswer, match="Something else"):
        create(output, draft_for())
    assert far_side.writes() == []


def test_a_company_of_one_currency_gets_nothing_in_another(output: Output, far_side: FarQuickBooks) -> None:
    far_side.books.several_currencies = False
    with pytest.raises(Rejected, match="no other currency than EUR"):
        create(output, draft_for("JPY"))
    assert far_side.writes() == []
    create(output, draft_for())


def test_a_total_that_differs_shows_when_the_document_is_created(output: Output, far_side: FarQuickBooks) -> None:
    far_side.books.tax_rates[0]["RateValue"] = 20
    assert create(output, draft_for()).gross == 21600 != draft_for().totals.gross


def asked(far_side: FarQuickBooks) -> list[str]:
    return [one.path.rpartition("/")[2] for one in far_side.requests if "/company/" in one.path]


def pushed(output: Output, *milestones: str) -> None:
    for milestone_id in milestones:
        output.find(draft_for(milestone_id=milestone_id))
        create(output, draft_for(milestone_id=milestone_id))


def test_a_first_push_takes_two_requests_once_company_and_customer_were_looked_at(
    output: Output, far_side: FarQuickBooks
) -> None:
    pushed(output, "7", "8", "9")
    first = ["query", "query", CUSTOMER, "preferences", "invoice"]
    assert asked(far_side) == [*first, "query", "invoice", "query", "invoice"]


def test_after_a_minute_everything_is_looked_at_again(output: Output, far_side: FarQuickBooks, clock: Clock) -> None:
    pushed(output, "7")
    clock.now += timedelta(seconds=60)
    far_side.books.customers[0]["Active"] = False
    with pytest.raises(Rejected, match="is not active"):
        pushed(output, "8")
    assert len(far_side.books.documents) == 1


def test_another_customer_is_looked_at_although_the_first_one_was(output: Output, far_side: FarQuickBooks) -> None:
    pushed(output, "7")
    other = draft_for(remote={"books": far_side.books.add_customer("Globex", "USD")})
    with pytest.raises(Rejected, match="is billed in USD there"):
        create(output, other)


def test_what_was_found_wrong_is_looked_at_again_at_once(output: Output, far_side: FarQuickBooks) -> None:
    far_side.books.own_numbers = False
    with pytest.raises(Rejected):
        create(output, draft_for())
    far_side.books.own_numbers = True
    create(output, draft_for())


def test_while_the_other_mode_has_documents_of_ours_both_are_asked_for_each(
    far_side: FarQuickBooks, clock: Clock, tmp_path: Path
) -> None:
    with connected(far_side.url, clock, tmp_path, mode="estimate") as output:
        pushed(output, "6", "7")
    far_side.requests.clear()
    with connected(far_side.url, clock, tmp_path) as output:
        assert [len(output.find(draft_for(milestone_id=one))) for one in ("6", "7", "8")] == [1, 1, 0]
    assert asked(far_side) == ["query"] * 7


def test_documents_with_other_numbers_are_not_taken_for_ours(output: Output, far_side: FarQuickBooks) -> None:
    create(output, draft_for())
    far_side.books.documents.append({**far_side.books.documents[0], "entity": "Estimate", "DocNumber": "1001"})
    far_side.requests.clear()
    for _ in range(3):
        output.find(draft_for())
    assert len(asked(far_side)) == 4


def test_a_document_that_would_bill_the_same_is_found_with_the_same_request_and_marked(
    output: Output, far_side: FarQuickBooks
) -> None:
    draft, rival, other = (draft_for(milestone_id=one) for one in ("7", "8", "9"))
    pushed(output, "8", "9")
    far_side.requests.clear()
    (found,) = output.find(draft, [rival.reference, "T2I-AAAAAAAAAAAA"])
    assert (found.other, found.receipt.number) == (rival.reference, rival.reference)
    assert {one.other for one in output.find(other, [rival.reference])} == {"", rival.reference}
    assert asked(far_side) == ["query", "query"]


def test_more_references_than_an_address_can_hold_are_asked_for_in_parts(
    output: Output, far_side: FarQuickBooks
) -> None:
    create(output, draft_for())
    rivals = [f"T2I-{letters}{'A' * 10}" for letters in map("".join, product("ABCDEFGHIJK", repeat=2))]
    assert len(output.find(draft_for(), rivals)) == 1
    assert max(len(one.target) for one in far_side.requests) < 2000


def test_requests_keep_below_what_intuit_allows_a_company(output: Output, clock: Clock) -> None:
    for _ in range(490):
        output.find(draft_for(type_code="381"))
    assert clock.timer.slept == [60.0]
