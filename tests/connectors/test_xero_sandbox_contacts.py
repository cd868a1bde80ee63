"""Contacts, filters and attachments of the pretended Xero, judged by the vendor's own client where it can."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from tests.connectors.test_xero_sandbox import call, client, invoice_for

if TYPE_CHECKING:
    from tracker2invoice.testing.sandbox.xero import XeroSandbox

VENDOR: Any = import_module("xero_python.accounting")

__all__ = ["client"]


def names(xero: XeroSandbox, query: str) -> list[str]:
    return [one["Name"] for one in call(xero, "GET", f"/Contacts?{query}").json()["Contacts"]]


def refusals(xero: XeroSandbox, **element: object) -> list[str]:
    answer = call(xero, "PUT", "/Contacts", {"Contacts": [element]})
    assert answer.status_code == 400
    return [error["Message"] for error in answer.json()["Elements"][0]["ValidationErrors"]]


def test_xeros_own_client_creates_a_contact_and_finds_it_by_its_email(xero: XeroSandbox, client: Any) -> None:
    wanted = VENDOR.Contact(name="Acme GmbH", email_address="ap@acme.example", contact_number="acme")
    (made,) = client.create_contacts(xero.tenant, VENDOR.Contacts(contacts=[wanted])).contacts
    (read,) = client.get_contacts(xero.tenant, search_term="AP@acme", page=1).contacts
    assert (read.contact_id, read.name, read.contact_status) == (made.contact_id, "Acme GmbH", "ACTIVE")


def test_archived_contacts_are_listed_if_they_are_asked_for_and_mergers_in_pages(xero: XeroSandbox) -> None:
    xero.books.add_contact("Acme")
    xero.books.add_contact("Acme Old", "ARCHIVED")
    xero.books.contacts[1]["MergedToContactID"] = xero.books.contacts[0]["ContactID"]
    assert names(xero, "searchTerm=acme") == ["Acme"]
    assert names(xero, "searchTerm=acme&includeArchived=true&page=1") == ["Acme", "Acme Old"]
    for query, told in (("includeArchived=true", False), ("includeArchived=true&page=1", True)):
        contact = call(xero, "GET", f"/Contacts?{query}").json()["Contacts"][1]
        assert ("MergedToContactID" in contact) is told


def test_a_name_is_taken_among_active_contacts_and_a_number_among_all(xero: XeroSandbox) -> None:
    xero.books.add_contact("Acme")
    xero.books.add_contact("Globex", "ARCHIVED")
    xero.books.contacts[1]["ContactNumber"] = "globex"
    assert "name ACME is already assigned to another contact" in refusals(xero, Name="ACME")[0]
    assert "number globex is already assigned to another contact" in refusals(xero, Name="G", ContactNumber="globex")[0]
    assert call(xero, "PUT", "/Contacts", {"Contacts": [{"Name": "Globex"}]}).status_code == 200


@pytest.mark.parametrize(
    "element",
    [{}, {"Name": "<b>"}, {"Name": " x"}, {"Name": "x" * 256}, {"Name": "x", "EmailAddress": "jörg@x.example"}],
)
def test_a_contact_that_xero_would_refuse_is_refused(xero: XeroSandbox, element: dict[str, object]) -> None:
    assert refusals(xero, **element)
    assert xero.books.contacts == []


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ('Reference=="A" OR Reference=="C"', ["A", "C"]),
        ('Reference=="A" OR Reference=="C" AND Status=="PAID"', ["A"]),
        ('(Reference=="A" OR Reference=="C") AND Status=="PAID"', []),
        (
            'InvoiceNumber=="B" OR (Reference!=null AND (Reference.Contains("C") OR Reference.Contains("A")))',
            ["A", "C"],
        ),
    ],
)
def test_filters_join_with_and_before_or_and_in_parentheses(xero: XeroSandbox, where: str, found: list[str]) -> None:
    contact = xero.books.add_contact("Acme")
    for reference in "ABC":
        call(xero, "PUT", "/Invoices", invoice_for(contact, Reference=reference))
    answer = call(xero, "GET", f"/Invoices?where={where}")
    assert [one["Reference"] for one in answer.json()["Invoices"]] == found


@pytest.mark.parametrize(
    "where", ["1==1", '(Reference=="A"', 'Reference=="A" OR', 'Reference=="A")', "Reference.Length==1"]
)
def test_a_filter_that_is_none_is_refused(xero: XeroSandbox, where: str) -> None:
    assert call(xero, "GET", f"/Invoices?where={where}").status_code == 400


def test_an_organisation_with_very_many_documents_refuses_slow_filters(xero: XeroSandbox) -> None:
    xero.books.has_high_volume = True
    assert call(xero, "GET", '/Invoices?where=Reference=="A" AND Type=="ACCREC"').status_code == 200
    for where in ('Reference=="A" OR Reference=="B"', 'Reference.Contains("A")'):
        answer = call(xero, "GET", f"/Invoices?where={where}")
        assert answer.status_code == 400
        assert "not filtering Invoices efficiently" in answer.json()["Message"]
    assert call(xero, "GET", "/Invoices?searchTerm=A").status_code == 200


def test_xeros_own_client_attaches_a_file_and_replaces_it_by_its_name(xero: XeroSandbox, client: Any) -> None:
    call(xero, "PUT", "/Invoices", invoice_for(xero.books.add_contact("Acme")))
    invoice_id = str(xero.books.invoices[0]["InvoiceID"])
    for content in (b"first", b"second"):
        client.create_invoice_attachment_by_file_name(xero.tenant, invoice_id, "a.pdf", content)
    listed = client.get_invoice_attachments(xero.tenant, invoice_id).attachments
    assert [(one.file_name, one.content_length) for one in listed] == [("a.pdf", len("second"))]


def test_files_that_xero_would_refuse_are_refused(xero: XeroSandbox) -> None:
    call(xero, "PUT", "/Invoices", invoice_for(xero.books.add_contact("Acme")))
    invoice_id = xero.books.invoices[0]["InvoiceID"]
    path = f"/Invoices/{invoice_id}/Attachments"
    assert call(xero, "PUT", f"{path}/a%2A.pdf", "x").status_code == 400
    assert call(xero, "PUT", "/Invoices/nothing/Attachments/a.pdf", "x").status_code == 400
    made = [call(xero, "PUT", f"{path}/{number}.pdf", "x").status_code for number in range(11)]
    assert made == [200] * 10 + [400]
    assert call(xero, "GET", "/_sandbox/state").json()["Attachments"][invoice_id] == [f"{n}.pdf" for n in range(10)]
    xero.beyond_consent = ("/Attachments",)
    assert call(xero, "GET", path).status_code == 401
