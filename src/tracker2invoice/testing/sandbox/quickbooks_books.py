"""The books of a pretended company in QuickBooks Online: customers, tax codes, documents, payments, files. No HTTP.

Field names: developer.intuit.com, the entities. How QuickBooks rounds tax it does not say: here by tax code, or line by
line if `rounds_lines` is set. Whether it refuses a number that is taken is told differently: here if
`refuses_duplicates` is set. The books are closed up to `closed_until`; once the subscription `has_lapsed`, they can be
read alone (developer.intuit.com, Top QuickBooks Online API Errors; blogs.intuit.com of April 2025 on Preferences).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import cast

from tracker2invoice.plugins import Clock

Fields = dict[str, object]

SALES = ("Invoice", "Estimate", "CreditMemo")
_CENT = Decimal("0.01")
_LONGEST = {"DocNumber": 21, "PrivateNote": 4000, "Description": 4000}


class Refused(Exception):
    """What QuickBooks says of a request that it does not carry out: code, message, detail and the field."""

    def __init__(self, code: str, message: str, detail: str = "", element: str = "") -> None:
        super().__init__(f"{code}: {message}: {detail}")
        self.error: Fields = {"Message": message, "Detail": detail or message, "code": code, "element": element}


class QuickBooksBooks:
    """One company. Python tests may change its lists directly; a document is `deleted` or not, and of an `entity`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.rounds_lines = False
        self.refuses_duplicates = False
        self.country = "DE"
        self.own_numbers, self.estimates, self.several_currencies = True, True, True
        self.closed_until: date | None = None
        self.has_lapsed = False
        self.customers: list[Fields] = []
        self.items: list[Fields] = [
            {"Id": "1", "Name": "Services", "Type": "Service", "Active": True},
            {"Id": "2", "Name": "All", "Type": "Category", "Active": True},
        ]
        self.tax_rates = [_tax_rate("100", 19), _tax_rate("101", 7), _tax_rate("102", 0)]
        self.tax_codes = [_tax_code("10", "100"), _tax_code("11", "101"), _tax_code("12", "102")]
        self.documents: list[Fields] = []
        self.payments: list[Fields] = []
        self.attachables: list[Fields] = []
        self.other_names = {"Print Shop Ltd"}
        """Those of vendors and employees."""

    @property
    def preferences(self) -> Fields:
        """What the company has chosen."""
        return {
            "SalesFormsPrefs": {"CustomTxnNumbers": self.own_numbers, "AllowEstimates": self.estimates},
            "AccountingInfoPrefs": {"BookCloseDate": self.closed_until.isoformat()} if self.closed_until else {},
            "CurrencyPrefs": {"MultiCurrencyEnabled": self.several_currencies, "HomeCurrency": {"value": "EUR"}},
            "Id": "1",
            "SyncToken": "0",
        }

    def add_customer(self, name: str, currency: str = "EUR", customer_id: str = "", email: str = "") -> str:
        """Add a customer and return its id."""
        fields: Fields = {"DisplayName": name, "CurrencyRef": {"value": currency}}
        mailed: Fields = {"PrimaryEmailAddr": {"Address": email}} if email else {}
        return str(self._keep_customer({**fields, **mailed}, customer_id)["Id"])

    def deactivate(self, customer_id: str) -> None:
        """Make a customer inactive, who is called otherwise from then on."""
        customer = self.one("Customer", customer_id)
        customer |= {"Active": False, "DisplayName": f"{customer['DisplayName']} (deleted)"}

    def create_customer(self, asked: Fields) -> Fields:
        """Keep a new customer.

        Raises:
            Refused: as QuickBooks would.
        """
        name, currency = str(asked.get("DisplayName") or ""), _value(asked, "CurrencyRef")
        if not name:
            raise Refused("2020", "Required param missing, need to supply the required value", element="DisplayName")
        if name in self.other_names or any(one["DisplayName"] == name for one in self.customers):
            detail = (
                "The name supplied already exists. : Another customer, vendor or employee is already using this name"
            )
            raise Refused("6240", "Duplicate Name Exists Error", detail)
        if self.several_currencies and not currency:
            raise Refused("2020", "Required param missing, need to supply the required value", element="CurrencyRef")
        number = str(asked.get("PrimaryTaxIdentifier", ""))
        # all but the last characters of a tax number are kept secret
        masked: Fields = {"PrimaryTaxIdentifier": "X" * (len(number) - 5) + number[-5:]} if number else {}
        return self._keep_customer({"CurrencyRef": {"value": "EUR"}, **asked, **masked})

    def attach(self, asked: Fields, size: int) -> Fields:
        """Keep a file in the list of attachments.

        Raises:
            Refused: it belongs to something that is not there.
        """
        for reference in map(_fields, _list(asked.get("AttachableRef"))):
            belongs_to = _fields(reference.get("EntityRef"))
            self.one(str(belongs_to.get("type")), belongs_to.get("value"))
        attachable = {**asked, "Id": str(10_000 + len(self.attachables)), "SyncToken": "0", "Size": size}
        self.attachables.append(attachable)
        return attachable

    def of(self, entity: str) -> list[Fields]:
        """Return the objects of a kind that a query shows: no deleted ones."""
        if entity in SALES:
            return [one for one in self.documents if one["entity"] == entity and not one["deleted"]]
        kinds = {
            "Payment": self.payments,
            "Customer": self.customers,
            "Attachable": self.attachables,
            "Item": self.items,
            "TaxCode": self.tax_codes,
            "TaxRate": self.tax_rates,
        }
        return kinds.get(entity, [])

    def one(self, entity: str, wanted: object) -> Fields:
        """Return the object with that id.

        Raises:
            Refused: there is none.
        """
        found = next((one for one in self.of(entity) if one["Id"] == str(wanted)), None)
        if found is None:
            raise Refused("610", "Object Not Found", f"{entity} {wanted} is made inactive or was deleted")
        return found

    def create(self, entity: str, asked: Fields) -> Fields:
        """Keep a new document.

        Raises:
            Refused: as QuickBooks would.
        """
        lines = list(self._lines(asked))
        self._refuse(entity, asked, lines)
        net = sum((_number(line["Amount"]) for line in lines if "Amount" in line), Decimal(0))
        tax = self._tax(lines)
        if net + tax < 0:
            raise Refused("6000", "A business validation error has occurred", "The total cannot be negative")
        document: Fields = {
            **{name: value for name, value in asked.items() if name != "Line"},
            "Id": str(145 + len(self.documents)),
            "SyncToken": "0",
            "DocNumber": asked.get("DocNumber") if self.own_numbers else str(1001 + len(self.documents)),
            "Line": [*lines, {"Amount": net, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}],
            "TxnTaxDetail": {"TotalTax": tax},
            "TotalAmt": net + tax,
            "PrintStatus": "NeedToPrint",
            "LinkedTxn": [],
            "MetaData": {"CreateTime": self._clock().isoformat()},
            "entity": entity,
            "deleted": False,
        }
        document |= {"TxnStatus": "Pending"} if entity == "Estimate" else {"Balance": net + tax}
        self.documents.append(document)
        return document

    def delete(self, document: Fields) -> None:
        """Delete a document; no query shows it any more."""
        document["deleted"] = True

    def change(self, document: Fields, fields: Fields) -> None:
        """Change a document as a person does."""
        document |= {**fields, "SyncToken": str(int(str(document["SyncToken"])) + 1)}

    def send(self, document: Fields) -> None:
        """Send a document by mail."""
        self.change(document, {"EmailStatus": "EmailSent"})

    def void(self, document: Fields) -> None:
        """Take the amounts off a document, and say so in its note."""
        self.change(document, {"TotalAmt": Decimal(0), "Balance": Decimal(0), "PrivateNote": "Voided"})

    def bill(self, estimate: Fields) -> Fields:
        """Make an invoice of an estimate, with the next number, as a person does."""
        copied = {name: value for name, value in estimate.items() if name not in ("TxnStatus", "EmailStatus")}
        number = str(1001 + len(self.documents))
        own: Fields = {"Id": number, "DocNumber": number, "entity": "Invoice", "Balance": estimate["TotalAmt"]}
        invoice: Fields = {**copied, **own, "LinkedTxn": [_link(estimate)]}
        self.documents.append(invoice)
        self.change(estimate, {"TxnStatus": "Closed", "LinkedTxn": [_link(invoice)]})
        return invoice

    def pay(self, document: Fields, amount: Decimal, on: date, credit: Fields | None = None) -> None:
        """Book a payment of a document, or a credit memo that is applied to it."""
        if document["entity"] == "Estimate":
            document = self.bill(document)
        settles = [document, *([credit] if credit else [])]
        payment: Fields = {
            "Id": str(5000 + len(self.payments)),
            "TxnDate": on.isoformat(),
            "TotalAmt": Decimal(0) if credit else amount,
            "Line": [{"Amount": amount, "LinkedTxn": [_link(one)]} for one in settles],
        }
        self.payments.append({**payment, "entity": "Payment"})
        for one in settles:
            links = [*_list(one["LinkedTxn"]), _link(self.payments[-1])]
            one |= {"Balance": _number(one["Balance"]) - amount, "LinkedTxn": links}

    def _keep_customer(self, fields: Fields, customer_id: str = "") -> Fields:
        customer = {"Id": customer_id or str(58 + len(self.customers)), "Active": True, **fields}
        self.customers.append(customer)
        return customer

    def _refuse(self, entity: str, asked: Fields, lines: list[Fields]) -> None:
        if self.has_lapsed:
            detail = "You can't add data to QuickBooks Online Plus because your trial or subscription period ended"
            raise Refused("6190", "Invalid Company Status", detail)
        if self.closed_until and str(asked.get("TxnDate")) <= self.closed_until.isoformat():
            raise Refused("6200", "Account Period Closed, Cannot Update Through Services API")
        customer = self._referred("Customer", asked, "CustomerRef")
        currency = _value(asked, "CurrencyRef") or "EUR"
        home_alone = not self.several_currencies and currency != "EUR"
        if home_alone or currency != _value(customer, "CurrencyRef"):
            raise Refused("6000", "A business validation error has occurred", "Currency is not valid", "CurrencyRef")
        if not lines:
            raise Refused("2020", "Required param missing, need to supply the required value", element="Line")
        for name, longest in _LONGEST.items():
            if any(len(str(one.get(name) or "")) > longest for one in (asked, *lines)):
                raise Refused("2050", "String length is either shorter or longer than supported", element=name)
        number = asked.get("DocNumber")
        if self.refuses_duplicates and any(one["DocNumber"] == number for one in self.of(entity)):
            raise Refused("6140", "Duplicate Document Number Error", f"{number} is taken", "DocNumber")

    def _lines(self, asked: Fields) -> Iterator[Fields]:
        for line in map(_fields, _list(asked.get("Line"))):
            if line.get("DetailType") == "SalesItemLineDetail":
                detail = _fields(line.get("SalesItemLineDetail"))
                self._referred("Item", detail, "ItemRef")
                if self.country != "US":
                    self._referred("TaxCode", detail, "TaxCodeRef")
                elif _value(detail, "TaxCodeRef") != "NON":
                    raise Refused("2500", "Invalid Reference Id", "Tax is found by address", "TaxCodeRef")
                if _cents(_number(detail["Qty"]) * _number(detail["UnitPrice"])) != _number(line["Amount"]):
                    raise Refused("6070", "Amount calculation incorrect in the request", element="Line")
            elif line.get("DetailType") != "DescriptionOnly" or str(line.get("Description")).startswith("Subtotal:"):
                raise Refused("2010", "Request has invalid or unsupported property", element="Line")
            yield line

    def _tax(self, lines: list[Fields]) -> Decimal:
        taxed = [(_value(_fields(one.get("SalesItemLineDetail")), "TaxCodeRef"), one) for one in lines]
        nets = [(code, _number(one["Amount"])) for code, one in taxed if code not in ("", "NON")]
        total = Decimal(0)
        for code in dict.fromkeys(code for code, _ in nets):
            mine = [net for one, net in nets if one == code]
            exact = mine if self.rounds_lines else [sum(mine, Decimal(0))]
            total += sum((_cents(net * self._percent(code) / 100) for net in exact), Decimal(0))
        return total

    def _percent(self, code: str) -> Decimal:
        parts = _list(_fields(self.one("TaxCode", code)["SalesTaxRateList"])["TaxRateDetail"])
        rates = (self.one("TaxRate", _value(_fields(part), "TaxRateRef")) for part in parts)
        return sum((_number(rate["RateValue"]) for rate in rates), Decimal(0))

    def _referred(self, entity: str, holder: Fields, name: str) -> Fields:
        try:
            found = self.one(entity, _value(holder, name))
        except Refused:
            found = Fields(Active=False)
        if not found["Active"]:
            raise Refused("2500", "Invalid Reference Id", f"{name} is not there or inactive", name)
        return found


def shown(one: Fields) -> Fields:
    """Return an object as QuickBooks shows it."""
    return {name: value for name, value in one.items() if name not in ("entity", "deleted")}


def _tax_rate(rate_id: str, percent: int) -> Fields:
    return {"Id": rate_id, "Name": f"VAT {percent}", "RateValue": percent, "Active": True}


def _tax_code(code_id: str, rate_id: str) -> Fields:
    part: Fields = {"TaxRateRef": {"value": rate_id}, "TaxTypeApplicable": "TaxOnAmount", "TaxOnTaxOrder": 0}
    return {"Id": code_id, "Name": code_id, "Active": True, "SalesTaxRateList": {"TaxRateDetail": [part]}}


def _link(one: Fields) -> Fields:
    return {"TxnId": one["Id"], "TxnType": one["entity"]}


def _value(holder: Fields, name: str) -> str:
    return str(_fields(holder.get(name)).get("value", ""))


def _fields(value: object) -> Fields:
    return cast("Fields", value) if isinstance(value, dict) else {}


def _list(value: object) -> Iterable[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _number(value: object) -> Decimal:
    if not isinstance(value, Decimal | int):
        raise Refused("2040", "Invalid Number")
    return Decimal(value)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)
