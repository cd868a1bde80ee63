"""The pretended Odoo against what the source of Odoo says, asked by plain HTTP and the standard library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xmlrpc.client import Fault as XmlFault
from xmlrpc.client import ServerProxy

import pytest
import requests
from tests.connectors.odoo import CLIENT, Clock

from tracker2invoice.testing.sandbox.odoo import DATABASE, KEY, LOGIN, USER, OdooSandbox


@pytest.fixture
def odoo() -> Iterator[OdooSandbox]:
    with OdooSandbox(Clock()) as odoo:
        odoo.books.add_partner("Acme GmbH", CLIENT)
        yield odoo


def json2(odoo: OdooSandbox, call: str, body: dict[str, Any], **headers: str) -> requests.Response:
    own = {"Authorization": f"bearer {KEY}", "X-Odoo-Database": DATABASE, **headers}
    return requests.post(f"{odoo.url}/json/2/{call}", json=body, headers=own, timeout=10)


def control(odoo: OdooSandbox, what: str, body: dict[str, Any]) -> Any:
    return requests.post(f"{odoo.url}/_sandbox/{what}", json=body, timeout=10).json()


def values(**more: Any) -> dict[str, Any]:
    line = {"name": "Work", "quantity": 1, "price_unit": 100.0, "tax_ids": [[6, 0, [11]]], "account_id": 400}
    return {
        "move_type": "out_invoice",
        "partner_id": CLIENT,
        "currency_id": 1,
        "invoice_date": "2026-03-02",
        "invoice_date_due": "2026-04-01",
        "invoice_line_ids": [[0, 0, line]],
        **more,
    }


def saved(odoo: OdooSandbox, **more: Any) -> Any:
    return json2(odoo, "account.move/web_save", {"vals": values(**more), "specification": {"amount_total": {}}})


def test_json_2_creates_and_reads_at_once_with_numbers_as_floats(odoo: OdooSandbox) -> None:
    (created,) = saved(odoo).json()
    assert created == {"id": odoo.books.moves[0]["id"], "amount_total": 119.0}


def test_other_records_come_with_their_names_unless_they_are_not_wanted(odoo: OdooSandbox) -> None:
    saved(odoo)
    asked: dict[str, Any] = {"domain": [["state", "=", "draft"]], "fields": ["partner_id"]}
    named, bare = (json2(odoo, "account.move/search_read", asked | more).json() for more in ({}, {"load": ""}))
    assert (named[0]["partner_id"], bare[0]["partner_id"]) == ([CLIENT, "Acme GmbH"], CLIENT)


def test_archived_records_are_listed_only_if_they_are_wanted(odoo: OdooSandbox) -> None:
    asked: dict[str, Any] = {"domain": [["name", "=", "GBP"]], "fields": ["name"]}
    assert json2(odoo, "res.currency/search_read", asked).json() == []
    wanted = asked | {"context": {"active_test": False}}
    assert len(json2(odoo, "res.currency/search_read", wanted).json()) == 1


@pytest.mark.parametrize(
    ("call", "body", "headers", "status", "name"),
    [
        ("res.partner/search_read", {}, {"Authorization": "bearer no"}, 401, "werkzeug.exceptions.Unauthorized"),
        ("res.partner/search_read", {}, {"X-Odoo-Database": "no"}, 404, "werkzeug.exceptions.NotFound"),
        ("res.partner/no", {}, {}, 404, "odoo.exceptions.MissingError"),
        ("account.move/unlink", {"ids": [9]}, {}, 404, "odoo.exceptions.MissingError"),
        ("res.partner/search_read", {"domain": [["no", "=", 1]], "fields": []}, {}, 500, "builtins.ValueError"),
        (
            "res.partner/search_read",
            {"domain": [], "fields": [], "context": {"allowed_company_ids": [2]}},
            {},
            403,
            "odoo.exceptions.AccessError",
        ),
    ],
)
def test_a_refusal_has_a_status_a_name_and_a_traceback(
    odoo: OdooSandbox, call: str, body: dict[str, Any], headers: dict[str, str], status: int, name: str
) -> None:
    answer = json2(odoo, call, body, **headers)
    assert (answer.status_code, answer.json()["name"], answer.json()["debug"][:9]) == (status, name, "Traceback")


def test_a_user_without_invoicing_creates_nothing_that_cannot_be_read(odoo: OdooSandbox) -> None:
    odoo.books.billing = False
    body: dict[str, Any] = {"vals": values(), "specification": {"invoice_payments_widget": {}}}
    assert json2(odoo, "account.move/web_save", body).status_code == 403
    assert odoo.books.moves == []


def test_before_version_19_there_is_no_json_2(odoo: OdooSandbox) -> None:
    odoo.version = 18
    assert saved(odoo).status_code == 404


def test_the_standard_library_logs_in_creates_reads_and_deletes(odoo: OdooSandbox) -> None:
    common: Any = ServerProxy(f"{odoo.url}/xmlrpc/2/common")
    models: Any = ServerProxy(f"{odoo.url}/xmlrpc/2/object")
    with common, models:
        assert common.authenticate(DATABASE, LOGIN, "no", {}) is False
        assert common.authenticate(DATABASE, LOGIN, KEY, {}) == USER
        call = (DATABASE, USER, KEY, "account.move")
        created = models.execute_kw(*call, "create", [values()])
        (read,) = models.execute_kw(*call, "search_read", [[["id", "=", created]]], {"fields": ["amount_total"]})
        assert read == {"id": created, "amount_total": 119.0}
        assert models.execute_kw(*call, "unlink", [[created]]) is True
        with pytest.raises(XmlFault, match="Record does not exist") as missing:
            models.execute_kw(*call, "unlink", [[created]])
        with pytest.raises(XmlFault, match="Access Denied") as denied:
            models.execute_kw(DATABASE, USER, "no", "account.move", "unlink", [[created]])
        with pytest.raises(XmlFault, match="Traceback") as broken:
            models.execute_kw("no", USER, KEY, "account.move", "unlink", [[created]])
    assert [one.value.faultCode for one in (missing, denied, broken)] == [2, 3, 1]


def test_a_posted_invoice_is_not_deleted(odoo: OdooSandbox) -> None:
    saved(odoo)
    (move,) = odoo.books.moves
    odoo.books.post(move)
    answer = json2(odoo, "account.move/unlink", {"ids": [move["id"]]})
    assert (answer.status_code, answer.json()["message"]) == (
        422,
        "You cannot delete an item linked to a posted entry.",
    )


def test_a_note_has_no_account_and_the_client_has_terms_of_payment(odoo: OdooSandbox) -> None:
    note = [0, 0, {"display_type": "line_note", "name": "x", "account_id": 400}]
    assert saved(odoo, invoice_line_ids=[note]).status_code == 422
    odoo.books.tables["res.partner"][0]["term_days"] = 10
    saved(odoo)
    saved(odoo, invoice_payment_term_id=False)
    assert [move["invoice_date_due"] for move in odoo.books.moves] == ["2026-03-12", "2026-04-01"]


def test_quantities_and_prices_are_kept_with_two_decimals(odoo: OdooSandbox) -> None:
    line: dict[str, Any] = {
        "name": "Work",
        "quantity": 1.005,
        "price_unit": 99.999,
        "tax_ids": [[6, 0, []]],
        "account_id": 400,
    }
    assert saved(odoo, invoice_line_ids=[[0, 0, line]]).json()[0]["amount_total"] == 101.0


def test_a_rehearsal_steers_it_over_http(odoo: OdooSandbox) -> None:
    assert control(odoo, "partners", {"name": "Globex", "id": 70}) == {"id": 70}
    saved(odoo)
    move_id = odoo.books.moves[0]["id"]
    assert control(odoo, f"moves/{move_id}", {"do": "post"})["state"] == "posted"
    assert control(odoo, f"moves/{move_id}", {"do": "pay", "ref": "PO-1"})["payment_state"] == "paid"
    control(odoo, "stale", {"reads": 1})
    asked: dict[str, Any] = {"domain": [], "fields": []}
    assert [len(json2(odoo, "account.move/search_read", asked).json()) for _ in range(2)] == [0, 1]
    control(odoo, "faults", {"when": "after", "do": "drop", "path": "/account.move/web_save"})
    with pytest.raises(requests.ConnectionError):
        saved(odoo)
    state = requests.get(f"{odoo.url}/_sandbox/state", timeout=10).json()
    assert (len(state["moves"]), len(state["partners"])) == (2, 2)
    control(odoo, "revoke", {})
    assert saved(odoo).status_code == 401
