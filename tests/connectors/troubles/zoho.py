"""How an organisation in Zoho Books gets into trouble. What it then says is from the sources of its sandbox."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.connectors.troubles.desk import ILL, CannotBe, Case, Cases, Desk

from tracker2invoice.testing.sandbox.zoho import ORGANIZATION

SEVEN_PERCENT, NO_SUCH_TAX = "460000000557007", "460000000557999"


def zoho(desk: Desk) -> Any:
    return desk.twin.sandbox


def other_organization(desk: Desk) -> None:
    desk.settings["organization"] = "99999999"


def own_organization(desk: Desk) -> None:
    desk.settings["organization"] = ORGANIZATION


def deactivate(desk: Desk) -> None:
    desk.clients[ILL] = zoho(desk).books.add_contact("Ill GmbH")
    zoho(desk).books.contacts[-1]["status"] = "inactive"


def activate(desk: Desk) -> None:
    zoho(desk).books.contacts[-1]["status"] = "active"


def lock(desk: Desk) -> None:
    # what has the lock date is not locked
    zoho(desk).books.lock_date = desk.set_dates_apart() + timedelta(days=1)


def unlock(desk: Desk) -> None:
    zoho(desk).books.lock_date = None


def bill_in_dollars(desk: Desk) -> None:
    desk.contracts[ILL]["currency"] = "USD"
    desk.clients[ILL] = zoho(desk).books.add_contact("Ill Inc.")


def change_currency(desk: Desk) -> None:
    zoho(desk).books.contacts[-1]["currency_code"] = "USD"


def revoke(desk: Desk) -> None:
    zoho(desk).revoke()


def consent_again(desk: Desk) -> None:
    zoho(desk).tokens.revoked = False
    desk.consent()


CASES: Cases = {
    "wrong tenant": Case("waits", other_organization, own_organization),
    "archived contact": Case("rejected", deactivate, activate),
    "unknown tax code": Case(
        "rejected", lambda desk: desk.bill_other_tax(NO_SUCH_TAX), lambda desk: desk.bill_other_tax(SEVEN_PERCENT)
    ),
    # the lock is for documents with a date, and check knows none
    "locked period": Case("rejected", lock, unlock, beforehand=False),
    # a document has the currency of its customer
    "currency not enabled": Case("rejected", bill_in_dollars, change_currency),
    "invoice number taken": CannotBe(
        "Zoho Books numbers what it is sent without a number", "zoho.com/books/api/v3, Invoices, invoice_number"
    ),
    "revoked consent": Case("waits", revoke, consent_again),
    "expired refresh token": CannotBe(
        "a refresh token does not end by itself", "zoho.com/accounts/protocol/oauth, web server apps"
    ),
    "plan without API": CannotBe(
        "every plan has the API, and they differ in how many requests a day it takes",
        "zoho.com/books/api/v3, API Call Limit",
    ),
}
