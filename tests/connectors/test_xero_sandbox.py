"""The pretended Xero, judged by the vendor's own client, which is generated from Xero's OpenAPI description."""

from __future__ import annotations

import json
from datetime import date, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import pytest
import requests

from tracker2invoice.testing.sandbox.xero import CLIENT_ID, CLIENT_SECRET, XeroSandbox

# the vendor's client has no types

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

VENDOR: Any = import_module("xero_python.accounting")
CLIENT: Any = import_module("xero_python.api_client")
OAUTH: Any = import_module("xero_python.api_client.oauth2")
ERRORS: Any = import_module("xero_python.exceptions")


def token(xero: XeroSandbox, **form: str) -> dict[str, Any]:
    answer = requests.post(
        f"{xero.url}/connect/token",
        data={"grant_type": "client_credentials", **form},
        auth=(CLIENT_ID, CLIENT_SECRET),
        timeout=5,
    )
    return cast("dict[str, Any]", answer.json())


def call(xero: XeroSandbox, method: str, path: str, body: object = None, **headers: str) -> requests.Response:
    given = {"Authorization": f"Bearer {token(xero)['access_token']}", "xero-tenant-id": xero.tenant} | headers
    url = path if path.startswith("/_") or path == "/connections" else f"/api.xro/2.0{path}"
    data = None if body is None else json.dumps(body)
    return requests.request(method, xero.url + url, data=data, headers=given, timeout=5)


def invoice_for(contact: str, **more: object) -> dict[str, object]:
    line = {"Description": "x", "Quantity": 1, "UnitAmount": 100, "AccountCode": "200", "TaxType": "OUTPUT2"}
    return {"Type": "ACCREC", "Contact": {"ContactID": contact}, "LineItems": [line], **more}


@pytest.fixture
def client(xero: XeroSandbox) -> Any:
    client = CLIENT.ApiClient(CLIENT.Configuration(oauth2_token=OAUTH.OAuth2Token(CLIENT_ID, CLIENT_SECRET)))
    kept = token(xero)
    client.oauth2_token_getter(lambda: kept)
    client.oauth2_token_saver(kept.update)
    return VENDOR.AccountingApi(client, base_url=f"{xero.url}/api.xro/2.0")


def test_xeros_own_client_creates_an_invoice_and_reads_it_back(xero: XeroSandbox, client: Any) -> None:
    contact = xero.books.add_contact("Acme GmbH")
    line = VENDOR.LineItem(description="x", quantity=3, unit_amount=33.335, account_code="200", tax_type="OUTPUT2")
    wanted = VENDOR.Invoice(
        type="ACCREC",
        contact=VENDOR.Contact(contact_id=contact),
        line_items=[line],
        date=date(2026, 3, 2),
        due_date=date(2026, 4, 1),
        reference="PO-1 T2I-ABCDEFGHIJKL",
        status="DRAFT",
    )
    (made,) = client.create_invoices(xero.tenant, VENDOR.Invoices(invoices=[wanted]), unitdp=4).invoices
    (read,) = client.get_invoices(xero.tenant, search_term="t2i-abcdefghijkl", statuses=["DRAFT"], page=1).invoices
    assert made.invoice_id == read.invoice_id
    assert (str(read.sub_total), str(read.total_tax), str(read.total)) == ("100.01", "19.00", "119.01")
    assert (read.date, read.due_date, read.status) == (date(2026, 3, 2), date(2026, 4, 1), "DRAFT")


def test_xeros_own_client_creates_a_credit_note_and_finds_it_by_its_reference(xero: XeroSandbox, client: Any) -> None:
    contact = VENDOR.Contact(contact_id=xero.books.add_contact("Acme GmbH"))
    line = VENDOR.LineItem(description="x", quantity=3, unit_amount=33.335, account_code="200", tax_type="OUTPUT2")
    wanted = VENDOR.CreditNote(
        type="ACCRECCREDIT", contact=contact, line_items=[line], date=date(2026, 3, 2), reference="T2I-ABCDEFGHIJKL"
    )
    (made,) = client.create_credit_notes(xero.tenant, VENDOR.CreditNotes(credit_notes=[wanted]), unitdp=4).credit_notes
    where = 'Reference!=null AND Reference.Contains("T2I-ABCDEFGHIJKL")'
    (read,) = client.get_credit_notes(xero.tenant, where=where, page=1).credit_notes
    assert made.credit_note_id == read.credit_note_id
    assert (str(read.total), str(read.remaining_credit), read.status) == ("119.01", "119.01", "DRAFT")


