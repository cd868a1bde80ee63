"""The books of a pretended Moneybird administration: contacts, tax rates, ledger accounts, sales invoices. No HTTP.

Behaviour and field names: moneybird/openapi, openapi.yml v2-20260821, with its examples. How Moneybird rounds tax it
does not say: here by tax rate, or line by line if `rounds_lines` is set. That a new invoice may not lie in the locked
period is told of assets and of deleting invoices alone, and its words here are invented.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import cast

from tracker2invoice.plugins import Clock

Fields = dict[str, object]

STATES = ("draft", "open", "scheduled", "pending_payment", "late", "reminded", "paid", "uncollectible")
_CENT = Decimal("0.01")
_SEARCHED = (
    "company_name", "attention", "firstname", "lastname", "address1", "address2", "zipcode", "city", "country", "email",
    "phone", "customer_id", "tax_number", "chamber_of_commerce", "bank_account",
)  # fmt: skip
_RANGE = re.compile(r"(\d{8})\.\.(\d{8})")


class Refused(Exception):
    """What Moneybird says of a request that it does not carry out: the status and the body."""

    def __init__(self, status: int, error: object, symbolic: Mapping[str, object] | None = None) -> None:
        super().__init__(str(error))
        self.status = status
        self.body: Fields = {"error": error, **({"symbolic": dict(symbolic)} if symbolic else {})}


class MoneybirdBooks:
    """One administration. Python tests may change its lists directly."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.rounds_lines = False
        self.period_locked_until: date | None = None
        self.has_reached_limit = False
        self.contacts: list[Fields] = []
        self.invoices: list[Fields] = []
        self.tax_rates: list[Fields] = [
            _tax_rate("1001", "19.0"),
            _tax_rate("1002", "7.0"),
            _tax_rate("1003", None),
            _tax_rate("1004", "19.0", kind="purchase_invoice"),
        ]
        self.accounts: list[Fields] = [
            {"id": "2001", "name": "Omzet", "active": True, "allowed_document_types": ["sales_invoice"]},
            {"id": "2002", "name": "Kosten", "active": True, "allowed_document_types": ["purchase_invoice"]},
        ]
        self.files: dict[str, bytes] = {}
        self._created = 0

    def add_contact(self, name: str, contact_id: str = "", **fields: object) -> str:
        """Add a contact and return its id."""
        number = len(self.contacts) + 1
        contact_id = contact_id or str(496081411808167495 + number)
        contact: Fields = {**dict.fromkeys(_SEARCHED), "id": contact_id, "company_name": name, "archived": False}
        self.contacts.append(contact | {"customer_id": str(number), "country": "NL"} | fields)
        return contact_id

    def create_contact(self, asked: Fields) -> Fields:
        """Keep a new contact.

        Raises:
            Refused: as Moneybird would.
        """
        names = ("company_name", "firstname", "lastname")
        if not any(asked.get(name) for name in names):
            raise Refused(422, {name: ["is required"] for name in names})
        if any(one["customer_id"] == asked.get("customer_id") for one in self.contacts):
            raise Refused(422, {"customer_id": ["has already been taken"]})
        self.add_contact("")
        contact = self.contacts[-1]
        contact |= {"company_name": None, **asked, "email": asked.get("send_invoices_to_email")}
        return contact

    def found_contacts(self, text: str, *, archived: bool) -> list[Fields]:
        """Return the contacts with that text in one of the fields that are searched."""
        there = (one for one in self.contacts if archived or not one["archived"])
        return [one for one in there if any(text.casefold() in str(one[name] or "").casefold() for name in _SEARCHED)]

    def attach(self, invoice: Fields, filename: str, content: bytes) -> None:
        """Keep a file with an invoice; the same name is no hindrance."""
        attachment_id = str(496081600000000000 + len(self.files))
        self.files[attachment_id] = content
        kept = {"id": attachment_id, "filename": filename, "content_type": "application/pdf", "size": len(content)}
        invoice["attachments"] = [*_list(invoice["attachments"]), kept]
        self._touched(invoice)

    def contact(self, contact_id: object) -> Fields | None:
        """Return the contact with that id, archived or not."""
        return _with_id(self.contacts, contact_id)

    def invoice(self, invoice_id: object) -> Fields | None:
        """Return the invoice with that id; a deleted one is not there any more."""
        return _with_id(self.invoices, invoice_id)

    def create(self, asked: Fields) -> Fields:
        """Keep a new invoice, as a draft.

        Raises:
            Refused: as Moneybird would.
        """
        lines = [_fields(line) for line in _list(asked.get("details_attributes"))]
        self._refuse(asked, lines)
        self._created += 1
        details = [self._detail(line) for line in lines]
        interval = timedelta(days=int(str(asked.get("first_due_interval", 14))))
        on = asked.get("invoice_date")
        due = (date.fromisoformat(str(on)) if on else self._clock().date()) + interval
        invoice: Fields = {
            "id": str(496081538061960655 + self._created),
            "contact_id": asked["contact_id"],
            "invoice_id": None,
            "draft_id": self._created,
            "state": "draft",
            "invoice_date": on or None,
            "due_date": due.isoformat(),
            "reference": asked.get("reference"),
            "original_sales_invoice_id": None,
            "currency": asked.get("currency") or "EUR",
            "discount": "0.0",
            "paid_at": None,
            "sent_at": None,
            "details": details,
            "attachments": [],
            "payments": [],
            "total_paid": "0.0",
            "prices_are_incl_tax": bool(asked.get("prices_are_incl_tax")),
            **self._totals(details),
        }
        self.invoices.append(invoice)
        return self._touched(invoice)

    def send(self, invoice: Fields) -> None:
        """Send a draft, which then gets its number and, if it has none, its date."""
        number = sum(one["invoice_id"] is not None for one in self.invoices) + 1
        today = self._clock().date()
        invoice |= {"state": "open", "invoice_id": f"{today:%Y}-{number:04}", "sent_at": today.isoformat()}
        invoice["invoice_date"] = invoice["invoice_date"] or today.isoformat()
        self._touched(invoice)

    def pay(self, invoice: Fields, amount: Decimal, on: date, credit_invoice: object = None) -> None:
        """Book a payment of a part of an invoice, or all of it: money, or what a credit invoice takes off it."""
        paid = _number(invoice["total_paid"]) + amount
        payment: Fields = {
            "id": str(len(_list(invoice["payments"])) + 1),
            "price": _plain(amount),
            "payment_date": on.isoformat(),
            "credit_invoice_id": credit_invoice,
        }
        invoice |= {"payments": [*_list(invoice["payments"]), payment], "total_paid": _plain(paid)}
        if abs(paid) >= abs(_number(invoice["total_price_incl_tax"])):
            invoice |= {"state": "paid", "paid_at": on.isoformat()}
        self._touched(invoice)

    def duplicate_to_credit(self, invoice: Fields) -> Fields:
        """Keep the credit invoice that Moneybird makes of an invoice, as a draft with the same reference."""
        details = [_fields(one) for one in _list(invoice["details"])]
        negated = [one | {"amount": _plain(-_number(one["amount"]))} for one in details]
        copy = self.create(invoice | {"details_attributes": negated, "invoice_date": None})
        copy["original_sales_invoice_id"] = invoice["id"]
        return copy

    def delete(self, invoice: Fields) -> None:
        """Delete an invoice without a trace."""
        self.invoices.remove(invoice)

    def listed(self, terms: Mapping[str, str]) -> list[Fields]:
        """Return the invoices that match every term of a filter; terms with unknown names are ignored.

        Raises:
            Refused: a term makes no sense.
        """
        known: dict[str, Callable[[str], Callable[[Fields], bool]]] = {
            "state": _of_state,
            "reference": lambda text: lambda one: one["reference"] in text.split("|"),
            "contact_id": lambda text: lambda one: one["contact_id"] == text,
            "period": self._of_period,
            "updated_after": lambda text: lambda one: _instant(str(one["updated_at"])) > _instant(text),
        }
        tests = [known[name](text) for name, text in terms.items() if name in known]
        return [one for one in self.invoices if all(test(one) for test in tests)]

    def _of_period(self, text: str) -> Callable[[Fields], bool]:
        today = self._clock().date()
        named = {"this_year": (date(today.year, 1, 1), date(today.year, 12, 31))}
        span = _RANGE.fullmatch(text)
        if text not in named and span is None:
            raise Refused(400, "Period is not valid", {"filter": "invalid"})
        first, last = (_compact(span[1]), _compact(span[2])) if span else named[text]
        # a draft without a date counts as one of today
        return lambda one: first <= date.fromisoformat(str(one["invoice_date"] or today)) <= last

    def _refuse(self, asked: Fields, lines: list[Fields]) -> None:
        if self.has_reached_limit:
            raise Refused(402, "creating sales invoices is limited", {"administration": "limit_reached"})
        locked = self.period_locked_until
        if locked and str(asked.get("invoice_date")) <= locked.isoformat():
            raise Refused(422, {"invoice_date": ["is in the locked period"]})
        contact = self.contact(asked.get("contact_id"))
        problems = {
            "contact": ("can't be blank", contact is None),
            "details": ("can't be blank", not lines),
            "details.tax_rate_id": ("is not found", not self._all_there(lines, "tax_rate_id", self.tax_rates)),
            "details.ledger_account_id": (
                "is not found",
                not self._all_there(lines, "ledger_account_id", self.accounts),
            ),
            "invoice_date": ("is not a valid date", not _is_date(asked.get("invoice_date"))),
        }
        errors = {name: [said] for name, (said, wrong) in problems.items() if wrong}
        if errors:
            raise Refused(422, errors)

    def _all_there(self, lines: list[Fields], name: str, items: list[Fields]) -> bool:
        return all(_with_id(items, line[name]) for line in lines if name in line)

    def _detail(self, line: Fields) -> Fields:
        price, amount = _number(line.get("price") or 0), _number(line.get("amount", 1))
        return {
            "tax_rate_id": line.get("tax_rate_id", self.tax_rates[0]["id"]),
            "ledger_account_id": line.get("ledger_account_id", self.accounts[0]["id"]),
            "amount": str(line.get("amount", "1")),
            "amount_decimal": _plain(amount),
            "description": line.get("description") or "",
            "price": _plain(price),
            "total_price_excl_tax_with_discount": _plain(_cents(price * amount)),
        }

    def _totals(self, details: list[Fields]) -> Fields:
        nets = [(str(one["tax_rate_id"]), _number(one["total_price_excl_tax_with_discount"])) for one in details]
        totals: list[Fields] = []
        for rate_id in dict.fromkeys(rate_id for rate_id, _ in nets):
            mine = [net for one, net in nets if one == rate_id]
            percentage = _number((_with_id(self.tax_rates, rate_id) or {}).get("percentage") or 0)
            exact = mine if self.rounds_lines else [sum(mine, Decimal(0))]
            tax = sum((_cents(net * percentage / 100) for net in exact), Decimal(0))
            taxable = _plain(sum(mine, Decimal(0)))
            totals.append({"tax_rate_id": rate_id, "taxable_amount": taxable, "tax_amount": _plain(tax)})
        net = sum((net for _, net in nets), Decimal(0))
        gross = net + sum((_number(one["tax_amount"]) for one in totals), Decimal(0))
        return {
            "total_price_excl_tax": _plain(net),
            "total_price_incl_tax": _plain(gross),
            "total_discount": "0.0",
            "tax_totals": totals,
        }

    def _touched(self, invoice: Fields) -> Fields:
        invoice["updated_at"] = self._clock().isoformat()
        return invoice


