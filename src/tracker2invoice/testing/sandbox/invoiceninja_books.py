"""The books of a pretended Invoice Ninja company: clients, tax rates, currencies, invoices, credits, files. No HTTP.

Behaviour and field names: invoiceninja/invoiceninja 5.10.17: app/Http/Requests/Invoice/StoreInvoiceRequest.php for what
is refused, app/Helpers/Invoice for the arithmetic, app/Utils/Traits/CleanLineItems.php and app/Utils/Helpers.php for
what becomes of texts, app/Repositories and app/Services/Invoice for numbers and deletion, app/Transformers for fields.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import cast

from tracker2invoice.plugins import Clock

Fields = dict[str, object]

DRAFT, SENT, PARTIAL, PAID, CANCELLED = "1", "2", "3", "4", "5"
_PIECES_OF_SCRIPTS = ("</sc", "onerror", "prompt(", "alert(")
_RESERVED = re.compile(":(MONTH|YEAR|QUARTER|WEEK)")
_CLIENT_TEXTS = ("vat_number", "id_number", "address1", "address2", "city", "postal_code", "country_id")
_TEXTS = ("po_number", "public_notes", "private_notes", "custom_value1", "custom_value2", "tax_name1")


class Invalid(Exception):
    """What does not hold of a request, by field: HTTP 422."""

    def __init__(self, **errors: str) -> None:
        super().__init__(str(errors))
        self.errors: Fields = {name: [said] for name, said in errors.items()}


class InvoiceNinjaBooks:
    """One company. Python tests may change its lists directly."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.clients: list[Fields] = []
        self.groups: list[Fields] = []
        self.invoices: list[Fields] = []
        self.credits: list[Fields] = []
        self.payments: dict[str, list[Fields]] = {}
        self.files: dict[str, list[Fields]] = {}
        self.takes_files = True
        """A hosted server does so on its Enterprise plan alone."""
        self.countries: list[Fields] = [{"id": "276", "iso_3166_2": "DE", "name": "Germany"}]
        self.tax_rates: list[Fields] = [_tax_rate("VAT", "19"), _tax_rate("VAT low", "7"), _tax_rate("Exempt", "0")]
        # database/seeders/CurrenciesSeeder.php
        self.currencies: list[Fields] = [
            {"id": 1, "code": "USD", "name": "US Dollar", "precision": 2},
            {"id": 3, "code": "EUR", "name": "Euro", "precision": 2},
            {"id": 45, "code": "JPY", "name": "Japanese Yen", "precision": 0},
            {"id": 89, "code": "KWD", "name": "Kuwaiti Dinar", "precision": 3},
        ]
        self.company: Fields = {
            "id": _hashed("company", 1),
            "settings": {"currency_id": "3", "counter_number_applied": "when_saved"},
            "calculate_taxes": False,
            "markdown_enabled": False,
        }
        self.user: Fields = {"permissions": "", "is_owner": True, "is_admin": True, "is_locked": False}

    def add_client(self, name: str, currency_id: str = "", client_id: str = "") -> str:
        """Add a client and return its id; without a currency it has that of the company."""
        client_id = client_id or _hashed("client", len(self.clients))
        settings: Fields = {"currency_id": currency_id} if currency_id else {}
        texts = dict.fromkeys(_CLIENT_TEXTS, "")
        self.clients.append(
            {
                **texts,
                "id": client_id,
                "name": name,
                "settings": settings,
                "contacts": [],
                "group_settings_id": "",
                "public_notes": "",
                "is_deleted": False,
                "archived_at": 0,
            }
        )
        return client_id

    def create_client(self, asked: Fields) -> Fields:
        """Keep a new client, who has the currency of the company unless another is asked for.

        Raises:
            Invalid: as StoreClientRequest would.
        """
        country = asked.get("country_id")
        if country and str(country) not in [one["id"] for one in self.countries]:
            raise Invalid(country_id="The selected country id is invalid.")
        contacts = [_fields(one) for one in _list(asked.get("contacts"))]
        if any(one.get("email") and "@" not in str(one["email"]) for one in contacts):
            raise Invalid(**{"contacts.0.email": "The contacts.0.email must be a valid email address."})
        own = _fields(asked.get("settings")).get("currency_id") or _fields(self.company["settings"])["currency_id"]
        client = self.client(self.add_client(str(asked.get("name") or ""), str(own))) or {}
        client |= {name: asked[name] for name in _CLIENT_TEXTS if name in asked}
        client["contacts"] = [{"email": one.get("email") or "", "send_email": True} for one in contacts]
        return client

    def attach(self, item: Fields, name: str, *, is_public: bool) -> None:
        """Keep a file on an invoice or a credit."""
        kept = self.files.setdefault(str(item["id"]), [])
        kept.append({"id": _hashed("document", len(kept)), "name": name, "is_public": is_public})

    def client(self, client_id: object) -> Fields | None:
        """Return the client with that id, deleted or not."""
        return _with_id(self.clients, client_id)

    def invoice(self, invoice_id: object) -> Fields | None:
        """Return the invoice with that id, deleted or not."""
        return _with_id(self.invoices, invoice_id)

    def credit(self, credit_id: object) -> Fields | None:
        """Return the credit with that id, deleted or not."""
        return _with_id(self.credits, credit_id)

    def create(self, asked: Fields, kind: str = "invoice") -> Fields:
        """Keep a new invoice or credit, as a draft; a credit that names an invoice is sent at once.

        Raises:
            Invalid: as StoreInvoiceRequest would.
        """
        kept = self.credits if kind == "credit" else self.invoices
        client = self._valid(asked, kept)
        texts: Fields = {name: str(asked.get(name) or "").strip() for name in _TEXTS}
        invoice: Fields = {
            "id": _hashed(kind, len(kept) + 1),
            "client_id": client["id"],
            "status_id": SENT if asked.get("invoice_id") else DRAFT,
            "is_deleted": False,
            "archived_at": 0,
            "updated_at": int(self._clock().timestamp()),
            "number": asked.get("number") or self._next_number(kept),
            "date": asked.get("date") or self._clock().date().isoformat(),
            "due_date": asked.get("due_date") or "",
            "partial": _number(asked.get("partial") or 0),
            "partial_due_date": asked.get("partial_due_date") or "",
            **texts,
            "public_notes": client["public_notes"] or texts["public_notes"],
            "tax_rate1": _number(asked.get("tax_rate1") or 0),
            "uses_inclusive_taxes": bool(asked.get("uses_inclusive_taxes")),
            "discount": _number(asked.get("discount") or 0),
            "line_items": [_cleaned(line, self._clock().date()) for line in _list(asked.get("line_items"))],
            "paid_to_date": Decimal(0),
        }
        invoice |= self._calculated(invoice, self._precision(client))
        kept.append(invoice)
        return invoice

    def act(self, invoice: Fields, action: str) -> None:
        """Do what a person does with an invoice; the words are those of `POST /invoices/bulk`."""
        match action:
            case "mark_sent" if invoice["status_id"] == DRAFT:
                invoice |= {"status_id": SENT, "number": invoice["number"] or self._counted()}
            case "mark_paid":
                invoice |= {"number": invoice["number"] or self._counted(), "partial": Decimal(0)}
                self.pay(invoice, _number(invoice["amount"]) - _number(invoice["paid_to_date"]), self._clock().date())
            case "cancel":
                invoice["status_id"] = CANCELLED
            case "archive":
                invoice["archived_at"] = int(self._clock().timestamp())
            case "restore":
                invoice |= {"archived_at": 0, "is_deleted": False}
            case "delete" if not invoice["is_deleted"]:
                invoice |= {"is_deleted": True, "archived_at": int(self._clock().timestamp())}
                # MarkInvoiceDeleted.php; a credit keeps its number
                if any(one is invoice for one in self.invoices):
                    invoice["number"] = _free(f"{invoice['number']}_deleted", self.invoices)
            case _:
                pass
        self._touch(invoice)

    def pay(self, invoice: Fields, amount: Decimal, on: date, credit: Fields | None = None) -> None:
        """Book a payment of a part of an invoice, or all of it; with a credit no money comes in.

        As long as a part is due first, nothing makes it paid (app/Services/Invoice/ApplyPayment.php).
        """
        paid, first = _number(invoice["paid_to_date"]) + amount, _number(invoice["partial"])
        status = PARTIAL if first or paid < _number(invoice["amount"]) else PAID
        invoice |= {"paid_to_date": paid, "status_id": status, "partial": max(first - amount, Decimal(0))}
        payment: Fields = {"id": _hashed("payment", len(self.payments)), "date": on.isoformat()}
        shares: list[Fields] = [{"invoice_id": invoice["id"], "amount": amount, "refunded": 0}]
        if credit:
            shares.append({"credit_id": credit["id"], "amount": amount, "refunded": 0})
        payment |= {"amount": 0 if credit else amount, "paymentables": shares}
        self.payments.setdefault(str(invoice["id"]), []).append(payment | {"is_deleted": False})
        self._touch(invoice)

    def _touch(self, invoice: Fields) -> None:
        invoice["updated_at"] = int(self._clock().timestamp())

    def _valid(self, asked: Fields, kept: list[Fields]) -> Fields:
        client = self.client(asked.get("client_id"))
        if client is None or client["is_deleted"]:
            raise Invalid(client_id="The selected client id is invalid.")
        number = asked.get("number")
        if number and any(one["number"] == number for one in kept):
            raise Invalid(number="The number has already been taken.")
        for name in ("date", "due_date", "partial_due_date"):
            if not _is_date(asked.get(name)):
                raise Invalid(**{name: f"The {name} is not a valid date."})
        if asked.get("partial") and not _in_order(asked):
            raise Invalid(partial_due_date="The partial due date must be a date before due date.")
        if len(str(asked.get("po_number") or "")) > 191:
            raise RuntimeError("SQLSTATE[22001]: String data, right truncated")
        return client

    def _next_number(self, kept: list[Fields]) -> str:
        when_saved = _fields(self.company["settings"])["counter_number_applied"] == "when_saved"
        return _free(f"{len(kept) + 1:04}", kept) if when_saved else ""

    def _counted(self) -> str:
        return _free(f"{len(self.invoices) + 1:04}", self.invoices)

    def _precision(self, client: Fields) -> int:
        group = _with_id(self.groups, client["group_settings_id"])
        owners = (client, group or {}, self.company)
        chosen = next(one for owner in owners if (one := _fields(owner.get("settings")).get("currency_id")))
        return int(str(next(one["precision"] for one in self.currencies if str(one["id"]) == chosen)))

    def _calculated(self, invoice: Fields, precision: int) -> Fields:
        net = tax = Decimal(0)
        for line in cast("list[Fields]", invoice["line_items"]):
            total = _formatted(_number(line["cost"]) * _number(line["quantity"]), precision)
            line_tax = _formatted(total * _number(line["tax_rate1"]) / 100, 2)
            line |= {"line_total": total, "tax_amount": line_tax, "gross_line_total": total + line_tax}
            net += total
            tax += line_tax if len(str(line["tax_name1"])) > 1 else 0
        if len(str(invoice["tax_name1"])) >= 2:
            tax += _rounded(net * _number(invoice["tax_rate1"]) / 100, 2)
        return {"amount": _formatted(net + tax, precision), "total_taxes": tax, "balance": Decimal(0)}


