"""The books of a pretended Xero organisation: contacts, accounts, tax rates, currencies, invoices. No HTTP.

Behaviour and field names: XeroAPI/Xero-OpenAPI, xero_accounting.yaml 16.1.0; rounding: Xero Central, "Rounding
in Xero". Refusals are worded as Xero words them where its wording is known: only the words tell them apart.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import cast

from tracker2invoice.plugins import Clock

Fields = dict[str, object]

TRANSITIONS = {
    "DRAFT": {"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"},
    "SUBMITTED": {"SUBMITTED", "DRAFT", "AUTHORISED", "DELETED"},
    "AUTHORISED": {"AUTHORISED", "VOIDED", "PAID"},
}
NOWHERE = "00000000-0000-0000-0000-000000000000"
_CENT = Decimal("0.01")
_LONGEST = {"Description": 4000, "InvoiceNumber": 255, "Reference": 255}
_MS_DATE = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_TERM = re.compile(r'\s*(\w+)\s*(?:==\s*"([^"]*)"|\.Contains\("([^"]*)"\))\s*')


class Refused(Exception):
    """What Xero says about an element it does not accept: one sentence for each problem."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class XeroBooks:
    """One organisation. Python tests may change its lists directly."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.contacts: list[Fields] = []
        self.invoices: list[Fields] = []
        self.accounts: list[Fields] = [
            {"Code": "200", "Name": "Sales", "Status": "ACTIVE", "Type": "REVENUE", "Class": "REVENUE"},
            {"Code": "400", "Name": "Advertising", "Status": "ACTIVE", "Type": "EXPENSE", "Class": "EXPENSE"},
        ]
        self.tax_rates: list[Fields] = [
            _tax_rate("OUTPUT2", "19.0000"),
            _tax_rate("OUTPUT", "7.0000"),
            _tax_rate("ZERORATEDOUTPUT", "0.0000"),
            _tax_rate("EXEMPTOUTPUT", "0.0000"),
            _tax_rate("ECOUTPUTSERVICES", "0.0000"),
            _tax_rate("INPUT2", "19.0000", revenue=False),
        ]
        self.currencies = ["EUR", "GBP", "JPY", "KWD", "NZD", "USD"]

    def add_contact(self, name: str, status: str = "ACTIVE", contact_id: str = "") -> str:
        """Add a contact and return its id."""
        contact_id = contact_id or _new_id("contact", len(self.contacts))
        self.contacts.append({"ContactID": contact_id, "Name": name, "ContactStatus": status})
        return contact_id

    def contact(self, contact_id: object) -> Fields | None:
        """Return the contact with that id."""
        return next((one for one in self.contacts if one["ContactID"] == contact_id), None)

    def invoice(self, invoice_id: str) -> Fields | None:
        """Return the invoice with that id or number."""
        return next((one for one in self.invoices if invoice_id in (one["InvoiceID"], one["InvoiceNumber"])), None)

    def create(self, element: Fields, decimals: int) -> Fields:
        """Keep a new invoice. `decimals` is how far unit amounts are rounded before anything is calculated.

        Raises:
            Refused: as Xero would.
        """
        self._refuse(element)
        lines = [self._line(_fields(line), decimals) for line in _list(element.get("LineItems"))]
        net, tax = _sum(lines, "LineAmount"), _sum(lines, "TaxAmount")
        number = len(self.invoices) + 1
        invoice: Fields = {
            "Type": element["Type"],
            "InvoiceID": _new_id("invoice", number),
            "InvoiceNumber": element.get("InvoiceNumber") or f"INV-{number:04}",
            "Reference": element.get("Reference") or "",
            "Contact": dict(self.contact(_fields(element["Contact"])["ContactID"]) or {}),
            "Date": _ms_date(element.get("Date")),
            "DueDate": _ms_date(element.get("DueDate")),
            "Status": element.get("Status") or "DRAFT",
            "LineAmountTypes": element.get("LineAmountTypes") or "Exclusive",
            "LineItems": lines,
            "SubTotal": net,
            "TotalTax": tax,
            "Total": net + tax,
            "AmountDue": net + tax,
            "AmountPaid": Decimal("0.00"),
            "AmountCredited": Decimal("0.00"),
            "Payments": [],
            "CurrencyCode": element.get("CurrencyCode") or "EUR",
            "SentToContact": False,
            "HasErrors": False,
        }
        if element.get("Url"):
            invoice["Url"] = element["Url"]
        self.invoices.append(invoice)
        return self._touched(invoice)

    def change(self, invoice_id: str, changes: Fields) -> Fields:
        """Change the status or the texts of an invoice, as a person or another program does.

        Raises:
            Refused: Xero has no such transition, or no such invoice.
        """
        invoice = self.invoice(invoice_id)
        if invoice is None:
            raise Refused("The document could not be found")
        status = str(changes.get("Status", invoice["Status"]))
        if status not in TRANSITIONS.get(str(invoice["Status"]), {invoice["Status"]}):
            raise Refused("Invoice not of valid status for modification")
        texts: Fields = {name: changes[name] for name in ("Reference", "InvoiceNumber") if name in changes}
        invoice |= texts | {"Status": status}
        if status == "PAID":
            self._book_payment(invoice, _number(invoice["AmountDue"]), self._clock().date())
        return self._touched(invoice)

    def pay(self, invoice_id: str, amount: Decimal, on: date) -> Fields:
        """Book a payment of a part of an authorised invoice, as a person does.

        Raises:
            Refused: there is no such invoice, or it does not wait for so much.
        """
        invoice = self.invoice(invoice_id)
        if invoice is None or invoice["Status"] != "AUTHORISED":
            raise Refused("Payments can only be made against Authorised documents")
        if amount > _number(invoice["AmountDue"]):
            raise Refused("Payment amount exceeds the amount outstanding on this document")
        self._book_payment(invoice, amount, on)
        if invoice["AmountDue"] == 0:
            invoice["Status"] = "PAID"
        return self._touched(invoice)

    def _book_payment(self, invoice: Fields, amount: Decimal, on: date) -> None:
        payment: Fields = {"PaymentID": str(uuid.uuid4()), "Amount": amount, "Date": _ms_date(on.isoformat())}
        invoice["Payments"] = [*_list(invoice["Payments"]), payment]
        invoice["AmountPaid"] = _number(invoice["AmountPaid"]) + amount
        invoice["AmountDue"] = _number(invoice["AmountDue"]) - amount

    def among(self, ids: Iterable[str]) -> list[Fields]:
        """Return the invoices with these ids."""
        wanted = {one.lower() for one in ids}
        return [one for one in self.invoices if str(one["InvoiceID"]).lower() in wanted]

    def search(self, term: str, statuses: Iterable[str], where: str) -> list[Fields]:
        """Return the invoices that match all three; empty ones match everything.

        Raises:
            Refused: `where` is more than equality and `Contains`, joined by AND.
        """
        tests = [_condition(part) for part in where.split(" AND ")] if where else []
        wanted, needle = set(statuses), term.lower()
        return [
            one
            for one in self.invoices
            if needle in f"{one['InvoiceNumber']}\n{one['Reference']}".lower()
            and (not wanted or one["Status"] in wanted)
            and all(test(one) for test in tests)
        ]

    def _refuse(self, element: Fields) -> None:
        contact = self.contact(_fields(element.get("Contact")).get("ContactID"))
        lines = [_fields(line) for line in _list(element.get("LineItems"))]
        number = element.get("InvoiceNumber")
        currency = element.get("CurrencyCode", "EUR")
        problems = {
            "Invoice type must be specified": element.get("Type") not in ("ACCREC", "ACCPAY"),
            "The contact could not be found": contact is None,
            "The contact is archived": contact is not None and contact["ContactStatus"] != "ACTIVE",
            "One or more line items must be specified": not lines,
            "Invoice # must be unique.": bool(number) and self.invoice(str(number)) is not None,
            f"Organisation is not subscribed to currency {currency}": currency not in self.currencies,
            "The Url must not refer to Xero": "xero" in str(element.get("Url", "")).lower(),
            "Invoice not of valid status for creation": element.get("Status", "DRAFT")
            not in ("DRAFT", "SUBMITTED", "AUTHORISED"),
            "Date is not valid": any(not _is_date(element.get(name)) for name in ("Date", "DueDate")),
        }
        reasons = [reason for reason, wrong in problems.items() if wrong]
        reasons += _too_long(element)
        for line in lines:
            reasons += self._problems_of(line)
        if reasons:
            raise Refused(*reasons)

    def _problems_of(self, line: Fields) -> list[str]:
        reasons = _too_long(line)
        if not line.get("Description"):
            reasons.append("Description is required")
        if "UnitAmount" not in line:
            return reasons
        code, tax_type = line.get("AccountCode"), line.get("TaxType")
        if not any(one["Code"] == code and one["Status"] == "ACTIVE" for one in self.accounts):
            reasons.append(f"Account code '{code}' is not a valid code for this document.")
        if not any(one["TaxType"] == tax_type and one["CanApplyToRevenue"] for one in self.tax_rates):
            reasons.append(f"The TaxType code '{tax_type}' cannot be used with account code '{code}'.")
        return reasons

    def _line(self, line: Fields, decimals: int) -> Fields:
        kept: Fields = {**line, "LineItemID": str(uuid.uuid4())}
        if "UnitAmount" not in line:
            return kept
        price = _number(line["UnitAmount"]).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        amount = _cents(price * _number(line.get("Quantity", 1)))
        rate = next(one for one in self.tax_rates if one["TaxType"] == line["TaxType"])
        tax = _number(line["TaxAmount"]) if "TaxAmount" in line else amount * _number(rate["EffectiveRate"]) / 100
        return {**kept, "UnitAmount": price, "LineAmount": amount, "TaxAmount": _cents(tax)}

    def _touched(self, invoice: Fields) -> Fields:
        invoice["UpdatedDateUTC"] = ms(self._clock())
        return invoice


def ms(instant: datetime) -> str:
    """Return the instant in the notation of Xero's JSON."""
    return f"/Date({int(instant.timestamp() * 1000)}+0000)/"


