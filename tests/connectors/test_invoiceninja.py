"""The Invoice Ninja output against the pretended server over HTTP: the shared suite, creating and finding."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import pytest
from tests.connectors.invoiceninja import (
    CLIENT,
    EVERYTHING,
    IN_YEN,
    Clock,
    FarNinja,
    connected,
    create,
    draft_for,
    running,
)

from tracker2invoice.errors import AccessDenied, BadAnswer, RateLimited, Rejected, Unclear
from tracker2invoice.plugins import Output
from tracker2invoice.testing.output_suite import OutputSuite
from tracker2invoice.testing.samples import NOW
from tracker2invoice.testing.sandbox.invoiceninja import TOKEN, TOKEN_ELSEWHERE, rate_limited
from tracker2invoice.testing.sandbox.invoiceninja_books import Fields
from tracker2invoice.testing.sandbox.server import Answer, Fault


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarNinja]:
    with running(clock) as ninja:
        yield ninja


@pytest.fixture
def output(far_side: FarNinja, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path, **EVERYTHING) as output:
        yield output


@pytest.fixture
def strict(far_side: FarNinja, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path, strict_unique=True, **EVERYTHING) as output:
        yield output


class TestInvoiceNinjaKeepsTheContractOfOutputs(OutputSuite):
    kind = "invoiceninja"
    client = CLIENT
    currencies = ("EUR",)


class TestInvoiceNinjaWithStrictUniqueNumbers(OutputSuite):
    kind = "invoiceninja"
    client = CLIENT
    currencies = ("EUR",)

    @pytest.fixture
    def output(self, strict: Output) -> Output:
        return strict


def test_the_invoice_says_what_the_draft_says(output: Output, far_side: FarNinja) -> None:
    draft = draft_for()
    receipt = create(output, draft)
    (invoice,) = far_side.books.invoices
    assert (invoice["status_id"], invoice["amount"], invoice["total_taxes"]) == ("1", 21420, 3420)
    assert (invoice["po_number"], invoice["custom_value1"]) == ("PO-4711", draft.reference)
    assert invoice["private_notes"] == (
        f"{draft.reference}\ngithub:acme/portal\nhttps://github.com/acme/portal/milestone/1"
    )
    assert receipt.number == "0001"
    assert receipt.url == f"{far_side.url}/#/invoices/{receipt.remote_id}/edit"


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
def test_a_client_in_yen_or_dinar_gets_the_amounts_of_the_draft(output: Output, currency: str) -> None:
    draft = draft_for(currency)
    document = output.create(draft, output.prepare(draft), "k")
    assert (document.currency, document.gross) == (currency, draft.totals.gross)


def test_a_first_push_is_two_requests_and_a_client_some_once_a_minute(
    output: Output, far_side: FarNinja, clock: Clock
) -> None:
    look = ["GET /invoices"]
    client = [f"GET /clients/{CLIENT}", "POST /companies/current"]
    first = [*look, *client, "GET /statics", "POST /invoices"]
    calls = {0: first, 59: [*look, "POST /invoices"], 60: [*look, *client, "POST /invoices"]}
    for wait, expected in calls.items():
        before, clock.now = len(far_side.requests), clock.now + timedelta(seconds=wait)
        draft = draft_for(milestone_id=str(wait))
        output.find(draft)
        create(output, draft)
        made = [f"{one.method} {one.path.removeprefix('/api/v1')}" for one in list(far_side.requests)[before:]]
        assert made == expected


def references(count: int) -> list[str]:
    return [draft_for(milestone_id=f"{number}").reference for number in range(100, 100 + count)]


def looks(far_side: FarNinja, since: int) -> list[str]:
    asked = list(far_side.requests)[since:]
    return [one.query["filter"] for one in asked if (one.method, one.path) == ("GET", "/api/v1/invoices")]


def test_several_references_are_looked_for_at_once_among_all_of_ours(output: Output, far_side: FarNinja) -> None:
    draft, other = draft_for(), draft_for(milestone_id="8")
    create(output, draft)
    create(output, other)
    since = len(far_side.requests)
    found = output.find(draft, [*references(30), other.reference])
    assert [one.other for one in found] == ["", other.reference]
    assert looks(far_side, since) == ["T2I-"]


def test_where_ours_are_on_more_pages_than_there_are_references_each_is_searched_for(
    output: Output, far_side: FarNinja
) -> None:
    there = [draft_for(milestone_id=str(number)) for number in range(3)]
    for draft in there:
        create(output, draft)
    with patch.dict("tracker2invoice_invoiceninja.lookup._EVERY_STATE", per_page="1"):
        for asked in (["T2I-"], []):
            since = len(far_side.requests)
            found = output.find(there[0], [there[2].reference])
            assert [one.other for one in found] == ["", there[2].reference]
            assert looks(far_side, since) == [*asked, there[0].reference, there[2].reference]
        since = len(far_side.requests)
        assert len(output.find(there[0], [one.reference for one in there[1:]])) == 3
        assert looks(far_side, since) == ["T2I-"] * 3


def test_nothing_that_sends_or_marks_as_sent_stands_in_the_request(output: Output, far_side: FarNinja) -> None:
    create(output, draft_for())
    assert far_side.requests[-1].query == {"include": "client,payments"}


def test_notes_that_a_client_always_gets_do_not_replace_ours(output: Output, far_side: FarNinja) -> None:
    far_side.books.clients[0]["public_notes"] = "Thank you for your custom"
    create(output, draft_for())
    assert far_side.books.invoices[0]["public_notes"] == "Thank you for your custom"
    assert "1 Log in https://github.com/acme/portal/issues/1" in far_side.text(draft_for().reference)


@pytest.mark.parametrize("change", [{"is_deleted": True}, {"archived_at": 1772443800}])
def test_nothing_is_sent_to_a_client_who_is_archived_or_deleted(
    output: Output, far_side: FarNinja, change: Fields
) -> None:
    far_side.books.clients[0] |= change
    with pytest.raises(
        Rejected, match=f"client {CLIENT} is (archived: restore the client there|not there: pin another client)"
    ):
        create(output, draft_for())
    assert [request for request in far_side.requests if request.method == "POST"] == []


def test_with_the_token_of_another_company_nothing_is_sent_and_nothing_is_refused_for_good(
    far_side: FarNinja, clock: Clock, tmp_path: Path
) -> None:
    denied = pytest.raises(AccessDenied, match=f"the token is for another company than that of client {CLIENT}")
    with connected(far_side, clock, tmp_path, token=TOKEN_ELSEWHERE) as output, denied:
        create(output, draft_for())
    assert [request for request in far_side.requests if request.method == "POST"] == []


def test_where_we_bill_already_a_client_of_another_company_is_refused_alone(output: Output, far_side: FarNinja) -> None:
    far_side.clients_elsewhere.add("VWPe9WLyoA")
    draft = draft_for(milestone_id="7", remote={"books": "VWPe9WLyoA"})
    with pytest.raises(AccessDenied):
        create(output, draft)
    create(output, draft_for())
    with pytest.raises(Rejected, match=r"that of client VWPe9WLyoA, or may not view it .*; pin another client there"):
        create(output, draft)


def test_a_plan_without_api_is_named_with_what_to_do(output: Output, far_side: FarNinja) -> None:
    far_side.has_api = False
    with pytest.raises(AccessDenied, match="free / unpaid account: upgrade the plan there"):
        output.find(draft_for())


def test_nothing_is_sent_to_a_client_who_is_invoiced_in_another_currency(output: Output, far_side: FarNinja) -> None:
    with pytest.raises(Rejected, match="client acme is invoiced in JPY there: set its currency to EUR"):
        create(output, draft_for(remote={"books": IN_YEN}))
    assert far_side.books.invoices == []


@pytest.mark.parametrize(("of_client", "of_group", "code"), [("1", "45", "USD"), ("", "45", "JPY"), ("", "", "EUR")])
def test_the_currency_is_that_of_the_client_else_of_the_group_else_of_the_company(
    output: Output, far_side: FarNinja, of_client: str, of_group: str, code: str
) -> None:
    create(output, draft_for())
    far_side.books.groups.append({"id": "g1", "settings": {"currency_id": of_group}})
    far_side.books.clients[0] |= {"group_settings_id": "g1", "settings": {"currency_id": of_client}}
    (document,) = output.find(draft_for())
    assert document.currency == code


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, b"{}"),
        Answer(503, b""),
        Answer(200, b"<html>"),
        Answer(200, b"{}"),
        Answer(200, b'{"data": []}'),
        Answer(200, b'{"data": {"id": "x"}}'),
    ],
)
def test_a_broken_answer_after_the_commit_is_unclear_and_the_invoice_is_found(
    output: Output, far_side: FarNinja, answer: Answer
) -> None:
    far_side.faults.append(Fault("after", "answer", answer, "POST", "/invoices"))
    with pytest.raises(Unclear):
        create(output, draft_for())
    assert len(output.find(draft_for())) == 1


def test_an_answer_about_another_invoice_is_unclear(output: Output, far_side: FarNinja) -> None:
    create(output, draft_for())
    other = far_side.respond(replace(far_side.requests[-1], method="GET", path=f"/api/v1/invoices/{remote(far_side)}"))
    assert other
    far_side.faults.append(Fault("after", "answer", other, "POST", "/invoices"))
    with pytest.raises(Unclear, match="something else"):
        create(output, draft_for(milestone_id="7"))


def remote(far_side: FarNinja) -> str:
    return str(far_side.books.invoices[0]["id"])


def test_a_number_that_is_taken_makes_the_engine_look(strict: Output) -> None:
    create(strict, draft_for())
    with pytest.raises(Unclear, match="number: The number has already been taken"):
        create(strict, draft_for())
    assert len(strict.find(draft_for())) == 1


def test_any_other_field_that_is_refused_is_a_rejection_in_the_servers_words(
    strict: Output, far_side: FarNinja
) -> None:
    refusal = {"message": "The given data was invalid.", "errors": {"po_number": ["Too odd."], "date": ["Too late."]}}
    far_side.faults.append(Fault(answer=Answer(422, refusal), method="POST", path="/invoices"))
    with pytest.raises(Rejected, match=r"The given data was invalid\.: po_number: Too odd\.; date: Too late\."):
        create(strict, draft_for())


def test_a_deleted_invoice_whose_number_was_changed_is_still_found(strict: Output, far_side: FarNinja) -> None:
    create(strict, draft_for())
    far_side.change(draft_for().reference, "deleted")
    far_side.books.invoices[0] |= {"custom_value1": "", "private_notes": ""}
    (document,) = strict.find(draft_for())
    assert document.receipt.number == f"{draft_for().reference}_deleted"
    assert document.receipt.state == "deleted"


def test_an_archived_invoice_is_found_in_the_state_it_has(output: Output, far_side: FarNinja) -> None:
    create(output, draft_for())
    far_side.books.act(far_side.books.invoices[0], "archive")
    (document,) = output.find(draft_for())
    assert document.receipt.state == "draft"


@pytest.mark.parametrize(("status", "state"), [("3", "sent"), ("5", "void"), ("6", "void"), ("9", "unknown")])
def test_the_state_is_told_in_our_words(output: Output, far_side: FarNinja, status: str, state: str) -> None:
    create(output, draft_for())
    far_side.books.invoices[0]["status_id"] = status
    assert [document.receipt.state for document in output.find(draft_for())] == [state]


def test_a_clone_that_a_person_made_is_found_beside_the_original(output: Output, far_side: FarNinja) -> None:
    create(output, draft_for())
    far_side.books.invoices.append({**far_side.books.invoices[0], "id": "clone", "number": "0002"})
    assert len(output.find(draft_for())) == 2


def test_all_pages_are_read_and_what_only_looks_alike_is_left_out(output: Output, far_side: FarNinja) -> None:
    draft = draft_for()
    create(output, draft)
    original = far_side.books.invoices[0] | {"private_notes": ""}
    alike = [f"{draft.reference}X", f"X{draft.reference}", draft.reference.lower(), f"{draft.reference}-2"]
    more = [{**original, "id": f"x{n}", "custom_value1": alike[n % 4]} for n in range(250)]
    by_hand = {**original, "id": "by hand", "custom_value1": f"see {draft.reference}."}
    far_side.books.invoices[:] = [*more, original, by_hand]
    assert {one.receipt.remote_id for one in output.find(draft)} == {original["id"], "by hand"}


def test_a_list_that_cannot_be_read_is_never_an_empty_list(output: Output, far_side: FarNinja) -> None:
    for body in (b"{}", b'{"data": []}', b'{"data": [{"id": "x"}], "meta": {"pagination": {"total_pages": 1}}}'):
        far_side.faults.append(Fault("before", "answer", Answer(200, body), "GET", "/invoices"))
        with pytest.raises(BadAnswer):
            output.find(draft_for())


def test_a_rate_limit_says_until_when(output: Output, far_side: FarNinja) -> None:
    far_side.faults.append(rate_limited(42))
    with pytest.raises(RateLimited) as caught:
        create(output, draft_for())
    assert caught.value.not_before == NOW + timedelta(seconds=42)
    assert far_side.books.invoices == []


def test_a_total_that_differs_shows_when_the_document_is_created(output: Output, far_side: FarNinja) -> None:
    draft = draft_for()
    payload = output.prepare(draft).replace(b'"tax_rate1":19', b'"tax_rate1":20')
    assert output.create(draft, payload, "k").gross == Decimal("21600.00") != draft.totals.gross


def test_a_secret_that_the_server_repeats_stays_out_of_the_error(output: Output, far_side: FarNinja) -> None:
    said = json.dumps({"message": f"Invalid token {TOKEN}"}).encode()
    far_side.faults.append(Fault(answer=Answer(422, said), method="POST", path="/invoices"))
    with pytest.raises(Rejected) as caught:
        create(output, draft_for())
    assert TOKEN not in str(caught.value)