def _free(number: str, kept: Iterable[Fields]) -> str:
    taken = {one["number"] for one in kept}
    tries = (number, *(f"{number}_{count}" for count in range(1, len(taken) + 2)))
    return next(one for one in tries if one not in taken)


def _cleaned(item: object, today: date) -> Fields:
    line: Fields = {"notes": "", "quantity": 0, "cost": 0, "tax_name1": "", "tax_rate1": 0, **_fields(item)}
    notes = str(line["notes"]).strip()
    for piece in _PIECES_OF_SCRIPTS:
        notes = notes.replace(piece, "<-")
    month = {"MONTH": f"{today:%B}", "YEAR": str(today.year)}
    line["notes"] = _RESERVED.sub(lambda found: month.get(found[1], today.isoformat()), notes)
    return line


def _formatted(value: Decimal, places: int) -> Decimal:
    """Write six decimals, then round (app/Utils/Traits/NumberFormatter.php)."""
    return _rounded(_rounded(value, 6), places)


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _tax_rate(name: str, rate: str) -> Fields:
    return {"id": _hashed("tax", int(rate)), "name": name, "rate": Decimal(rate), "is_deleted": False}


def _hashed(kind: str, number: int) -> str:
    return hashlib.sha256(f"{kind}/{number}".encode()).hexdigest()[:10]


def _with_id(items: Iterable[Fields], wanted: object) -> Fields | None:
    return next((one for one in items if one["id"] == wanted), None)


def _fields(value: object) -> Fields:
    return cast("Fields", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _number(value: object) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise Invalid(line_items="The value must be a number.") from None


def _in_order(asked: Fields) -> bool:
    return str(asked.get("date")) <= str(asked.get("partial_due_date")) < str(asked.get("due_date"))


def _is_date(value: object) -> bool:
    if not value:
        return True
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True
