"""The pretended Zoho Books does what Zoho's own description says, and obeys its controls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests
from tests.connectors.vendor_schemas import complaints, vendor_schemas

from tracker2invoice.testing.sandbox.zoho import (
    CLIENT_ID,
    CLIENT_SECRET,
    FIRST_REFRESH_TOKEN,
    ORGANIZATION,
    ZohoSandbox,
)
from tracker2invoice.testing.sandbox.zoho_books import REFERENCE_FIELD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import FrozenClock

REFERENCE = "T2I-AAAAAAAAAAAA"


@pytest.fixture
def zoho(clock: FrozenClock) -> Iterator[ZohoSandbox]:
    with ZohoSandbox(clock) as running:
        running.books.add_contact("Acme")
        yield running


def call(zoho: ZohoSandbox, method: str, path: str, body: object = None, **params: str) -> requests.Response:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": FIRST_REFRESH_TOKEN,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }
    token = requests.post(f"{zoho.url}/oauth/v2/token", data=form, timeout=5).json().get("access_token")
    return requests.request(
        method,
        zoho.url + (path if path.startswith("/_") else f"/books/v3{path}"),
        params={"organization_id": ORGANIZATION, **params},
        data=None if body is None else json.dumps(body),
        headers={"Authorization": f"Zoho-oauthtoken {token}"},
        timeout=5,
    )


def invoice_for(zoho: ZohoSandbox, **line: object) -> dict[str, Any]:
    item = {"item_id": zoho.books.items[0]["item_id"], "tax_id": zoho.books.taxes[0]["tax_id"]}
    return {
        "customer_id": zoho.books.contacts[0]["contact_id"],
        "reference_number": REFERENCE,
        "custom_fields": [{"customfield_id": REFERENCE_FIELD, "value": REFERENCE}],
        "line_items": [{**item, "rate": 100, "quantity": 1, **line}],
    }


def credit_note_for(zoho: ZohoSandbox, **line: object) -> dict[str, Any]:
    invoice = invoice_for(zoho, **line)
    del invoice["custom_fields"]
    return {**invoice, "is_draft": True}


def create(zoho: ZohoSandbox) -> dict[str, Any]:
    answer = call(zoho, "POST", "/invoices", invoice_for(zoho))
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()["invoice"]
    return created


def test_its_answers_are_as_zoho_describes_them(zoho: ZohoSandbox) -> None:
    described = vendor_schemas("zoho-invoices.yml")
    schemas = described["components"]["schemas"]
    whole = call(zoho, "GET", f"/invoices/{create(zoho)['invoice_id']}").json()
    # what others report, and not described
    del whole["invoice"]["documents"]
    names = set(schemas["get-an-invoice-response"]["properties"]["invoice"]["properties"])
    assert set(whole["invoice"]) <= names
    listed = call(zoho, "GET", "/invoices").json()["invoices"][0]
    assert set(listed) <= set(schemas["list-invoices-response"]["properties"]["invoices"]["items"]["properties"])
    # the description makes a text of a total where its own examples have numbers
    texts = {"total": str(whole["invoice"]["total"]), "balance": str(whole["invoice"]["balance"])}
    answer = {**whole, "invoice": {**whole["invoice"], **texts}}
    assert complaints(described, schemas["get-an-invoice-response"], answer) == []


def test_its_credit_notes_are_as_zoho_describes_them(zoho: ZohoSandbox) -> None:
    described = vendor_schemas("zoho-credit-notes.yml")
    schemas = described["components"]["schemas"]
    created = call(zoho, "POST", "/creditnotes", credit_note_for(zoho)).json()["creditnote"]
    whole = call(zoho, "GET", f"/creditnotes/{created['creditnote_id']}").json()
    del whole["creditnote"]["documents"]
    names = schemas["get-a-credit-note-response"]["properties"]["creditnote"]["properties"]
    assert set(whole["creditnote"]) <= set(names)
    assert complaints(described, schemas["get-a-credit-note-response"], whole) == []
    listed = call(zoho, "GET", "/creditnotes").json()["creditnotes"][0]
    names = schemas["list-all-credit-notes-response"]["properties"]["creditnotes"]["properties"]
    assert set(listed) <= set(names)


def test_a_credit_note_is_open_unless_it_says_that_it_is_a_draft_and_has_whole_quantities(zoho: ZohoSandbox) -> None:
    asked = [{**credit_note_for(zoho), "is_draft": is_draft} for is_draft in (True, False)]
    made = [call(zoho, "POST", "/creditnotes", one).json()["creditnote"] for one in asked]
    assert [one["status"] for one in made] == ["draft", "open"]
    assert call(zoho, "POST", "/creditnotes", credit_note_for(zoho, quantity="0.5")).json()["code"] == 4
    assert len(call(zoho, "GET", "/creditnotes", custom_field="other").json()["creditnotes"]) == 2
    assert call(zoho, "GET", "/creditnotes", reference_number="other").json()["creditnotes"] == []
    call(zoho, "POST", f"/_sandbox/creditnotes/{made[0]['creditnote_id']}", {"do": "send"})
    assert call(zoho, "GET", "/_sandbox/state").json()["creditnotes"][0]["status"] == "open"


def test_a_new_invoice_is_a_draft_with_a_number_and_the_tax_on_top(zoho: ZohoSandbox) -> None:
    created = create(zoho)
    assert (created["status"], created["invoice_number"], created["total"]) == ("draft", "INV-000001", 119)


def test_the_custom_field_takes_a_value_once_unless_it_takes_duplicates(zoho: ZohoSandbox) -> None:
    create(zoho)
    assert call(zoho, "POST", "/invoices", invoice_for(zoho)).status_code == 400
    zoho.books.fields[0]["is_unique"] = False
    create(zoho)


@pytest.mark.parametrize(
    "line", [{"quantity": 0}, {"quantity": -1}, {"item_id": "1"}, {"tax_id": "1"}, {"description": "x" * 2001}]
)
def test_what_zoho_would_refuse_is_refused(zoho: ZohoSandbox, line: dict[str, object]) -> None:
    answer = call(zoho, "POST", "/invoices", invoice_for(zoho, **line))
    assert answer.status_code in (400, 404)
    assert answer.json()["code"] != 0
    assert zoho.books.invoices == []


def test_lists_are_filtered_and_come_in_pages_newest_first(zoho: ZohoSandbox) -> None:
    zoho.books.fields[0]["is_unique"] = False
    ids = [create(zoho)["invoice_id"] for _ in range(3)]
    page = call(zoho, "GET", "/invoices", per_page="2").json()
    assert [one["invoice_id"] for one in page["invoices"]] == [ids[2], ids[1]]
    assert page["page_context"]["has_more_page"] is True
    assert len(call(zoho, "GET", "/invoices", custom_field=REFERENCE).json()["invoices"]) == 3
    assert call(zoho, "GET", "/invoices", reference_number="other").json()["invoices"] == []
    assert call(zoho, "GET", "/invoices", filter_by="Status.New").json()["code"] == 2


def test_an_invoice_that_was_paid_cannot_be_deleted(zoho: ZohoSandbox) -> None:
    invoice_id = create(zoho)["invoice_id"]
    call(zoho, "POST", f"/_sandbox/payments/{invoice_id}", {"amount": "119", "on": "2026-04-01"})
    assert call(zoho, "GET", f"/invoices/{invoice_id}").json()["invoice"]["status"] == "paid"
    assert call(zoho, "DELETE", f"/invoices/{invoice_id}").json()["code"] == 4001


@pytest.mark.parametrize(("deed", "status"), [("send", "sent"), ("void", "void")])
def test_a_person_sends_and_voids_through_the_controls(zoho: ZohoSandbox, deed: str, status: str) -> None:
    invoice_id = create(zoho)["invoice_id"]
    call(zoho, "POST", f"/_sandbox/invoices/{invoice_id}", {"do": deed})
    assert call(zoho, "GET", "/_sandbox/state").json()["invoices"][0]["status"] == status
    call(zoho, "POST", f"/_sandbox/invoices/{invoice_id}", {"do": "delete"})
    assert call(zoho, "GET", f"/invoices/{invoice_id}").json() == {"code": 1002, "message": "Invoice does not exist."}


def test_the_controls_change_what_is_there_and_what_comes_next(zoho: ZohoSandbox) -> None:
    contact = call(zoho, "POST", "/_sandbox/contacts", {"name": "Globex", "currency": "USD"}).json()["contact_id"]
    assert call(zoho, "GET", f"/contacts/{contact}").json()["contact"]["currency_code"] == "USD"
    invoice_id = create(zoho)["invoice_id"]
    call(zoho, "POST", f"/_sandbox/invoices/{invoice_id}", {"due_date": "2026-05-01"})
    call(zoho, "POST", "/_sandbox/stale", {"reads": 1})
    assert [len(call(zoho, "GET", "/invoices").json()["invoices"]) for _ in range(2)] == [0, 1]
    call(zoho, "POST", "/_sandbox/faults", {"method": "GET", "path": "/invoices", "status": 503})
    assert [call(zoho, "GET", "/invoices").status_code for _ in range(2)] == [503, 200]
    call(zoho, "POST", "/_sandbox/revoke", {})
    assert call(zoho, "GET", "/invoices").status_code == 401
    assert call(zoho, "POST", "/_sandbox/nothing").status_code == 404


def test_whoever_is_asked_for_consent_can_decline(zoho: ZohoSandbox) -> None:
    call(zoho, "POST", "/_sandbox/deny", {})
    asked = {"client_id": CLIENT_ID, "response_type": "code", "redirect_uri": "http://localhost/callback"}
    answer = requests.get(f"{zoho.url}/oauth/v2/auth", params=asked, allow_redirects=False, timeout=5)
    assert "error=access_denied" in answer.headers["Location"]
