"""The books of a pretended Tryton database: a company with accounts and taxes, parties, customer invoices, what is
attached to them. No HTTP.

Behaviour: a server of trytond 8.2.1 with trytond_account_invoice 8.2.0 was asked, and this was written after what it
answered (`tests/connectors/test_tryton_real.py` compares the two); for amounts also trytond_account 8.2, tax.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from stdnum.eu import vat

from tracker2invoice.plugins import Clock

Fields = dict[str, Any]

INVOICE, PARTY, ATTACHMENT = "account.invoice", "party.party", "ir.attachment"
COMPANY, JOURNAL, RECEIVABLE, REVENUE, TAX_ACCOUNT = 1, 1, 1, 2, 3
EUR, JPY, KWD = 1, 2, 3
VAT_19, VAT_7, EXEMPT = 1, 2, 3

_RULE = (
    'You are not allowed to create records of "Account Invoice" because they fail on at least one of these rules:\n'
    "User in companies"
)
_REQUIRED = {"party": "Party", "invoice_address": "Invoice Address", "currency": "Currency", "account": "Account"}
_OPTIONAL = ("journal", "reference", "description", "comment", "invoice_date", "payment_term", "payment_term_date")
_PRICE = Decimal("0.0001")


class Refused(Exception):
    """What Tryton says of a request that it does not carry out."""

    def __init__(self, message: str, description: str = "") -> None:
        super().__init__(message)
        self.message, self.description = message, description


class TrytonBooks:
    """One database with one company, in euros. Python tests may change its tables directly: records by id."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.companies = [COMPANY]
        """Those that the key's user sees."""
        self.tables: dict[str, dict[int, Fields]] = _set_up(clock().year)
        self._last: dict[str, int] = {}

    def add(self, model: str, fields: Fields) -> Fields:
        """Keep a record under a new id; no id is used twice."""
        number = self._last[model] = self._last.get(model, len(self.tables[model])) + 1
        self.tables[model][number] = {"id": number, "__name__": model, **fields}
        return self.tables[model][number]

    def add_party(self, name: str, street: str = "") -> str:
        """Add a party with an address; return both ids as they are pinned."""
        party = self.create_party({"name": name, "addresses": [["create", [{"street": street}]]]})
        (address,) = self.read(PARTY, party)["addresses"]
        return f"{party['id']}/{address['id']}"

    def create_party(self, asked: Fields) -> Fields:
        """Keep a new party with its addresses, identifiers and contact mechanisms, or nothing of it.

        Raises:
            Refused: as Tryton would.
        """
        identifiers = _nested("party.identifier", asked.get("identifiers", []))
        addresses = _records(asked.get("addresses", []))
        self._refuse_party(asked["name"], identifiers, addresses)
        mechanisms = _nested("party.contact_mechanism", asked.get("contact_mechanisms", []))
        fields = {"name": asked["name"], "active": True, "identifiers": identifiers, "contact_mechanisms": mechanisms}
        party = self.add(PARTY, fields)
        for one in addresses:
            country = self.tables["country.country"].get(one.get("country", 0), {})
            lines = (party["name"], one.get("street"), one.get("postal_code"), one.get("city"), country.get("code"))
            named = ", ".join(filter(None, lines)).replace("\n", " ")
            self.add("party.address", one | {"party": party["id"], "active": True, "rec_name": named})
        return party

    def attach(self, asked: Fields) -> Fields:
        """Keep a file that is attached to an invoice.

        Raises:
            Refused: the invoice is not there.
        """
        if self._invoice_of(asked["resource"]) is None:
            raise Refused(f'A value is required for field "Resource" in record "{asked["name"]}" of "Attachment".')
        return self.add(ATTACHMENT, asked)

    def refuse_search(self, domain: Sequence[Any]) -> None:
        """Refuse a search for attachments, unless it is among those of an invoice that is there.

        Raises:
            Refused: as Tryton would.
        """
        resource = next((clause[2] for clause in domain if clause[0] == "resource"), None)
        if resource is None:
            raise Refused('You are not allowed to search on the "ir.attachment" resource.')
        if self._invoice_of(resource) is None:
            told = f'You are not allowed to read records "{resource.rpartition(",")[2]}" of "Account Invoice"'
            raise Refused(f"{told} because of at least one of these rules:\n")

    def shows(self, record: Fields) -> bool:
        """Say whether the key's user sees a record; of companies that are not theirs they see none."""
        return "company" not in record or record["company"] in self.companies

    @property
    def invoices(self) -> list[Fields]:
        """Every invoice that is there, the oldest first."""
        return list(self.tables[INVOICE].values())

    def create(self, asked: Fields) -> Fields:
        """Keep a new invoice with its lines and taxes, as a draft, or nothing of it.

        Raises:
            Refused: as Tryton would.
        """
        if asked.get("company") not in self.companies:
            raise Refused(_RULE, "Within groups: Accounting")
        lines = _nested("account.invoice.line", asked.get("lines", []))
        taxes = _nested("account.invoice.tax", asked.get("taxes", []))
        called = f"[{asked['reference']}]" if asked.get("reference") else f"({self._last.get(INVOICE, 0) + 1})"
        self._refuse(asked, called)
        if any(line["currency"] != asked["currency"] for line in lines):
            raise _outside(", ".join(_line_name(line, called) for line in lines), "Lines", called)
        for line in lines:
            self._refuse_line(line, called)
        fields: Fields = {name: _stripped(asked.get(name)) for name in (*_OPTIONAL, *_REQUIRED, "type", "company")}
        empty: Fields = {name: [] for name in ("payment_lines", "reconciliation_lines", "origin_invoices")}
        invoice = fields | empty | {"number": None, "state": "draft", "lines": lines, "taxes": taxes}
        self._calculate(invoice)
        return self._written(self.add(INVOICE, invoice))

    def act(self, invoice: Fields, button: str) -> None:
        """Press one of the buttons `validate_invoice`, `post`, `cancel` and `draft`.

        Raises:
            Refused: that is not possible in the state of the invoice.
        """
        ways = {
            "validate_invoice": (("draft",), "validated"),
            "post": (("draft", "validated"), "posted"),
            "cancel": (("draft", "validated"), "cancelled"),
            "draft": (("validated", "cancelled"), "draft"),
        }
        before, after = ways[button]
        if invoice["state"] not in before:
            raise Refused(f'You can not call "{button}" on "{name_of(invoice)}" of "Account Invoice".')
        if after == "posted":
            invoice["number"] = str(sum(one["number"] is not None for one in self.invoices) + 1)
        invoice["state"] = after
        self._written(invoice)

    def pay(self, invoice: Fields, amount: Decimal, on: date) -> None:
        """Book a payment of a part of a posted invoice, or all of it."""
        invoice["payment_lines"].append(_entry(len(invoice["payment_lines"]) + 1, on, amount, invoice))
        if not _open(invoice):
            invoice |= {"state": "paid", "reconciliation_lines": list(invoice["payment_lines"])}
        self._written(invoice)

    def reconcile(self, invoice: Fields, credit_note: Fields, on: date) -> None:
        """Set a posted credit note off against all that is left of a posted invoice."""
        entry = _entry(0, on, _open(invoice), credit_note)
        invoice |= {"state": "paid", "reconciliation_lines": [*invoice["payment_lines"], entry]}
        self._written(invoice)

    def credit(self, invoice: Fields) -> Fields:
        """Make the draft of a credit note, as the wizard does: it keeps the description and drops the reference."""
        lines = [line | {"quantity": -line["quantity"]} for line in invoice["lines"]]
        copied = {**invoice, "lines": lines, "taxes": [], "reference": None, "number": None, "state": "draft"}
        copied |= {"origin_invoices": [invoice["id"]], "payment_term_date": None, "payment_lines": []}
        self._calculate(copied)
        return self._written(
            self.add(INVOICE, {name: copied[name] for name in copied if name not in ("id", "__name__")})
        )

    def delete(self, invoice: Fields) -> None:
        """Delete an invoice without a trace.

        Raises:
            Refused: it is posted or paid, or validated.
        """
        if invoice["state"] in ("posted", "paid"):
            raise Refused(f'You cannot modify invoice "{name_of(invoice)}" because it is posted, paid or cancelled.')
        if invoice["state"] == "validated":
            raise Refused(f'To delete invoice "{name_of(invoice)}" you must cancel it.')
        del self.tables[INVOICE][invoice["id"]]
        for file in [one for one in self.tables[ATTACHMENT].values() if self._invoice_of(one["resource"]) is None]:
            del self.tables[ATTACHMENT][file["id"]]

    def read(self, model: str, record: Fields) -> Fields:
        """Return a record with the fields that Tryton calculates."""
        if model == PARTY:
            return record | self._about(record)
        if model != INVOICE:
            return record
        total = record["untaxed_amount"] + record["tax_amount"]
        left = _open(record) if record["state"] == "posted" else Decimal(0)
        return record | {"total_amount": total, "amount_to_pay": left}

    def _refuse_party(self, name: str, identifiers: Sequence[Fields], addresses: Sequence[Fields]) -> None:
        for one in identifiers:
            if one.get("type") == "eu_vat" and not vat.is_valid(one["code"]):
                raise Refused(f'The European VAT Number "{one["code"]}" for party "{name}" is not valid.')
        for one in addresses:
            if one.get("country") and one["country"] not in self.tables["country.country"]:
                raise Refused(f'You are trying to read records "{one["country"]}" of "Country" that don\'t exist.')

    def _about(self, party: Fields) -> Fields:
        emails = [one["value"] for one in party["contact_mechanisms"] if one["type"] == "email"]
        return {
            "email": next(iter(emails), ""),
            "tax_identifier": next((one for one in party["identifiers"] if one.get("type")), None),
            "addresses": [one for one in self.tables["party.address"].values() if one["party"] == party["id"]],
        }

    def _invoice_of(self, resource: str) -> Fields | None:
        return self.tables[INVOICE].get(int(resource.removeprefix(f"{INVOICE},")))

    def _refuse(self, asked: Fields, called: str) -> None:
        for name, label in _REQUIRED.items():
            if not asked.get(name):
                raise _missing(label, called)
        if "\n" in (asked.get("description") or ""):
            told = f'The value "{asked["description"]}" for field "Description" in record "{called}"'
            raise Refused(f'{told} of "Account Invoice" contains some invalid chars "\'\\n\'".')
        address = self.tables["party.address"].get(asked["invoice_address"])
        if address is None or address["party"] != asked["party"]:
            raise _outside(address["rec_name"] if address else asked["invoice_address"], "Invoice Address", called)
        account = self.tables["account.account"].get(asked["account"])
        if account is None or account["closed"] or not account["type"]["receivable"]:
            raise _outside(account["rec_name"] if account else asked["account"], "Account", called)

    def _refuse_line(self, line: Fields, called: str) -> None:
        mine = _line_name(line, called)
        account = self.tables["account.account"].get(line["account"])
        if account is None or account["closed"] or not account["type"]["revenue"]:
            raise _outside(account["rec_name"] if account else line["account"], "Account", mine, "Line")
        if line["unit_price"] != line["unit_price"].quantize(_PRICE):
            told = f'The number of digits in the value "\'{line["unit_price"]}\'" for field "Unit Price" in record'
            raise Refused(f'{told} "{mine}" of "Account Invoice Line" exceeds the limit of "(None, 4)".')
        for tax in _ids(line):
            if tax not in self.tables["account.tax"]:
                raise _outside(tax, "Taxes", mine, "Line")

    def _calculate(self, invoice: Fields) -> None:
        digits = self.tables["currency.currency"][invoice["currency"]]["digits"]
        zero = Decimal(0).scaleb(-digits)
        invoice["taxes"] = self._taxes(invoice, digits)
        invoice["untaxed_amount"] = sum((_rounded(_exact(line), digits) for line in invoice["lines"]), zero)
        invoice["tax_amount"] = sum((tax["amount"] for tax in invoice["taxes"]), zero)

    def _taxes(self, invoice: Fields, digits: int) -> list[Fields]:
        """Return a tax for all lines of each tax and sign; one that is there already stays, if its base is the same."""
        groups: dict[tuple[int, bool], list[Decimal]] = {}
        for line in invoice["lines"]:
            for tax_id in _ids(line):
                groups.setdefault((tax_id, _exact(line) >= 0), []).append(_exact(line))
        kept: dict[tuple[int, bool], Fields] = {(one["tax"], one["base"] >= 0): one for one in invoice["taxes"]}
        taxes: list[Fields] = []
        for key, amounts in groups.items():
            tax = self.tables["account.tax"][key[0]]
            base = sum((_rounded(one, digits) for one in amounts), Decimal(0))
            own: Fields = {"tax": key[0], "account": tax["invoice_account"], "base": base, "manual": False}
            given = kept.get(key, {})
            same = given.get("base") == base and given.get("account") == own["account"]
            taxes.append(given if same else own | {"amount": _rounded(sum(amounts, Decimal(0)) * tax["rate"], digits)})
        return list(_by_id("account.invoice.tax", *taxes).values())

    def _written(self, invoice: Fields) -> Fields:
        invoice["write_date"] = self._clock().astimezone(UTC)
        return invoice


