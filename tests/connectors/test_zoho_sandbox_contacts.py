"""Contacts and attachments of the pretended Zoho Books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from tests.connectors.test_zoho_sandbox import call, create, credit_note_for, zoho
from tests.connectors.vendor_schemas import complaints, vendor_schemas

from tracker2invoice.testing.sandbox.zoho import CLIENT_ID, CLIENT_SECRET, FIRST_REFRESH_TOKEN, ORGANIZATION

if TYPE_CHECKING:
    from tracker2invoice.testing.sandbox.zoho import ZohoSandbox

__all__ = ["zoho"]

WANTED = {
    "contact_name": "Globex Ltd",
    "contact_type": "customer",
    "notes": "VAT id GB123456789",
    "contact_persons": [{"email": "ap@globex.example", "is_primary_contact": True}],
}


def names(zoho: ZohoSandbox, **asked: str) -> list[str]:
    return [one["contact_name"] for one in call(zoho, "GET", "/contacts", **asked).json()["contacts"]]


def attach(zoho: ZohoSandbox, path: str, name: str, content: bytes = b"%PDF") -> dict[str, Any]:
    form = {"grant_type": "refresh_token", "refresh_token": FIRST_REFRESH_TOKEN}
    form |= {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    token = requests.post(f"{zoho.url}/oauth/v2/token", data=form, timeout=5).json()["access_token"]
    answer: dict[str, Any] = requests.post(
        f"{zoho.url}/books/v3{path}/attachment",
        params={"organization_id": ORGANIZATION},
        headers={"Authorization": f"Zoho-oauthtoken {token}"},
        files={"attachment": (name, content, "application/pdf")},
        timeout=5,
    ).json()
    return answer


def test_contacts_are_listed_as_zoho_describes_them(zoho: ZohoSandbox) -> None:
    described = vendor_schemas("zoho-contacts.yml")
    schemas = described["components"]["schemas"]
    assert complaints(described, schemas["create-a-contact-request"], WANTED) == []
    call(zoho, "POST", "/contacts", WANTED)
    listed = call(zoho, "GET", "/contacts").json()["contacts"]
    described_names = schemas["list-contacts-response"]["properties"]["contacts"]["items"]["properties"]
    assert {name for one in listed for name in one} <= set(described_names)


def test_a_new_contact_is_found_by_a_part_of_its_name_its_email_and_its_notes(zoho: ZohoSandbox) -> None:
    made = call(zoho, "POST", "/contacts", WANTED)
    assert (made.status_code, made.json()["contact"]["currency_code"]) == (201, "EUR")
    for asked in ({"contact_name_contains": "globex"}, {"email": "ap@globex.example"}, {"search_text": "GB123456789"}):
        assert names(zoho, **asked) == ["Globex Ltd"]
    assert names(zoho, contact_name_contains="x", contact_type="vendor") == []
    assert names(zoho, filter_by="Status.Inactive") == []


@pytest.mark.parametrize(("contact", "code"), [({}, 4), ({"contact_name": "Acme"}, 3062)])
def test_a_contact_that_zoho_would_refuse_is_refused(zoho: ZohoSandbox, contact: dict[str, str], code: int) -> None:
    assert call(zoho, "POST", "/contacts", contact).json()["code"] == code
    assert len(zoho.books.contacts) == 1


def test_files_with_one_name_stand_side_by_side(zoho: ZohoSandbox) -> None:
    invoice_id = create(zoho)["invoice_id"]
    assert create_note_and_attach(zoho) == [{"file_name": "a.pdf"}]
    assert call(zoho, "GET", f"/invoices/{invoice_id}").json()["invoice"]["has_attachment"] is False
    for _ in range(2):
        assert attach(zoho, f"/invoices/{invoice_id}", "a.pdf")["code"] == 0
    invoice = call(zoho, "GET", f"/invoices/{invoice_id}").json()["invoice"]
    assert (invoice["has_attachment"], invoice["attachment_name"]) == (True, "a.pdf")
    assert [one["file_name"] for one in invoice["documents"]] == ["a.pdf", "a.pdf"]


def create_note_and_attach(zoho: ZohoSandbox) -> object:
    note_id = call(zoho, "POST", "/creditnotes", credit_note_for(zoho)).json()["creditnote"]["creditnote_id"]
    attach(zoho, f"/creditnotes/{note_id}", "a.pdf")
    return call(zoho, "GET", f"/creditnotes/{note_id}").json()["creditnote"]["documents"]


def test_files_that_zoho_would_refuse_are_refused(zoho: ZohoSandbox) -> None:
    invoice_id = create(zoho)["invoice_id"]
    assert attach(zoho, f"/invoices/{invoice_id}", "a.exe")["code"] == 2
    assert attach(zoho, f"/invoices/{invoice_id}", "a.pdf", b"")["code"] == 2
    assert attach(zoho, "/invoices/9", "a.pdf")["code"] == 1002
    assert call(zoho, "POST", f"/invoices/{invoice_id}/attachment", "no form").json()["code"] == 2
    codes = [attach(zoho, f"/invoices/{invoice_id}", "a.pdf")["code"] for _ in range(11)]
    assert [code == 0 for code in codes] == [True] * 10 + [False]
    assert call(zoho, "GET", "/_sandbox/state").json()["attachments"] == {invoice_id: ["a.pdf"] * 10}
