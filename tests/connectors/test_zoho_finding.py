"""How documents are found in Zoho Books, whether few are there or many, and that none is overlooked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.connectors.zoho import CUSTOMER, Clock, FarZoho, connected, create, draft_for, running

from tracker2invoice.errors import AccessDenied, BadAnswer, NotThere, TryLater
from tracker2invoice.model.contract import Party
from tracker2invoice.plugins import Output
from tracker2invoice.testing.sandbox.oauth import json_answer
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice.testing.sandbox.zoho_books import Fields
from tracker2invoice.testing.timer import WaitingTimer

REFERENCE = draft_for().reference
RIVALS = ["T2I-AAAAAAAAAAAA", "T2I-BBBBBBBBBBBB"]
LIST = "/books/v3/invoices"
CONTACT = f"/books/v3/contacts/{CUSTOMER}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=[0, 200])
def far_side(clock: Clock, request: pytest.FixtureRequest) -> Iterator[FarZoho]:
    """Start an organisation with few invoices, and one with more than a page shows."""
    with running(clock) as zoho:
        line: Fields = {"item_id": zoho.books.items[0]["item_id"], "tax_id": zoho.books.taxes[0]["tax_id"], "rate": 1}
        other = zoho.books.create({"customer_id": CUSTOMER, "line_items": [line]})
        zoho.books.invoices += [{**other, "invoice_id": str(number)} for number in range(100, 100 + request.param)]
        yield zoho


@pytest.fixture
def output(far_side: FarZoho, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side.url, clock, tmp_path) as output:
        yield output


def asked(far_side: FarZoho) -> list[str]:
    return [f"{one.method} {one.path}" for one in far_side.requests if "/books/" in one.path]


def test_a_first_push_is_a_look_and_a_request_as_long_as_a_page_shows_all(output: Output, far_side: FarZoho) -> None:
    """A customer is looked at once a minute, and each reference in both places once there are many invoices."""
    few = len(far_side.books.invoices) <= 200
    looks = [f"GET {LIST}"] * (1 if few else 1 + 2 * 3)
    output.find(draft_for(), RIVALS)
    create(output, draft_for())
    assert asked(far_side) == [*looks, f"GET {CONTACT}", f"POST {LIST}"]
    far_side.requests.clear()
    output.find(draft_for(milestone_id="7"), RIVALS)
    create(output, draft_for(milestone_id="7"))
    assert asked(far_side) == [*looks[(0 if few else 1) :], f"POST {LIST}"]


def test_a_customer_is_looked_at_again_after_a_minute(output: Output, far_side: FarZoho, clock: Clock) -> None:
    create(output, draft_for())
    clock.now += timedelta(minutes=1)
    create(output, draft_for(milestone_id="7"))
    assert asked(far_side).count(f"GET {CONTACT}") == 2


def test_documents_that_would_bill_the_same_are_found_and_marked(output: Output, far_side: FarZoho) -> None:
    create(output, draft_for())
    own = far_side.books.invoices[-1]
    far_side.books.invoices += [
        {**own, "invoice_id": "1", "reference_number": RIVALS[1], "custom_fields": []},
        {**own, "invoice_id": "2", "reference_number": f"{RIVALS[0]}X", "custom_fields": []},
    ]
    assert {one.receipt.remote_id: one.other for one in output.find(draft_for(), RIVALS)} == {
        own["invoice_id"]: "",
        "1": RIVALS[1],
    }


def test_among_many_credit_notes_each_reference_is_asked_for_in_the_one_place_that_they_have(
    output: Output, far_side: FarZoho
) -> None:
    note = draft_for(type_code="381")
    create(output, note)
    own = far_side.books.credit_notes[0]
    far_side.books.credit_notes += [
        {**own, "creditnote_id": str(number), "reference_number": "other"} for number in range(200)
    ]
    far_side.requests.clear()
    assert len(output.find(note, RIVALS)) == 1
    assert asked(far_side) == ["GET /books/v3/creditnotes"] * (1 + 3)


def test_no_more_is_sent_in_a_minute_than_zoho_takes(far_side: FarZoho, clock: Clock, tmp_path: Path) -> None:
    timer = WaitingTimer()
    with connected(far_side.url, clock, tmp_path, timer) as output:
        for _ in range(97):
            list(output.clients(Party("acme", "Acme")))
        assert timer.seconds == 0
        list(output.clients(Party("acme", "Acme")))
    assert timer.seconds == 60


def test_a_void_invoice_is_found_as_that(output: Output, far_side: FarZoho) -> None:
    create(output, draft_for())
    far_side.books.void(far_side.books.invoices[-1])
    assert [one.receipt.state for one in output.find(draft_for())] == ["void"]


def test_an_invoice_on_which_a_person_has_put_an_order_number_is_found_by_the_custom_field(
    output: Output, far_side: FarZoho
) -> None:
    create(output, draft_for())
    far_side.books.change(far_side.books.invoices[-1], {"reference_number": "PO-4711"})
    assert len(output.find(draft_for())) == 1


def test_an_invoice_that_lost_its_custom_field_is_found_by_its_reference(output: Output, far_side: FarZoho) -> None:
    create(output, draft_for())
    far_side.books.change(far_side.books.invoices[-1], {"custom_fields": []})
    assert len(output.find(draft_for())) == 1


def test_the_reference_in_another_custom_field_does_not_count(output: Output, far_side: FarZoho) -> None:
    create(output, draft_for())
    elsewhere: Fields = {"customfield_id": "7", "value": REFERENCE}
    far_side.books.change(far_side.books.invoices[-1], {"reference_number": "PO-4711", "custom_fields": [elsewhere]})
    assert list(output.find(draft_for())) == []


def test_two_invoices_are_both_found_whichever_way_each_shows(output: Output, far_side: FarZoho) -> None:
    create(output, draft_for())
    copy: Fields = {**far_side.books.invoices[-1], "invoice_id": "9", "reference_number": "PO-4711"}
    far_side.books.invoices.append(copy)
    found = {one.receipt.remote_id for one in output.find(draft_for())}
    assert found == {far_side.books.invoices[-2]["invoice_id"], "9"}


def test_what_a_filter_shows_that_was_passed_over_is_left_out(output: Output, far_side: FarZoho) -> None:
    far_side.books.filters_fields = False
    create(output, draft_for())
    assert list(output.find(draft_for(milestone_id="7"))) == []


@pytest.mark.parametrize("context", [{"has_more_page": True}, [{"has_more_page": True}]])
def test_a_search_by_reference_that_shows_everything_is_not_believed(
    output: Output, far_side: FarZoho, context: object
) -> None:
    everything: Fields = {"code": 0, "invoices": [], "page_context": context}
    # the list goes on, and so does what a search shows of it
    far_side.faults.extend([Fault(answer=json_answer(200, everything), path=LIST)] * 2)
    with pytest.raises(BadAnswer, match="shows everything"):
        output.find(draft_for())


def test_that_there_is_none_is_believed_only_if_it_could_be_asked_in_both_ways(
    output: Output, far_side: FarZoho
) -> None:
    # an answer that does not say whether there are more pages is no whole list
    nothing = Fault(answer=json_answer(200, {"code": 0, "invoices": []}), path=LIST)
    far_side.faults.extend([nothing, nothing, Fault(path=LIST)])
    with pytest.raises(TryLater):
        output.find(draft_for())


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b'{"code": 0}',
        b'{"code": 0, "invoices": null}',
        b'{"code": 0, "invoices": [{"invoice_id": "1"}]}',
        b'{"code": 2, "message": "Invalid value passed for filter_by", "invoices": []}',
        b'{"invoices": []}',
        b'{"code": 0, "invoices": [], "page_context": null}',
    ],
)
def test_an_answer_that_cannot_be_read_or_is_a_refusal_is_never_an_empty_list(
    output: Output, far_side: FarZoho, body: bytes
) -> None:
    far_side.faults.append(Fault(answer=Answer(200, body), path=LIST))
    with pytest.raises(BadAnswer):
        output.find(draft_for())


def test_another_organisation_and_another_address_are_errors_and_not_empty_lists(
    far_side: FarZoho, clock: Clock, tmp_path: Path
) -> None:
    with connected(far_side.url, clock, tmp_path, organization="9") as output:
        with pytest.raises(AccessDenied, match="code 6041"):
            output.find(draft_for())
        with pytest.raises(AccessDenied, match="code 6041"):
            create(output, draft_for())
    elsewhere = connected(f"{far_side.url}/else", clock, tmp_path, identity_url=far_side.url)
    with elsewhere as output, pytest.raises(NotThere):
        output.find(draft_for())
