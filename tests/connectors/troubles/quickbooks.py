"""How a company in QuickBooks Online gets into trouble. What it then says is from the sources of its sandbox."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.connectors.troubles.desk import ILL, Case, Cases, Desk

from tracker2invoice.testing.sandbox.quickbooks import REALM

SEVEN_PERCENT, NO_SUCH_CODE = "11", "99"


def quickbooks(desk: Desk) -> Any:
    return desk.twin.sandbox


def other_company(desk: Desk) -> None:
    desk.settings["realm"] = "4620816365000000000"


def own_company(desk: Desk) -> None:
    desk.settings["realm"] = REALM


def deactivate(desk: Desk) -> None:
    desk.clients[ILL] = quickbooks(desk).books.add_customer("Ill GmbH")
    quickbooks(desk).books.deactivate(desk.clients[ILL])


def activate(desk: Desk) -> None:
    quickbooks(desk).books.customers[-1]["Active"] = True


def close_the_books(desk: Desk) -> None:
    quickbooks(desk).books.closed_until = desk.set_dates_apart()


def open_the_books(desk: Desk) -> None:
    quickbooks(desk).books.closed_until = None


def bill_in_dollars(desk: Desk) -> None:
    desk.contracts[ILL]["currency"] = "USD"
    desk.clients[ILL] = quickbooks(desk).books.add_customer("Ill Inc.", "USD")
    quickbooks(desk).books.several_currencies = False


def have_several_currencies(desk: Desk) -> None:
    quickbooks(desk).books.several_currencies = True


def take_the_number(desk: Desk) -> None:
    sale = {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": "10"}, "Qty": 1, "UnitPrice": Decimal(5)}
    line = {"DetailType": "SalesItemLineDetail", "Amount": Decimal(5), "SalesItemLineDetail": sale}
    customer = quickbooks(desk).books.add_customer("Somebody else")
    invoice = {"CustomerRef": {"value": customer}, "DocNumber": desk.action(ILL)["reference"], "Line": [line]}
    dated = {"TxnDate": "2026-11-02", "CurrencyRef": {"value": "EUR"}, "EmailStatus": "NotSet"}
    quickbooks(desk).books.create("Invoice", invoice | dated)


def number_it_otherwise(desk: Desk) -> None:
    quickbooks(desk).books.change(quickbooks(desk).books.documents[0], {"DocNumber": "1001"})


def revoke(desk: Desk) -> None:
    quickbooks(desk).revoke()


def consent_again(desk: Desk) -> None:
    quickbooks(desk).tokens.revoked = False
    desk.consent()


def let_it_expire(desk: Desk) -> None:
    desk.now += timedelta(days=101)


def lapse(desk: Desk) -> None:
    quickbooks(desk).books.has_lapsed = True


def pay(desk: Desk) -> None:
    quickbooks(desk).books.has_lapsed = False


CASES: Cases = {
    "wrong tenant": Case("waits", other_company, own_company),
    "archived contact": Case("rejected", deactivate, activate),
    "unknown tax code": Case(
        "rejected", lambda desk: desk.bill_other_tax(NO_SUCH_CODE), lambda desk: desk.bill_other_tax(SEVEN_PERCENT)
    ),
    "locked period": Case("rejected", close_the_books, open_the_books),
    "currency not enabled": Case("rejected", bill_in_dollars, have_several_currencies),
    "invoice number taken": Case("held", take_the_number, number_it_otherwise, beforehand=False),
    "revoked consent": Case("waits", revoke, consent_again),
    "expired refresh token": Case("waits", let_it_expire, consent_again),
    # everything can still be read
    "plan without API": Case("waits", lapse, pay, beforehand=False),
}
