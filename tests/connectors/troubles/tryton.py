"""How a company in Tryton gets into trouble. What it then says is what a real server said (`tryton_answers.json`)."""

from __future__ import annotations

from typing import Any

from tests.connectors.troubles.desk import ILL, CannotBe, Case, Cases, Desk

from tracker2invoice.testing.sandbox.tryton_books import COMPANY, TAX_ACCOUNT, VAT_7


def tryton(desk: Desk) -> Any:
    return desk.twin.sandbox


def other_company(desk: Desk) -> None:
    desk.settings["company"] = 2


def own_company(desk: Desk) -> None:
    desk.settings["company"] = COMPANY


def deactivate(desk: Desk) -> None:
    desk.clients[ILL] = tryton(desk).books.add_party("Ill GmbH")
    party(desk)["active"] = False


def activate(desk: Desk) -> None:
    party(desk)["active"] = True


def party(desk: Desk) -> Any:
    return tryton(desk).books.tables["party.party"][int(desk.clients[ILL].partition("/")[0])]


def name_no_tax(desk: Desk) -> None:
    desk.bill_other_tax("9")


def name_a_tax(desk: Desk) -> None:
    desk.bill_other_tax(f"{VAT_7}/{TAX_ACCOUNT}")


def bill_in_dollars(desk: Desk) -> None:
    desk.contracts[ILL]["currency"] = "USD"


def add_dollars(desk: Desk) -> None:
    added = tryton(desk).books.add("currency.currency", {"code": "USD", "digits": 2, "active": True})
    desk.settings["currencies"] = {**desk.twin.settings["currencies"], "USD": added["id"]}


def revoke(desk: Desk) -> None:
    tryton(desk).revoke()


def give_a_key(desk: Desk) -> None:
    tryton(desk).revoked = False


CASES: Cases = {
    "wrong tenant": Case("waits", other_company, own_company),
    "archived contact": Case("rejected", deactivate, activate),
    "unknown tax code": Case("rejected", name_no_tax, name_a_tax),
    "locked period": CannotBe(
        "a draft may have a date in a closed period, or in none; `check` says so, for posting it needs an open one",
        "trytond_account_invoice 8.2, invoice.py, set_number and get_move",
    ),
    "currency not enabled": Case("rejected", bill_in_dollars, add_dollars),
    "invoice number taken": CannotBe(
        "Tryton numbers invoices itself, when they are posted", "trytond_account_invoice 8.2, invoice.py, set_number"
    ),
    "revoked consent": Case("waits", revoke, give_a_key),
    "expired refresh token": CannotBe(
        "a key of a user application does not expire", "trytond 8.2, trytond/res/user.py, UserApplication"
    ),
    "plan without API": CannotBe("the API is a part of every Tryton", "trytond 8.2, trytond/protocols/rest.py"),
}
