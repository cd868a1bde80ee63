"""What the Invoice Ninja output reads back, withdraws, checks and refuses in its settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import responses
from pydantic import ValidationError
from tests.connectors.invoiceninja import CLIENT, Clock, FarNinja, connected, create, draft_for, running

from tracker2invoice.errors import BadAnswer, SecretMissing
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.conditions import Deposit, Release, Retainage
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Context, Output
from tracker2invoice.testing.samples import NOW, sample_contract, with_installments
from tracker2invoice.testing.sandbox.invoiceninja import TOKEN
from tracker2invoice.testing.sandbox.invoiceninja_books import PARTIAL, InvoiceNinjaBooks
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice.testing.timer import WaitingTimer
from tracker2invoice_invoiceninja import HOSTED, InvoiceNinjaSettings, plugin


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarNinja]:
    with running(clock) as ninja:
        yield ninja


@pytest.fixture
def output(far_side: FarNinja, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path) as output:
        yield output


def test_a_400_that_does_not_say_that_something_is_missing_deletes_nothing(output: Output, far_side: FarNinja) -> None:
    receipt = create(output, draft_for())
    far_side.faults.append(Fault(answer=Answer(400, {"message": "Relation `x` is not a valid include."})))
    with pytest.raises(BadAnswer):
        list(output.read_back([receipt], None))


def test_a_purged_invoice_is_read_back_as_deleted(output: Output, far_side: FarNinja) -> None:
    receipt = create(output, draft_for())
    far_side.books.invoices.clear()
    assert [one.receipt.state for one in output.read_back([receipt], None)] == ["deleted"]
    output.withdraw(receipt)


def test_the_currency_of_a_group_and_of_the_company_is_looked_up_once_a_minute(
    output: Output, far_side: FarNinja, clock: Clock
) -> None:
    far_side.books.groups.append({"id": "g1", "settings": {}})
    far_side.books.clients[0] |= {"group_settings_id": "g1"}
    receipts = [create(output, draft_for(milestone_id=one)) for one in ("1", "2", "3")]

    def looked() -> list[int]:
        paths = [one.path for one in far_side.requests]
        return [paths.count(f"/api/v1/{path}") for path in ("group_settings/g1", "companies/current")]

    list(output.read_back(receipts, None))
    assert looked() == [1, 1]
    clock.now += timedelta(minutes=1)
    list(output.read_back(receipts, None))
    assert looked() == [2, 2]


@pytest.mark.parametrize(("url", "slept"), [(f"{HOSTED}/", [60.0]), ("https://own.example", [])])
def test_the_hosted_server_gets_no_more_than_480_requests_a_minute(
    tmp_path: Path, clock: Clock, url: str, slept: list[float]
) -> None:
    settings = InvoiceNinjaSettings.model_validate({"url": url, "token": TOKEN, "tax": {}})
    watch, gone = WaitingTimer(), [Receipt(str(one), "", "", "draft") for one in range(481)]
    with (
        responses.RequestsMock() as server,
        closing(plugin.connect(settings, Context("books", tmp_path, clock, watch))) as output,
    ):
        server.add(
            "GET",
            re.compile(rf"{url.rstrip('/')}/api/v1/invoices/\d+"),
            status=400,
            json={"message": "No query results"},
        )
        assert {one.receipt.state for one in output.read_back(gone, None)} == {"deleted"}
    assert watch.slept == slept


def test_a_payment_of_a_part_is_read_back_with_its_day(output: Output, far_side: FarNinja) -> None:
    created = create(output, draft_for())
    far_side.books.act(far_side.books.invoices[0], "mark_sent")
    far_side.books.pay(far_side.books.invoices[0], Decimal("100.00"), date(2026, 3, 9))
    (document,) = output.read_back([created], None)
    receipt = document.receipt
    assert (receipt.state, receipt.paid, receipt.paid_on) == ("sent", Decimal("100.00"), date(2026, 3, 9))


def test_a_credit_that_was_applied_is_credited_and_not_paid(output: Output, far_side: FarNinja) -> None:
    created = create(output, draft_for())
    (invoice,) = far_side.books.invoices
    credit = far_side.books.create({"client_id": CLIENT}, "credit")
    far_side.books.pay(invoice, Decimal("100.00"), date(2026, 3, 9))
    far_side.books.pay(invoice, Decimal("21320.00"), date(2026, 3, 12), credit)
    (document,) = output.read_back([created], None)
    receipt = document.receipt
    assert (receipt.state, receipt.paid, receipt.paid_on) == ("paid", Decimal("100.00"), date(2026, 3, 9))
    assert receipt.credited == Decimal("21320.00")


def test_what_is_paid_at_once_although_a_part_is_due_first_is_paid(output: Output, far_side: FarNinja) -> None:
    draft = with_installments(draft_for())
    created = create(output, draft)
    far_side.books.act(far_side.books.invoices[0], "mark_sent")
    far_side.books.pay(far_side.books.invoices[0], draft.totals.gross, date(2026, 3, 9))
    assert far_side.books.invoices[0]["status_id"] == PARTIAL
    (document,) = output.read_back([created], None)
    assert (document.receipt.state, document.receipt.paid) == ("paid", draft.totals.gross)


def test_what_was_not_changed_since_is_left_out(output: Output, far_side: FarNinja, clock: Clock) -> None:
    receipts = [create(output, draft_for(milestone_id=one)) for one in ("7", "8")]
    clock.now += timedelta(hours=1)
    far_side.books.act(far_side.books.invoices[1], "mark_sent")
    changed = output.read_back(receipts, NOW + timedelta(minutes=30))
    assert [one.receipt.remote_id for one in changed] == [receipts[1].remote_id]


def test_changes_of_other_invoices_are_left_out(output: Output) -> None:
    first, _ = (create(output, draft_for(milestone_id=one)) for one in ("7", "8"))
    assert [one.receipt.remote_id for one in output.read_back([first], NOW)] == [first.remote_id]


def test_a_deletion_shows_among_the_changes(output: Output, far_side: FarNinja) -> None:
    receipt = create(output, draft_for())
    far_side.change(draft_for().reference, "deleted")
    assert [one.receipt.state for one in output.read_back([receipt], NOW - timedelta(days=1))] == ["deleted"]


def test_a_cancelled_invoice_is_not_deleted_on_top(output: Output, far_side: FarNinja) -> None:
    receipt = create(output, draft_for())
    far_side.books.act(far_side.books.invoices[0], "cancel")
    output.withdraw(receipt)
    assert far_side.books.invoices[0]["is_deleted"] is False


DEFECTS: tuple[tuple[Callable[[InvoiceNinjaBooks], object], str], ...] = (
    (lambda books: books.user.update(is_owner=False, is_admin=False, permissions="create_invoice"), "company"),
    (lambda books: books.user.update(is_owner=False, is_admin=False, permissions="view_all"), "company"),
    (lambda books: books.company.update(calculate_taxes=True), "company"),
    (lambda books: books.clients.clear(), "client acme in EUR"),
    (lambda books: books.clients[0].update(is_deleted=True), "client acme in EUR"),
    (lambda books: books.clients[0].update(archived_at=1), "client acme in EUR"),
    (lambda books: books.clients[0].update(settings={"currency_id": "1"}), "client acme in EUR"),
    (lambda books: books.currencies[1].update(precision=0), "client acme in EUR"),
    (lambda books: books.tax_rates.pop(0), "tax S 19"),
    (lambda books: books.tax_rates[0].update(rate=Decimal(20)), "tax S 19"),
    (lambda books: books.tax_rates[0].update(is_deleted=True), "tax S 19"),
)


@pytest.mark.parametrize(("break_it", "complaint"), DEFECTS)
def test_check_names_what_is_missing(
    output: Output, far_side: FarNinja, break_it: Callable[[InvoiceNinjaBooks], object], complaint: str
) -> None:
    break_it(far_side.books)
    (wrong,) = (one for one in output.check([sample_contract(remote={"books": CLIENT})]) if not one.ok)
    assert wrong.what == f"books: {complaint}"
    assert wrong.next_step


def test_a_user_who_may_view_all_invoices_needs_no_more(output: Output, far_side: FarNinja) -> None:
    far_side.books.user |= {"is_owner": False, "is_admin": False, "permissions": "create_invoice,view_invoice"}
    assert missing(output, sample_contract(remote={"books": CLIENT})) == []


def missing(output: Output, contract: Contract) -> list[tuple[str, str]]:
    return [(one.what, one.next_step) for one in output.check([contract]) if not one.ok]


def test_check_wants_a_name_for_every_tax_that_is_not_mapped(far_side: FarNinja, clock: Clock, tmp_path: Path) -> None:
    contract = sample_contract(remote={"books": CLIENT})
    held_back = replace(contract, retainage=Retainage(Fraction(5), (Release(),)))
    outside = replace(contract, deposit=Deposit(Fraction(10), tax=Tax("O", Decimal(0), "advance")))
    with connected(far_side, clock, tmp_path, tax={"S 19": "VAT"}) as output:
        assert missing(output, held_back) == [("books: tax E 0", 'set tax."E 0" to the name of the tax rate for it')]
        assert [what for what, _ in missing(output, outside)] == [
            "books: tax O 0",
            "books: deposit of contract acme-portal",
        ]


def test_check_stops_at_the_first_finding_when_the_server_cannot_be_reached(output: Output, far_side: FarNinja) -> None:
    far_side.faults.append(Fault("before", "answer", Answer(503), path="/companies/current"))
    (finding,) = output.check([sample_contract()])
    assert not finding.ok


def test_a_token_that_is_nowhere_is_said_by_name(tmp_path: Path, clock: Clock) -> None:
    settings = InvoiceNinjaSettings.model_validate({"token": {"env": "NOT_SET_ANYWHERE"}, "tax": {}})
    with pytest.raises(SecretMissing, match="NOT_SET_ANYWHERE"):
        plugin.connect(settings, Context("books", tmp_path, clock))


def test_the_settings_refuse_what_they_do_not_know_without_repeating_it() -> None:
    with pytest.raises(ValidationError) as caught:
        InvoiceNinjaSettings.model_validate({"tokn": "hunter2", "tax": {"S 19": "V"}})
    assert {error["loc"][0] for error in caught.value.errors()} == {"tokn", "token", "tax"}
    assert "hunter2" not in str(caught.value)
