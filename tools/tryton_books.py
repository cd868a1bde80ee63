"""Sets up a company in a real Tryton, and settles invoices there: what tests cannot do through the REST API.

`tools/tryton.sh` runs this with the Python of Tryton's own environment. The modules are those that Tryton ships for its
own tests.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from decimal import Decimal
from importlib import import_module
from typing import Any

DATABASE = "books"


def set_up() -> dict[str, object]:
    """Set up a company in euros with the books of 2026; return the ids of what is in it, and a key for REST."""
    company, account = _tools("company"), _tools("account")
    coins = {code: _currency(code, rounding) for code, rounding in (("EUR", "0.01"), ("JPY", "1"), ("KWD", "0.001"))}
    company.create_company(currency=coins["EUR"])
    ours = company.get_company()
    _open_year(ours)
    account.create_chart(ours)
    accounts = account.get_accounts(ours)
    _cash_method(accounts["cash"])
    return {
        "company": ours.id,
        "journal": _only("account.journal", ("type", "=", "revenue")).id,
        "revenue": accounts["revenue"].id,
        "receivable": accounts["receivable"].id,
        "tax_account": accounts["tax"].id,
        "currencies": {code: coin.id for code, coin in coins.items()},
        "taxes": {rate: _saved(account.create_tax(Decimal(rate))).id for rate in ("0.19", "0.07", "0.00")},
        "client": _party("Acme GmbH", "Ring 2"),
        "country": _saved(_model("country.country")(name="Germany", code="DE")).id,
        "inactive": _party("Old", active=False),
        "key": _key(),
    }


def pay(invoice_id: int, day: date) -> None:
    """Pay all of a posted invoice in cash."""
    wizard = import_module("proteus").Wizard("account.invoice.pay", [_model("account.invoice")(invoice_id)])
    wizard.form.payment_method = _only("account.invoice.payment.method")
    wizard.form.date = day
    wizard.execute("choice")


def credit(invoice_id: int) -> None:
    """Take a posted invoice back with a credit note of its day, and set the two off against each other."""
    new_wizard, invoice = import_module("proteus").Wizard, _model("account.invoice")(invoice_id)
    wizard = new_wizard("account.invoice.credit", [invoice])
    wizard.form.with_refund = False
    wizard.execute("credit")
    note = _only("account.invoice", ("state", "=", "draft"), ("description", "=", invoice.description))
    note.invoice_date = invoice.invoice_date
    _saved(note).click("post")
    new_wizard("account.move.reconcile_lines", [*invoice.lines_to_pay, *note.lines_to_pay])


def _open_year(company: Any) -> None:
    whole = (date(2026, 1, 1), date(2026, 12, 31))
    year = _tools("account_invoice").set_fiscalyear_invoice_sequences(
        _tools("account").create_fiscalyear(company, whole)
    )
    _saved(year).click("create_period")


def _currency(code: str, rounding: str) -> Any:
    currency = _tools("currency").get_currency(code)
    currency.rounding = Decimal(rounding)
    currency.digits = -int(currency.rounding.as_tuple().exponent)
    return _saved(currency)


def _cash_method(account: Any) -> None:
    method = _model("account.invoice.payment.method")(name="Cash", credit_account=account, debit_account=account)
    method.journal = _only("account.journal", ("type", "=", "cash"))
    method.save()


def _party(name: str, street: str = "", *, active: bool = True) -> str:
    party = _model("party.party")(name=name)
    party.addresses[0].street = street
    _saved(party).active = active
    party.save()
    return f"{party.id}/{party.addresses[0].id}"


def _key() -> str:
    """Return the key of a user who may do no more than account."""
    user = _model("res.user")(name="Tracker", login="tracker")
    user.groups.append(_model("res.group")(_only("res.group", ("name", "=", "Accounting")).id))
    key: str = _saved(_model("res.user.application")(user=_saved(user), application="rest")).key
    return key


def _tools(module: str) -> Any:
    return import_module(f"trytond.modules.{module}.tests.tools")


def _model(name: str) -> Any:
    return import_module("proteus").Model.get(name)


def _only(name: str, *domain: tuple[str, str, str]) -> Any:
    (record,) = _model(name).find(list(domain))
    return record


def _saved(record: Any) -> Any:
    record.save()
    return record


def main(config: str, command: str, *arguments: str) -> None:
    """Carry out `set-up`, `pay INVOICE DAY` or `credit INVOICE`, in the database of a configuration of trytond."""
    import_module("proteus").config.set_trytond(database=DATABASE, user="admin", config_file=config)
    if command == "set-up":
        json.dump(set_up(), sys.stdout)
    elif command == "credit":
        credit(int(arguments[0]))
    else:
        pay(int(arguments[0]), date.fromisoformat(arguments[1]))


if __name__ == "__main__":
    main(*sys.argv[1:])
