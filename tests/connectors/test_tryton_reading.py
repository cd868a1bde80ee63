"""What the Tryton output reads back, withdraws, checks and refuses in its settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from pydantic import ValidationError
from tests.connectors.tryton import CLIENT, KNOWN, Clock, FarTryton, connected, create, draft_for, given, running

from tracker2invoice.errors import AccessDenied, Rejected, SecretMissing
from tracker2invoice.model.conditions import Deposit
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Context, Output
from tracker2invoice.testing.samples import NOW, sample_contract
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice.testing.sandbox.tryton_books import TrytonBooks
from tracker2invoice_tryton import TrytonSettings, plugin

NOT_ALLOWED = Answer(
    400,
    {"status": 400, "message": 'You are not allowed to access "Account Invoice".', "description": "Within groups: "},
)
"""What a user gets who is not in the group Accounting."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarTryton]:
    with running(clock) as tryton:
        yield tryton


@pytest.fixture
def output(far_side: FarTryton, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side.url, clock, tmp_path) as output:
        yield output


def test_a_payment_of_a_part_is_read_back_with_its_day(output: Output, far_side: FarTryton) -> None:
    created = create(output, draft_for())
    far_side.change(draft_for().reference, "sent")
    far_side.books.pay(far_side.books.invoices[0], Decimal("100.00"), date(2026, 3, 9))
    (document,) = output.read_back([created], None)
    receipt = document.receipt
    assert (receipt.state, receipt.paid, receipt.paid_on) == ("sent", Decimal("100.00"), date(2026, 3, 9))


def test_what_is_open_of_an_invoice_that_was_not_posted_is_no_payment(output: Output, far_side: FarTryton) -> None:
    created = create(output, draft_for())
    far_side.books.act(far_side.books.invoices[0], "cancel")
    assert [one.receipt.paid for one in output.read_back([created], None)] == [None]


def test_what_a_credit_note_settles_is_credited_and_not_paid(output: Output, far_side: FarTryton) -> None:
    created = create(output, draft_for())
    (invoice,) = far_side.books.invoices
    far_side.books.act(invoice, "post")
    far_side.books.pay(invoice, Decimal("100.00"), date(2026, 3, 9))
    far_side.books.reconcile(invoice, far_side.books.credit(invoice), date(2026, 3, 12))
    (document,) = output.read_back([created], None)
    receipt = document.receipt
    assert (receipt.state, receipt.paid, receipt.paid_on) == ("paid", Decimal("100.00"), date(2026, 3, 9))
    assert receipt.credited == Decimal("21320.00")


def test_a_payment_term_that_a_person_adds_leaves_the_due_date_open(output: Output, far_side: FarTryton) -> None:
    created = create(output, draft_for())
    assert [one.due_date for one in output.read_back([created], None)] == [draft_for().due_date]
    far_side.books.invoices[0]["payment_term"] = 10
    assert [one.due_date for one in output.read_back([created], None)] == [None]


def test_another_address_is_another_client(output: Output, far_side: FarTryton) -> None:
    created = create(output, draft_for())
    far_side.books.invoices[0]["invoice_address"] = 7
    assert [one.client for one in output.read_back([created], None)] == ["1/7"]


def test_what_was_not_written_since_is_left_out(output: Output, far_side: FarTryton, clock: Clock) -> None:
    receipts = [create(output, draft_for(milestone_id=one)) for one in ("7", "8")]
    clock.now += timedelta(hours=1)
    far_side.books.act(far_side.books.invoices[1], "post")
    changed = output.read_back(receipts, NOW + timedelta(minutes=30))
    assert [one.receipt.remote_id for one in changed] == [receipts[1].remote_id]


def test_a_hundred_invoices_are_read_back_with_one_request(output: Output, far_side: FarTryton) -> None:
    receipts = [create(output, draft_for(milestone_id=str(one))) for one in range(101)]
    before = len(far_side.requests)
    assert len(list(output.read_back(receipts, None))) == 101
    assert len(far_side.requests) - before == 2


