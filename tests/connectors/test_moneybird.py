"""The Moneybird output against the pretended Moneybird over HTTP: the shared suite, then what is its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from pydantic import ValidationError
from tests.connectors.moneybird import CONTACT, GIVEN, Clock, FarMoneybird, connected, create, draft_for

from tracker2invoice.errors import BadAnswer, NotThere, RateLimited, Rejected, SecretMissing, Unclear
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.conditions import Deposit, Release, Retainage
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Context, Output
from tracker2invoice.testing.output_suite import FarSide, OutputSuite
from tracker2invoice.testing.samples import NOW, sample_contract
from tracker2invoice.testing.sandbox.moneybird import ADMINISTRATION, rate_limited
from tracker2invoice.testing.sandbox.moneybird_books import Fields, MoneybirdBooks
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice_moneybird import MoneybirdSettings, plugin


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
    with connected(far_side, clock, tmp_path) as output:
        yield output


class TestMoneybirdKeepsTheContractOfOutputs(OutputSuite):
    kind = "moneybird"
    client = CONTACT

    @pytest.fixture
    def output(self, far_side: FarMoneybird, clock: Clock, tmp_path: Path) -> Iterator[Output]:
        with connected(far_side, clock, tmp_path, attach_annex=True, create_missing=True) as output:
            yield output

    def test_a_deleted_document_is_still_found_and_not_called_a_draft(self, output: Output, far_side: FarSide) -> None:
        pytest.skip("Moneybird keeps no trace of what was deleted")


def test_the_invoice_says_what_the_draft_says(output: Output, far_side: FarMoneybird) -> None:
    draft = draft_for()
    receipt = create(output, draft)
    (invoice,) = far_side.books.invoices
    assert (invoice["state"], invoice["reference"]) == ("draft", draft.reference)
    assert (invoice["total_price_excl_tax"], invoice["total_price_incl_tax"]) == ("18000.0", "21420.0")
    assert (invoice["invoice_date"], invoice["due_date"]) == ("2026-03-02", "2026-04-01")
    assert receipt.number == ""
    assert receipt.url == f"{far_side.url}/{ADMINISTRATION}/sales_invoices/{receipt.remote_id}"


def test_a_sent_invoice_has_its_number(output: Output, far_side: FarMoneybird) -> None:
    create(output, draft_for())
    far_side.change(draft_for().reference, "sent")
    (document,) = output.find(draft_for())
    assert (document.receipt.number, document.receipt.state) == ("2026-0001", "sent")


def test_nothing_is_sent_to_an_archived_contact(output: Output, far_side: FarMoneybird) -> None:
    far_side.books.contacts[0]["archived"] = True
    with pytest.raises(Rejected, match=f"contact {CONTACT} is archived"):
        create(output, draft_for())
    assert [request for request in far_side.requests if request.method == "POST"] == []


def test_an_invoice_of_years_ago_is_found(output: Output, far_side: FarMoneybird, clock: Clock) -> None:
    create(output, draft_for())
    clock.now += timedelta(days=800)
    assert len(output.find(draft_for())) == 1


def test_a_draft_that_lost_its_date_is_found(output: Output, far_side: FarMoneybird) -> None:
    create(output, draft_for())
    far_side.books.invoices[0]["invoice_date"] = None
    assert [one.issue_date for one in output.find(draft_for())] == [None]


@pytest.mark.parametrize("state", ["open", "scheduled", "pending_payment", "late", "reminded", "paid", "uncollectible"])
def test_it_is_found_in_every_state_and_none_of_them_is_a_draft(
    output: Output, far_side: FarMoneybird, state: str
) -> None:
    create(output, draft_for())
    far_side.books.invoices[0]["state"] = state
    (document,) = output.find(draft_for())
    assert document.receipt.state == ("paid" if state == "paid" else "sent")


def test_a_state_that_is_new_is_unknown(output: Output, far_side: FarMoneybird) -> None:
    create(output, draft_for())
    far_side.books.invoices[0]["state"] = "disputed"
    assert [one.receipt.state for one in output.find(draft_for())] == ["unknown"]


@pytest.mark.parametrize("change", [{"invoice_date": "2001-05-01"}, {"invoice_date": None}, {"state": "paid"}])
def test_a_second_one_is_found_whatever_its_year_and_state(
    output: Output, far_side: FarMoneybird, change: Fields
) -> None:
    create(output, draft_for())
    far_side.books.invoices.append({**far_side.books.invoices[0], "id": "2", **change})
    assert len(output.find(draft_for())) == 2


def test_all_pages_are_read(output: Output, far_side: FarMoneybird) -> None:
    create(output, draft_for())
    original = far_side.books.invoices[0]
    far_side.books.invoices += [{**original, "id": str(n)} for n in range(120)]
    assert len(output.find(draft_for())) == 121


def test_every_state_and_year_is_asked_for_at_once(output: Output, far_side: FarMoneybird) -> None:
    output.find(draft_for())
    (asked,) = far_side.requests
    assert asked.query["filter"] == f"state:all,period:20000101..20991231,reference:{draft_for().reference}"


def test_what_only_looks_alike_is_left_out(output: Output, far_side: FarMoneybird) -> None:
    create(output, draft_for())
    alike = [{**far_side.books.invoices[0], "reference": f"{draft_for().reference}X"}]
    far_side.faults.append(Fault(answer=Answer(200, alike), method="GET", path="/sales_invoices.json"))
    assert list(output.find(draft_for())) == []


def test_a_list_that_cannot_be_read_is_never_an_empty_list(output: Output, far_side: FarMoneybird) -> None:
    for body in (b"{}", b"null", b'[{"id": "1"}]'):
        far_side.faults.append(Fault("before", "answer", Answer(200, body), "GET", "/sales_invoices.json"))
        with pytest.raises(BadAnswer):
            output.find(draft_for())


def test_another_administration_is_an_error_and_not_an_empty_list(
    far_side: FarMoneybird, clock: Clock, tmp_path: Path
) -> None:
    with connected(far_side, clock, tmp_path, administration="9") as output, pytest.raises(NotThere):
        output.find(draft_for())


@pytest.mark.parametrize(
    "answer",
    [Answer(500, b"{}"), Answer(503, b""), Answer(201, b"<html>"), Answer(201, b"{}"), Answer(201, b"[]")],
)
def test_a_broken_answer_after_the_commit_is_unclear_and_the_invoice_is_found(
    output: Output, far_side: FarMoneybird, answer: Answer
) -> None:
    far_side.faults.append(Fault("after", "answer", answer, "POST", "/sales_invoices"))
    with pytest.raises(Unclear):
        create(output, draft_for())
    assert len(output.find(draft_for())) == 1


def test_an_answer_about_another_invoice_is_unclear(output: Output, far_side: FarMoneybird) -> None:
    create(output, draft_for())
    other = json.dumps(far_side.books.invoices[0]).encode()
    far_side.faults.append(Fault("after", "answer", Answer(201, other), "POST", "/sales_invoices"))
    with pytest.raises(Unclear, match="something else"):
        create(output, draft_for(milestone_id="7"))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(422, {"error": {"details.tax_rate_id": ["is not found"]}}), r"details\.tax_rate_id: is not found"),
        (Answer(400, {"error": "Contact ID is invalid", "symbolic": {}}), "Contact ID is invalid"),
        (Answer(404, {"error": "Tax rate with id 7 not found"}), "Tax rate with id 7 not found"),
    ],
)
def test_a_refusal_is_a_rejection_in_moneybirds_words(
    output: Output, far_side: FarMoneybird, answer: Answer, words: str
) -> None:
    far_side.faults.append(Fault(answer=answer, method="POST", path="/sales_invoices"))
    with pytest.raises(Rejected, match=words):
        create(output, draft_for())


def test_a_rate_limit_says_until_when_although_the_header_is_an_instant(output: Output, far_side: FarMoneybird) -> None:
    far_side.faults.append(rate_limited(NOW + timedelta(seconds=97)))
    with pytest.raises(RateLimited, match="Retry later") as caught:
        create(output, draft_for())
    assert caught.value.not_before == NOW + timedelta(seconds=97)
    assert far_side.books.invoices == []


def test_a_payment_of_a_part_is_read_back_with_its_day(output: Output, far_side: FarMoneybird) -> None:
    created = create(output, draft_for())
    far_side.change(draft_for().reference, "sent")
    far_side.books.pay(far_side.books.invoices[0], Decimal("100.00"), date(2026, 3, 9))
    (document,) = output.read_back([created], None)
    receipt = document.receipt
    assert (receipt.state, receipt.paid, receipt.paid_on) == ("sent", Decimal("100.00"), date(2026, 3, 9))


def test_many_invoices_are_read_back_a_hundred_a_request(output: Output, far_side: FarMoneybird) -> None:
    receipts = [Receipt(str(n), "", "", "draft") for n in range(250)]
    assert {one.receipt.state for one in output.read_back(receipts, None)} == {"deleted"}
    assert len(far_side.requests) == 3


def test_a_deletion_is_read_back_although_only_changes_are_asked_for(output: Output, far_side: FarMoneybird) -> None:
    receipt = create(output, draft_for())
    far_side.change(draft_for().reference, "deleted")
    assert [one.receipt.state for one in output.read_back([receipt], NOW)] == ["deleted"]


def test_a_draft_that_a_person_deletes_at_the_same_time_counts_as_withdrawn(
    output: Output, far_side: FarMoneybird
) -> None:
    receipt = create(output, draft_for())
    gone = Answer(404, {"error": "record not found", "symbolic": {"id": "not_found"}})
    far_side.faults.append(Fault("after", "answer", gone, "DELETE"))
    output.withdraw(receipt)
    assert far_side.books.invoices == []


def test_a_draft_in_a_locked_period_is_not_withdrawn_and_moneybird_says_why(
    output: Output, far_side: FarMoneybird
) -> None:
    receipt = create(output, draft_for())
    far_side.faults.append(Fault(answer=Answer(400, {"error": "Period is locked"}), method="DELETE"))
    with pytest.raises(Rejected, match="Period is locked"):
        output.withdraw(receipt)


def test_a_total_that_differs_shows_when_the_document_is_created(output: Output, far_side: FarMoneybird) -> None:
    far_side.books.tax_rates[0]["percentage"] = "20.0"
    draft = draft_for()
    assert output.create(draft, output.prepare(draft), "k").gross == Decimal("21600.00") != draft.totals.gross


DEFECTS: tuple[tuple[Callable[[MoneybirdBooks], object], str], ...] = (
    (lambda books: books.contacts.clear(), "contact of client acme"),
    (lambda books: books.contacts[0].update(archived=True), "contact of client acme"),
    (lambda books: books.accounts.clear(), "ledger account 2001"),
    (lambda books: books.accounts[0].update(active=False), "ledger account 2001"),
    (lambda books: books.accounts[0].update(allowed_document_types=["purchase_invoice"]), "ledger account 2001"),
    (lambda books: books.tax_rates.pop(0), "tax S 19"),
    (lambda books: books.tax_rates[0].update(percentage="20.0"), "tax S 19"),
    (lambda books: books.tax_rates[0].update(active=False), "tax S 19"),
    (lambda books: books.tax_rates[0].update(tax_rate_type="purchase_invoice"), "tax S 19"),
)


@pytest.mark.parametrize(("break_it", "complaint"), DEFECTS)
def test_check_names_what_is_missing_in_moneybird(
    output: Output, far_side: FarMoneybird, break_it: Callable[[MoneybirdBooks], object], complaint: str
) -> None:
    break_it(far_side.books)
    (wrong,) = (one for one in output.check([sample_contract(remote={"books": CONTACT})]) if not one.ok)
    assert wrong.what == f"books: {complaint}"
    assert wrong.next_step


def missing(output: Output, contract: Contract) -> list[tuple[str, str]]:
    return [(one.what, one.next_step) for one in output.check([contract]) if not one.ok]


def test_check_reads_all_pages_of_the_tax_rates(output: Output, far_side: FarMoneybird) -> None:
    far_side.books.tax_rates[:0] = [{**far_side.books.tax_rates[0], "id": str(n)} for n in range(100)]
    assert missing(output, sample_contract(remote={"books": CONTACT})) == []


def test_a_tax_that_is_not_charged_has_no_percentage_there(output: Output) -> None:
    held_back = replace(sample_contract(remote={"books": CONTACT}), retainage=Retainage(Fraction(5), (Release(),)))
    assert missing(output, held_back) == []


def test_check_wants_an_id_for_every_tax_and_refuses_a_deposit_outside_vat(
    far_side: FarMoneybird, clock: Clock, tmp_path: Path
) -> None:
    contract = sample_contract(remote={"books": CONTACT})
    outside = replace(contract, deposit=Deposit(Fraction(10), tax=Tax("O", Decimal(0), "advance")))
    with connected(far_side, clock, tmp_path, tax={"S 19": "1001"}) as output:
        assert missing(output, outside) == [
            ("books: tax O 0", 'set tax."O 0" to the id of the tax rate for it'),
            (
                "books: deposit of contract acme-portal",
                'Moneybird has no field for what is deducted outside VAT; write tax = "now", or use another output',
            ),
        ]


def test_check_names_an_administration_that_is_not_there_and_stops(
    far_side: FarMoneybird, clock: Clock, tmp_path: Path
) -> None:
    with connected(far_side, clock, tmp_path, administration="9") as output:
        (finding,) = output.check([sample_contract()])
    assert (finding.what, finding.ok) == ("books: administration 9", False)
    assert finding.next_step.startswith("correct administration")


def test_a_token_that_is_nowhere_is_said_by_name(tmp_path: Path, clock: Clock) -> None:
    settings = MoneybirdSettings.model_validate({**GIVEN, "token": {"env": "NOT_SET_ANYWHERE"}})
    with pytest.raises(SecretMissing, match="NOT_SET_ANYWHERE"):
        plugin.connect(settings, Context("books", tmp_path, clock))


def test_the_settings_refuse_what_they_do_not_know_without_repeating_it() -> None:
    wrong = {"administration": "mine", "tokn": "hunter2", "account": "1/../2", "tax": {"S 21": "21%"}}
    with pytest.raises(ValidationError) as caught:
        MoneybirdSettings.model_validate(wrong)
    found = {error["loc"][0] for error in caught.value.errors()}
    assert found == {"administration", "tokn", "token", "account", "tax"}
    assert "hunter2" not in str(caught.value)
