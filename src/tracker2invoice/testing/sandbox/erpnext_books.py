"""The books of a pretended ERPNext company: clients, accounts, taxes, invoices, credit notes, files. No HTTP.

Behaviour and field names: frappe/erpnext version-15, erpnext/controllers (accounts_controller.py, status_updater.py,
taxes_and_totals.py, sales_and_purchase_return.py) and erpnext/accounts/doctype, sales_invoice and accounting_period;
frappe/frappe version-15, frappe/model/base_document.py for unique fields, links and markup in texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import cast

from tracker2invoice.plugins import Clock

Fields = dict[str, object]

COMPANY, REVENUE, RECEIVABLE = "Northwind", "Sales - N", "Debtors - N"
VAT, VAT_LOW, NO_VAT = "VAT 19% - N", "VAT 7% - N", "No VAT - N"
_TEMPLATES = {"19% - N": (VAT, "19"), "7% - N": (VAT_LOW, "7"), "0% - N": (NO_VAT, "0")}
_CENT, _TOLERANCE = Decimal("0.01"), Decimal("0.1")
_KNOWN = frozenset(
    {"customer", "company", "posting_date", "due_date", "currency", "po_no", "is_return", "return_against",
     "conversion_rate", "items", "taxes", "terms", "payment_schedule"}
)  # fmt: skip
_SHORT = 140


class Refused(Exception):
    """What ERPNext says to a person; `kind` is the class of its exception."""

    def __init__(self, text: str, kind: str = "ValidationError") -> None:
        super().__init__(text)
        self.text, self.kind = text, kind


class Broken(Exception):
    """An error of the server itself."""


class ErpnextBooks:
    """One company in euros, whose user sees everything. Python tests may change all that has no underscore.

    `reference_field` is the custom field of the reference, None if there is none. `tables` has records as fields by
    name; `negative_rates` and `any_currency` are settings, the latter one that is off in a new site. `on_disk` are
    names of files, also of those that no record knows. `rates` are the currencies with a rate of exchange.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.negative_rates = self.any_currency = True
        self.rates = {"EUR", "USD", "JPY", "KWD"}
        self.on_disk: set[str] = set()
        self.reference_field: Fields | None = {
            "fieldname": "t2i_ref", "label": "Reference", "fieldtype": "Data", "unique": 1, "no_copy": 1,
        }  # fmt: skip
        self.tables: dict[str, list[Fields]] = {
            "Company": [{"name": COMPANY, "default_currency": "EUR"}],
            "Customer": [],
            "UOM": [{"name": "Nos", "whole": True}, {"name": "Hour"}, {"name": "Day"}],
            "Currency": [_currency(code) for code in ("EUR", "USD", "JPY", "KWD")] + [_currency("GBP", enabled=0)],
            "Account": [_account(name) for name in (REVENUE, RECEIVABLE, "Sales 7% - N", VAT, VAT_LOW, NO_VAT)],
            "Item Tax Template": [{"name": name, "company": COMPANY, "disabled": 0} for name in _TEMPLATES],
            "Item Tax Template Detail": [
                {"parent": name, "tax_type": account, "tax_rate": Decimal(rate)}
                for name, (account, rate) in _TEMPLATES.items()
            ],
            "Sales Invoice": [],
            "Payment Ledger Entry": [],
            "File": [],
            "Country": [{"name": "Germany", "code": "de"}, {"name": "Japan", "code": "jp"}],
            "Accounting Period": [],
            "Closed Document": [],
            "Party Account": [],
            "Contact Email": [],
            "Dynamic Link": [],
        }
        self._numbers = 0

    @property
    def invoices(self) -> list[Fields]:
        """Every invoice and credit note that was not deleted."""
        return self.tables["Sales Invoice"]

    def add_customer(self, name: str, term_days: int = 0, **more: object) -> str:
        """Add a client, with more fields, and return its name; `term_days` are the days of its terms of payment."""
        usual: Fields = {"name": name, "customer_name": name, "disabled": 0, "is_frozen": 0}
        self.tables["Customer"].append({**usual, "term_days": term_days, **more})
        return name

    def add_contact(self, customer: str, email: str) -> None:
        """Add somebody to a client."""
        contact: Fields = {"parent": f"{email}-{customer}"}
        self.tables["Contact Email"].append({**contact, "email_id": email})
        self.tables["Dynamic Link"].append({**contact, "link_doctype": "Customer", "link_name": customer})

    def close_period(self, name: str, first: str, last: str) -> None:
        """Close a period (`2026-01-01` to `2026-12-31`) for invoices."""
        period: Fields = {"name": name, "company": COMPANY, "start_date": first, "end_date": last}
        self.tables["Accounting Period"].append(period)
        self.tables["Closed Document"].append({"parent": name, "document_type": "Sales Invoice", "closed": 1})

    def select(
        self, doctype: str, filters: Iterable[object], fields: Sequence[str], any_of: Iterable[object] = ()
    ) -> list[Fields]:
        """Return fields of the records to which all filters apply, and any of the others if there are some."""
        conditions, others = ([cast("list[object]", one) for one in some] for some in (filters, any_of))
        for name in [*fields, *(str(one[0]) for one in (*conditions, *others))]:
            if name == "t2i_ref" and self.reference_field is None:
                raise Broken(f"OperationalError: (1054, \"Unknown column '{name}'\")")
        found = [one for one in self._table(doctype) if all(_holds(one, condition) for condition in conditions)]
        found = [one for one in found if not others or any(_holds(one, condition) for condition in others)]
        return [{name: one.get(name) for name in fields} for one in found]

    def create(self, given: Fields) -> Fields:
        """Create an invoice or a credit note in draft; fields that ERPNext does not know are dropped."""
        self.record("Company", given["company"])
        customer = self._link("Customer", given["customer"])
        if customer["disabled"]:
            raise Refused(f"Customer {customer['name']} is <strong>disabled</strong>", "PartyDisabled")
        if customer.get("is_frozen"):
            raise Refused(f"Customer {customer['name']} is frozen", "PartyFrozen")
        self._check_currency(customer, self._link("Currency", given["currency"])["name"])
        today = self._clock().date().isoformat()
        invoice: Fields = {
            "conversion_rate": Decimal(1),
            "return_against": None,
            **{name: _clean(value) for name, value in given.items() if name in _KNOWN},
            "t2i_ref": given.get("t2i_ref") if self.reference_field else None,
            "docstatus": 0,
            "posting_date": given["posting_date"] if given.get("set_posting_time") else today,
        }
        if len(str(given.get("po_no", ""))) > _SHORT:
            raise Refused("Customer's Purchase Order will get truncated", "CharacterLengthExceededError")
        invoice["due_date"] = self._due(given, customer, invoice)
        self._check_return(invoice)
        invoice["items"] = [self._item(row, returned=bool(given["is_return"])) for row in _rows(given["items"])]
        invoice["taxes"] = [self._tax(row, invoice) for row in _rows(given["taxes"])]
        _total(invoice)
        _check_schedule(invoice)
        self._check_period(str(invoice["posting_date"]))
        self._check_unique(invoice)
        self._numbers += 1
        invoice["name"] = f"ACC-SINV-2026-{self._numbers:05}"
        self.invoices.append(invoice)
        return invoice

    def delete(self, name: str) -> None:
        """Delete what was not submitted."""
        invoice = self.record("Sales Invoice", name)
        if invoice["docstatus"] == 1:
            raise Refused(f"{name}: Submitted Record cannot be deleted. You must cancel it first")
        self.invoices.remove(invoice)
        for file in [one for one in self.tables["File"] if one["attached_to_name"] == name]:
            self.tables["File"].remove(file)
            self.on_disk.discard(str(file["file_name"]))

    def attach(self, name: str, belongs_to: Fields, size: int) -> Fields:
        """Keep a file; where the disk has one of its name it gets another."""
        if name in self.on_disk:
            stem, dot, ending = name.rpartition(".")
            name = f"{stem}5f3c1a{dot}{ending}"
        self.on_disk.add(name)
        file = {"name": f"file{len(self.tables['File'])}", "file_name": name, "file_size": size, **belongs_to}
        self.tables["File"].append(file)
        return file

    def submit(self, invoice: Fields) -> None:
        """Submit a draft; a credit note takes off what is open of its invoice."""
        if invoice["docstatus"]:
            return
        invoice["docstatus"] = 1
        against = str(invoice["return_against"] or invoice["name"])
        self._enter(invoice, against, "Sales Invoice", str(invoice["name"]), cast("Decimal", invoice["grand_total"]))
        if invoice["return_against"]:
            original = self.record("Sales Invoice", against)
            original["outstanding_amount"] = _open(original) + cast("Decimal", invoice["grand_total"])
            invoice["outstanding_amount"] = Decimal(0)

    def pay(self, invoice: Fields, amount: Decimal | None = None, on: date = date(2026, 3, 9)) -> None:
        """Set a payment against a submitted invoice."""
        amount = amount or _open(invoice)
        invoice["outstanding_amount"] = _open(invoice) - amount
        self._enter(invoice, str(invoice["name"]), "Payment Entry", f"ACC-PAY-{on}", -amount, on)

    def cancel(self, invoice: Fields) -> None:
        """Cancel a submitted document."""
        invoice["docstatus"] = 2

    def record(self, doctype: str, name: object) -> Fields:
        """Return a record by its name."""
        found = next((one for one in self._table(doctype) if one["name"] == name), None)
        if found is None:
            raise Refused(f"{doctype} {name} not found", "DoesNotExistError")
        return found

    def _table(self, doctype: str) -> list[Fields]:
        if doctype not in self.tables:
            raise Refused(f"DocType {doctype} not found", "DoesNotExistError")
        return self.tables[doctype]

    def _link(self, doctype: str, name: object) -> Fields:
        try:
            return self.record(doctype, name)
        except Refused:
            raise Refused(f"Could not find {doctype}: {name}", "LinkValidationError") from None

    def _due(self, given: Fields, customer: Fields, invoice: Fields) -> object:
        schedule = [str(row["due_date"]) for row in _rows(given.get("payment_schedule", []))]
        due = max(schedule, default=given.get("due_date"))
        if not customer["term_days"] or given["is_return"]:
            return due
        posted = date.fromisoformat(str(invoice["posting_date"]))
        by_terms = (posted + timedelta(days=int(str(customer["term_days"])))).isoformat()
        if str(due) > by_terms and not given.get("ignore_default_payment_terms_template"):
            raise Refused(f"Due / Reference Date cannot be after {by_terms}")
        # without a schedule there comes that of the terms, and with it its date
        return due if schedule else by_terms

    def _check_currency(self, customer: Fields, currency: object) -> None:
        if currency not in self.rates:
            exchange = f"Maybe Currency Exchange record is not created for {currency} to EUR."
            raise Refused(f"Exchange Rate is mandatory. {exchange}")
        if self.any_currency:
            return
        own = [one for one in self.tables["Party Account"] if one["parent"] == customer["name"]]
        account = self._link("Account", own[0]["account"] if own else RECEIVABLE)
        if account["account_currency"] != currency:
            party = f"Party Account <strong>{account['name']}</strong> currency ({account['account_currency']})"
            raise Refused(f"{party} and document currency ({currency}) should be same")

    def _check_period(self, day: str) -> None:
        # an account that is frozen up to a day is looked at when the invoice is submitted
        for period in self.tables["Accounting Period"]:
            if str(period["start_date"]) <= day <= str(period["end_date"]):
                within = f"within the closed Accounting Period <strong>{period['name']}</strong>"
                raise Refused(f"You cannot create a Sales Invoice {within}", "ClosedAccountingPeriod")

    def _check_return(self, invoice: Fields) -> None:
        if not invoice["return_against"]:
            return
        original = self._link("Sales Invoice", invoice["return_against"])
        if original["docstatus"] != 1:
            raise Refused(f"Invalid Return Against: {original['name']}")
        if Decimal(str(original["conversion_rate"])) != Decimal(str(invoice["conversion_rate"])):
            raise Refused(f"Exchange Rate must be same as Sales Invoice {original['name']}")

    def _item(self, row: Fields, *, returned: bool) -> Fields:
        unit = self._link("UOM", row["uom"])
        self._link("Account", row["income_account"])
        # precision: three decimals of quantities, two of amounts
        quantity, rate = _rounded(row["qty"], Decimal("0.001")), _rounded(row["rate"])
        if quantity < 0 and not returned:
            raise Refused("For an item None, quantity must be positive number")
        if quantity > 0 and returned:
            raise Refused("For an item None, quantity must be negative number")
        if rate < 0 and not self.negative_rates:
            raise Refused("For item <strong>None</strong>, rate must be a positive number")
        if unit.get("whole") and quantity % 1:
            raise Refused("Quantity cannot be a fraction", "UOMMustBeIntegerError")
        if len(str(row["item_name"])) > _SHORT:
            raise Refused("Item Name will get truncated", "CharacterLengthExceededError")
        rates = self._rates(row["item_tax_template"]) if row.get("item_tax_template") else {}
        cleaned = {name: _clean(value) for name, value in row.items()}
        return {**cleaned, "net_amount": _rounded(quantity * rate), "rates": rates}

    def _rates(self, template: object) -> Fields:
        self._link("Item Tax Template", template)
        rows = self.tables["Item Tax Template Detail"]
        return {str(one["tax_type"]): one["tax_rate"] for one in rows if one["parent"] == template}

    def _tax(self, row: Fields, invoice: Fields) -> Fields:
        account = str(self._link("Account", row["account_head"])["name"])
        if row["charge_type"] != "On Net Total":
            raise Broken("the sandbox knows no other charge")
        exact = sum(
            (
                cast("Decimal", item["net_amount"])
                * Decimal(str(cast("Fields", item["rates"]).get(account, row["rate"])))
                for item in _rows(invoice["items"])
            ),
            Decimal(0),
        )
        return {**row, "tax_amount": _rounded(exact / 100)}

    def _check_unique(self, invoice: Fields) -> None:
        field, reference = self.reference_field, invoice["t2i_ref"]
        if field and field["unique"] and reference and any(one["t2i_ref"] == reference for one in self.invoices):
            raise Refused(f"{field['label']} must be unique", "UniqueValidationError")

    def _enter(
        self, invoice: Fields, against: str, kind: str, voucher: str, amount: Decimal, on: date | None = None
    ) -> None:
        self.tables["Payment Ledger Entry"].append(
            {
                "against_voucher_type": "Sales Invoice",
                "against_voucher_no": against,
                "voucher_type": kind,
                "voucher_no": voucher,
                "amount_in_account_currency": amount,
                "account_currency": invoice["currency"],
                "posting_date": on.isoformat() if on else invoice["posting_date"],
                "delinked": 0,
            }
        )


