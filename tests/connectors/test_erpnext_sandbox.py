"""The pretended ERPNext against what the source of Frappe and ERPNext says, asked by plain HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from tests.connectors.erpnext import CLIENT, Clock

from tracker2invoice.testing.sandbox.erpnext import KEY, SECRET, ErpnextSandbox
from tracker2invoice.testing.sandbox.erpnext_books import COMPANY, REVENUE, VAT

INVOICES = "/api/resource/Sales Invoice"
CUSTOMERS = "/api/resource/Customer"
LISTING = "/api/method/frappe.client.get_list"


@pytest.fixture
def erpnext() -> Iterator[ErpnextSandbox]:
    with ErpnextSandbox(Clock()) as erpnext:
        erpnext.books.add_customer(CLIENT)
        yield erpnext


def call(erpnext: ErpnextSandbox, method: str, path: str, body: object = None, secret: str = SECRET) -> Any:
    headers = {"Authorization": f"token {KEY}:{secret}"}
    return requests.request(method, f"{erpnext.url}{path}", json=body, headers=headers, timeout=10)


def item(**more: object) -> dict[str, object]:
    usual = {"item_name": "Work", "description": "Work", "qty": 2, "rate": 50, "uom": "Nos", "income_account": REVENUE}
    return {**usual, **more}


def invoice(**more: object) -> dict[str, object]:
    tax = {"charge_type": "On Net Total", "account_head": VAT, "rate": 19}
    usual = {"customer": CLIENT, "company": COMPANY, "currency": "EUR", "posting_date": "2026-02-01", "is_return": 0}
    return {**usual, "due_date": "2026-04-01", "items": [item()], "taxes": [tax], **more}


def part(**more: object) -> dict[str, object]:
    return {"due_date": "2026-04-01", "payment_amount": 119, **more}


def made(erpnext: ErpnextSandbox, **more: object) -> dict[str, Any]:
    data: dict[str, Any] = call(erpnext, "POST", INVOICES, invoice(**more)).json()["data"]
    return data


def test_an_invoice_is_a_draft_with_its_name_and_its_totals(erpnext: ErpnextSandbox) -> None:
    data = made(erpnext)
    assert (data["name"], data["docstatus"], data["grand_total"]) == ("ACC-SINV-2026-00001", 0, 119.0)


def test_a_field_that_is_not_there_is_dropped_without_a_word(erpnext: ErpnextSandbox) -> None:
    erpnext.books.reference_field = None
    assert made(erpnext, t2i_ref="T2I-AAAAAAAAAAAA", shoe_size=42)["t2i_ref"] is None
    assert "shoe_size" not in erpnext.books.invoices[0]


@pytest.mark.parametrize(("day", "kind"), [("2026-01-31", ""), ("2026-02-28", "ClosedAccountingPeriod")])
def test_no_invoice_is_created_within_a_closed_period(erpnext: ErpnextSandbox, day: str, kind: str) -> None:
    erpnext.books.close_period("February", "2026-02-01", "2026-02-28")
    answer = call(erpnext, "POST", INVOICES, invoice(posting_date=day, set_posting_time=1))
    assert (answer.status_code, answer.json().get("exc_type", "")) == (417 if kind else 200, kind)


def test_an_invoice_has_the_currency_of_the_account_of_its_client_unless_a_setting_allows_others(
    erpnext: ErpnextSandbox,
) -> None:
    assert made(erpnext, currency="USD")["currency"] == "USD"
    erpnext.books.any_currency = False
    assert call(erpnext, "POST", INVOICES, invoice(currency="USD")).status_code == 417
    assert made(erpnext)["currency"] == "EUR"


def test_a_posting_date_is_that_of_today_unless_it_is_said_to_be_set(erpnext: ErpnextSandbox) -> None:
    dates = [made(erpnext, **more)["posting_date"] for more in ({}, {"set_posting_time": 1})]
    assert dates == ["2026-03-02", "2026-02-01"]


def test_the_terms_of_the_client_make_the_due_date_unless_there_is_a_schedule_and_they_are_ignored(
    erpnext: ErpnextSandbox,
) -> None:
    erpnext.books.tables["Customer"][0]["term_days"] = 10
    ignoring = {"ignore_default_payment_terms_template": 1}
    schedule = [{"due_date": "2026-04-01", "invoice_portion": 100}]
    assert made(erpnext, **ignoring)["due_date"] == "2026-03-12"
    assert made(erpnext, **ignoring, payment_schedule=schedule)["due_date"] == "2026-04-01"
    refused = call(erpnext, "POST", INVOICES, invoice(payment_schedule=schedule))
    assert "cannot be after 2026-03-12" in refused.json()["exception"]


def test_tags_are_taken_out_of_texts(erpnext: ErpnextSandbox) -> None:
    assert made(erpnext, terms="<script>x</script> a<br>b")["terms"] == "x a<br>b"


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (invoice(customer="Nobody"), "LinkValidationError", "Could not find Customer: Nobody"),
        (invoice(items=[item(qty=-1)]), "ValidationError", "quantity must be positive"),
        (invoice(is_return=1), "ValidationError", "quantity must be negative"),
        (invoice(items=[item(qty=0.5)]), "UOMMustBeIntegerError", "cannot be a fraction"),
        (invoice(items=[item(item_name="x" * 141)]), "CharacterLengthExceededError", "get truncated"),
        (invoice(items=[item(item_tax_template="none")]), "LinkValidationError", "Could not find Item Tax Template"),
        (invoice(return_against="none"), "LinkValidationError", "Could not find Sales Invoice"),
        (invoice(payment_schedule=[part(), part()]), "ValidationError", "duplicate due dates"),
        (invoice(payment_schedule=[part(payment_amount=1)]), "ValidationError", "must be equal to Grand"),
        (invoice(payment_schedule=[part(discount_date="2026-04-02")]), "ValidationError", "Discount Date cannot be"),
    ],
)
def test_a_refusal_has_a_kind_a_message_in_json_in_json_and_a_traceback(
    erpnext: ErpnextSandbox, body: object, kind: str, said: str
) -> None:
    answer = call(erpnext, "POST", INVOICES, body)
    assert (answer.status_code, answer.json()["exc_type"]) == (417, kind)
    assert said in json.loads(json.loads(answer.json()["_server_messages"])[0])["message"]
    assert "Traceback" in answer.json()["exc"]
    assert erpnext.books.invoices == []


def test_a_second_reference_is_refused_as_long_as_the_field_is_unique(erpnext: ErpnextSandbox) -> None:
    made(erpnext, t2i_ref="T2I-AAAAAAAAAAAA")
    second = call(erpnext, "POST", INVOICES, invoice(t2i_ref="T2I-AAAAAAAAAAAA"))
    assert (second.status_code, second.json()["exc_type"]) == (417, "UniqueValidationError")
    made(erpnext)
    made(erpnext)
    assert len(erpnext.books.invoices) == 3


@pytest.mark.parametrize(
    ("method", "path", "body", "secret", "status"),
    [
        ("POST", LISTING, {}, "no", 401),
        ("GET", "/api/resource/Nothing", None, SECRET, 404),
        ("DELETE", f"{INVOICES}/none", None, SECRET, 404),
        ("POST", LISTING, {"doctype": "Item Tax Template Detail", "filters": [], "fields": []}, SECRET, 403),
        ("POST", LISTING, {"doctype": "Customer", "filters": [["name", "~", 1]], "fields": []}, SECRET, 500),
    ],
)
def test_other_refusals_have_their_status(
    erpnext: ErpnextSandbox, method: str, path: str, body: object, secret: str, status: int
) -> None:
    assert call(erpnext, method, path, body, secret).status_code == status


def test_a_list_ends_after_twenty_unless_all_is_wanted(erpnext: ErpnextSandbox) -> None:
    for _ in range(21):
        made(erpnext)
    asked: dict[str, Any] = {"doctype": "Sales Invoice", "filters": [["docstatus", "=", 0]], "fields": ["name"]}
    lengths = [
        len(call(erpnext, "POST", LISTING, asked | more).json()["message"]) for more in ({}, {"limit_page_length": 0})
    ]
    assert lengths == [20, 21]


def test_only_what_was_not_submitted_is_deleted(erpnext: ErpnextSandbox) -> None:
    first, second = made(erpnext)["name"], made(erpnext)["name"]
    erpnext.books.submit(erpnext.books.record("Sales Invoice", second))
    statuses = [call(erpnext, "DELETE", f"{INVOICES}/{name}").status_code for name in (first, second)]
    assert statuses == [202, 417]
    assert [one["name"] for one in erpnext.books.invoices] == [second]


def test_a_return_is_of_a_submitted_invoice_at_its_rate(erpnext: ErpnextSandbox) -> None:
    original = made(erpnext)["name"]
    back = invoice(is_return=1, return_against=original, items=[item(qty=-2)])
    assert "Invalid Return" in call(erpnext, "POST", INVOICES, back).text
    erpnext.books.submit(erpnext.books.invoices[0])
    assert "Exchange Rate" in call(erpnext, "POST", INVOICES, {**back, "conversion_rate": 2}).text
    assert call(erpnext, "POST", INVOICES, back).json()["data"]["grand_total"] == -119.0


def test_a_name_that_is_taken_gets_a_number_and_no_refusal(erpnext: ErpnextSandbox) -> None:
    answers = [call(erpnext, "POST", CUSTOMERS, {"customer_name": "Globex"}).json()["data"]["name"] for _ in range(2)]
    assert answers == ["Globex", "Globex - 1"]


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"customer_name": ""}, "MandatoryError"),
        ({"address_line1": "Ring 2", "country": "Germany"}, "ValidationError"),
        ({"address_line1": "Ring 2", "city": "Hamburg", "country": "DE"}, "LinkValidationError"),
    ],
)
def test_a_customer_needs_a_name_and_an_address_its_city_and_country(
    erpnext: ErpnextSandbox, more: dict[str, str], kind: str
) -> None:
    answer = call(erpnext, "POST", CUSTOMERS, {"customer_name": "Globex", **more})
    assert (answer.status_code, answer.json()["exc_type"]) == (417, kind)
    assert len(erpnext.books.tables["Customer"]) == 1


def test_a_file_goes_with_its_document_and_a_name_on_the_disk_is_not_used_twice(erpnext: ErpnextSandbox) -> None:
    name = made(erpnext)["name"]
    url, headers = f"{erpnext.url}/api/method/upload_file", {"Authorization": f"token {KEY}:{SECRET}"}
    belongs_to, files = {"doctype": "Sales Invoice", "docname": name}, {"file": ("a.pdf", b"%PDF", "application/pdf")}
    for expected in ("a.pdf", "a5f3c1a.pdf"):
        answer = requests.post(url, data=belongs_to, files=files, headers=headers, timeout=10)
        assert answer.json()["message"]["file_name"] == expected
    call(erpnext, "DELETE", f"{INVOICES}/{name}")
    assert (erpnext.books.tables["File"], erpnext.books.on_disk) == ([], set())


def test_a_rehearsal_steers_it_over_http(erpnext: ErpnextSandbox) -> None:
    call(erpnext, "POST", "/_sandbox/customers", {"name": "Globex"})
    name = made(erpnext, customer="Globex")["name"]
    assert call(erpnext, "POST", f"/_sandbox/invoices/{name}", {"do": "submit"}).json()["docstatus"] == 1
    paid = call(erpnext, "POST", f"/_sandbox/invoices/{name}", {"do": "pay", "po_no": "PO-1"}).json()
    assert (paid["outstanding_amount"], paid["po_no"]) == (0.0, "PO-1")
    call(erpnext, "POST", "/_sandbox/faults", {"when": "after", "do": "drop", "path": "/Sales Invoice"})
    with pytest.raises(requests.ConnectionError):
        made(erpnext)
    state = requests.get(f"{erpnext.url}/_sandbox/state", timeout=10).json()
    assert (len(state["invoices"]), len(state["customers"])) == (2, 2)
    call(erpnext, "POST", "/_sandbox/revoke", {})
    assert call(erpnext, "POST", INVOICES, invoice()).status_code == 401
