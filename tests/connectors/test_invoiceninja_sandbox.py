"""The pretended Invoice Ninja does what the source and the description of the true one say."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from tests.connectors.vendor_schemas import complaints, vendor_schemas

from tracker2invoice.testing.sandbox.invoiceninja import TOKEN, TOKEN_ELSEWHERE, InvoiceNinjaSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import FrozenClock


@pytest.fixture
def ninja(clock: FrozenClock) -> Iterator[InvoiceNinjaSandbox]:
    with InvoiceNinjaSandbox(clock) as running:
        yield running


def call(
    ninja: InvoiceNinjaSandbox, method: str, path: str, body: object = None, token: str = TOKEN
) -> requests.Response:
    url = path if path.startswith("/_") else f"/api/v1{path}"
    data = None if body is None else json.dumps(body)
    return requests.request(method, ninja.url + url, data=data, headers={"X-API-TOKEN": token}, timeout=5)


def invoice_for(ninja: InvoiceNinjaSandbox, **more: object) -> dict[str, Any]:
    client = str(ninja.books.clients[0]["id"]) if ninja.books.clients else ninja.books.add_client("Acme")
    return {"client_id": client, "line_items": [{"notes": "x", "quantity": 1, "cost": 100}], **more}


def create(ninja: InvoiceNinjaSandbox, **more: object) -> dict[str, Any]:
    answer = call(ninja, "POST", "/invoices", invoice_for(ninja, **more))
    assert answer.status_code == 200, answer.text
    created: dict[str, Any] = answer.json()["data"]
    return created


def numbers(ninja: InvoiceNinjaSandbox, query: str) -> list[str]:
    return [one["number"] for one in call(ninja, "GET", f"/invoices?{query}").json()["data"]]


def test_an_answer_is_one_that_the_vendor_describes(ninja: InvoiceNinjaSandbox) -> None:
    described = vendor_schemas("invoiceninja.yaml")
    schema = described["components"]["schemas"]["Invoice"]
    created = create(ninja, date="2026-03-02", due_date="2026-04-01", number="A-1", po_number="PO-1")
    # the files are not described, but come with every one (app/Transformers/InvoiceTransformer.php)
    assert created.keys() - schema["properties"].keys() == {"documents"}
    assert complaints(described, schema, created) == []


def test_another_company_shows_nothing_and_lets_nobody_see_clients_of_this_one(ninja: InvoiceNinjaSandbox) -> None:
    invoice = create(ninja)
    assert call(ninja, "GET", "/invoices", token=TOKEN_ELSEWHERE).json()["data"] == []
    for path in (f"/invoices/{invoice['id']}", f"/clients/{invoice['client_id']}"):
        assert call(ninja, "GET", path, token=TOKEN_ELSEWHERE).status_code == 401
    refused = call(ninja, "POST", "/invoices", invoice_for(ninja), TOKEN_ELSEWHERE)
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["client_id"])


def test_a_plan_without_api_lets_no_token_in(ninja: InvoiceNinjaSandbox) -> None:
    ninja.has_api = False
    answer = call(ninja, "GET", "/invoices")
    assert (answer.status_code, answer.json()["message"]) == (
        403,
        "Feature not available with free / unpaid account.",
    )


def test_nobody_comes_in_without_the_token(ninja: InvoiceNinjaSandbox) -> None:
    answer = call(ninja, "GET", "/invoices", token="another")
    assert (answer.status_code, answer.json()["message"]) == (403, "Invalid token")


def test_what_is_not_there_is_a_bad_request(ninja: InvoiceNinjaSandbox) -> None:
    for path in ("/invoices/nothing", "/clients/nothing", "/group_settings/nothing"):
        answer = call(ninja, "GET", path)
        assert (answer.status_code, answer.json()["message"][:16]) == (400, "No query results")
    assert call(ninja, "GET", "/nothing").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": "A-1"}, "number"),
        ({"client_id": "nobody"}, "client_id"),
        ({"due_date": "soon"}, "due_date"),
        ({"due_date": "2026-04-01", "partial": "10", "partial_due_date": "2026-04-01"}, "partial_due_date"),
    ],
)
def test_what_is_invalid_is_said_by_field(ninja: InvoiceNinjaSandbox, change: dict[str, str], field: str) -> None:
    create(ninja, number="A-1")
    answer = call(ninja, "POST", "/invoices", invoice_for(ninja, **change))
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert len(ninja.books.invoices) == 1


def test_a_text_that_the_database_cannot_hold_is_a_server_error(ninja: InvoiceNinjaSandbox) -> None:
    assert call(ninja, "POST", "/invoices", invoice_for(ninja, po_number="x" * 192)).status_code == 500


def test_lists_show_every_state_unless_they_are_asked_for_some(ninja: InvoiceNinjaSandbox) -> None:
    ids = [create(ninja)["id"] for _ in range(3)]
    for chosen, action in ((ids[1], "archive"), (ids[2], "delete")):
        call(ninja, "POST", "/invoices/bulk", {"ids": [chosen], "action": action})
    everything = ["0001", "0002", "0003_deleted"]
    assert numbers(ninja, "") == numbers(ninja, "status=active,archived,deleted&client_status=all") == everything
    assert numbers(ninja, "status=archived") == ["0002"]
    assert numbers(ninja, "is_deleted=true") == ["0003_deleted"]
    assert numbers(ninja, "client_status=paid") == []


def test_a_search_looks_into_numbers_and_custom_values_and_notes_have_a_filter_of_their_own(
    ninja: InvoiceNinjaSandbox,
) -> None:
    create(ninja, number="T2I-A", private_notes="see T2I-C")
    create(ninja, custom_value1="T2I-B")
    assert numbers(ninja, "filter=t2i-") == ["T2I-A", "0002"]
    assert numbers(ninja, "private_notes=T2I-C") == ["T2I-A"]
    assert numbers(ninja, "number=T2I-A") == ["T2I-A"]


def test_pages_have_twenty_unless_asked_for_more(ninja: InvoiceNinjaSandbox) -> None:
    for _ in range(21):
        create(ninja)
    assert len(numbers(ninja, "")) == 20
    second = call(ninja, "GET", "/invoices?per_page=10&page=3").json()
    assert [one["number"] for one in second["data"]] == ["0021"]
    assert second["meta"]["pagination"] | {"links": {}} == {
        "total": 21, "count": 1, "per_page": 10, "current_page": 3, "total_pages": 3, "links": {},
    }  # fmt: skip


def test_only_what_was_changed_since_is_listed(ninja: InvoiceNinjaSandbox, clock: FrozenClock) -> None:
    create(ninja)
    clock.now += timedelta(hours=1)
    create(ninja)
    assert numbers(ninja, f"updated_at={int(clock.now.timestamp())}") == ["0002"]


def test_a_deleted_invoice_gives_its_number_up(ninja: InvoiceNinjaSandbox) -> None:
    for expected in ("A-1_deleted", "A-1_deleted_1"):
        created = create(ninja, number="A-1")
        deleted = call(ninja, "DELETE", f"/invoices/{created['id']}").json()["data"]
        assert (deleted["number"], deleted["is_deleted"]) == (expected, True)


def test_numbers_may_wait_until_an_invoice_is_sent(ninja: InvoiceNinjaSandbox) -> None:
    ninja.books.company["settings"] = {"currency_id": "3", "counter_number_applied": "when_sent"}
    created = create(ninja)
    assert created["number"] == ""
    call(ninja, "POST", "/invoices/bulk", {"ids": [created["id"]], "action": "mark_sent"})
    assert call(ninja, "GET", f"/invoices/{created['id']}").json()["data"]["number"] == "0002"


def test_texts_of_lines_are_changed_as_the_server_changes_them(ninja: InvoiceNinjaSandbox) -> None:
    [line] = create(ninja, line_items=[{"notes": " <b onerror=x>alert(1)</script> :MONTH :YEAR "}])["line_items"]
    assert line["notes"] == "<b <-=x><-1)<-ript> March 2026"


def test_the_tax_of_a_line_has_two_decimals_and_the_total_those_of_the_currency(ninja: InvoiceNinjaSandbox) -> None:
    ninja.books.add_client("Acme KK", "45")
    yen = create(ninja, line_items=[{"quantity": 1, "cost": 333, "tax_name1": "VAT", "tax_rate1": 19}])
    assert (yen["line_items"][0]["line_total"], yen["line_items"][0]["tax_amount"]) == (333, 63.27)
    assert yen["amount"] == 396


def test_a_tax_whose_name_has_one_character_is_not_added_up(ninja: InvoiceNinjaSandbox) -> None:
    created = create(ninja, line_items=[{"quantity": 1, "cost": 100, "tax_name1": "V", "tax_rate1": 19}])
    assert created["amount"] == 100


def test_client_and_payments_come_only_if_asked_for(ninja: InvoiceNinjaSandbox) -> None:
    created = create(ninja)
    call(ninja, "POST", f"/_sandbox/payments/{created['id']}", {"amount": "100.00", "on": "2026-03-09"})
    assert "client" not in call(ninja, "GET", f"/invoices/{created['id']}").json()["data"]
    whole = call(ninja, "GET", f"/invoices/{created['id']}?include=client,payments").json()["data"]
    assert (whole["client"]["name"], whole["payments"][0]["date"], whole["status_id"]) == ("Acme", "2026-03-09", "4")


def test_a_credit_is_a_draft_unless_it_names_an_invoice(ninja: InvoiceNinjaSandbox) -> None:
    bodies = [invoice_for(ninja), invoice_for(ninja, invoice_id=create(ninja)["id"])]
    made = [call(ninja, "POST", "/credits", body).json()["data"] for body in bodies]
    assert [one["status_id"] for one in made] == ["1", "2"]
    assert [one["id"] for one in call(ninja, "GET", "/credits").json()["data"]] == [one["id"] for one in made]
    deleted = call(ninja, "DELETE", f"/credits/{made[0]['id']}").json()["data"]
    assert (deleted["is_deleted"], deleted["number"]) == (True, "0001")
    assert ninja.books.invoices[0]["is_deleted"] is False


def test_faults_and_people_can_be_steered_over_http(ninja: InvoiceNinjaSandbox) -> None:
    client = call(ninja, "POST", "/_sandbox/clients", {"name": "Acme"}).json()["id"]
    fault = {"when": "after", "status": 503, "method": "POST", "path": "/invoices"}
    call(ninja, "POST", "/_sandbox/faults", fault)
    assert call(ninja, "POST", "/invoices", invoice_for(ninja)).status_code == 503
    call(ninja, "POST", "/_sandbox/faults", {**fault, "do": "drop"})
    with pytest.raises(requests.ConnectionError):
        call(ninja, "POST", "/invoices", invoice_for(ninja))
    state = call(ninja, "GET", "/_sandbox/state").json()
    assert [one["client_id"] for one in state["invoices"]] == [client, client]
    call(ninja, "POST", f"/_sandbox/invoices/{state['invoices'][0]['id']}", {"action": "cancel", "po_number": "new"})
    assert (ninja.books.invoices[0]["status_id"], ninja.books.invoices[0]["po_number"]) == ("5", "new")
    call(ninja, "POST", "/_sandbox/stale", {"reads": 1})
    assert [len(numbers(ninja, "")) for _ in range(2)] == [1, 2]
    call(ninja, "POST", "/_sandbox/revoke", {})
    assert call(ninja, "GET", "/invoices").status_code == 403