def test_a_company_that_was_taken_from_the_user_deletes_nothing(output: Output, far_side: FarTryton) -> None:
    receipt = create(output, draft_for())
    far_side.books.companies.clear()
    with pytest.raises(AccessDenied, match="sees no account 1 of company 1"):
        list(output.read_back([receipt], None))
    with pytest.raises(AccessDenied, match="sees no account 1 of company 1"):
        output.withdraw(receipt)


def test_a_validated_invoice_is_not_withdrawn(output: Output, far_side: FarTryton) -> None:
    receipt = create(output, draft_for())
    far_side.books.act(far_side.books.invoices[0], "validate_invoice")
    with pytest.raises(Rejected, match="the invoice is validated"):
        output.withdraw(receipt)
    assert len(far_side.books.invoices) == 1


def test_an_invoice_that_is_posted_in_between_is_not_withdrawn(output: Output, far_side: FarTryton) -> None:
    receipt = create(output, draft_for())
    output.find(draft_for())
    draft = far_side.respond(far_side.requests[-1])
    assert draft
    far_side.books.act(far_side.books.invoices[0], "post")
    far_side.faults.append(Fault(answer=draft, method="GET", path="/account.invoice"))
    with pytest.raises(Rejected, match="You cannot modify invoice"):
        output.withdraw(receipt)
    assert len(far_side.books.invoices) == 1


def test_a_cancelled_invoice_is_not_deleted_on_top(output: Output, far_side: FarTryton) -> None:
    receipt = create(output, draft_for())
    far_side.books.act(far_side.books.invoices[0], "cancel")
    output.withdraw(receipt)
    assert len(far_side.books.invoices) == 1


def tables(books: TrytonBooks, model: str, **change: object) -> None:
    books.tables[model][1].update(change)


DEFECTS: tuple[tuple[Callable[[TrytonBooks], object], str], ...] = (
    (lambda books: books.companies.clear(), "company 1"),
    (lambda books: tables(books, "account.account", closed=True), "company 1"),
    (lambda books: tables(books, "account.account", company=2), "company 1"),
    (lambda books: tables(books, "account.configuration", tax_rounding="line"), "company 1"),
    (lambda books: books.tables["account.account"][2].update(type=None), "account 2"),
    (lambda books: books.tables["account.account"].pop(2), "account 2"),
    (lambda books: tables(books, "account.journal", type="expense"), "journal 1"),
    (lambda books: tables(books, "account.journal", active=False), "journal 1"),
    (lambda books: tables(books, "account.period", state="closed"), "period of 2026-03-02"),
    (lambda books: books.tables["party.address"].pop(1), "client acme"),
    (lambda books: tables(books, "party.address", party=2), "client acme"),
    (lambda books: tables(books, "party.address", active=False), "client acme"),
    (lambda books: tables(books, "party.party", active=False), "client acme"),
    (lambda books: tables(books, "currency.currency", code="USD"), "currency EUR"),
    (lambda books: tables(books, "currency.currency", digits=3), "currency EUR"),
    (lambda books: books.tables["account.tax"].pop(1), "tax S 19"),
    (lambda books: tables(books, "account.tax", active=False), "tax S 19"),
    (lambda books: tables(books, "account.tax", company=2), "tax S 19"),
    (lambda books: tables(books, "account.tax", parent=2), "tax S 19"),
    (lambda books: tables(books, "account.tax", rate=Decimal("0.20")), "tax S 19"),
    (lambda books: tables(books, "account.tax", type="fixed"), "tax S 19"),
    (lambda books: tables(books, "account.tax", credit_note_account=4), "tax S 19"),
)


@pytest.mark.parametrize(("break_it", "complaint"), DEFECTS)
def test_check_names_what_is_missing(
    output: Output, far_side: FarTryton, break_it: Callable[[TrytonBooks], object], complaint: str
) -> None:
    break_it(far_side.books)
    (wrong,) = missing(output, sample_contract(remote={"books": CLIENT}))
    assert wrong[0] == f"books: {complaint}"
    assert wrong[1]