def _tax_rate(tax_type: str, rate: str, *, revenue: bool = True) -> Fields:
    return {
        "Name": tax_type,
        "TaxType": tax_type,
        "Status": "ACTIVE",
        "EffectiveRate": Decimal(rate),
        "DisplayTaxRate": Decimal(rate),
        "CanApplyToRevenue": revenue,
    }


def _new_id(kind: str, number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}/{number}"))


def _fields(value: object) -> Fields:
    return cast("Fields", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _sum(lines: Iterable[Fields], name: str) -> Decimal:
    return sum((_number(line.get(name, 0)) for line in lines), Decimal("0.00"))


def _number(value: object) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise Refused(f"'{value}' is not a number") from None


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _day(value: object) -> date | None:
    """Read `2026-03-02`, as people write it, or `/Date(1772409600000)/`, as Xero's own clients do.

    Raises:
        ValueError: it is neither.
    """
    if value is None:
        return None
    since_1970 = _MS_DATE.fullmatch(str(value))
    if since_1970:
        return datetime.fromtimestamp(int(since_1970[1]) / 1000, UTC).date()
    return date.fromisoformat(str(value))


def _is_date(value: object) -> bool:
    try:
        _day(value)
    except ValueError:
        return False
    return True


def _ms_date(value: object) -> str | None:
    day = _day(value)
    return ms(datetime.combine(day, datetime.min.time(), UTC)) if day else None


def _too_long(fields: Fields) -> list[str]:
    return [
        f"The {name} cannot be longer than {limit} characters"
        for name, limit in _LONGEST.items()
        if len(str(fields.get(name, "")).encode("utf-16-le")) // 2 > limit
    ]


def _condition(text: str) -> Callable[[Fields], bool]:
    parts = _TERM.fullmatch(text)
    if parts is None:
        raise Refused("the where clause is not understood")
    name, equal, part = parts[1], cast("str | None", parts[2]), cast("str | None", parts[3])
    if equal is not None:
        return lambda invoice: invoice.get(name) == equal
    return lambda invoice: (part or "") in str(invoice.get(name, ""))