def _entry(number: int, on: date, amount: Decimal, origin: Fields) -> Fields:
    entry = {"id": number, "__name__": "account.move.line", "date": on, "move_origin": f"{INVOICE},{origin['id']}"}
    return entry | {"debit": Decimal(0), "credit": amount, "amount_second_currency": None}


def name_of(invoice: Fields) -> str:
    """Return what Tryton calls an invoice: its number and reference, or its id."""
    reference = f"[{invoice['reference']}]" if invoice["reference"] else None
    return " ".join(filter(None, (invoice["number"], reference))) or f"({invoice['id']})"


def _line_name(line: Fields, invoice: str) -> str:
    return f"{float(line['quantity'])} {line['description']} @ {invoice}"


def _open(invoice: Fields) -> Decimal:
    paid = sum((line["credit"] for line in invoice["payment_lines"]), Decimal(0))
    total: Decimal = invoice["untaxed_amount"] + invoice["tax_amount"]
    return total - paid


def _missing(label: str, called: str) -> Refused:
    return Refused(f'A value is required for field "{label}" in record "{called}" of "Account Invoice".')


def _outside(value: object, label: str, called: str, part: str = "") -> Refused:
    model = " ".join(filter(None, ("Account Invoice", part)))
    told = f'The value "{value}" for field "{label}" in record "{called}" of "{model}"'
    return Refused(f"{told} is not valid according to its domain.")


