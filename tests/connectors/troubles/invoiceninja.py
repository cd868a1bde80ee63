"""How a company in Invoice Ninja gets into trouble. What it then says is from the sources of its sandbox."""

from __future__ import annotations

from typing import Any

from tests.connectors.troubles.desk import ILL, CannotBe, Case, Cases, Desk

from tracker2invoice.testing.sandbox.invoiceninja import TOKEN_ELSEWHERE


def ninja(desk: Desk) -> Any:
    return desk.twin.sandbox


def other_company(desk: Desk) -> None:
    desk.settings["token"] = TOKEN_ELSEWHERE


def own_company(desk: Desk) -> None:
    desk.settings["token"] = desk.twin.settings["token"]


def archive(desk: Desk) -> None:
    desk.clients[ILL] = ninja(desk).books.add_client("Ill GmbH")
    ninja(desk).books.act(client(desk), "archive")


def restore(desk: Desk) -> None:
    ninja(desk).books.act(client(desk), "restore")


def client(desk: Desk) -> Any:
    return ninja(desk).books.client(desk.clients[ILL])


def name_no_tax(desk: Desk) -> None:
    desk.contracts[ILL]["tax"] = {"category": "S", "rate": "7"}


def name_a_tax(desk: Desk) -> None:
    desk.bill_other_tax("VAT low")


def bill_in_dollars(desk: Desk) -> None:
    desk.clients[ILL] = ninja(desk).books.add_client("Ill GmbH")
    desk.contracts[ILL]["currency"] = "USD"


def give_the_client_dollars(desk: Desk) -> None:
    client(desk)["settings"]["currency_id"] = "1"


def take_the_number(desk: Desk) -> None:
    desk.settings["strict_unique"] = True
    line = {"notes": "Hosting", "quantity": 1, "cost": 5}
    invoice = {"client_id": desk.twin.client, "number": desk.action(ILL)["reference"], "line_items": [line]}
    ninja(desk).books.create(invoice)


def number_it_otherwise(desk: Desk) -> None:
    ninja(desk).books.invoices[0]["number"] = "9000"


def revoke(desk: Desk) -> None:
    ninja(desk).revoke()


def give_a_token(desk: Desk) -> None:
    ninja(desk).revoked = False


def lapse(desk: Desk) -> None:
    ninja(desk).has_api = False


def pay(desk: Desk) -> None:
    ninja(desk).has_api = True


CASES: Cases = {
    "wrong tenant": Case("waits", other_company, own_company),
    "archived contact": Case("rejected", archive, restore),
    "unknown tax code": Case("rejected", name_no_tax, name_a_tax),
    "locked period": CannotBe(
        "there are no periods; the setting that locks invoices forbids to change those that are there",
        "invoiceninja/invoiceninja 5.10.17, app/Http/ValidationRules/Invoice/LockedInvoiceRule.php",
    ),
    "currency not enabled": Case("rejected", bill_in_dollars, give_the_client_dollars),
    "invoice number taken": Case("held", take_the_number, number_it_otherwise, beforehand=False),
    "revoked consent": Case("waits", revoke, give_a_token),
    "expired refresh token": CannotBe(
        "tokens do not expire", "invoiceninja/invoiceninja 5.10.17, app/Models/CompanyToken.php"
    ),
    "plan without API": Case("waits", lapse, pay),
}