def test_xeros_own_client_understands_every_list(xero: XeroSandbox, client: Any) -> None:
    xero.books.add_contact("Acme GmbH")
    assert client.get_organisations(xero.tenant).organisations[0].name == "Sandbox"
    assert client.get_accounts(xero.tenant).accounts[0].code == "200"
    assert client.get_tax_rates(xero.tenant).tax_rates[0].tax_type == "OUTPUT2"
    assert client.get_currencies(xero.tenant).currencies[0].code.value == "EUR"
    assert client.get_contacts(xero.tenant).contacts[0].name == "Acme GmbH"


def test_xeros_own_client_understands_a_refusal(xero: XeroSandbox, client: Any) -> None:
    unknown = VENDOR.Invoices(
        invoices=[VENDOR.Invoice(type="ACCREC", contact=VENDOR.Contact(contact_id="nobody"), line_items=[])]
    )
    with pytest.raises(ERRORS.AccountingBadRequestException) as caught:
        client.create_invoices(xero.tenant, unknown)
    assert "could not be found" in str(caught.value)


def test_without_unitdp_the_price_is_rounded_before_it_is_multiplied(xero: XeroSandbox) -> None:
    # 3 x 33.335: 100.005 with four decimals, 3 x 33.34 = 100.02 with two (Xero Central, "Rounding in Xero")
    line = {"Description": "x", "Quantity": 3, "UnitAmount": 33.335, "AccountCode": "200", "TaxType": "OUTPUT2"}
    body = invoice_for(xero.books.add_contact("Acme"), LineItems=[line])
    call(xero, "PUT", "/Invoices?unitdp=4", body)
    call(xero, "PUT", "/Invoices", body)
    assert [str(one["SubTotal"]) for one in xero.books.invoices] == ["100.01", "100.02"]


def test_a_key_repeats_the_answer_for_six_minutes_and_errors_too(xero: XeroSandbox, clock: FrozenClock) -> None:
    good, bad = invoice_for(xero.books.add_contact("Acme")), invoice_for("nobody")
    key = {"Idempotency-Key": "k"}
    first = call(xero, "PUT", "/Invoices", good, **key)
    assert call(xero, "PUT", "/Invoices", good, **key).content == first.content
    clock.now += timedelta(minutes=6)
    assert call(xero, "PUT", "/Invoices", good, **key).content != first.content
    assert len(xero.books.invoices) == 2
    refused = call(xero, "PUT", "/Invoices", bad, **{"Idempotency-Key": "b"})
    xero.books.add_contact("Nobody", contact_id="nobody")
    assert call(xero, "PUT", "/Invoices", bad, **{"Idempotency-Key": "b"}).content == refused.content


def test_a_key_is_refused_for_another_request_and_when_it_is_too_long(xero: XeroSandbox) -> None:
    body = invoice_for(xero.books.add_contact("Acme"))
    call(xero, "PUT", "/Invoices", body, **{"Idempotency-Key": "k"})
    for path, changed, key in (
        ("/Invoices?unitdp=4", body, "k"),
        ("/Invoices", {**body, "Reference": "other"}, "k"),
        ("/Invoices", body, "x" * 129),
    ):
        assert call(xero, "PUT", path, changed, **{"Idempotency-Key": key}).status_code == 400
    assert len(xero.books.invoices) == 1


