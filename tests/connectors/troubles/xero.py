"""How a Xero organisation gets into trouble. What it then says is from the sources of its sandbox."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.connectors.troubles.desk import ILL, Case, Cases, Desk

from tracker2invoice.testing.sandbox.xero_books import INVOICES


def xero(desk: Desk) -> Any:
    return desk.twin.sandbox


def other_tenant(desk: Desk) -> None:
    desk.settings["tenant"] = "5f0c1a52-6b5f-4c1f-8f0f-5d0c4f3e9a41"


def own_tenant(desk: Desk) -> None:
    desk.settings["tenant"] = xero(desk).tenant


def archive(desk: Desk) -> None:
    desk.clients[ILL] = xero(desk).books.add_contact("Ill GmbH", "ARCHIVED")


def restore(desk: Desk) -> None:
    xero(desk).books.contacts[-1]["ContactStatus"] = "ACTIVE"


def name_no_tax(desk: Desk) -> None:
    desk.bill_other_tax("OUTPUT9")


def name_a_tax(desk: Desk) -> None:
    desk.bill_other_tax("OUTPUT")


def lock(desk: Desk) -> None:
    xero(desk).books.locked_until = desk.set_dates_apart()


def unlock(desk: Desk) -> None:
    xero(desk).books.locked_until = None


def bill_in_francs(desk: Desk) -> None:
    desk.contracts[ILL]["currency"] = "CHF"


def subscribe_to_francs(desk: Desk) -> None:
    xero(desk).books.currencies.append("CHF")


def take_the_number(desk: Desk) -> None:
    desk.settings["strict_unique"] = True
    line = {"Description": "Hosting", "UnitAmount": "5.00", "AccountCode": "200", "TaxType": "OUTPUT2"}
    number = desk.action(ILL)["reference"]
    contact = {"ContactID": xero(desk).books.add_contact("Somebody else")}
    invoice = {"Type": "ACCREC", "InvoiceNumber": number, "Contact": contact, "LineItems": [line]}
    xero(desk).books.create(INVOICES, invoice, 2)


def number_it_otherwise(desk: Desk) -> None:
    xero(desk).books.change(desk.action(ILL)["reference"], {"InvoiceNumber": "INV-9000"})


def revoke(desk: Desk) -> None:
    xero(desk).revoke()


def consent_again(desk: Desk) -> None:
    xero(desk).tokens.revoked = False
    desk.consent()


def let_it_expire(desk: Desk) -> None:
    desk.now += timedelta(days=61)


def lapse(desk: Desk) -> None:
    xero(desk).has_lapsed = True


def pay(desk: Desk) -> None:
    xero(desk).has_lapsed = False


CASES: Cases = {
    "wrong tenant": Case("waits", other_tenant, own_tenant),
    "archived contact": Case("rejected", archive, restore),
    "unknown tax code": Case("rejected", name_no_tax, name_a_tax),
    "locked period": Case("rejected", lock, unlock),
    "currency not enabled": Case("rejected", bill_in_francs, subscribe_to_francs),
    "invoice number taken": Case("held", take_the_number, number_it_otherwise, beforehand=False),
    "revoked consent": Case("waits", revoke, consent_again),
    "expired refresh token": Case("waits", let_it_expire, consent_again),
    "plan without API": Case("waits", lapse, pay),
}
