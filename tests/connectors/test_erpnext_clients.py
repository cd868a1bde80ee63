"""Clients as customers of ERPNext: who there may be one, and who is created."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.connectors.erpnext import Clock, FarErpnext, connected, create, draft_for, running

from tracker2invoice.errors import BadAnswer, Rejected, Unclear
from tracker2invoice.model.contract import Party
from tracker2invoice.plugins import Output, RemoteClient
from tracker2invoice.testing.samples import CLIENT, sample_contract
from tracker2invoice.testing.sandbox.server import Answer, Fault

CREATING = "/api/resource/Customer"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarErpnext]:
    with running(clock) as erpnext:
        erpnext.books.tables["Customer"].clear()
        yield erpnext


@pytest.fixture
def output(far_side: FarErpnext, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path, create_missing=True) as output:
        yield output


def found(output: Output, party: Party = CLIENT) -> dict[str, bool]:
    return {one.id: one.usable for one in output.clients(party)}


def test_whoever_has_the_vat_id_the_name_or_a_contact_with_the_address_may_be_the_client(
    output: Output, far_side: FarErpnext
) -> None:
    far_side.books.add_customer("CUST-1", customer_name="Acme GmbH")
    far_side.books.add_customer("CUST-2", tax_id=CLIENT.vat_id, disabled=1)
    far_side.books.add_contact(far_side.books.add_customer("CUST-3"), CLIENT.email)
    far_side.books.add_contact(far_side.books.add_customer("CUST-4"), "somebody@globex.example")
    assert found(output) == {"CUST-1": True, "CUST-2": False, "CUST-3": True}
    assert len(far_side.requests) == 3


def test_a_client_without_vat_id_and_address_is_looked_for_by_name_alone(output: Output, far_side: FarErpnext) -> None:
    far_side.books.add_customer("CUST-1", tax_id="")
    far_side.books.add_customer("CUST-2", customer_name="Acme GmbH")
    assert found(output, replace(CLIENT, vat_id="", email="")) == {"CUST-2": True}
    assert len(far_side.requests) == 1


def test_an_address_that_nobody_has_costs_one_request(output: Output, far_side: FarErpnext) -> None:
    assert found(output) == {}
    assert len(far_side.requests) == 2


def test_a_contact_of_somebody_else_than_a_customer_is_nobody(output: Output, far_side: FarErpnext) -> None:
    far_side.books.add_contact(far_side.books.add_customer("CUST-1"), CLIENT.email)
    far_side.books.tables["Dynamic Link"][0]["link_doctype"] = "Supplier"
    assert found(output) == {}


def test_a_customer_is_told_as_people_know_it(output: Output, far_side: FarErpnext) -> None:
    far_side.books.add_customer("C/1", customer_name="Acme GmbH", tax_id="DE987654321", email_id="ap@acme.example")
    address = f"{far_side.url}/app/customer/C%2F1"
    told = RemoteClient("C/1", "Acme GmbH", "DE987654321", "ap@acme.example", url=address)
    assert list(output.clients(CLIENT)) == [told]


@pytest.mark.parametrize(
    ("table", "field"), [("Contact Email", "parent"), ("Dynamic Link", "link_name"), ("Customer", "disabled")]
)
def test_customers_who_cannot_be_read_are_not_taken_for_none(
    output: Output, far_side: FarErpnext, table: str, field: str
) -> None:
    far_side.books.add_contact(far_side.books.add_customer("Acme GmbH"), CLIENT.email)
    far_side.books.tables[table][0][field] = None
    with pytest.raises(BadAnswer):
        list(output.clients(CLIENT))


def test_a_new_customer_is_found_and_can_be_billed(output: Output, far_side: FarErpnext) -> None:
    created = output.create_client(CLIENT, "EUR")
    assert list(output.clients(CLIENT)) == [created]
    create(output, draft_for(remote={"books": created.id}))
    (customer,) = far_side.books.tables["Customer"]
    assert customer["primary_address"] == "Ring 2<br>Hamburg<br>20095<br>Germany"
    assert (customer["customer_type"], customer["tax_id"]) == ("Company", "DE987654321")
    assert far_side.books.tables["Contact Email"][0]["email_id"] == CLIENT.email


def test_of_a_client_no_more_is_sent_than_is_known(output: Output, far_side: FarErpnext) -> None:
    output.create_client(replace(CLIENT, address=None, vat_id="", email=""), "EUR")
    assert [one.json() for one in far_side.requests] == [{"customer_name": "Acme GmbH", "customer_type": "Company"}]


def test_codes_of_countries_are_in_small_letters_there(output: Output, far_side: FarErpnext) -> None:
    """Some databases under ERPNext tell them from others."""
    output.create_client(CLIENT, "EUR")
    assert b'"filters":[["code","=","de"]]' in far_side.requests[0].body


def test_a_country_that_erpnext_does_not_have_is_named_and_nothing_is_created(
    output: Output, far_side: FarErpnext
) -> None:
    far_side.books.tables["Country"].clear()
    with pytest.raises(Rejected, match="no country has the code DE there"):
        output.create_client(CLIENT, "EUR")
    assert far_side.books.tables["Customer"] == []


def test_a_refusal_is_a_rejection_in_the_words_of_erpnext(output: Output, far_side: FarErpnext) -> None:
    for status in (417, 404):
        far_side.faults.append(Fault(answer=Answer(status, {"exc_type": "MandatoryError"}), path=CREATING))
        with pytest.raises(Rejected, match="MandatoryError"):
            output.create_client(CLIENT, "EUR")


def test_after_an_answer_that_was_lost_the_customer_is_found(output: Output, far_side: FarErpnext) -> None:
    far_side.faults.append(Fault("after", "drop", path=CREATING))
    with pytest.raises(Unclear):
        output.create_client(CLIENT, "EUR")
    assert found(output) == {"Acme GmbH": True}


def test_an_answer_without_the_customer_is_unclear(output: Output, far_side: FarErpnext) -> None:
    far_side.faults.append(Fault("after", "answer", Answer(200, {"data": {}}), path=CREATING))
    with pytest.raises(Unclear, match="cannot be read"):
        output.create_client(CLIENT, "EUR")


def test_only_whoever_asks_for_it_gets_customers_created(far_side: FarErpnext, clock: Clock, tmp_path: Path) -> None:
    for wanted in (True, False):
        with connected(far_side, clock, tmp_path, create_missing=wanted) as output:
            assert output.capabilities.creates_clients is wanted


def test_check_says_who_will_be_created_and_looks_at_whoever_is_pinned(output: Output) -> None:
    told = [one.what for one in output.check([sample_contract()]) if one.ok]
    assert "books: client acme will be created there" in told
    (wrong,) = (one for one in output.check([sample_contract(remote={"books": "Nobody"})]) if not one.ok)
    assert wrong.what == "books: client acme"