def _nested(model: str, commands: list[Any]) -> list[Fields]:
    return list(_by_id(model, *_records(commands)).values())


def _records(commands: list[Any]) -> list[Fields]:
    return [record for command in commands if command[0] == "create" for record in command[1]]


def _ids(line: Fields) -> list[int]:
    return [tax for command in line.get("taxes", []) for tax in command[1]]


def _stripped(value: object) -> object:
    # an empty text is none there
    return value.strip() or None if isinstance(value, str) else value


def _exact(line: Fields) -> Decimal:
    price: Decimal = line["unit_price"]
    return Decimal(str(line["quantity"])) * price


def _rounded(amount: Decimal, digits: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)


def _set_up(year: int) -> dict[str, dict[int, Fields]]:
    records = {
        "currency.currency": (_currency("EUR", 2), _currency("JPY", 0), _currency("KWD", 3)),
        "account.journal": (_journal("Revenue"), _journal("Expense")),
        "account.account": (
            _account("1.2.1 - Accounts, Notes And Loans Receivable", receivable=True),
            _account("4.1.1 - Goods", revenue=True),
            _account("6.3.6 - Non-Deductible VAT (GST)"),
        ),
        "account.tax": (_tax("VAT 19", "0.19"), _tax("VAT 7", "0.07"), _tax("Exempt", "0.00")),
        "account.configuration": ({"tax_rounding": "document"},),
        "account.period": (_year(year),),
        "country.country": ({"code": "DE", "name": "Germany"},),
        PARTY: (),
        ATTACHMENT: (),
        "party.address": (),
        INVOICE: (),
    }
    return {model: _by_id(model, *some) for model, some in records.items()}


def _by_id(model: str, *records: Fields) -> dict[int, Fields]:
    return {number: {"id": number, "__name__": model, **record} for number, record in enumerate(records, 1)}


def _currency(code: str, digits: int) -> Fields:
    return {"code": code, "digits": digits, "active": True}


def _journal(name: str) -> Fields:
    return {"name": name, "type": name.lower(), "active": True}


def _account(name: str, *, receivable: bool = False, revenue: bool = False) -> Fields:
    kind = {"id": 1, "__name__": "account.account.type", "revenue": revenue, "receivable": receivable}
    return {"rec_name": name, "company": COMPANY, "closed": False, "type": kind}


def _tax(name: str, rate: str) -> Fields:
    accounts = {"invoice_account": TAX_ACCOUNT, "credit_note_account": TAX_ACCOUNT}
    own = {"rec_name": name, "company": COMPANY, "active": True, "type": "percentage", "parent": None}
    return own | accounts | {"rate": Decimal(rate)}


def _year(year: int) -> Fields:
    own = {"company": COMPANY, "type": "standard", "state": "open"}
    return own | {"start_date": date(year, 1, 1), "end_date": date(year, 12, 31)}
