"""The books of a pretended Odoo company: clients, taxes, currencies, invoices, credit notes, attachments. No HTTP.

Behaviour and field names: odoo/odoo 16.0 to 19.0: addons/account/models, account_move.py, account_move_line.py and
account_tax.py; odoo/models.py for domains, rights and what a missing record says; odoo/exceptions.py for its errors;
addons/base_vat/models/res_partner.py for VAT ids; odoo/addons/base/models/ir_attachment.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, cast

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.pattern import is_like

Fields = dict[str, object]

COMPANY, JOURNAL, ACCOUNT, TAX, TAX_LOW, EXEMPT = 1, 7, 400, 11, 12, 13
MANY_TO_ONE = {
    "partner_id": "res.partner",
    "currency_id": "res.currency",
    "company_id": "res.company",
    "journal_id": "account.journal",
    "reversed_entry_id": "account.move",
    "country_id": "res.country",
}
_MOVE_VALUES = frozenset(
    {"move_type", "partner_id", "currency_id", "journal_id", "invoice_date", "invoice_date_due", "invoice_origin",
     "invoice_payment_term_id", "invoice_line_ids", "ref", "reversed_entry_id"}
)  # fmt: skip
_LINE_VALUES = frozenset({"name", "quantity", "price_unit", "tax_ids", "account_id", "display_type"})
_PARTNER_VALUES = frozenset({"name", "is_company", "email", "vat", "street", "street2", "zip", "city", "country_id"})
_ATTACHMENT_VALUES = frozenset({"res_model", "res_id", "name", "mimetype", "datas"})
_DE_VAT = re.compile(r"DE\d{9}")
_FOR_INVOICING = "invoice_payments_widget"


class Refused(Exception):
    """What Odoo says to a person; `kind` is the class of its exception."""

    def __init__(self, kind: Literal["UserError", "ValidationError", "AccessError", "MissingError"], text: str) -> None:
        super().__init__(text)
        self.kind, self.text = kind, text


class Broken(Exception):
    """An error of the server itself, of which it shows a traceback."""


class OdooBooks:
    """One company and one user. Python tests may change `tables`, whose records are fields by name.

    A user without `billing` sees only their own invoices; `rounds` is the company's rounding of taxes.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.billing = True
        self.rounds: Literal["round_per_line", "round_globally"] = "round_per_line"
        self.tables: dict[str, list[Fields]] = {
            "res.company": [{"id": COMPANY, "name": "Northwind Software GmbH"}],
            "res.partner": [],
            "res.country": [_named(57, "Germany", code="DE")],
            "ir.attachment": [],
            "res.currency": [_currency(1, "EUR", 2), _currency(2, "USD", 2), _currency(25, "JPY", 0),
                             _currency(90, "KWD", 3), _currency(91, "GBP", 2, active=False)],
            "account.journal": [_named(JOURNAL, "Customer Invoices", type="sale"), _named(8, "Bank", type="bank")],
            "account.account": [_named(ACCOUNT, "Revenue"), _named(401, "Revenue, reduced")],
            "account.tax": [_tax(TAX, "19%", "19"), _tax(TAX_LOW, "7%", "7"), _tax(EXEMPT, "0%", "0")],
            "account.move": [],
        }  # fmt: skip
        self._last_id = 40

    @property
    def moves(self) -> list[Fields]:
        """Every invoice and credit note that was not deleted."""
        return self.tables["account.move"]

    def add_partner(self, name: str, partner_id: int = 0, **more: object) -> int:
        """Add a client and return its id; `term_days` are the days of its terms of payment."""
        partner_id = partner_id or self._new_id()
        empty = {"company_id": False, "term_days": 0, "vat": False, "email": False}
        free = {"invoice_warn": "no-message", "parent_id.invoice_warn": False}
        self.tables["res.partner"].append({**_named(partner_id, name), **empty, **free, "display_name": name, **more})
        return partner_id

    def search(self, model: str, domain: Iterable[object], context: Fields) -> list[Fields]:
        """Return the records of a domain that the user may see."""
        companies = cast("list[int]", context.get("allowed_company_ids", [COMPANY]))
        if set(companies) - {COMPANY}:
            raise Refused("AccessError", "Access to unauthorized or invalid companies.")
        return [
            one
            for one in self._table(model)
            if (one.get("company_id") or companies[0]) in companies
            and (one.get("active", True) or context.get("active_test") is False)
            and _in(one, domain)
        ]

    def read(self, records: Iterable[Fields], fields: Sequence[str], load: object) -> list[Fields]:
        """Return fields of records as Odoo tells them: numbers as floats, nothing as False."""
        if _FOR_INVOICING in fields and not self.billing:
            raise Refused("AccessError", f"You do not have enough rights to access the fields {_FOR_INVOICING!r}")
        return [{"id": one["id"], **{name: self._told(one, name, load) for name in fields}} for one in records]

    def create(self, model: str, values: Mapping[str, object]) -> Fields:
        """Create an invoice or a credit note in draft, a client, or an attachment of either."""
        match model:
            case "account.move":
                return self._create_move(values)
            case "res.partner":
                return self._create_partner(values)
            case "ir.attachment":
                return self._create_attachment(values)
            case _:
                raise Refused("AccessError", f"You are not allowed to create {model!r} records.")

    def _create_move(self, values: Mapping[str, object]) -> Fields:
        _known(values, _MOVE_VALUES, "account.move")
        partner = self.record("res.partner", values["partner_id"])
        currency = self.record("res.currency", values["currency_id"])
        issued = date.fromisoformat(str(values["invoice_date"]))
        move: Fields = {
            "id": 0,
            "state": "draft",
            "posted_before": False,
            "name": "/",
            "ref": False,
            "invoice_origin": False,
            "company_id": COMPANY,
            "journal_id": JOURNAL,
            "payment_state": "not_paid",
            "reversed_entry_id": False,
            _FOR_INVOICING: False,
            **values,
            "lines": [
                self._line(command, currency) for command in cast("list[list[object]]", values["invoice_line_ids"])
            ],
            "invoice_date_due": self._due(values, partner, issued),
        }
        self._total(move, currency)
        move["id"] = self._new_id()
        self._written(move)
        self.moves.append(move)
        return move

    def _create_partner(self, values: Mapping[str, object]) -> Fields:
        _known(values, _PARTNER_VALUES, "res.partner")
        if "country_id" in values:
            self.record("res.country", values["country_id"])
        vat = str(values.get("vat", ""))
        if vat[:2] == "DE" and not _DE_VAT.fullmatch(vat):
            called = f"The VAT number [{vat}] for partner [{values['name']}] does not seem to be valid."
            raise Refused("ValidationError", f"{called} \nNote: the expected format is DE123456788")
        partner = self.record("res.partner", self.add_partner(str(values["name"])))
        partner |= values
        return partner

    def _create_attachment(self, values: Mapping[str, object]) -> Fields:
        _known(values, _ATTACHMENT_VALUES, "ir.attachment")
        self.record(str(values["res_model"]), values["res_id"])
        self.tables["ir.attachment"].append({"id": self._new_id(), **values})
        return self.tables["ir.attachment"][-1]

    def unlink(self, model: str, ids: Iterable[object]) -> None:
        """Delete drafts, of which nothing is left."""
        for one in [self.record(model, record_id) for record_id in ids]:
            if one["state"] == "posted":
                raise Refused("UserError", "You cannot delete an item linked to a posted entry.")
            self._table(model).remove(one)
            kept = self.tables["ir.attachment"]
            kept[:] = [file for file in kept if (file["res_model"], file["res_id"]) != (model, one["id"])]

    def post(self, move: Fields) -> None:
        """Confirm a draft: it gets its number, and a credit note is matched with what it takes back."""
        if move["state"] == "posted":
            return
        kind = "RINV" if move["move_type"] == "out_refund" else "INV"
        move |= {"state": "posted", "posted_before": True, "name": f"{kind}/2026/{len(self.moves):05}"}
        if original := next((one for one in self.moves if one["id"] == move["reversed_entry_id"]), None):
            self.pay(original, Decimal(str(move["amount_total"])), credit_note=move)
            self.pay(move)
        self._written(move)

    def pay(
        self,
        move: Fields,
        amount: Decimal | None = None,
        on: date = date(2026, 3, 9),
        *,
        credit_note: Fields | None = None,
    ) -> None:
        """Match a payment, which is an entry of its own, or a credit note with a posted document."""
        residual = cast("Decimal", move["amount_residual"]) - (amount or cast("Decimal", move["amount_residual"]))
        matched: Fields = {
            "amount": amount or move["amount_total"],
            "date": on.isoformat(),
            "is_exchange": False,
            "move_id": credit_note["id"] if credit_note else self._new_id(),
            "is_refund": credit_note is not None,
        }
        before = cast("Fields", move[_FOR_INVOICING] or {"title": "Less Payment", "content": []})
        content = [*cast("list[Fields]", before["content"]), matched]
        whole = "reversed" if all(one.get("is_refund") for one in content) else "paid"
        move |= {
            "amount_residual": residual,
            "payment_state": "partial" if residual else whole,
            _FOR_INVOICING: {**before, "content": content},
        }
        self._written(move)

    def cancel(self, move: Fields) -> None:
        """Cancel a document, after it was reset to draft."""
        move["state"] = "cancel"
        self._written(move)

    def record(self, model: str, record_id: object) -> Fields:
        """Return a record by its id."""
        found = next((one for one in self._table(model) if one["id"] == record_id), None)
        if found is None:
            text = f"Record does not exist or has been deleted.\n(Record: {model}({record_id},), User: 2)"
            raise Refused("MissingError", text)
        return found

    def _table(self, model: str) -> list[Fields]:
        if model not in self.tables:
            raise Refused("MissingError", f"the model {model!r} does not exist")
        return self.tables[model]

    def _told(self, record: Fields, name: str, load: object) -> object:
        if name not in record:
            raise Broken(f"ValueError: Invalid field {name!r}")
        value = record[name]
        if name in MANY_TO_ONE and value and load == "_classic_read":
            return [value, str(self.record(MANY_TO_ONE[name], value)["name"])]
        return _as_floats(value)

    def _line(self, command: list[object], currency: Fields) -> Fields:
        given = cast("Fields", command[2])
        _known(given, _LINE_VALUES, "account.move.line")
        if given.get("display_type") == "line_note":
            if "account_id" in given or "tax_ids" in given:
                raise Refused("ValidationError", "Forbidden balance or account on non-accountable line")
            return {**given, "price_subtotal": Decimal(0), "taxes": []}
        self.record("account.account", given["account_id"])
        taxes = [self.record("account.tax", one) for one in cast("list[list[list[int]]]", given["tax_ids"])[0][2]]
        # decimal accuracies "Product Price" and "Product Unit of Measure"
        quantity, price = (_rounded(Decimal(str(given[name])), 2) for name in ("quantity", "price_unit"))
        return {**given, "price_subtotal": _rounded(quantity * price, _places(currency)), "taxes": taxes}

    def _due(self, values: Mapping[str, object], partner: Fields, issued: date) -> object:
        if partner["term_days"] and values.get("invoice_payment_term_id") is not False:
            return (issued + timedelta(days=int(str(partner["term_days"])))).isoformat()
        return values["invoice_date_due"]

    def _total(self, move: Fields, currency: Fields) -> None:
        lines, places = cast("list[Fields]", move["lines"]), _places(currency)
        raw = [
            (int(str(tax["id"])), cast("Decimal", line["price_subtotal"]) * cast("Decimal", tax["amount"]) / 100)
            for line in lines
            for tax in cast("list[Fields]", line["taxes"])
        ]
        if self.rounds == "round_per_line":
            tax = sum((_rounded(amount, places) for _, amount in raw), Decimal(0))
        else:
            by_tax = {of: sum((amount for tax_id, amount in raw if tax_id == of), Decimal(0)) for of, _ in raw}
            tax = sum((_rounded(amount, places) for amount in by_tax.values()), Decimal(0))
        net = sum((cast("Decimal", line["price_subtotal"]) for line in lines), Decimal(0))
        total = net + tax
        move |= {"amount_untaxed": net, "amount_tax": tax, "amount_total": total, "amount_residual": total}

    def _written(self, move: Fields) -> None:
        move["write_date"] = f"{self._clock():%Y-%m-%d %H:%M:%S}"

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id


