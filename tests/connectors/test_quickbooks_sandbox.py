"""The pretended QuickBooks Online: it refuses what the real one is said to refuse, and repeats what it repeats."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests
from tests.connectors.quickbooks import CUSTOMER, Clock

from tracker2invoice.testing.sandbox.quickbooks import CLIENT_ID, CLIENT_SECRET, REALM, QuickBooksSandbox

NUMBER = "T2I-ABCDEFGHIJKL"


@pytest.fixture
def quickbooks() -> Iterator[QuickBooksSandbox]:
    with QuickBooksSandbox(Clock()) as running:
        running.books.add_customer("Acme GmbH", customer_id=CUSTOMER)
        yield running


def call(quickbooks: QuickBooksSandbox, method: str, path: str, body: object = None, **params: str) -> Any:
    form = {"grant_type": "refresh_token", "refresh_token": quickbooks.tokens.refresh}
    token_url = f"{quickbooks.url}/oauth2/v1/tokens/bearer"
    token = requests.post(token_url, data=form, auth=(CLIENT_ID, CLIENT_SECRET), timeout=5).json()["access_token"]
    url = f"{quickbooks.url}{path if path.startswith('/_') else f'/v3/company/{REALM}{path}'}"
    headers = {"Authorization": f"Bearer {token}"}
    return requests.request(method, url, params=params, json=body, headers=headers, timeout=5).json()


def invoice(**more: object) -> dict[str, object]:
    detail = {"ItemRef": {"value": "1"}, "Qty": 2, "UnitPrice": 50, "TaxCodeRef": {"value": "10"}}
    line = {"DetailType": "SalesItemLineDetail", "Amount": 100, "Description": "x", "SalesItemLineDetail": detail}
    return {"CustomerRef": {"value": CUSTOMER}, "DocNumber": NUMBER, "TxnDate": "2026-03-02", "Line": [line], **more}


def codes(answer: Any) -> list[str]:
    return [error["code"] for error in answer["Fault"]["Error"]]


def test_an_invoice_comes_back_with_its_tax_and_total(quickbooks: QuickBooksSandbox) -> None:
    made = call(quickbooks, "POST", "/invoice", invoice())["Invoice"]
    assert (made["TotalAmt"], made["TxnTaxDetail"]["TotalTax"], made["Balance"]) == (119, 19, 119)
    assert (made["DocNumber"], made["SyncToken"]) == (NUMBER, "0")
    assert not {"entity", "deleted"} & set(made)


def test_a_request_id_gets_the_first_answer_again_also_if_that_was_a_refusal(quickbooks: QuickBooksSandbox) -> None:
    first = call(quickbooks, "POST", "/invoice", invoice(), requestid="k")
    assert call(quickbooks, "POST", "/invoice", invoice(DocNumber="other"), requestid="k") == first
    bad = call(quickbooks, "POST", "/invoice", invoice(Line=[]), requestid="b")
    assert call(quickbooks, "POST", "/invoice", invoice(), requestid="b") == bad
    assert len(quickbooks.books.documents) == 1


def test_a_request_id_of_more_than_fifty_characters_is_refused(quickbooks: QuickBooksSandbox) -> None:
    assert codes(call(quickbooks, "POST", "/invoice", invoice(), requestid="k" * 51)) == ["2050"]


def test_a_company_that_numbers_by_itself_replaces_the_number(quickbooks: QuickBooksSandbox) -> None:
    call(quickbooks, "POST", "/_sandbox/preferences", {"own_numbers": False})
    assert call(quickbooks, "POST", "/invoice", invoice())["Invoice"]["DocNumber"] == "1001"


def test_a_second_number_is_refused_only_where_that_is_so(quickbooks: QuickBooksSandbox) -> None:
    for _ in range(2):
        call(quickbooks, "POST", "/invoice", invoice())
    quickbooks.books.refuses_duplicates = True
    assert codes(call(quickbooks, "POST", "/invoice", invoice())) == ["6140"]
    assert len(quickbooks.books.documents) == 2


def line(**more: object) -> dict[str, object]:
    found: Any = invoice()["Line"]
    return {**found[0], **more}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"CustomerRef": {"value": "1"}}, "2500"),
        ({"CurrencyRef": {"value": "USD"}}, "6000"),
        ({"Line": []}, "2020"),
        ({"Line": [line(Amount=99)]}, "6070"),
        ({"Line": [line(Amount="100")]}, "2040"),
        ({"Line": [line(Description="x" * 4001)]}, "2050"),
        ({"DocNumber": "x" * 22}, "2050"),
        ({"Line": [line(DetailType="Other")]}, "2010"),
        ({"Line": [{"DetailType": "DescriptionOnly", "Description": "Subtotal: 1"}]}, "2010"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_code(
    quickbooks: QuickBooksSandbox, change: dict[str, object], code: str
) -> None:
    assert codes(call(quickbooks, "POST", "/invoice", invoice(**change))) == [code]
    assert quickbooks.books.documents == []


def test_a_total_below_nothing_is_refused(quickbooks: QuickBooksSandbox) -> None:
    detail = {"ItemRef": {"value": "1"}, "Qty": 1, "UnitPrice": -1, "TaxCodeRef": {"value": "10"}}
    below = line(Amount=-1, SalesItemLineDetail=detail)
    assert codes(call(quickbooks, "POST", "/invoice", invoice(Line=[below]))) == ["6000"]


def test_a_deletion_wants_the_latest_version_and_leaves_nothing_to_find(quickbooks: QuickBooksSandbox) -> None:
    made = call(quickbooks, "POST", "/invoice", invoice())["Invoice"]
    call(quickbooks, "POST", f"/_sandbox/documents/Invoice/{made['Id']}", {"do": "send"})
    stale = {"Id": made["Id"], "SyncToken": "0"}
    assert codes(call(quickbooks, "POST", "/invoice", stale, operation="delete")) == ["5010"]
    gone = call(quickbooks, "POST", "/invoice", {**stale, "SyncToken": "1"}, operation="delete")
    assert gone["Invoice"]["status"] == "Deleted"
    query = f"select * from Invoice where DocNumber = '{NUMBER}' maxresults 10"
    assert call(quickbooks, "GET", "/query", query=query) == {"QueryResponse": {}}
    assert codes(call(quickbooks, "POST", "/invoice", stale, operation="delete")) == ["610"]


@pytest.mark.parametrize(
    "query",
    [
        "select * from Invoice",
        "select * from Invoice, Estimate where DocNumber = 'x' maxresults 1",
        "select * from Invoice where DocNumber = 'x' or Id in ('1') maxresults 1",
        "select * from Invoice where PrivateNote = 'x' maxresults 1",
        "select DocNumber from Invoice where DocNumber = 'x' maxresults 1",
        "select * from Customer where PrimaryTaxIdentifier = 'x' maxresults 1",
        "select * from Customer where DisplayName = 'O'Neill' maxresults 1",
    ],
)
def test_what_the_language_of_queries_lacks_is_refused(quickbooks: QuickBooksSandbox, query: str) -> None:
    assert codes(call(quickbooks, "GET", "/query", query=query)) == ["4000"]


def test_a_rehearsal_is_steered_over_http(quickbooks: QuickBooksSandbox) -> None:
    given = call(quickbooks, "POST", "/_sandbox/customers", {"name": "Globex"})["Id"]
    made = call(quickbooks, "POST", "/estimate", invoice(CustomerRef={"value": given}))["Estimate"]
    billed = call(quickbooks, "POST", f"/_sandbox/documents/Estimate/{made['Id']}", {"do": "bill"})
    call(quickbooks, "POST", f"/_sandbox/payments/{billed['Id']}", {"amount": "19.00", "on": "2026-04-01"})
    call(quickbooks, "POST", f"/_sandbox/documents/Invoice/{billed['Id']}", {"PrivateNote": "x"})
    state = call(quickbooks, "GET", "/_sandbox/state")
    estimate, paid = state["Documents"]
    assert (estimate["TxnStatus"], paid["PrivateNote"]) == ("Closed", "x")
    assert Decimal(str(paid["Balance"])) == 100
    assert [one["TotalAmt"] for one in state["Payments"]] == [19]
    call(quickbooks, "POST", "/_sandbox/stale", {"reads": 1})
    query = f"select * from Invoice where Id in ('{paid['Id']}') maxresults 10"
    assert [len(call(quickbooks, "GET", "/query", query=query)["QueryResponse"]) for _ in range(2)] == [0, 3]
    call(quickbooks, "POST", "/_sandbox/faults", {"path": "/query", "status": 503, "body": "{}"})
    assert call(quickbooks, "GET", "/query", query=query) == {}
    call(quickbooks, "POST", f"/_sandbox/documents/Invoice/{paid['Id']}", {"do": "void"})
    call(quickbooks, "POST", f"/_sandbox/documents/Invoice/{paid['Id']}", {"do": "delete"})
    assert quickbooks.books.of("Invoice") == []
    call(quickbooks, "POST", "/_sandbox/deny")
    assert quickbooks.tokens.denies
    call(quickbooks, "POST", "/_sandbox/revoke")
    assert quickbooks.tokens.revoked


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"DisplayName": "Acme GmbH", "CurrencyRef": {"value": "EUR"}}, "6240"),
        ({"DisplayName": "Print Shop Ltd", "CurrencyRef": {"value": "EUR"}}, "6240"),
        ({"DisplayName": "Globex"}, "2020"),
        ({"CurrencyRef": {"value": "EUR"}}, "2020"),
    ],
)
def test_a_customer_needs_a_currency_and_a_name_that_nobody_has(
    quickbooks: QuickBooksSandbox, asked: dict[str, object], code: str
) -> None:
    assert codes(call(quickbooks, "POST", "/customer", asked)) == [code]
    assert len(quickbooks.books.customers) == 1


def test_of_a_tax_number_the_end_alone_is_shown(quickbooks: QuickBooksSandbox) -> None:
    asked = {"DisplayName": "Globex", "CurrencyRef": {"value": "EUR"}, "PrimaryTaxIdentifier": "DE987654321"}
    assert call(quickbooks, "POST", "/customer", asked)["Customer"]["PrimaryTaxIdentifier"] == "XXXXXX54321"


def test_an_inactive_customer_has_another_name_and_is_shown_if_it_is_asked_for(quickbooks: QuickBooksSandbox) -> None:
    quickbooks.books.deactivate(CUSTOMER)
    where = "select * from Customer where DisplayName like 'Acme%'"
    assert call(quickbooks, "GET", "/query", query=f"{where} maxresults 10") == {"QueryResponse": {}}
    shown = call(quickbooks, "GET", "/query", query=f"{where} and Active in (true, false) maxresults 10")
    assert [one["DisplayName"] for one in shown["QueryResponse"]["Customer"]] == ["Acme GmbH (deleted)"]
