"""The pretended Stripe, judged by Stripe's own library as it comes, and by what its documentation says."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from tests.connectors.stripe import CUSTOMER, Clock

from tracker2invoice.testing.sandbox.form import read_form
from tracker2invoice.testing.sandbox.stripe import API_KEY, StripeSandbox, lock_timeout, rate_limited

VENDOR: Any = import_module("stripe")  # partly untyped


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[StripeSandbox]:
    with StripeSandbox(clock) as running:
        running.books.add_customer("Acme GmbH", CUSTOMER)
        yield running


@pytest.fixture
def v1(sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(VENDOR, "enable_telemetry", False)
    transport = VENDOR.RequestsClient()
    yield VENDOR.StripeClient(
        API_KEY, base_addresses={"api": sandbox.url}, max_network_retries=0, http_client=transport
    ).v1
    transport.close()


@pytest.fixture
def library(v1: Any) -> Any:
    return v1.invoices


def an_invoice(**more: object) -> dict[str, object]:
    return {"customer": CUSTOMER, "currency": "eur", "collection_method": "send_invoice", "days_until_due": 30, **more}


def asked(sandbox: StripeSandbox, path: str, order: object = None) -> Any:
    body = None if order is None else json.dumps(order).encode()
    with urllib.request.urlopen(f"{sandbox.url}/_sandbox/{path}", body) as answer:
        return json.load(answer)


def test_the_library_creates_adds_lists_finalizes_and_voids(library: Any) -> None:
    made = library.create(an_invoice(metadata={"t2i_ref": "x"}))
    line = {"amount": 10000, "description": "Design", "tax_rates": ["txr_19"], "metadata": {"t2i_line": "1"}}
    whole = library.add_lines(made.id, {"lines": [line, {**line, "amount": -100}]})
    assert (whole.status, whole.subtotal, whole.total) == ("draft", 9900, 11781)
    assert [one.metadata["t2i_line"] for one in whole.lines.data] == ["1", "1"]
    (listed,) = library.list({"customer": CUSTOMER, "created": {"gte": made.created}}).data
    assert listed.metadata["t2i_ref"] == "x"
    assert library.finalize_invoice(made.id).status == "open"
    assert library.void_invoice(made.id).status == "void"
    assert library.retrieve(made.id).number == "A1B2C3D4-0001"


def test_a_draft_is_deleted_and_then_unknown(library: Any) -> None:
    made = library.create(an_invoice())
    assert library.delete(made.id).deleted
    with pytest.raises(VENDOR.InvalidRequestError) as caught:
        library.retrieve(made.id)
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_what_was_sent_can_be_neither_deleted_nor_given_lines(library: Any) -> None:
    made = library.create(an_invoice())
    library.add_lines(made.id, {"lines": [{"amount": 1}]})
    library.finalize_invoice(made.id)
    with pytest.raises(VENDOR.InvalidRequestError) as deleting:
        library.delete(made.id)
    with pytest.raises(VENDOR.InvalidRequestError) as adding:
        library.add_lines(made.id, {"lines": [{"amount": 1}]})
    assert deleting.value.code == adding.value.code == "invoice_not_editable"


def test_a_draft_without_lines_cannot_be_sent(library: Any) -> None:
    made = library.create(an_invoice())
    with pytest.raises(VENDOR.InvalidRequestError) as caught:
        library.finalize_invoice(made.id)
    assert caught.value.code == "invoice_no_customer_line_items"


def test_pages_follow_each_other(library: Any, sandbox: StripeSandbox) -> None:
    made = [library.create(an_invoice()).id for _ in range(7)]
    pages = library.list({"customer": CUSTOMER, "limit": 3})
    assert [one.id for one in pages.auto_paging_iter()] == made[::-1]


def test_a_key_is_remembered_for_a_day_with_its_parameters(library: Any, sandbox: StripeSandbox, clock: Clock) -> None:
    first = library.create(an_invoice(), {"idempotency_key": "k"})
    again = library.create(an_invoice(), {"idempotency_key": "k"})
    assert (again.id, again.last_response.headers["Idempotent-Replayed"]) == (first.id, "true")
    with pytest.raises(VENDOR.IdempotencyError):
        library.create(an_invoice(description="other"), {"idempotency_key": "k"})
    clock.now += timedelta(hours=24)
    assert library.create(an_invoice(), {"idempotency_key": "k"}).id != first.id


def test_a_500_is_kept_with_its_key_and_a_refused_parameter_is_not(library: Any, sandbox: StripeSandbox) -> None:
    asked(sandbox, "breakdown", {"when": "before"})
    for _ in range(2):
        with pytest.raises(VENDOR.APIError):
            library.create(an_invoice(), {"idempotency_key": "k"})
    with pytest.raises(VENDOR.InvalidRequestError):
        library.create(an_invoice(footers="x"), {"idempotency_key": "other"})
    library.create(an_invoice(), {"idempotency_key": "other"})
    assert len(sandbox.books.invoices) == 1


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"customer": "cus_nobody"}, "customer"),
        ({"currency": "EUR"}, "currency"),
        ({"days_until_due": ""}, "days_until_due"),
        ({"due_date": 1}, "due_date"),
        ({"description": "x" * 1501}, "description"),
        ({"custom_fields": [{"name": "x", "value": "y"}] * 5}, "custom_fields"),
        ({"metadata": {"x": "y" * 501}}, "metadata"),
        ({"unheard_of": "x"}, "unheard_of"),
    ],
)
def test_a_parameter_that_stripe_does_not_take_is_named(library: Any, more: dict[str, object], param: str) -> None:
    with pytest.raises(VENDOR.InvalidRequestError) as caught:
        library.create(an_invoice(**more))
    assert caught.value.param == param


def test_tax_rates_and_tax_amounts_do_not_mix(library: Any) -> None:
    made = library.create(an_invoice())
    by_hand = {"amount": 1, "tax_amounts": [{"amount": 1, "taxable_amount": 1, "tax_rate_data": {"percentage": 19}}]}
    with pytest.raises(VENDOR.InvalidRequestError):
        library.add_lines(made.id, {"lines": [by_hand, {"amount": 1, "tax_rates": ["txr_19"]}]})
    assert library.retrieve(made.id).total == 0


def test_customers_are_created_listed_and_searched_for_which_is_a_minute_late(v1: Any, clock: Clock) -> None:
    tax_id = {"type": "eu_vat", "value": "DE987654321"}
    made = v1.customers.create(
        {"name": "Globex", "email": "it@globex.example", "tax_id_data": [tax_id], "metadata": {"k": "v"}}
    )
    (listed,) = v1.customers.list({"email": "it@globex.example", "expand": ["data.tax_ids"]}).data
    assert (listed.id, listed.tax_ids.data[0].value) == (made.id, "DE987654321")
    assert v1.customers.list({"email": "IT@globex.example"}).data == []
    for query in ('name:"globex"', 'metadata["k"]:"v" OR name:"nobody"'):
        assert v1.customers.search({"query": query}).data == []
    clock.now += timedelta(minutes=1)
    for query in ('name:"globex"', 'metadata["k"]:"v" OR name:"nobody"'):
        assert [one.id for one in v1.customers.search({"query": query}).data] == [made.id]


@pytest.mark.parametrize(
    ("what", "param"),
    [
        ({"vat": "DE1"}, "vat"),
        ({"address": {"line2": ""}}, "address[line2]"),
        ({"tax_id_data": [{"type": "eu_vat", "value": "1"}]}, "tax_id_data[0][value]"),
    ],
)
def test_what_a_customer_cannot_have_is_named(v1: Any, what: dict[str, object], param: str) -> None:
    with pytest.raises(VENDOR.InvalidRequestError) as caught:
        v1.customers.create({"name": "Globex", **what})
    assert caught.value.param == param


def test_a_search_that_is_none_is_refused(v1: Any) -> None:
    with pytest.raises(VENDOR.InvalidRequestError, match="parse"):
        v1.customers.search({"query": "name~Globex"})


def test_limits_are_errors_that_the_library_knows(library: Any, sandbox: StripeSandbox) -> None:
    for fault in (rate_limited(), lock_timeout()):
        sandbox.faults.append(fault)
        with pytest.raises(VENDOR.RateLimitError):
            library.create(an_invoice())


def test_a_wrong_key_is_an_authentication_error(library: Any, sandbox: StripeSandbox) -> None:
    asked(sandbox, "revoke", {})
    with pytest.raises(VENDOR.AuthenticationError):
        library.list()


def test_a_rehearsal_steers_it_over_http(library: Any, sandbox: StripeSandbox) -> None:
    customer = asked(sandbox, "customers", {"name": "Globex", "tax_exempt": "reverse"})["id"]
    made = library.create(an_invoice(customer=customer))
    library.add_lines(made.id, {"lines": [{"amount": 10000, "tax_rates": ["txr_19"]}]})
    library.finalize_invoice(made.id)
    asked(sandbox, f"credits/{made.id}", {"amount": 100})
    asked(sandbox, "stale", {"reads": 1})
    assert len(library.list({"customer": customer}).data) == 0
    asked(sandbox, "faults", {"status": 503, "method": "GET", "path": "/v1/invoices"})
    with pytest.raises(VENDOR.APIError):
        library.list()
    (invoice,) = asked(sandbox, "state")["invoices"]
    assert (invoice["total"], invoice["pre_payment_credit_notes_amount"]) == (10000, 100)


def test_nested_parameters_are_lists_and_objects() -> None:
    text = "a=1&lines[0][metadata][x]=1&lines[0][tax_rates][0]=t&lines[10][amount]=-5&discounts=&m[k%20%5B]=v"
    assert read_form(text) == {
        "a": "1",
        "lines": [{"metadata": {"x": "1"}, "tax_rates": ["t"]}, {"amount": "-5"}],
        "discounts": "",
        "m": {"k [": "v"},
    }
