"""Clients as customers of QuickBooks Online: who there may be one, and who is created."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.quickbooks import Clock, FarQuickBooks, connected, create, draft_for, running, unknown_to_intuit

from tracker2invoice.errors import BadAnswer, Rejected, Unclear
from tracker2invoice.plugins import Output, RemoteClient
from tracker2invoice.testing.samples import CLIENT, sample_contract
from tracker2invoice.testing.sandbox.server import Answer, Fault


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarQuickBooks]:
    with running(clock) as quickbooks:
        quickbooks.books.customers.clear()
        yield quickbooks


@pytest.fixture
def output(far_side: FarQuickBooks, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side.url, clock, tmp_path, create_missing=True) as output:
        yield output


def found(output: Output, name: str = CLIENT.name) -> set[tuple[str, bool]]:
    return {(one.id, one.usable) for one in output.clients(replace(CLIENT, name=name))}


def test_whoever_has_the_name_or_the_address_may_be_the_client(output: Output, far_side: FarQuickBooks) -> None:
    named = far_side.books.add_customer("Acme GmbH")
    mailed = far_side.books.add_customer("Somebody", email=CLIENT.email)
    works_there = far_side.books.add_customer("Petra Klein")
    far_side.books.customers[-1]["CompanyName"] = "Acme GmbH"
    far_side.books.add_customer("Globex")
    assert found(output) == {(one, True) for one in (named, mailed, works_there)}
    assert len([one for one in far_side.requests if one.path.endswith("/query")]) == 3


def test_an_inactive_customer_is_found_under_the_name_that_quickbooks_gives_it_and_marked(
    output: Output, far_side: FarQuickBooks
) -> None:
    far_side.books.deactivate(far_side.books.add_customer("Acme GmbH"))
    assert found(output) == {("58", False)}


@pytest.mark.parametrize("name", ["O'Neill & Sons' \\ Co", "x' and Active in (true) or Id = '1", "50% and more"])
def test_a_name_is_no_part_of_the_query(output: Output, far_side: FarQuickBooks, name: str) -> None:
    far_side.books.add_customer("Somebody else")
    assert found(output, name) == set()
    named = far_side.books.add_customer(name)
    assert found(output, name) == {(named, True)}


def test_a_customer_is_told_as_people_know_it(output: Output, far_side: FarQuickBooks) -> None:
    far_side.books.add_customer("Acme GmbH", email=CLIENT.email)
    address = f"{far_side.url}/app/customerdetail?nameId=58"
    assert set(output.clients(CLIENT)) == {RemoteClient("58", "Acme GmbH", email="ap@acme.example", url=address)}


def test_customers_who_cannot_be_read_are_not_taken_for_none(output: Output, far_side: FarQuickBooks) -> None:
    far_side.faults.append(Fault(answer=Answer(200, {"QueryResponse": {"Customer": [{"Id": "x"}]}}), path="/query"))
    with pytest.raises(BadAnswer):
        list(output.clients(CLIENT))


def test_a_new_customer_is_found_and_can_be_billed(output: Output, far_side: FarQuickBooks) -> None:
    created = output.create_client(CLIENT, "EUR")
    assert set(output.clients(CLIENT)) == {created}
    assert create(output, draft_for(remote={"books": created.id})).client == created.id
    (customer,) = far_side.books.customers
    assert customer["BillAddr"] == {"Line1": "Ring 2", "City": "Hamburg", "PostalCode": "20095", "Country": "DE"}
    assert (customer["PrimaryTaxIdentifier"], customer["CurrencyRef"]) == ("XXXXXX54321", {"value": "EUR"})


def test_a_new_customer_is_billed_in_the_currency_of_the_draft_that_waits_for_it(output: Output) -> None:
    created = output.create_client(CLIENT, "USD")
    assert create(output, draft_for("USD", remote={"books": created.id})).client == created.id


def test_nobody_is_created_in_a_currency_that_the_company_does_not_have(
    output: Output, far_side: FarQuickBooks
) -> None:
    far_side.books.several_currencies = False
    with pytest.raises(Rejected, match="no other currency than EUR; enable the currency there"):
        output.create_client(CLIENT, "USD")
    assert far_side.books.customers == []


def test_of_a_client_no_more_is_sent_than_is_known(output: Output, far_side: FarQuickBooks) -> None:
    output.create_client(replace(CLIENT, address=None, vat_id="", email=""), "EUR")
    sent: Any = far_side.requests[-1].json()
    assert sent == {"DisplayName": "Acme GmbH", "CurrencyRef": {"value": "EUR"}}


def test_every_field_of_a_customer_is_one_that_intuits_schema_has(output: Output, far_side: FarQuickBooks) -> None:
    output.create_client(CLIENT, "EUR")
    assert unknown_to_intuit(far_side.requests[-1].body) == set()


def test_a_name_that_a_vendor_has_is_a_rejection_that_says_so(output: Output, far_side: FarQuickBooks) -> None:
    far_side.books.other_names.add(CLIENT.name)
    with pytest.raises(Rejected, match="a customer, vendor or employee has that name already: HTTP 400: code 6240"):
        output.create_client(CLIENT, "EUR")
    assert far_side.books.customers == []


def test_after_an_answer_that_was_lost_the_customer_is_found(output: Output, far_side: FarQuickBooks) -> None:
    far_side.faults.append(Fault("after", "drop", method="POST", path="/customer"))
    with pytest.raises(Unclear):
        output.create_client(CLIENT, "EUR")
    assert found(output) == {("58", True)}


def test_an_answer_without_the_customer_is_unclear(output: Output, far_side: FarQuickBooks) -> None:
    far_side.faults.append(Fault("after", "answer", Answer(200, {}), "POST", "/customer"))
    with pytest.raises(Unclear, match="Customer cannot be read"):
        output.create_client(CLIENT, "EUR")


def test_only_whoever_asks_for_it_gets_customers_created(far_side: FarQuickBooks, clock: Clock, tmp_path: Path) -> None:
    for wanted in (True, False):
        with connected(far_side.url, clock, tmp_path, create_missing=wanted) as output:
            assert output.capabilities.creates_clients is wanted


def test_check_says_who_will_be_created_and_that_nobody_is_in_two_currencies(
    output: Output, far_side: FarQuickBooks
) -> None:
    told = {one.what: one for one in output.check([sample_contract()])}
    assert told["books: client acme will be created there"].ok
    told = {one.what: one for one in output.check([sample_contract(), sample_contract("USD")])}
    step = told["books: client acme will be created there"].next_step
    assert step == "a client there is billed in one currency; write a client for each of EUR, USD"


def test_check_looks_at_a_client_who_is_pinned_although_others_are_created(
    output: Output, far_side: FarQuickBooks
) -> None:
    (wrong,) = (one for one in output.check([sample_contract(remote={"books": "7"})]) if not one.ok)
    assert wrong.what == "books: customer of client acme"
