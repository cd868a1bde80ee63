"""Who in Moneybird may be a client, and contacts that are created, once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.connectors.moneybird import Clock, FarMoneybird, connected, create, draft_for
from tests.connectors.vendor_schemas import complaints, vendor_schemas

from tracker2invoice.errors import Rejected, Unclear
from tracker2invoice.model.contract import Party
from tracker2invoice.plugins import Output
from tracker2invoice.testing.samples import sample_client, sample_contract
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice_moneybird.contacts import to_contact

ACME = sample_client()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarMoneybird]:
    with FarMoneybird(clock) as moneybird:
        yield moneybird


@pytest.fixture
def output(far_side: FarMoneybird, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path, create_missing=True) as output:
        yield output


def ids(output: Output, client: Party) -> list[str]:
    return list(dict.fromkeys(one.id for one in output.clients(client)))


def test_contacts_with_the_vat_id_the_address_or_the_name_may_be_the_client_and_others_not(
    output: Output, far_side: FarMoneybird
) -> None:
    add = far_side.books.add_contact
    add("Globex B.V.", "1", email="it@globex.example")
    add("Acme Holding", "2", tax_number="DE987654321")
    add("", "3", firstname="Ann", lastname="Vos", company_name=None, email="AP@acme.example")
    add("ACME GmbH", "4", archived=True)
    assert ids(output, ACME) == ["2", "3", "4"]
    assert far_side.asked() == ["GET /contacts.json"] * 3
    found = {one.id: one for one in output.clients(ACME)}
    assert (found["2"].name, found["2"].vat_id, found["2"].usable) == ("Acme Holding", "DE987654321", True)
    assert (found["3"].name, found["3"].email) == ("Ann Vos", "AP@acme.example")
    assert (found["4"].name, found["4"].usable) == ("ACME GmbH", False)
    assert found["2"].url.endswith("/123456789012345678/contacts/2")


def test_only_what_the_client_has_is_searched_for(output: Output, far_side: FarMoneybird) -> None:
    far_side.books.add_contact("Globex B.V.")
    assert ids(output, Party("initech", "Initech")) == []
    assert far_side.asked() == ["GET /contacts.json"]


def test_a_contact_is_created_with_what_the_client_has(output: Output, far_side: FarMoneybird) -> None:
    created = output.create_client(ACME, "EUR")
    (kept,) = far_side.books.contacts
    wanted = {
        "id": created.id,
        "company_name": "Acme GmbH",
        "customer_id": "T2I-acme",
        "tax_number": "DE987654321",
        "email": "ap@acme.example",
        "address1": "Ring 2",
        "zipcode": "20095",
        "city": "Hamburg",
        "country": "DE",
    }
    assert {name: kept[name] for name in wanted} == wanted
    draft = draft_for()
    assert create(output, replace(draft, client=replace(ACME, remote={"books": created.id}))).state == "draft"


def test_a_new_contact_has_the_fields_that_moneybird_describes() -> None:
    described = vendor_schemas("moneybird.json")
    path = described["paths"]["/{administration_id}/contacts{format}"]["post"]
    schema = path["requestBody"]["content"]["application/*"]["schema"]
    assert complaints(described, schema, json.loads(to_contact(ACME))) == []


def test_a_contact_is_created_once_even_if_no_search_finds_it(output: Output, far_side: FarMoneybird) -> None:
    far_side.faults.append(Fault("after", "drop", method="POST", path="/contacts"))
    with pytest.raises(Unclear):
        output.create_client(ACME, "EUR")
    with pytest.raises(Rejected, match="customer_id: has already been taken"):
        output.create_client(replace(ACME, name="Renamed GmbH"), "EUR")
    assert len(far_side.books.contacts) == 1


def test_an_answer_that_is_no_contact_is_unclear(output: Output, far_side: FarMoneybird) -> None:
    far_side.faults.append(Fault("after", "answer", Answer(201, b"{}"), "POST", "/contacts"))
    with pytest.raises(Unclear):
        output.create_client(ACME, "EUR")


def test_contacts_are_created_only_if_the_settings_ask_for_it(
    output: Output, far_side: FarMoneybird, clock: Clock, tmp_path: Path
) -> None:
    assert output.capabilities.creates_clients
    with connected(far_side, clock, tmp_path) as other:
        assert not other.capabilities.creates_clients
        assert [one.what for one in other.check([sample_contract()]) if not one.ok] == ["books: contact of client acme"]
    said = [one for one in output.check([sample_contract()]) if "acme" in one.what]
    assert [(one.ok, one.what) for one in said] == [(True, "books: client acme will be created there")]
