"""How an administration in Moneybird gets into trouble. What it then says is from the sources of its sandbox."""

from __future__ import annotations

from typing import Any

from tests.connectors.troubles.desk import ILL, CannotBe, Case, Cases, Desk

from tracker2invoice.testing.sandbox.moneybird import ADMINISTRATION

SEVEN_PERCENT, NO_SUCH_RATE = "1002", "1009"


def moneybird(desk: Desk) -> Any:
    return desk.twin.sandbox


def other_administration(desk: Desk) -> None:
    desk.settings["administration"] = "987654321"


def own_administration(desk: Desk) -> None:
    desk.settings["administration"] = ADMINISTRATION


def archive(desk: Desk) -> None:
    desk.clients[ILL] = moneybird(desk).books.add_contact("Ill B.V.", archived=True)


def restore(desk: Desk) -> None:
    moneybird(desk).books.contacts[-1]["archived"] = False


def lock(desk: Desk) -> None:
    moneybird(desk).books.period_locked_until = desk.set_dates_apart()


def unlock(desk: Desk) -> None:
    moneybird(desk).books.period_locked_until = None


def revoke(desk: Desk) -> None:
    moneybird(desk).revoke()


def give_a_token(desk: Desk) -> None:
    moneybird(desk).revoked = False


def reach_the_limit(desk: Desk) -> None:
    moneybird(desk).books.has_reached_limit = True


def upgrade(desk: Desk) -> None:
    moneybird(desk).books.has_reached_limit = False


CASES: Cases = {
    "wrong tenant": Case("waits", other_administration, own_administration),
    "archived contact": Case("rejected", archive, restore),
    "unknown tax code": Case(
        "rejected", lambda desk: desk.bill_other_tax(NO_SUCH_RATE), lambda desk: desk.bill_other_tax(SEVEN_PERCENT)
    ),
    # the lock is for documents with a date, and check knows none
    "locked period": Case("rejected", lock, unlock, beforehand=False),
    "currency not enabled": CannotBe(
        "an invoice may be in any currency, and none has to be enabled",
        "moneybird/openapi, openapi.yml, POST /sales_invoices, currency",
    ),
    "invoice number taken": CannotBe(
        "a draft has no number: it gets one when it is sent", "moneybird/openapi, openapi.yml, sales_invoice_response"
    ),
    "revoked consent": Case("waits", revoke, give_a_token),
    "expired refresh token": CannotBe(
        "a personal token lasts until somebody deletes it", "developer.moneybird.com/authentication"
    ),
    # that a free plan takes so many invoices a month is told by the one that is too many
    "plan without API": Case("waits", reach_the_limit, upgrade, beforehand=False),
}
