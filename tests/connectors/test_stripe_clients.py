"""Who in Stripe may be a client, and customers that are created, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.stripe import Clock, FarStripe, connected, draft_for

from tracker2invoice.errors import Rejected, Unclear, Unsupported
from tracker2invoice.model.contract import Address, Party
from tracker2invoice.plugins import Output
from tracker2invoice.testing.samples import sample_client, sample_contract
from tracker2invoice.testing.sandbox.server import Answer, Fault

ACME = replace(sample_client(), languages=("de",))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarStripe]:
    with FarStripe(clock) as stripe:
        yield stripe


@pytest.fixture
def output(far_side: FarStripe, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side.url, clock, tmp_path, create_missing=True) as output:
        yield output


def ids(output: Output, client: Party = ACME) -> list[str]:
    return list(dict.fromkeys(one.id for one in output.clients(client)))


def test_customers_with_the_address_or_the_name_may_be_the_client_and_others_not(
    output: Output, far_side: FarStripe
) -> None:
    add = far_side.books.add_customer
    add("Globex", "cus_globex", email="it@globex.example")
    add("Ambrosia", "cus_mail", email="ap@acme.example", tax_ids=[{"type": "eu_vat", "value": "DE987654321"}])
    add("ACME GmbH", "cus_name")
    found, other = output.clients(ACME)
    assert far_side.asked() == ["GET /v1/customers", "GET /v1/customers/search"]
    assert other.id == "cus_name"
    assert (found.name, found.email, found.vat_id, found.usable) == ("Ambrosia", "ap@acme.example", "DE987654321", True)
    assert found.url == f"{far_side.url}/test/customers/cus_mail"


def test_without_an_address_only_the_name_is_asked_for(output: Output, far_side: FarStripe) -> None:
    far_side.books.add_customer("Acme GmbH", "cus_1", email="")
    assert ids(output, replace(ACME, email="")) == ["cus_1"]
    assert far_side.asked() == ["GET /v1/customers/search"]


def test_a_name_cannot_widen_the_search(output: Output, far_side: FarStripe) -> None:
    far_side.books.add_customer("Globex", "cus_1")
    strange = 'x" OR name:"Globex'
    far_side.books.add_customer(strange, "cus_2")
    assert ids(output, replace(ACME, name=strange, email="")) == ["cus_2"]
    assert ids(output, replace(ACME, name="Globex\\", email="")) == []


def test_a_customer_is_created_with_what_the_client_has(output: Output, far_side: FarStripe) -> None:
    created = output.create_client(ACME, "EUR")
    kept = far_side.books.customers[created.id]
    assert {name: kept[name] for name in ("name", "email", "preferred_locales", "metadata", "tax_ids", "address")} == {
        "name": "Acme GmbH",
        "email": "ap@acme.example",
        "preferred_locales": ["de"],
        "metadata": {"t2i_client": "acme"},
        "tax_ids": [{"type": "eu_vat", "value": "DE987654321"}],
        "address": {"line1": "Ring 2", "postal_code": "20095", "city": "Hamburg", "country": "DE"},
    }
    draft = draft_for()
    draft = replace(draft, client=replace(draft.client, remote={"books": created.id}))
    assert output.create(draft, output.prepare(draft), "k").client == created.id


def test_a_second_line_of_the_address_is_kept(output: Output, far_side: FarStripe) -> None:
    created = output.create_client(replace(ACME, address=Address("Ring 2", "Hamburg", "20095", "DE", "Floor 3")), "EUR")
    kept: Any = far_side.books.customers[created.id]["address"]
    assert kept["line2"] == "Floor 3"


def test_who_has_nothing_but_a_name_is_created_with_that(output: Output, far_side: FarStripe) -> None:
    created = output.create_client(Party("initech", "Initech"), "EUR")
    assert far_side.books.customers[created.id]["name"] == "Initech"


def test_a_vat_id_that_stripe_writes_in_its_own_way_is_refused_by_name(output: Output, far_side: FarStripe) -> None:
    with pytest.raises(Unsupported, match="a VAT id of CH"):
        output.create_client(replace(ACME, vat_id="CHE123456789"), "EUR")
    assert far_side.books.customers == {}


def test_a_customer_is_created_once_although_the_search_does_not_show_it_yet(
    output: Output, far_side: FarStripe, clock: Clock
) -> None:
    nameless = replace(ACME, email="")
    far_side.faults.append(Fault("after", "drop", method="POST", path="/v1/customers"))
    with pytest.raises(Unclear):
        output.create_client(nameless, "EUR")
    assert ids(output, nameless) == []
    created = output.create_client(nameless, "EUR")
    assert list(far_side.books.customers) == [created.id]
    clock.now += timedelta(minutes=2)
    assert ids(output, replace(nameless, name="Renamed GmbH")) == [created.id]


def test_a_customer_that_was_created_and_deleted_is_not_taken_for_a_new_one(
    output: Output, far_side: FarStripe
) -> None:
    far_side.books.customers[output.create_client(ACME, "EUR").id]["deleted"] = True
    with pytest.raises(Rejected, match="was created and deleted before"):
        output.create_client(ACME, "EUR")


def test_other_details_within_a_day_do_not_make_a_second_customer(output: Output, far_side: FarStripe) -> None:
    output.create_client(ACME, "EUR")
    with pytest.raises(Rejected, match="client acme: a customer was created for it within the last day"):
        output.create_client(replace(ACME, email="other@acme.example"), "EUR")
    assert len(far_side.books.customers) == 1


def test_a_refusal_is_told_in_stripes_words(output: Output) -> None:
    with pytest.raises(Rejected, match="tax_id_invalid: Invalid value for eu_vat"):
        output.create_client(replace(ACME, vat_id="DE1"), "EUR")


def test_an_answer_that_is_no_customer_is_unclear(output: Output, far_side: FarStripe) -> None:
    far_side.faults.append(Fault("after", "answer", Answer(200, b"{}"), "POST", "/v1/customers"))
    with pytest.raises(Unclear):
        output.create_client(ACME, "EUR")


def test_customers_are_created_only_if_the_settings_ask_for_it(
    output: Output, far_side: FarStripe, clock: Clock, tmp_path: Path
) -> None:
    assert output.capabilities.creates_clients
    with connected(far_side.url, clock, tmp_path) as other:
        assert not other.capabilities.creates_clients
        assert [one.what for one in other.check([sample_contract()]) if not one.ok] == [
            "books: customer of client acme"
        ]
    said = [one for one in output.check([sample_contract()]) if "acme" in one.what]
    assert [(one.ok, one.what) for one in said] == [(True, "books: client acme will be created there")]
