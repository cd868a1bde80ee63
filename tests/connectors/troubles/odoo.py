"""How a company in Odoo gets into trouble. What it then says is from the sources of its sandbox."""

from __future__ import annotations

from typing import Any

from tests.connectors.troubles.desk import ILL, CannotBe, Case, Cases, Desk

from tracker2invoice.testing.sandbox.odoo_books import COMPANY, TAX_LOW

_MOVE = "odoo/odoo 19.0, addons/account/models/account_move.py"


def odoo(desk: Desk) -> Any:
    return desk.twin.sandbox


def other_company(desk: Desk) -> None:
    desk.settings["company"] = "2"


def own_company(desk: Desk) -> None:
    desk.settings["company"] = str(COMPANY)


def archive(desk: Desk) -> None:
    desk.clients[ILL] = str(odoo(desk).books.add_partner("Ill GmbH", active=False))


def restore(desk: Desk) -> None:
    odoo(desk).books.record("res.partner", int(desk.clients[ILL]))["active"] = True


def name_no_tax(desk: Desk) -> None:
    desk.bill_other_tax("99")


def name_a_tax(desk: Desk) -> None:
    desk.bill_other_tax(str(TAX_LOW))


def bill_in_pounds(desk: Desk) -> None:
    desk.contracts[ILL]["currency"] = "GBP"


def activate_pounds(desk: Desk) -> None:
    odoo(desk).books.tables["res.currency"][-1]["active"] = True


def revoke(desk: Desk) -> None:
    odoo(desk).revoke()


def give_a_key(desk: Desk) -> None:
    odoo(desk).revoked = False


CASES: Cases = {
    "wrong tenant": Case("waits", other_company, own_company),
    "archived contact": Case("rejected", archive, restore),
    "unknown tax code": Case("rejected", name_no_tax, name_a_tax),
    "locked period": CannotBe(
        "a draft may have a date in a locked period; posting it books it on the first day that is open",
        f"{_MOVE}, _post and _get_accounting_date",
    ),
    "currency not enabled": Case("rejected", bill_in_pounds, activate_pounds),
    "invoice number taken": CannotBe(
        "Odoo numbers documents itself, and numbers are unique among posted ones alone",
        f"{_MOVE}, _check_unique_sequence_number",
    ),
    # a key that has come to its end is one that is not there any more
    "revoked consent": Case("waits", revoke, give_a_key),
    "expired refresh token": CannotBe(
        "there is none; a key that has expired is told from no other that is not good",
        "odoo/odoo 19.0, odoo/addons/base/models/res_users.py, _check_credentials",
    ),
    "plan without API": CannotBe(
        "what Odoo Online answers without a Custom plan is not documented; any refusal of the key is told, and `check` "
        "names the plan",
        "odoo.com/documentation/19.0/developer/reference/external_api.html",
    ),
}