def _in(record: Fields, domain: Iterable[object]) -> bool:
    """Say whether the record is in a domain: conditions that hold all of them, where none is after a sign for "or"."""
    held: list[bool] = []
    for one in reversed(list(domain)):
        if one == "|":
            held.append(held.pop() | held.pop())
        else:
            held.append(_holds(record, cast("list[object]", one)))
    return all(held)


def _holds(record: Fields, leaf: list[object]) -> bool:
    name, operator, wanted = str(leaf[0]), leaf[1], leaf[2]
    if name not in record:
        raise Broken(f"ValueError: Invalid field {name!r} in condition {leaf}")
    match operator:
        case "=":
            return record[name] == wanted
        case "in":
            return record[name] in cast("list[object]", wanted)
        case "like":
            return str(wanted) in str(record[name] or "")
        case "=ilike":
            return is_like(str(record[name] or "").lower(), str(wanted).lower())
        case _:
            raise Broken(f"ValueError: Invalid operator {operator!r}")


def _as_floats(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {name: _as_floats(item) for name, item in cast("Fields", value).items()}
    if isinstance(value, list):
        return [_as_floats(item) for item in cast("list[object]", value)]
    return value


def _known(values: Mapping[str, object], names: frozenset[str], model: str) -> None:
    if unknown := sorted(set(values) - names):
        raise Broken(f"ValueError: Invalid field {unknown[0]!r} in {model!r}")


def _places(currency: Fields) -> int:
    return int(str(currency["decimal_places"]))


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _named(record_id: int, name: str, **more: object) -> Fields:
    return {"id": record_id, "name": name, "active": True, **more}


def _currency(record_id: int, code: str, decimal_places: int, *, active: bool = True) -> Fields:
    return {"id": record_id, "name": code, "active": active, "decimal_places": decimal_places}


def _tax(record_id: int, name: str, amount: str) -> Fields:
    kind = {"amount": Decimal(amount), "amount_type": "percent", "type_tax_use": "sale", "price_include": False}
    return _named(record_id, name, **kind)
