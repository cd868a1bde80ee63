"""What became of invoices in Zoho Books, and what `check` finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from tests.connectors.zoho import CUSTOMER, Clock, FarZoho, connected, create, draft_for, running

from tracker2invoice.errors import BadAnswer, NotThere
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.conditions import Deposit
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Output
from tracker2invoice.testing.samples import NOW, sample_contract
from tracker2invoice.testing.sandbox.oauth import json_answer
from tracker2invoice.testing.sandbox.server import Fault
from tracker2invoice.testing.sandbox.zoho import ORGANIZATION
from tracker2invoice.testing.sandbox.zoho_books import REFERENCE_FIELD, Fields, ZohoBooks

Connected = Callable[..., AbstractContextManager[Output]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarZoho]:
    with running(clock) as zoho:
        yield zoho


@pytest.fixture
def connect(far_side: FarZoho, clock: Clock, tmp_path: Path) -> Connected:
    def connect(**more: object) -> AbstractContextManager[Output]:
        return connected(far_side.url, clock, tmp_path, None, **more)

    return connect


@pytest.fixture
def output(connect: Connected) -> Iterator[Output]:
    with connect() as output:
        yield output


def several(output: Output, far_side: FarZoho, count: int) -> list[Receipt]:
    receipts = [create(output, draft_for(milestone_id=str(number))).receipt for number in range(count)]
    far_side.requests.clear()
    return receipts


@pytest.mark.parametrize("status", ["sent", "viewed", "overdue", "unpaid", "partially_paid"])
def test_in_none_of_these_states_an_invoice_is_a_draft(output: Output, far_side: FarZoho, status: str) -> None:
    create(output, draft_for())
    far_side.books.change(far_side.books.invoices[0], {"status": status})
    assert [one.receipt.state for one in output.find(draft_for())] == ["sent"]


@pytest.mark.parametrize(
    ("change", "state"), [({"status": "pending_approval"}, "unknown"), ({"schedule_time": "2026-03-09"}, "sent")]
)
def test_a_new_state_is_unknown_and_what_leaves_by_itself_is_no_draft(
    output: Output, far_side: FarZoho, change: Fields, state: str
) -> None:
    create(output, draft_for())
    far_side.books.change(far_side.books.invoices[0], change)
    assert [one.receipt.state for one in output.find(draft_for())] == [state]


def test_a_payment_of_a_part_is_read_back_with_its_day(output: Output, far_side: FarZoho) -> None:
    receipts = several(output, far_side, 2)
    far_side.books.pay(far_side.books.invoices[0], Decimal("100.00"), date(2026, 3, 9))
    paid, open_ = (one.receipt for one in output.read_back(receipts, None))
    assert (paid.state, paid.paid, paid.paid_on) == ("sent", Decimal("100.00"), date(2026, 3, 9))
    assert (open_.state, open_.paid, open_.paid_on) == ("draft", None, None)


def test_what_a_credit_note_settles_is_credited_and_not_paid(output: Output, far_side: FarZoho) -> None:
    (created,) = several(output, far_side, 1)
    far_side.books.credit(far_side.books.invoices[0], Decimal("21420.00"))
    (document,) = output.read_back([created], None)
    receipt = document.receipt
    assert (receipt.state, receipt.paid, receipt.credited) == ("paid", None, Decimal("21420.00"))


def test_what_was_settled_is_read_one_by_one_only_as_long_as_it_is_not_known_by_what(
    output: Output, far_side: FarZoho, clock: Clock
) -> None:
    receipts = several(output, far_side, 3)
    for invoice, amount in zip(far_side.books.invoices, ("100.00", "21420.00", "30.00"), strict=True):
        far_side.books.pay(invoice, Decimal(amount), date(2026, 3, 9))
    known = [one.receipt for one in output.read_back(receipts, None)]
    far_side.requests.clear()
    assert [one.receipt for one in output.read_back(known, None)] == known
    assert len(far_side.requests) == 1
    clock.now += timedelta(hours=1)
    far_side.books.credit(far_side.books.invoices[0], Decimal("50.00"))
    assert [one.receipt.credited for one in output.read_back(known, None)] == [Decimal("50.00"), None, None]
    assert [one.receipt.credited for one in output.read_back(known, clock.now)] == [Decimal("50.00")]


def test_many_invoices_are_read_back_two_hundred_a_request(output: Output, far_side: FarZoho) -> None:
    receipts = several(output, far_side, 1)
    original = far_side.books.invoices[0]
    far_side.books.invoices += [{**original, "invoice_id": str(number)} for number in range(1, 251)]
    receipts += [replace(receipts[0], remote_id=str(number)) for number in range(1, 251)]
    assert len(list(output.read_back(receipts, None))) == 251
    assert len(far_side.requests) == 2


def test_no_more_is_read_than_is_needed(output: Output, far_side: FarZoho) -> None:
    receipts = several(output, far_side, 2)
    older = [{**far_side.books.invoices[0], "invoice_id": str(number)} for number in range(1, 401)]
    far_side.books.invoices[:0] = older
    assert len(list(output.read_back(receipts, None))) == 2
    assert len(far_side.requests) == 1


def test_few_invoices_among_many_take_no_more_requests_than_twice_their_number(
    output: Output, far_side: FarZoho
) -> None:
    receipts = several(output, far_side, 3)
    original = far_side.books.invoices[0]
    far_side.books.invoices += [{**original, "invoice_id": str(number)} for number in range(1, 1401)]
    assert [one.receipt for one in output.read_back(receipts, None)] == receipts
    assert len(far_side.requests) == 3 + 3


def test_what_has_not_changed_since_is_left_out_and_what_was_deleted_is_not(
    output: Output, far_side: FarZoho, clock: Clock
) -> None:
    receipts = several(output, far_side, 3)
    clock.now += timedelta(hours=1)
    since = clock.now
    far_side.books.delete(far_side.books.invoices[0])
    far_side.books.send(far_side.books.invoices[0])
    told = {one.receipt.remote_id: one.receipt.state for one in output.read_back(receipts, since)}
    assert told == {receipts[0].remote_id: "deleted", receipts[1].remote_id: "sent"}


def test_invoices_too_old_for_the_pages_that_are_read_are_asked_for_when_they_were_modified(
    output: Output, far_side: FarZoho, clock: Clock
) -> None:
    receipts = several(output, far_side, 3)
    original = far_side.books.invoices[0]
    far_side.books.invoices += [{**original, "invoice_id": str(number)} for number in range(1, 1401)]
    clock.now += timedelta(minutes=30)
    far_side.books.send(far_side.books.invoices[1])
    told = {one.receipt.remote_id: one.receipt.state for one in output.read_back(receipts, NOW + timedelta(minutes=15))}
    assert told == {receipts[1].remote_id: "sent"}
    assert len(far_side.requests) == 3 + 1


@pytest.mark.parametrize("time", [None, "", "2013-11-18 02:02", "yesterday"])
def test_what_has_no_certain_time_of_its_last_change_is_not_left_out(
    output: Output, far_side: FarZoho, time: str | None
) -> None:
    receipts = several(output, far_side, 1)
    far_side.books.invoices[0]["last_modified_time"] = time
    assert len(list(output.read_back(receipts, NOW + timedelta(days=1)))) == 1


def test_the_time_of_a_change_may_be_told_in_another_time_zone(output: Output, far_side: FarZoho) -> None:
    receipts = several(output, far_side, 2)
    for invoice in far_side.books.invoices:
        invoice["last_modified_time"] = "2026-03-02T02:30:00-0800"
    assert len(list(output.read_back(receipts, NOW))) == 2
    assert list(output.read_back(receipts, NOW + timedelta(hours=2))) == []


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, {"code": 5, "message": "Invalid URL Passed"}, NotThere),
        (400, {"code": 1038, "message": "x"}, BadAnswer),
        (200, {"code": 0, "invoice": {"invoice_id": "1"}}, BadAnswer),
    ],
)
def test_what_could_not_be_read_does_not_count_as_deleted(
    output: Output, far_side: FarZoho, status: int, body: Fields, kind: type[Exception]
) -> None:
    far_side.faults.append(Fault(answer=json_answer(status, body), path="/invoices/"))
    with pytest.raises(kind):
        list(output.read_back([Receipt("1", "", "", "draft")], None))


def test_an_address_leads_people_to_the_invoice(output: Output, far_side: FarZoho) -> None:
    receipt = create(output, draft_for()).receipt
    assert receipt.url == f"{far_side.url}/app/{ORGANIZATION}#/invoices/{receipt.remote_id}"


def wrong(output: Output, contract: Contract | None = None) -> list[tuple[str, str]]:
    contract = contract or sample_contract(remote={"books": CUSTOMER})
    return [(one.what, one.next_step) for one in output.check([contract]) if not one.ok]


DEFECTS: tuple[tuple[Callable[[ZohoBooks], object], str], ...] = (
    (lambda books: books.fields.clear(), f"custom field {REFERENCE_FIELD}"),
    (lambda books: books.fields[0].update(is_unique=False), f"custom field {REFERENCE_FIELD}"),
    (lambda books: books.contacts.clear(), "customer of client acme"),
    (lambda books: books.contacts[0].update(status="inactive"), "customer of client acme"),
    (lambda books: books.contacts[0].update(contact_type="vendor"), "customer of client acme"),
    (lambda books: books.contacts[0].update(currency_code="USD"), "customer of client acme"),
    (lambda books: books.items.clear(), "item 460000000027017"),
    (lambda books: books.items[0].update(status="inactive"), "item 460000000027017"),
    (lambda books: books.taxes.pop(0), "tax S 19"),
    (lambda books: books.taxes[0].update(tax_percentage=20), "tax S 19"),
    (lambda books: books.taxes[0].update(tax_type="compound_tax"), "tax S 19"),
)


@pytest.mark.parametrize(("break_it", "complaint"), DEFECTS)
def test_check_names_what_is_missing(
    output: Output, far_side: FarZoho, break_it: Callable[[ZohoBooks], object], complaint: str
) -> None:
    break_it(far_side.books)
    ((what, step),) = wrong(output)
    assert what == f"books: {complaint}"
    assert step


def test_check_names_the_custom_fields_that_are_there(connect: Connected) -> None:
    with connect(reference_field="7") as output:
        ((_, step),) = wrong(output)
    assert step == f"set reference_field to the id of one ({REFERENCE_FIELD} is cf_t2i_ref)"


def test_check_says_so_if_zoho_does_not_tell_whether_the_field_refuses_duplicates(
    output: Output, far_side: FarZoho
) -> None:
    del far_side.books.fields[0]["is_unique"]
    contract = sample_contract(remote={"books": CUSTOMER})
    (finding,) = (one for one in output.check([contract]) if "custom field" in one.what)
    assert finding.ok
    assert "does not tell whether it refuses duplicates" in finding.what


def test_check_reads_all_pages_of_the_taxes(output: Output, far_side: FarZoho) -> None:
    far_side.books.taxes[:0] = [{**far_side.books.taxes[0], "tax_id": str(number)} for number in range(200)]
    assert wrong(output) == []


def test_check_wants_an_id_for_every_tax_and_refuses_a_deposit_outside_vat(connect: Connected) -> None:
    outside = Deposit(Fraction(10), tax=Tax("O", Decimal(0), "advance"))
    contract = replace(sample_contract(remote={"books": CUSTOMER}), deposit=outside)
    with connect() as output:
        assert [what for what, _ in wrong(output, contract)] == [
            "books: tax O 0",
            "books: deposit of contract acme-portal",
        ]


def test_check_names_another_organisation_and_stops(connect: Connected) -> None:
    with connect(organization="9") as output:
        ((what, step),) = wrong(output)
    assert what == "books: organization 9"
    assert "code 6041: This user is not associated" in step


def test_check_sends_whoever_has_not_consented_to_the_command(connect: Connected) -> None:
    with connect(refresh_token=None) as output:
        ((_, step),) = wrong(output)
    assert step.startswith("run `t2i auth books`")


def test_check_names_a_secret_that_is_nowhere(connect: Connected) -> None:
    with connect(client_secret={"env": "NOT_SET_ANYWHERE"}) as output:
        assert wrong(output) == [
            (f"books: organization {ORGANIZATION}", "provide the environment variable NOT_SET_ANYWHERE")
        ]