def missing(output: Output, contract: Contract) -> list[tuple[str, str]]:
    return [(one.what, one.next_step) for one in output.check([contract]) if not one.ok]


def test_check_proposes_the_ids_that_are_not_configured(far_side: FarTryton, clock: Clock, tmp_path: Path) -> None:
    far_side.books.add_party("Acme GmbH", "Ring 3")
    addresses = "1/1 (Acme GmbH, Ring 2) or 3/3 (Acme GmbH, Ring 3)"
    with connected(far_side.url, clock, tmp_path, currencies={}, tax={}) as output:
        assert missing(output, sample_contract()) == [
            (
                "books: client acme",
                f"set remote.books of client acme to the ids of party and address, as in {addresses}",
            ),
            ("books: currency EUR", "set currencies.EUR to 1"),
            ("books: tax S 19", 'set tax."S 19" to 1/3 (VAT 19)'),
        ]


def test_a_tax_of_two_accounts_is_proposed_without_one(far_side: FarTryton, clock: Clock, tmp_path: Path) -> None:
    far_side.books.tables["account.tax"][1]["credit_note_account"] = 4
    with connected(far_side.url, clock, tmp_path, tax={"S 19": "1"}) as output:
        assert missing(output, sample_contract(remote={"books": CLIENT})) == []
    with connected(far_side.url, clock, tmp_path, tax={}) as output:
        assert [step for _, step in missing(output, sample_contract(remote={"books": CLIENT}))] == [
            'set tax."S 19" to 1 (VAT 19)'
        ]


def test_check_says_that_nothing_can_be_deducted_outside_tax(output: Output) -> None:
    contract = sample_contract(remote={"books": CLIENT})
    deposit = Deposit(Fraction(10), tax=Tax("O", Decimal(0), "advance"))
    assert [what for what, _ in missing(output, replace(contract, deposit=deposit))] == [
        "books: tax O 0",
        "books: deposit of contract acme-portal",
    ]


def test_check_stops_at_the_first_finding_when_the_server_cannot_be_reached(
    output: Output, far_side: FarTryton
) -> None:
    far_side.faults.append(Fault(answer=Answer(503)))
    (finding,) = output.check([sample_contract()])
    assert not finding.ok


def test_check_names_the_right_that_the_user_lacks(output: Output, far_side: FarTryton) -> None:
    far_side.faults.append(Fault(answer=NOT_ALLOWED, method="GET", path="/account.invoice"))
    (wrong,) = missing(output, sample_contract(remote={"books": CLIENT}))
    assert wrong[0] == "books: company 1"
    assert 'the groups of its user (HTTP 400: You are not allowed to access "Account Invoice".)' in wrong[1]


def test_a_user_who_may_see_no_invoice_finds_no_empty_list(output: Output, far_side: FarTryton) -> None:
    far_side.faults.append(Fault(answer=NOT_ALLOWED, method="GET", path="/account.invoice"))
    with pytest.raises(AccessDenied):
        output.find(draft_for())


def test_a_key_that_is_nowhere_is_said_by_name(tmp_path: Path, clock: Clock) -> None:
    found = given(KNOWN, "http://127.0.0.1:1", "books") | {"key": {"env": "NOT_SET_ANYWHERE"}}
    with pytest.raises(SecretMissing, match="NOT_SET_ANYWHERE"):
        plugin.connect(TrytonSettings.model_validate(found), Context("books", tmp_path, clock))


@pytest.mark.parametrize(
    "wrong",
    [
        {"database": "../books"},
        {"database": ""},
        {"url": "ftp://tryton"},
        {"company": 0},
        {"currencies": {"euro": 1}},
        {"tax": {"S 19": "VAT"}},
        {"tax": {"S 19": "1/"}},
        {"tax": {"S 19": "0"}},
    ],
)
def test_the_settings_refuse_what_is_no_name_and_no_id(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        TrytonSettings.model_validate(given(KNOWN, "http://127.0.0.1:1", "books") | wrong)
    assert {error["loc"][0] for error in caught.value.errors()} == set(wrong)
