"""Who in Xero may be a client, and how a contact is created for one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.connectors.xero import CONTACT, Clock, FarXero, connected, running

from tracker2invoice.errors import BadAnswer, Rejected, Unclear
from tracker2invoice.model.contract import Address, Party
from tracker2invoice.plugins import Output, RemoteClient
from tracker2invoice.testing.samples import sample_contract
from tracker2invoice.testing.sandbox.server import Answer, Fault

PARTY = Party(
    "globex",
    "Globex & Sons",
    Address("Ring 2", "Hamburg", "20095", "DE", "2nd floor"),
    vat_id="DE987654321",
    email="ap@globex.example",
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarXero]:
    with running(clock) as xero:
        yield xero


@pytest.fixture
def output(far_side: FarXero, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path, create_missing=True) as output:
        yield output


def found(output: Output, party: Party) -> dict[str, bool]:
    return {one.id: one.usable for one in output.clients(party)}


@pytest.mark.parametrize(
    "fields",
    [
        {"Name": "GLOBEX & SONS Holding"},
        {"Name": "G", "EmailAddress": "AP@globex.example"},
        {"Name": "G", "TaxNumber": "DE987654321"},
    ],
)
def test_a_contact_is_found_by_name_email_address_and_tax_number(
    output: Output, far_side: FarXero, fields: dict[str, object]
) -> None:
    assert found(output, PARTY) == {}
    far_side.books.contacts[0] |= fields
    assert found(output, PARTY) == {CONTACT: True}


@pytest.mark.parametrize("change", [{"ContactStatus": "ARCHIVED"}, {"MergedToContactID": "1"}])
def test_a_contact_that_cannot_be_used_any_more_is_found_and_marked(
    output: Output, far_side: FarXero, change: dict[str, object]
) -> None:
    far_side.books.contacts[0] |= {"Name": "Globex & Sons", **change}
    assert found(output, PARTY) == {CONTACT: False}


def test_nobody_is_looked_for_by_what_the_client_does_not_have(output: Output, far_side: FarXero) -> None:
    assert found(output, replace(PARTY, vat_id="", email="")) == {}
    assert sum("/Contacts" in one.path for one in far_side.requests) == 1
    assert found(output, replace(PARTY, vat_id='" OR Name!=null OR Name=="')) == {}


def test_a_list_that_cannot_be_read_is_never_an_empty_list(output: Output, far_side: FarXero) -> None:
    far_side.faults.append(Fault("before", "answer", Answer(200, b'{"Contacts": [{}]}'), "GET", "/Contacts"))
    with pytest.raises(BadAnswer):
        list(output.clients(PARTY))


def test_a_new_contact_has_the_name_the_addresses_and_the_numbers_of_the_client(
    output: Output, far_side: FarXero
) -> None:
    created = output.create_client(PARTY, "EUR")
    kept = far_side.books.contacts[-1]
    assert {name: kept[name] for name in ("Name", "ContactNumber", "EmailAddress", "TaxNumber")} == {
        "Name": "Globex & Sons",
        "ContactNumber": "globex",
        "EmailAddress": "ap@globex.example",
        "TaxNumber": "DE987654321",
    }
    street = {"AddressLine1": "Ring 2", "AddressLine2": "2nd floor"}
    assert kept["Addresses"] == [
        {"AddressType": "POBOX", **street, "City": "Hamburg", "PostalCode": "20095", "Country": "DE"}
    ]
    url = f"{far_side.url}/Contacts/View/{kept['ContactID']}"
    expected = RemoteClient(str(kept["ContactID"]), PARTY.name, PARTY.vat_id, PARTY.email, url=url)
    assert created == expected
    assert set(output.clients(PARTY)) == {expected}


def test_a_name_or_number_that_is_taken_is_refused_and_changes_nobody(output: Output, far_side: FarXero) -> None:
    output.create_client(PARTY, "EUR")
    with pytest.raises(Rejected, match="is already assigned to another contact"):
        output.create_client(replace(PARTY, email="new@globex.example"), "EUR")
    assert [one.get("EmailAddress") for one in far_side.books.contacts] == [None, "ap@globex.example"]


@pytest.mark.parametrize("body", [b"{}", b'{"Contacts": []}', b'{"Contacts": [{"ContactID": ""}]}'])
def test_a_broken_answer_is_unclear_and_the_contact_is_found(output: Output, far_side: FarXero, body: bytes) -> None:
    far_side.faults.append(Fault("after", "answer", Answer(200, body), "PUT", "/Contacts"))
    with pytest.raises(Unclear):
        output.create_client(PARTY, "EUR")
    assert len(found(output, PARTY)) == 1


def test_check_says_that_a_client_without_an_id_will_be_created(
    output: Output, far_side: FarXero, clock: Clock, tmp_path: Path
) -> None:
    contract = sample_contract(remote={})
    assert "books: client acme will be created there" in [one.what for one in output.check([contract]) if one.ok]
    with connected(far_side, clock, tmp_path) as without:
        assert not without.capabilities.creates_clients
        (wrong,) = (one for one in without.check([contract]) if not one.ok)
    assert wrong.next_step == "set remote.books of client acme to its ContactID"
