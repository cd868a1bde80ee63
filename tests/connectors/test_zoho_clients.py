"""Who in Zoho Books may be a client, and how a customer is created for one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.connectors.vendor_schemas import complaints, vendor_schemas
from tests.connectors.zoho import CUSTOMER, GIVEN, Clock, FarZoho, connected, create, draft_for, running

from tracker2invoice.errors import BadAnswer, Rejected, Unclear
from tracker2invoice.model.contract import Address, Party
from tracker2invoice.plugins import Output, RemoteClient
from tracker2invoice.testing.samples import sample_contract
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice.testing.sandbox.zoho import ORGANIZATION
from tracker2invoice_zoho import ZohoSettings, consent_of
from tracker2invoice_zoho.clients import to_contact

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
def far_side(clock: Clock) -> Iterator[FarZoho]:
    with running(clock) as zoho:
        yield zoho


@pytest.fixture
def output(far_side: FarZoho, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side.url, clock, tmp_path, create_missing=True) as output:
        yield output


def found(output: Output, party: Party) -> dict[str, bool]:
    return {one.id: one.usable for one in output.clients(party)}


@pytest.mark.parametrize(
    "fields",
    [
        {"contact_name": "GLOBEX & SONS Holding"},
        {"contact_name": "G", "email": "ap@globex.example"},
        {"contact_name": "G", "notes": "their VAT id is DE987654321"},
    ],
)
def test_a_customer_is_found_by_name_email_address_and_vat_id_in_the_notes(
    output: Output, far_side: FarZoho, fields: dict[str, object]
) -> None:
    assert found(output, PARTY) == {}
    far_side.books.contacts[0] |= fields
    assert found(output, PARTY) == {CUSTOMER: True}


def test_an_inactive_customer_is_found_and_marked_and_a_vendor_is_none(output: Output, far_side: FarZoho) -> None:
    far_side.books.contacts[0] |= {"contact_name": "Globex & Sons", "status": "inactive"}
    assert found(output, PARTY) == {CUSTOMER: False}
    far_side.books.contacts[0]["contact_type"] = "vendor"
    assert found(output, PARTY) == {}


def test_nobody_is_looked_for_by_what_the_client_does_not_have(output: Output, far_side: FarZoho) -> None:
    assert found(output, replace(PARTY, vat_id="", email="", name="x" * 150)) == {}
    (asked,) = (one.query for one in far_side.requests if one.path.endswith("/contacts"))
    assert asked["contact_name_contains"] == "x" * 100


@pytest.mark.parametrize("body", [b'{"code": 0}', b'{"code": 0, "contacts": [{}]}', b'{"code": 2, "contacts": []}'])
def test_a_list_that_cannot_be_read_is_never_an_empty_list(output: Output, far_side: FarZoho, body: bytes) -> None:
    far_side.faults.append(Fault(answer=Answer(200, body), path="/contacts"))
    with pytest.raises(BadAnswer):
        list(output.clients(PARTY))


def test_a_new_customer_has_name_email_address_postal_address_and_vat_id(output: Output, far_side: FarZoho) -> None:
    created = output.create_client(PARTY, "EUR")
    kept = far_side.books.contacts[-1]
    assert (kept["contact_name"], kept["company_name"], kept["contact_type"]) == (PARTY.name, PARTY.name, "customer")
    assert (kept["notes"], kept["email"]) == ("VAT id DE987654321", "ap@globex.example")
    street = {"address": "Ring 2", "street2": "2nd floor"}
    assert kept["billing_address"] == {**street, "city": "Hamburg", "zip": "20095", "country": "DE"}
    contact_id = str(kept["contact_id"])
    url = f"{far_side.url}/app/{ORGANIZATION}#/contacts/{contact_id}"
    assert created == RemoteClient(contact_id, PARTY.name, email=PARTY.email, url=url)
    assert set(output.clients(PARTY)) == {created}


def test_a_new_customer_has_the_currency_of_the_draft_that_waits_for_it(output: Output) -> None:
    draft = draft_for("USD", remote={"books": output.create_client(PARTY, "USD").id})
    assert create(output, draft).currency == "USD"


def test_a_currency_that_the_organization_does_not_have_is_named_and_nobody_created(
    output: Output, far_side: FarZoho
) -> None:
    with pytest.raises(
        Rejected, match="globex cannot be created: CHF is not among the currencies; enable the currency"
    ):
        output.create_client(PARTY, "CHF")
    assert len(far_side.books.contacts) == 1


def test_every_field_of_a_new_customer_is_one_that_zoho_describes() -> None:
    described = vendor_schemas("zoho-contacts.yml")
    schemas = described["components"]["schemas"]
    schema = schemas["create-a-contact-request"]
    for party in (PARTY, Party("acme", "Acme")):
        body = json.loads(to_contact(party, "460000000000097"))
        assert complaints(described, schema, body) == []
        assert set(body) <= set(schema["properties"])
        assert set(body.get("billing_address", {})) <= set(schemas["billing_address"]["properties"])


def test_a_name_that_is_taken_is_refused_in_zohos_words(output: Output, far_side: FarZoho) -> None:
    output.create_client(PARTY, "EUR")
    with pytest.raises(Rejected, match=r"code 3062: The customer .* already exists"):
        output.create_client(PARTY, "EUR")
    assert len(far_side.books.contacts) == 2


@pytest.mark.parametrize("body", [b"<html>", b'{"code": 0}', b'{"code": 1000, "message": "Internal error"}'])
def test_a_broken_answer_is_unclear_and_the_customer_is_found(output: Output, far_side: FarZoho, body: bytes) -> None:
    far_side.faults.append(Fault("after", "answer", Answer(201, body), "POST", "/contacts"))
    with pytest.raises(Unclear):
        output.create_client(PARTY, "EUR")
    assert len(found(output, PARTY)) == 1


def test_who_may_create_customers_is_asked_for_only_if_they_are_created() -> None:
    for create_missing in (True, False):
        settings = {"url": "https://www.zohoapis.eu", **GIVEN, "create_missing": create_missing}
        (scope,) = consent_of(ZohoSettings.model_validate(settings)).scopes
        assert ("ZohoBooks.contacts.CREATE" in scope.split(",")) is create_missing


def test_check_says_that_a_client_without_an_id_will_be_created(
    output: Output, far_side: FarZoho, clock: Clock, tmp_path: Path
) -> None:
    contract = sample_contract(remote={})
    assert "books: client acme will be created there" in [one.what for one in output.check([contract]) if one.ok]
    in_dollars = sample_contract("USD", remote={})
    for contracts, step in (
        ([sample_contract("CHF", remote={})], "add CHF to the currencies there"),
        ([contract, in_dollars], "a client there is billed in one currency; write a client for each of EUR, USD"),
    ):
        assert [one.next_step for one in output.check(contracts) if not one.ok] == [step]
    with connected(far_side.url, clock, tmp_path) as without:
        assert not without.capabilities.creates_clients
        (wrong,) = (one for one in without.check([contract]) if not one.ok)
    assert wrong.next_step == "set remote.books of client acme to the customer's id"