def test_unsummarised_errors_come_with_status_200_beside_what_was_created(xero: XeroSandbox) -> None:
    good, bad = invoice_for(xero.books.add_contact("Acme")), invoice_for("nobody")
    answer = call(xero, "PUT", "/Invoices?summarizeErrors=false", {"Invoices": [bad, good]})
    assert answer.status_code == 200
    assert [one["HasErrors"] for one in answer.json()["Invoices"]] == [True, False]
    assert len(xero.books.invoices) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"InvoiceNumber": "INV-0001"}, "Invoice # must be unique"),
        ({"CurrencyCode": "XAF"}, "Organisation is not subscribed to currency XAF"),
        ({"LineItems": []}, "line items must be specified"),
        ({"Url": "https://example.com/xero"}, "Url"),
        ({"LineItems": [{"Description": "x" * 4001}]}, "Description cannot be longer"),
        ({"LineItems": [{"Description": "x", "UnitAmount": 1, "AccountCode": "9", "TaxType": "OUTPUT2"}]}, "'9'"),
        ({"LineItems": [{"Description": "x", "UnitAmount": 1, "AccountCode": "200", "TaxType": "INPUT2"}]}, "TaxType"),
    ],
)
def test_what_xero_refuses_is_refused_in_its_words(xero: XeroSandbox, change: dict[str, object], words: str) -> None:
    body = invoice_for(xero.books.add_contact("Acme"))
    call(xero, "PUT", "/Invoices", body)
    answer = call(xero, "PUT", "/Invoices", {**body, **change})
    assert answer.status_code == 400
    assert words in answer.json()["Elements"][0]["ValidationErrors"][0]["Message"]


def test_put_never_changes_an_invoice_but_post_with_its_number_does(xero: XeroSandbox) -> None:
    body = invoice_for(xero.books.add_contact("Acme"), InvoiceNumber="A-1")
    call(xero, "PUT", "/Invoices", body)
    assert call(xero, "PUT", "/Invoices", {**body, "Reference": "new"}).status_code == 400
    call(xero, "POST", "/Invoices", {**body, "Reference": "new"})
    assert [one["Reference"] for one in xero.books.invoices] == ["new"]


def test_a_draft_can_be_deleted_and_an_approved_invoice_only_voided(xero: XeroSandbox) -> None:
    body = invoice_for(xero.books.add_contact("Acme"))
    for _ in range(2):
        call(xero, "PUT", "/Invoices", body)
    first, second = (str(one["InvoiceID"]) for one in xero.books.invoices)
    for invoice, status, code in (
        (first, "VOIDED", 400),
        (first, "DELETED", 200),
        (first, "DRAFT", 400),
        (second, "AUTHORISED", 200),
        (second, "DELETED", 400),
        (second, "VOIDED", 200),
    ):
        assert call(xero, "POST", f"/Invoices/{invoice}", {"Status": status}).status_code == code
    assert call(xero, "GET", f"/Invoices/{first}").json()["Invoices"][0]["Status"] == "DELETED"


def test_filters_search_and_pages_work_together(xero: XeroSandbox) -> None:
    contact = xero.books.add_contact("Acme")
    for number in range(5):
        call(xero, "PUT", "/Invoices", invoice_for(contact, Reference=f"T2I-{number}"))
    page = call(xero, "GET", "/Invoices?searchTerm=t2i-&page=2&pageSize=2").json()
    assert [one["Reference"] for one in page["Invoices"]] == ["T2I-2", "T2I-3"]
    assert page["pagination"] == {"page": 2, "pageSize": 2, "pageCount": 3, "itemCount": 5}
    for where, count in (('Reference=="T2I-3"', 1), ('Type=="ACCREC" AND Reference.Contains("T2I")', 5)):
        assert len(call(xero, "GET", f"/Invoices?where={where}").json()["Invoices"]) == count
    assert call(xero, "GET", "/Invoices?where=1==1").status_code == 400


