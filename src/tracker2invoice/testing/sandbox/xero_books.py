"""The books of a pretended Xero organisation: contacts, accounts, taxes, currencies, invoices, credit notes. No HTTP.

Behaviour and field names: XeroAPI/Xero-OpenAPI, xero_accounting.yaml 16.1.0; rounding: Xero Central, "Rounding
in Xero". Refusals are worded as Xero words them where its wording is known: only the words tell them apart; that of a
lock date stands in issue 92 of waynerobinson/xeroizer.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import cast

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.xero_dates import is_date, ms, ms_date
from tracker2invoice.testing.sandbox.xero_where import NotUnderstood, condition, is_optimised

Fields = dict[str, object]

TRANSITIONS = {
    "DRAFT": {"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"},
    "SUBMITTED": {"SUBMITTED", "DRAFT", "AUTHORISED", "DELETED"},
    "AUTHORISED": {"AUTHORISED", "VOIDED", "PAID"},
}
NOWHERE = "00000000-0000-0000-0000-000000000000"
_CENT, _QUANTITY = Decimal("0.01"), Decimal("0.0001")
# developer.xero.com, Accounting API, Attachments
_MOST_FILES, _LARGEST_FILE, _NOT_IN_NAMES = 10, 10 * 1024 * 1024, '<>:"/\\|?*\0'
_ARCHIVED = (
    "The contact with the specified contact details has been archived. The contact must be un-archived before creating "
    "new invoices or credit notes."
)
_LONGEST = {"Description": 4000, "InvoiceNumber": 255, "CreditNoteNumber": 255, "Reference": 255}


@dataclass(frozen=True, slots=True)
class Kind:
    """What tells invoices from credit notes: where they are, how fields are called, and what their list filters by."""

    path: str
    id: str
    number: str
    name: str
    series: str
    types: tuple[str, str]
    filters: frozenset[str]


INVOICES = Kind(
    "Invoices",
    "InvoiceID",
    "InvoiceNumber",
    "Invoice",
    "INV",
    ("ACCREC", "ACCPAY"),
    frozenset({"searchTerm", "Statuses", "where", "IDs"}),
)
CREDIT_NOTES = Kind(
    "CreditNotes",
    "CreditNoteID",
    "CreditNoteNumber",
    "Credit Note",
    "CN",
    ("ACCRECCREDIT", "ACCPAYCREDIT"),
    frozenset({"where"}),
)


class Refused(Exception):
    """What Xero says about an element it does not accept: one sentence for each problem."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class BadFilter(Refused):
    """What Xero says about a filter. `number` and `kind` are those of the exception that it names."""

    def __init__(self, reason: str, number: int, kind: str) -> None:
        super().__init__(reason)
        self.number, self.kind = number, kind