def _of_state(text: str) -> Callable[[Fields], bool]:
    states = text.split("|")
    if any(state not in ("all", *STATES) for state in states):
        raise Refused(400, "Status is not included in the list", {"filter": "invalid"})
    return lambda one: "all" in states or one["state"] in states


def _tax_rate(rate_id: str, percentage: str | None, kind: str = "sales_invoice") -> Fields:
    name = f"{percentage}% btw" if percentage else "Geen btw"
    return {"id": rate_id, "name": name, "percentage": percentage, "tax_rate_type": kind, "active": True}


def _with_id(items: Iterable[Fields], wanted: object) -> Fields | None:
    return next((one for one in items if one["id"] == str(wanted)), None)


def _fields(value: object) -> Fields:
    return cast("Fields", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _number(value: object) -> Decimal:
    try:
        return Decimal(str(value).replace(",", "."))
    except InvalidOperation:
        raise Refused(422, {"details.price": ["is not a number"]}) from None


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _plain(amount: Decimal) -> str:
    """Write an amount as Moneybird does: `300.0`, `129.95`."""
    text = format(amount, "f")
    if "." not in text:
        return f"{text}.0"
    text = text.rstrip("0")
    return f"{text}0" if text.endswith(".") else text


def _compact(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text.removesuffix(" UTC"))
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _is_date(value: object) -> bool:
    if not value:
        return True
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True