def test_credit_notes_are_filtered_by_where_alone_which_fails_where_a_text_is_not_there(xero: XeroSandbox) -> None:
    contact = xero.books.add_contact("Acme")
    for number in range(2):
        call(xero, "PUT", "/CreditNotes", invoice_for(contact, Type="ACCRECCREDIT", Reference=f"T2I-{number}"))
    assert len(call(xero, "GET", "/CreditNotes?searchTerm=T2I-1&Statuses=PAID&IDs=x").json()["CreditNotes"]) == 2
    xero.books.credit_notes[0]["Reference"] = None
    for where, code in (('Reference.Contains("T2I")', 400), ('Reference!=null AND Reference.Contains("T2I")', 200)):
        assert call(xero, "GET", f"/CreditNotes?where={where}").status_code == code


def test_invoices_and_credit_notes_do_not_share_numbers_or_types(xero: XeroSandbox) -> None:
    contact = xero.books.add_contact("Acme")
    call(xero, "PUT", "/Invoices", invoice_for(contact, InvoiceNumber="A-1"))
    note = invoice_for(contact, Type="ACCRECCREDIT", CreditNoteNumber="A-1")
    assert [call(xero, "PUT", "/CreditNotes", note).status_code for _ in range(2)] == [200, 400]
    assert call(xero, "PUT", "/CreditNotes", invoice_for(contact)).status_code == 400
    assert call(xero, "PUT", "/Invoices", note).status_code == 400


def test_a_stale_list_misses_the_latest_invoice_for_a_while(xero: XeroSandbox) -> None:
    call(xero, "PUT", "/Invoices", invoice_for(xero.books.add_contact("Acme")))
    call(xero, "POST", "/_sandbox/stale", {"reads": 1})
    assert [len(call(xero, "GET", "/Invoices").json()["Invoices"]) for _ in range(2)] == [0, 1]


def test_nobody_comes_in_without_token_and_organisation(xero: XeroSandbox, clock: FrozenClock) -> None:
    assert call(xero, "GET", "/Organisation", Authorization="Bearer made-up").status_code == 401
    assert call(xero, "GET", "/Organisation", **{"xero-tenant-id": ""}).status_code == 403
    old = token(xero)["access_token"]
    clock.now += timedelta(minutes=30)
    assert call(xero, "GET", "/Organisation", Authorization=f"Bearer {old}").status_code == 401
    assert call(xero, "GET", "/connections").json()[0]["tenantId"] == xero.tenant


def test_a_used_refresh_token_is_good_for_half_an_hour_more(xero: XeroSandbox, clock: FrozenClock) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "refresh-0"}
    assert token(xero, **form)["refresh_token"] == "refresh-1"
    clock.now += timedelta(minutes=29)
    assert "access_token" in token(xero, **form)
    clock.now += timedelta(minutes=1)
    assert token(xero, **form) == {"error": "invalid_grant"}


def test_faults_and_people_can_be_steered_over_http(xero: XeroSandbox) -> None:
    contact = call(xero, "POST", "/_sandbox/contacts", {"name": "Acme"}).json()["ContactID"]
    fault = {"when": "after", "status": 503, "method": "PUT", "path": "/Invoices"}
    call(xero, "POST", "/_sandbox/faults", fault)
    assert call(xero, "PUT", "/Invoices", invoice_for(contact)).status_code == 503
    call(xero, "POST", "/_sandbox/faults", {**fault, "do": "drop"})
    with pytest.raises(requests.ConnectionError):
        call(xero, "PUT", "/Invoices", invoice_for(contact))
    (invoice, _) = call(xero, "GET", "/_sandbox/state").json()["Invoices"]
    call(xero, "POST", f"/_sandbox/invoices/{invoice['InvoiceID']}", {"Status": "DELETED"})
    assert xero.books.invoices[0]["Status"] == "DELETED"
    call(xero, "PUT", "/CreditNotes", invoice_for(contact, Type="ACCRECCREDIT"))
    (note,) = call(xero, "GET", "/_sandbox/state").json()["CreditNotes"]
    call(xero, "POST", f"/_sandbox/creditnotes/{note['CreditNoteID']}", {"Status": "AUTHORISED"})
    assert xero.books.credit_notes[0]["Status"] == "AUTHORISED"
    call(xero, "POST", "/_sandbox/revoke", {}, Authorization="")
    assert token(xero) == {"error": "invalid_grant"}