def _holds(record: Fields, condition: list[object]) -> bool:
    name, operator, wanted = str(condition[0]), condition[1], condition[2]
    match operator:
        case "=":
            # the collation of the database makes no difference between small and capital letters
            return str(record.get(name)).casefold() == str(wanted).casefold()
        case "<=":
            return str(record.get(name)) <= str(wanted)
        case ">=":
            return str(record.get(name)) >= str(wanted)
        case "in":
            return any(_holds(record, [name, "=", one]) for one in cast("list[object]", wanted))
        case _:
            raise Broken(f"the sandbox knows no operator {operator!r}")


def _total(invoice: Fields) -> None:
    net = sum((cast("Decimal", one["net_amount"]) for one in _rows(invoice["items"])), Decimal(0))
    tax = sum((cast("Decimal", one["tax_amount"]) for one in _rows(invoice["taxes"])), Decimal(0))
    invoice |= {"net_total": net, "total_taxes_and_charges": tax, "grand_total": net + tax}
    invoice["outstanding_amount"] = net + tax


def _check_schedule(invoice: Fields) -> None:
    rows, total = _rows(invoice.get("payment_schedule", [])), cast("Decimal", invoice["grand_total"])
    if len({row["due_date"] for row in rows}) < len(rows):
        raise Refused("Rows with duplicate due dates in other rows were found")
    if any(str(row.get("discount_date", "")) > str(row["due_date"]) for row in rows):
        raise Refused("Discount Date cannot be after Due Date")
    for row in rows:
        portion = Decimal(str(row.get("invoice_portion", 0)))
        row["payment_amount"] = total * portion / 100 if portion else Decimal(str(row["payment_amount"]))
    paid = sum((cast("Decimal", row["payment_amount"]) for row in rows), Decimal(0))
    if rows and abs(paid - total) > _TOLERANCE:
        raise Refused("Total Payment Amount in Payment Schedule must be equal to Grand / Rounded Total")


def _clean(value: object) -> object:
    """Take what looks like a tag out of a text, as Frappe does with most."""
    return re.sub(r"<(?!br>)[^>]*>?", "", value) if isinstance(value, str) else value


def _rows(value: object) -> list[Fields]:
    return cast("list[Fields]", value)


def _open(invoice: Fields) -> Decimal:
    return cast("Decimal", invoice["outstanding_amount"])


def _rounded(value: object, step: Decimal = _CENT) -> Decimal:
    return Decimal(str(value)).quantize(step, ROUND_HALF_UP)


def _currency(code: str, *, enabled: int = 1) -> Fields:
    return {"name": code, "enabled": enabled}


def _account(name: str) -> Fields:
    return {"name": name, "company": COMPANY, "is_group": 0, "disabled": 0, "account_currency": "EUR"}


def packed(messages: Iterable[str]) -> str:
    """Return messages as an answer carries them: JSON in JSON."""
    return json.dumps([json.dumps({"message": one, "title": "Message"}) for one in messages])
