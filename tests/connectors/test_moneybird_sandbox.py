"""The pretended Moneybird does what Moneybird's own description says."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from tests.connectors.vendor_schemas import complaints, vendor_schemas

from tracker2invoice.testing.sandbox.moneybird import ADMINISTRATION, TOKEN, MoneybirdSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import FrozenClock


@pytest.fixture
def moneybird(clock: FrozenClock) -> Iterator[MoneybirdSandbox]:
    with MoneybirdSandbox(clock) as running:
        yield running


def call(
    moneybird: MoneybirdSandbox, method: str, path: str, body: object = None, token: str = TOKEN
) -> requests.Response:
    url = path if path.startswith(("/_", "/api")) else f"/api/v2/{ADMINISTRATION}{path}"
    data = None if body is None else json.dumps(body)
    headers = {"Authorization": f"Bearer {token}"}
    return requests.request(method, moneybird.url + url, data=data, headers=headers, timeout=5)


def invoice_for(moneybird: MoneybirdSandbox, **more: object) -> dict[str, Any]:
    known = moneybird.books.contacts
    contact = str(known[0]["id"]) if known else moneybird.books.add_contact("Acme")
    line = {"description": "x", "price": "100.00", "tax_rate_id": "1001"}
    return {"sales_invoice": {"contact_id": contact, "details_attributes": [line], **more}}


def create(moneybird: MoneybirdSandbox, **more: object) -> dict[str, Any]:
    answer = call(moneybird, "POST", "/sales_invoices.json", invoice_for(moneybird, **more))
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def references(moneybird: MoneybirdSandbox, query: str = "") -> list[str]:
    return [one["reference"] for one in call(moneybird, "GET", f"/sales_invoices.json?{query}").json()]


def test_every_answer_is_one_that_moneybird_describes(moneybird: MoneybirdSandbox) -> None:
    described = vendor_schemas("moneybird.json")
    created = create(moneybird, reference="T2I-A", invoice_date="2026-03-02")
    call(moneybird, "POST", f"/_sandbox/invoices/{created['id']}", {"do": "send"})
    call(moneybird, "POST", f"/_sandbox/payments/{created['id']}", {"amount": "100.00", "on": "2026-03-09"})
    for name, path in (
        ("sales_invoice_response", f"/sales_invoices/{created['id']}.json"),
        ("contact_response", f"/contacts/{created['contact_id']}.json"),
        ("ledger_account_response", "/ledger_accounts/2001.json"),
    ):
        answer = call(moneybird, "GET", path).json()
        assert complaints(described, described["components"]["schemas"][name], answer) == []
    # no percentage at all is allowed there twice, in a `oneOf`, and so by its letter never
    for rate in (one for one in call(moneybird, "GET", "/tax_rates.json").json() if one["percentage"]):
        assert complaints(described, described["components"]["schemas"]["tax_rate_response"], rate) == []


def test_nobody_comes_in_without_the_token_or_into_another_administration(moneybird: MoneybirdSandbox) -> None:
    assert call(moneybird, "GET", "/sales_invoices.json", token="another").status_code == 401
    assert call(moneybird, "GET", "/api/v2/9/sales_invoices.json").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"contact_id": "9"}, "contact"),
        ({"details_attributes": []}, "details"),
        ({"details_attributes": [{"tax_rate_id": "9"}]}, "details.tax_rate_id"),
        ({"details_attributes": [{"ledger_account_id": "9"}]}, "details.ledger_account_id"),
        ({"details_attributes": [{"price": "much"}]}, "details.price"),
        ({"invoice_date": "soon"}, "invoice_date"),
    ],
)
def test_what_is_invalid_is_said_by_field(moneybird: MoneybirdSandbox, change: dict[str, Any], field: str) -> None:
    answer = call(moneybird, "POST", "/sales_invoices.json", invoice_for(moneybird, **change))
    assert (answer.status_code, list(answer.json()["error"])) == (422, [field])
    assert moneybird.books.invoices == []


def test_without_a_filter_only_this_year_is_listed_and_any_filter_replaces_that(
    moneybird: MoneybirdSandbox, clock: FrozenClock
) -> None:
    create(moneybird, reference="old", invoice_date=f"{clock.now.year - 2}-05-01")
    create(moneybird, reference="undated")
    assert references(moneybird) == ["undated"]
    assert references(moneybird, "filter=state:all") == ["old", "undated"]
    assert references(moneybird, "filter=reference:old|undated") == ["old", "undated"]
    first, last = f"{clock.now.year - 2}0101", f"{clock.now.year - 2}1231"
    assert references(moneybird, f"filter=period:{first}..{last}") == ["old"]
    assert references(moneybird, "filter=state:open|paid") == []
    assert references(moneybird, "filter=colour:red") == ["old", "undated"]


@pytest.mark.parametrize("term", ["state:lost", "period:since_ever"])
def test_a_filter_that_makes_no_sense_is_refused(moneybird: MoneybirdSandbox, term: str) -> None:
    assert call(moneybird, "GET", f"/sales_invoices.json?filter={term}").status_code == 400


def test_only_what_was_changed_after_an_instant_is_listed(moneybird: MoneybirdSandbox, clock: FrozenClock) -> None:
    create(moneybird, reference="A")
    since = clock.now
    clock.now += timedelta(hours=1)
    create(moneybird, reference="B")
    assert references(moneybird, f"filter=updated_after:{since:%Y-%m-%d %H:%M:%S} UTC") == ["B"]


def test_pages_have_at_most_a_hundred(moneybird: MoneybirdSandbox) -> None:
    for number in range(3):
        create(moneybird, reference=str(number))
    assert references(moneybird, "per_page=2&page=2") == ["2"]
    assert call(moneybird, "GET", "/sales_invoices.json?per_page=101").status_code == 400


def test_many_are_read_by_their_ids_and_what_is_missing_is_left_out(moneybird: MoneybirdSandbox) -> None:
    ids = [create(moneybird)["id"] for _ in range(2)]
    answer = call(moneybird, "POST", "/sales_invoices/synchronization.json", {"ids": [*ids, "9"]})
    assert [one["id"] for one in answer.json()] == ids
    many = {"ids": [str(n) for n in range(100)] + ids}
    assert call(moneybird, "POST", "/sales_invoices/synchronization.json", many).json() == []


def test_a_deleted_invoice_leaves_no_trace_and_a_paid_one_cannot_be_deleted(moneybird: MoneybirdSandbox) -> None:
    path = f"/sales_invoices/{create(moneybird)['id']}.json"
    assert [call(moneybird, "DELETE", path).status_code for _ in range(2)] == [204, 404]
    assert call(moneybird, "GET", path).status_code == 404
    paid = create(moneybird)["id"]
    call(moneybird, "POST", f"/_sandbox/payments/{paid}", {"amount": "1.00", "on": "2026-03-09"})
    assert call(moneybird, "DELETE", f"/sales_invoices/{paid}.json").status_code == 400


def test_the_number_of_an_invoice_comes_with_its_sending(moneybird: MoneybirdSandbox, clock: FrozenClock) -> None:
    created = create(moneybird)
    assert (created["invoice_id"], created["invoice_date"]) == (None, None)
    sent = call(moneybird, "POST", f"/_sandbox/invoices/{created['id']}", {"do": "send"}).json()
    assert (sent["invoice_id"], sent["invoice_date"]) == (f"{clock.now:%Y}-0001", f"{clock.now:%Y-%m-%d}")


def test_an_archived_contact_shows_only_if_it_is_asked_for(moneybird: MoneybirdSandbox) -> None:
    contact = moneybird.books.add_contact("Acme")
    moneybird.books.contacts[0]["archived"] = True
    assert call(moneybird, "GET", f"/contacts/{contact}.json").status_code == 404
    assert call(moneybird, "GET", f"/contacts/{contact}.json?include_archived=true").json()["archived"] is True


def test_contacts_are_searched_for_in_names_addresses_and_numbers(moneybird: MoneybirdSandbox) -> None:
    acme = moneybird.books.add_contact("Acme", tax_number="NL123456789B01")
    moneybird.books.add_contact("Acme Archive", archived=True)

    def found(query: str) -> list[str]:
        return [one["company_name"] for one in call(moneybird, "GET", f"/contacts.json?{query}").json()]

    assert found("query=acme") == found("query=nl123456789b01") == ["Acme"]
    assert found("query=acme&include_archived=true") == ["Acme", "Acme Archive"]
    assert found("query=globex") == found(f"query={acme}") == []


@pytest.mark.parametrize(
    ("contact", "fields"),
    [
        ({"customer_id": "7"}, ["company_name", "firstname", "lastname"]),
        ({"company_name": "Globex", "customer_id": "T2I-acme"}, ["customer_id"]),
    ],
)
def test_a_contact_needs_a_name_and_a_number_of_its_own(
    moneybird: MoneybirdSandbox, contact: dict[str, str], fields: list[str]
) -> None:
    acme = {"contact": {"company_name": "Acme", "customer_id": "T2I-acme"}}
    assert call(moneybird, "POST", "/contacts.json", acme).status_code == 201
    answer = call(moneybird, "POST", "/contacts.json", {"contact": contact})
    assert (answer.status_code, list(answer.json()["error"])) == (422, fields)


def test_a_file_without_content_in_the_form_is_refused(moneybird: MoneybirdSandbox) -> None:
    path = f"/sales_invoices/{create(moneybird)['id']}/attachments.json"
    assert call(moneybird, "POST", path, {"file": "x"}).json()["symbolic"] == {"file": "required"}
    assert call(moneybird, "POST", "/sales_invoices/9/attachments.json").status_code == 404


def test_faults_and_people_can_be_steered_over_http(moneybird: MoneybirdSandbox) -> None:
    contact = call(moneybird, "POST", "/_sandbox/contacts", {"company_name": "Acme"}).json()["id"]
    fault = {"when": "after", "status": 503, "method": "POST", "path": "/sales_invoices"}
    call(moneybird, "POST", "/_sandbox/faults", fault)
    assert call(moneybird, "POST", "/sales_invoices.json", invoice_for(moneybird)).status_code == 503
    call(moneybird, "POST", "/_sandbox/faults", {**fault, "do": "drop"})
    with pytest.raises(requests.ConnectionError):
        call(moneybird, "POST", "/sales_invoices.json", invoice_for(moneybird))
    first, second = call(moneybird, "GET", "/_sandbox/state").json()["invoices"]
    assert {first["contact_id"], second["contact_id"]} == {contact}
    call(moneybird, "POST", "/_sandbox/stale", {"reads": 1})
    assert [len(references(moneybird)) for _ in range(2)] == [1, 2]
    call(moneybird, "POST", f"/_sandbox/invoices/{first['id']}", {"do": "delete"})
    call(moneybird, "POST", f"/_sandbox/invoices/{second['id']}", {"reference": "changed"})
    assert references(moneybird) == ["changed"]
    call(moneybird, "POST", "/_sandbox/revoke", {})
    assert call(moneybird, "GET", "/sales_invoices.json").status_code == 401
