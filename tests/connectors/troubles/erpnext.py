"""How a company in ERPNext gets into trouble. What it then says is from the sources of its sandbox."""

from __future__ import annotations

from typing import Any

from tests.connectors.troubles.desk import ILL, CannotBe, Case, Cases, Desk

from tracker2invoice.testing.sandbox.erpnext_books import COMPANY, VAT_LOW


def erpnext(desk: Desk) -> Any:
    return desk.twin.sandbox


def other_company(desk: Desk) -> None:
    desk.settings["company"] = "Southwind"


def own_company(desk: Desk) -> None:
    desk.settings["company"] = COMPANY


def disable(desk: Desk) -> None:
    desk.clients[ILL] = erpnext(desk).books.add_customer("Ill GmbH", disabled=1)


def enable(desk: Desk) -> None:
    erpnext(desk).books.record("Customer", "Ill GmbH")["disabled"] = 0


def name_no_tax(desk: Desk) -> None:
    desk.bill_other_tax("VAT 9% - N")


def name_a_tax(desk: Desk) -> None:
    desk.bill_other_tax(VAT_LOW)


def close_the_period(desk: Desk) -> None:
    day = desk.set_dates_apart().isoformat()
    erpnext(desk).books.close_period("November", day, day)


def open_the_period(desk: Desk) -> None:
    erpnext(desk).books.tables["Accounting Period"].clear()


def bill_in_dollars(desk: Desk) -> None:
    erpnext(desk).books.any_currency = False
    desk.contracts[ILL]["currency"] = "USD"


def take_any_currency(desk: Desk) -> None:
    erpnext(desk).books.any_currency = True


def revoke(desk: Desk) -> None:
    erpnext(desk).revoke()


def give_a_key(desk: Desk) -> None:
    erpnext(desk).revoked = False


CASES: Cases = {
    "wrong tenant": Case("waits", other_company, own_company),
    "archived contact": Case("rejected", disable, enable),
    "unknown tax code": Case("rejected", name_no_tax, name_a_tax),
    "locked period": Case("rejected", close_the_period, open_the_period),
    "currency not enabled": Case("rejected", bill_in_dollars, take_any_currency),
    "invoice number taken": CannotBe(
        "ERPNext numbers documents itself; a reference that is taken there is that of our own document, which is found",
        "frappe/frappe version-15, frappe/model/naming.py",
    ),
    "revoked consent": Case("waits", revoke, give_a_key),
    "expired refresh token": CannotBe("keys do not expire", "frappe/frappe version-15, frappe/auth.py"),
    "plan without API": CannotBe(
        "the API is a part of every ERPNext, whoever runs it", "frappe/frappe version-15, frappe/api"
    ),
}