class XeroBooks:
    """One organisation. Python tests may change its lists directly."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.contacts: list[Fields] = []
        self.invoices: list[Fields] = []
        self.credit_notes: list[Fields] = []
        self.attachments: dict[str, dict[str, bytes]] = {}
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
        self.has_high_volume = False
        self.currencies = ["EUR", "GBP", "JPY", "KWD", "NZD", "USD"]
        self.locked_until: date | None = None

    def add_contact(self, name: str, status: str = "ACTIVE", contact_id: str = "") -> str:
        """Add a contact and return its id."""
        contact_id = contact_id or _new_id("contact", len(self.contacts))
        self.contacts.append({"ContactID": contact_id, "Name": name, "ContactStatus": status})
        return contact_id

    @property
    def organisation(self) -> Fields:
        """What is special about the organisation."""
        locked: Fields = {"PeriodLockDate": ms_date(self.locked_until.isoformat())} if self.locked_until else {}
        return {"BaseCurrency": "EUR", **locked}

    def contact(self, contact_id: object) -> Fields | None:
        """Return the contact with that id."""
        return next((one for one in self.contacts if one["ContactID"] == contact_id), None)

    def kept(self, kind: Kind) -> list[Fields]:
        """Return every document of the kind, the newest last."""
        return self.invoices if kind is INVOICES else self.credit_notes

    def document(self, kind: Kind, key: str) -> Fields | None:
        """Return the document with that id or number."""
        return next((one for one in self.kept(kind) if key in (one[kind.id], one[kind.number])), None)

    def invoice(self, key: str) -> Fields | None:
        """Return the invoice with that id or number."""
        return self.document(INVOICES, key)

    def create(self, kind: Kind, element: Fields, decimals: int) -> Fields:
        """Keep a new document. `decimals` is how far unit amounts are rounded before anything is calculated.

        Raises:
            Refused: as Xero would.
        """
        self._refuse(kind, element)
        lines = [self._line(_fields(line), decimals) for line in _list(element.get("LineItems"))]
        net, tax = _sum(lines, "LineAmount"), _sum(lines, "TaxAmount")
        number = len(self.kept(kind)) + 1
        document: Fields = {
            "Type": element["Type"],
            kind.id: _new_id(kind.name.lower(), number),
            kind.number: element.get(kind.number) or f"{kind.series}-{number:04}",
            "Reference": element.get("Reference") or "",
            "Contact": dict(self.contact(_fields(element["Contact"])["ContactID"]) or {}),
            "Date": ms_date(element.get("Date")),
            "Status": element.get("Status") or "DRAFT",
            "LineAmountTypes": element.get("LineAmountTypes") or "Exclusive",
            "LineItems": lines,
            "SubTotal": net,
            "TotalTax": tax,
            "Total": net + tax,
            "Payments": [],
            "CurrencyCode": element.get("CurrencyCode") or "EUR",
            "HasErrors": False,
            **_owed(kind, element, net + tax),
        }
        self.kept(kind).append(document)
        return self._touched(document)

    def attach(self, kind: Kind, document_id: str, name: str, content: bytes) -> None:
        """Keep a file with a document, in place of the one with its name.

        Raises:
            Refused: as Xero would.
        """
        files = self.attachments.setdefault(document_id, {})
        problems = {
            "The document could not be found": self.document(kind, document_id) is None,
            "The filename is not valid": bool({*_NOT_IN_NAMES} & {*name}),
            "The file is empty or larger than 10 MB": not 0 < len(content) <= _LARGEST_FILE,
            "A maximum of 10 attachments can be uploaded": name not in files and len(files) >= _MOST_FILES,
        }
        if reasons := [reason for reason, wrong in problems.items() if wrong]:
            raise Refused(*reasons)
        files[name] = content

    def change(self, key: str, changes: Fields, kind: Kind = INVOICES) -> Fields:
        """Change the status or the texts of a document, as a person or another program does.

        Raises:
            Refused: Xero has no such transition, or no such document.
        """
        document = self.document(kind, key)
        if document is None:
            raise Refused("The document could not be found")
        status = str(changes.get("Status", document["Status"]))
        if status not in TRANSITIONS.get(str(document["Status"]), {document["Status"]}):
            raise Refused(f"{kind.name} not of valid status for modification")
        texts: Fields = {name: changes[name] for name in ("Reference", kind.number) if name in changes}
        document |= texts | {"Status": status}
        if status == "PAID":
            self._settle(kind, document)
        return self._touched(document)

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

    def _settle(self, kind: Kind, document: Fields) -> None:
        """Book the payment of an invoice; what is left of a credit note is given back."""
        if kind is INVOICES:
            self._book_payment(document, _number(document["AmountDue"]), self._clock().date())
        else:
            document["Payments"] = [_payment(_number(document["RemainingCredit"]), self._clock().date())]
            document["RemainingCredit"] = Decimal("0.00")

    def _book_payment(self, invoice: Fields, amount: Decimal, on: date) -> None:
        invoice["Payments"] = [*_list(invoice["Payments"]), _payment(amount, on)]
        invoice["AmountPaid"] = _number(invoice["AmountPaid"]) + amount
        invoice["AmountDue"] = _number(invoice["AmountDue"]) - amount

    def search(self, kind: Kind, filters: Mapping[str, str]) -> list[Fields]:
        """Return the documents of a kind that match all filters it has.

        Raises:
            BadFilter: as `matching`.
        """
        asked = {name: value for name, value in filters.items() if name in kind.filters and value}
        needle = asked.get("searchTerm", "").lower()
        found = [
            one
            for one in self.kept(kind)
            if needle in f"{one[kind.number]}\n{one['Reference']}".lower()
            and _among(one["Status"], asked.get("Statuses"))
            and _among(one[kind.id], asked.get("IDs"))
        ]
        return self.matching(found, asked.get("where", ""), kind.path)

    def matching(self, kept: list[Fields], where: str, path: str) -> list[Fields]:
        """Return what meets a filter; all without one.

        Raises:
            BadFilter: it is not understood, or too slow for an organisation of this size.
        """
        if not where:
            return kept
        if self.has_high_volume and not is_optimised(where):
            volume = "given the extremely high volume for this organisation"
            reason = f"Your request is not filtering {path} efficiently, {volume}."
            raise BadFilter(reason, 51, "HighVolumeException")
        try:
            test = condition(where)
            return [one for one in kept if test(one)]
        except NotUnderstood as error:
            raise BadFilter(str(error), 16, "QueryParseException") from None

    def _refuse(self, kind: Kind, element: Fields) -> None:
        contact = self.contact(_fields(element.get("Contact")).get("ContactID"))
        lines = [_fields(line) for line in _list(element.get("LineItems"))]
        number = element.get(kind.number)
        currency = element.get("CurrencyCode", "EUR")
        problems = {
            f"{kind.name} type must be specified": element.get("Type") not in kind.types,
            "The contact could not be found": contact is None,
            _ARCHIVED: contact is not None
            and (contact["ContactStatus"] != "ACTIVE" or bool(contact.get("MergedToContactID"))),
            "One or more line items must be specified": not lines,
            f"{kind.name} # must be unique.": bool(number) and self.document(kind, str(number)) is not None,
            f"Organisation is not subscribed to currency {currency}": currency not in self.currencies,
            "The Url must not refer to Xero": "xero" in str(element.get("Url", "")).lower(),
            f"{kind.name} not of valid status for creation": element.get("Status", "DRAFT")
            not in ("DRAFT", "SUBMITTED", "AUTHORISED"),
            f"The document date cannot be before the period lock date, currently set at {self.locked_until}": bool(
                self.locked_until and str(element.get("Date")) <= self.locked_until.isoformat()
            ),
            "Date is not valid": any(not is_date(element.get(name)) for name in ("Date", "DueDate")),
        }
        reasons = [reason for reason, wrong in problems.items() if wrong]
        reasons += too_long(element, _LONGEST)
        for line in lines:
            reasons += self._problems_of(line)
        if reasons:
            raise Refused(*reasons)

    def _problems_of(self, line: Fields) -> list[str]:
        reasons = too_long(line, _LONGEST)
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
        quantity = _number(line.get("Quantity", 1)).quantize(_QUANTITY, ROUND_HALF_UP)
        amount = _cents(price * quantity)
        rate = next(one for one in self.tax_rates if one["TaxType"] == line["TaxType"])
        tax = _number(line["TaxAmount"]) if "TaxAmount" in line else amount * _number(rate["EffectiveRate"]) / 100
        return {**kept, "Quantity": quantity, "UnitAmount": price, "LineAmount": amount, "TaxAmount": _cents(tax)}

    def _touched(self, document: Fields) -> Fields:
        document["UpdatedDateUTC"] = ms(self._clock())
        return document


def _owed(kind: Kind, element: Fields, gross: Decimal) -> Fields:
    """Return the fields that only this kind has."""
    if kind is CREDIT_NOTES:
        return {"RemainingCredit": gross, "Allocations": []}
    return {
        "DueDate": ms_date(element.get("DueDate")),
        "AmountDue": gross,
        "AmountPaid": Decimal("0.00"),
        "AmountCredited": Decimal("0.00"),
        "SentToContact": False,
        **({"Url": element["Url"]} if element.get("Url") else {}),
    }


def _payment(amount: Decimal, on: date) -> Fields:
    return {"PaymentID": str(uuid.uuid4()), "Amount": amount, "Date": ms_date(on.isoformat())}


def _among(value: object, listed: str | None) -> bool:
    return listed is None or str(value).lower() in listed.lower().split(",")


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


def too_long(fields: Fields, longest: Mapping[str, int]) -> list[str]:
    """Return the sentence about each text that is longer than Xero takes."""
    return [
        f"The {name} cannot be longer than {limit} characters"
        for name, limit in longest.items()
        if len(str(fields.get(name, "")).encode("utf-16-le")) // 2 > limit
    ]
