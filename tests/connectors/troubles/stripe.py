"""How a Stripe account gets into trouble. What it then says is from the sources of its sandbox."""

from __future__ import annotations

from typing import Any

from tests.connectors.troubles.desk import ILL, CannotBe, Case, Cases, Desk

from tracker2invoice.testing.sandbox.stripe import API_KEY

SEVEN_PERCENT, NO_SUCH_RATE = "txr_7", "txr_none"


def stripe(desk: Desk) -> Any:
    return desk.twin.sandbox


def use_a_test_key(desk: Desk) -> None:
    stripe(desk).books.clients.in_other_mode = True


def use_a_live_key(desk: Desk) -> None:
    stripe(desk).books.clients.in_other_mode = False


def delete_customer(desk: Desk) -> None:
    desk.clients[ILL] = stripe(desk).books.add_customer("Ill GmbH", deleted=True)


def pin_another(desk: Desk) -> None:
    desk.clients[ILL] = stripe(desk).books.add_customer("Ill GmbH")


def revoke(desk: Desk) -> None:
    stripe(desk).revoke()


def give_a_key(desk: Desk) -> None:
    stripe(desk).api_key = API_KEY


CASES: Cases = {
    # an account is named by its key alone; to the key of another account all clients are unknown
    "wrong tenant": Case("waits", use_a_test_key, use_a_live_key),
    "archived contact": Case("rejected", delete_customer, pin_another, command="reissue"),
    "unknown tax code": Case(
        "rejected", lambda desk: desk.bill_other_tax(NO_SUCH_RATE), lambda desk: desk.bill_other_tax(SEVEN_PERCENT)
    ),
    "locked period": CannotBe(
        "Stripe has invoices, and no books whose periods are closed", "docs.stripe.com/invoicing/overview"
    ),
    "currency not enabled": CannotBe(
        "an account has all currencies of its country, and none has to be enabled", "docs.stripe.com/currencies"
    ),
    "invoice number taken": CannotBe(
        "a draft has no number: it gets one when it is finalized", "docs.stripe.com/api/invoices/object, number"
    ),
    "revoked consent": Case("waits", revoke, give_a_key),
    "expired refresh token": CannotBe("a key lasts until somebody rolls or deletes it", "docs.stripe.com/keys"),
    "plan without API": CannotBe("every account has the API", "docs.stripe.com/invoicing/overview"),
}
