"""The books of a pretended organisation in Zoho Books: contacts, items, taxes, invoices, credit notes. No HTTP.

Behaviour and field names: Zoho's OpenAPI description of Books v3, invoices.yml, credit-notes.yml and contacts.yml. How
Zoho rounds tax it does not say: here by tax, or line by line if `rounds_lines` is set. What is dated before `lock_date`
is locked (zoho.com/books/help, Transaction Locking, and kb/accountant/lock-date). Which code goes with that, with a
value that a custom field holds already, or with a file too many, nobody tells: those here are invented. That a document
names all its attachments (`documents`) is what others report; the description has the latest one of an invoice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import cast

from tracker2invoice.plugins import Clock

Fields = dict[str, object]

REFERENCE_FIELD = "460000000012845"
_CENT = Decimal("0.01")
_LONGEST_DESCRIPTION = 2000
_EXTENSIONS, _MOST_FILES = ("gif", "png", "jpeg", "jpg", "bmp", "pdf"), 10


@dataclass(frozen=True, slots=True)
class Kind:
    """What tells invoices from credit notes: their names, and which fields are shown in lists or in full alone."""

    path: str
    name: str
    series: str
    first_id: int
    in_lists: tuple[str, ...]
    in_full: tuple[str, ...]
    hidden: tuple[str, ...] = ()


INVOICES = Kind(
    "invoices",
    "invoice",
    "INV",
    460000000567114,
    in_lists=("schedule_time",),
    in_full=("line_items", "payment_made", "credits_applied", "sub_total", "tax_total"),
)
CREDIT_NOTES = Kind(
    "creditnotes",
    "creditnote",
    "CN",
    460000000072369,
    in_lists=("last_modified_time",),
    in_full=("line_items",),
    hidden=("sub_total", "tax_total", "custom_fields"),
)


class Refused(Exception):
    """What Zoho says of a request that it does not carry out: the status, the code and the message."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.body: Fields = {"code": code, "message": message}


class ZohoBooks:
    """One organisation. Python tests may change its lists directly."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.rounds_lines = False
        self.filters_fields = True
        self.tells_documents = True
        self.lock_date: date | None = None
        self.contacts: list[Fields] = []
        self.invoices: list[Fields] = []
        self.credit_notes: list[Fields] = []
        self.attachments: dict[str, list[str]] = {}
        self.items: list[Fields] = [{"item_id": "460000000027017", "name": "Services", "status": "active"}]
        self.taxes: list[Fields] = [_tax("460000000557019", 19), _tax("460000000557007", 7), _tax("460000000557000", 0)]
        self.currencies: list[Fields] = [
            {"currency_id": str(460000000000097 + 2 * number), "currency_code": code}
            for number, code in enumerate(("EUR", "USD", "JPY", "KWD"))
        ]
        self.fields: list[Fields] = [{"field_id": REFERENCE_FIELD, "api_name": "cf_t2i_ref", "is_unique": True}]
        self._created = {INVOICES: 0, CREDIT_NOTES: 0}

    def add_contact(self, name: str, currency: str = "EUR", contact_id: str = "") -> str:
        """Add a customer and return its id."""
        contact_id = contact_id or str(460000000026049 + len(self.contacts))
        kind = {"contact_type": "customer", "status": "active", "currency_code": currency}
        self.contacts.append({"contact_id": contact_id, "contact_name": name, **kind})
        return contact_id

    def kept(self, kind: Kind) -> list[Fields]:
        """Return every document of the kind, the newest last."""
        return self.invoices if kind is INVOICES else self.credit_notes

    def document(self, kind: Kind, document_id: object) -> Fields:
        """Return the document of the kind with that id.

        Raises:
            Refused: there is none, or none any more.
        """
        return with_id(self.kept(kind), kind.name, document_id)

    def create(self, asked: Fields, kind: Kind = INVOICES) -> Fields:
        """Keep a new document; an invoice is a draft, a credit note if it says so.

        Raises:
            Refused: as Zoho would.
        """
        contact = with_id(self.contacts, "contact", asked.get("customer_id"))
        lines = [cast("Fields", line) for line in cast("list[object]", asked.get("line_items", []))]
        self._refuse(kind, contact, lines)
        if self.lock_date and str(asked.get("date")) < self.lock_date.isoformat():
            raise Refused(9998, f"Transactions before {self.lock_date} have been locked.")
        net = sum((_net(line) for line in lines), Decimal(0))
        total = net + self._tax(lines)
        if total < 0:
            raise Refused(15, "The total cannot be negative")
        own = self._of_an_invoice(asked) if kind is INVOICES else _of_a_credit_note(asked)
        self._created[kind] += 1
        document: Fields = {
            f"{kind.name}_id": str(kind.first_id + self._created[kind]),
            f"{kind.name}_number": f"{kind.series}-{self._created[kind]:06}",
            "customer_id": contact["contact_id"],
            "currency_code": contact["currency_code"],
            "reference_number": asked.get("reference_number", ""),
            "date": str(asked.get("date") or self._clock().date()),
            "line_items": lines,
            "sub_total": net,
            "tax_total": total - net,
            "total": total,
            "balance": total,
            **own,
        }
        self.kept(kind).append(document)
        return self._touched(document)

    def attach(self, kind: Kind, document_id: str, name: str, content: bytes) -> None:
        """Keep a file with a document, beside others with its name.

        Raises:
            Refused: as Zoho would.
        """
        self.document(kind, document_id)
        files = self.attachments.setdefault(document_id, [])
        if not content or name.rpartition(".")[2] not in _EXTENSIONS:
            raise Refused(2, "The request passed is not valid.")
        if len(files) >= _MOST_FILES:
            raise Refused(5013, f"A maximum of {_MOST_FILES} files can be attached.")
        files.append(name)

    def in_full(self, kind: Kind, document: Fields) -> Fields:
        """Return what a document shows that is asked for by its id."""
        files = self.attachments.get(str(document[f"{kind.name}_id"]), [])
        latest: Fields = {"has_attachment": bool(files), "attachment_name": files[-1] if files else ""}
        names: Fields = {"documents": [{"file_name": name} for name in files]} if self.tells_documents else {}
        return _without((*kind.in_lists, *kind.hidden), document) | names | (latest if kind is INVOICES else {})

    def send(self, document: Fields) -> None:
        """Mark an invoice as sent, or a credit note as open."""
        document["status"] = "sent" if "invoice_id" in document else "open"
        self._touched(document)

    def pay(self, invoice: Fields, amount: Decimal, on: date) -> None:
        """Book a payment of a part of an invoice, or all of it."""
        invoice["payment_made"] = cast("Decimal", invoice["payment_made"]) + amount
        invoice["last_payment_date"] = on.isoformat()
        self._settle(invoice)

    def pay_all(self, document: Fields) -> None:
        """Book a payment of all of an invoice on its date, or apply all of a credit note."""
        if "invoice_id" in document:
            self.pay(document, cast("Decimal", document["total"]), date.fromisoformat(str(document["date"])))
        else:
            document |= {"status": "closed", "balance": Decimal(0)}
            self._touched(document)

    def credit(self, invoice: Fields, amount: Decimal) -> None:
        """Apply a credit note to a part of an invoice, or all of it."""
        invoice["credits_applied"] = cast("Decimal", invoice["credits_applied"]) + amount
        self._settle(invoice)

    def void(self, document: Fields) -> None:
        """Void a document."""
        document |= {"status": "void", "balance": Decimal(0)}
        self._touched(document)

    def delete(self, document: Fields) -> None:
        """Delete a document without a trace.

        Raises:
            Refused: something was paid.
        """
        if document.get("payment_made"):
            raise Refused(4001, "Payments have been recorded for these invoices.Hence they cannot be deleted")
        self.kept(INVOICES if "invoice_id" in document else CREDIT_NOTES).remove(document)

    def change(self, document: Fields, fields: Fields) -> None:
        """Change a document as a person does."""
        document |= fields
        self._touched(document)

    def listed(self, kind: Kind, asked: Mapping[str, str]) -> list[Fields]:
        """Return what a list shows of the documents that match, newest first.

        Raises:
            Refused: a filter makes no sense.
        """
        state = asked.get("filter_by", "Status.All").removeprefix("Status.").lower()
        if state not in ("all", "draft", "sent", "open", "paid", "void"):
            raise Refused(2, "Invalid value passed for filter_by")
        reference, value = asked.get("reference_number"), asked.get("custom_field")
        since = asked.get("last_modified_time")
        # the list of credit notes has no such filter
        value = value if self.filters_fields and kind is INVOICES else None
        return [
            _without((*kind.in_full, *kind.hidden), one)
            for one in reversed(self.kept(kind))
            if state in ("all", one["status"])
            and reference in (None, one["reference_number"])
            and (value is None or value in _values(one))
            and (since is None or _instant(one["last_modified_time"]) > _instant(since))
        ]

    def _of_an_invoice(self, asked: Fields) -> Fields:
        """Return the fields that only invoices have.

        Raises:
            Refused: a value is taken.
        """
        fields = [cast("Fields", one) for one in cast("list[object]", asked.get("custom_fields", []))]
        for one in fields:
            field = with_id(self.fields, "field", one.get("customfield_id"))
            taken = any(one.get("value") in _values(invoice) for invoice in self.invoices)
            if field.get("is_unique") and taken:
                raise Refused(9999, "This value is in use already")
        return {
            "status": "draft",
            "due_date": asked.get("due_date") or asked.get("date") or str(self._clock().date()),
            "custom_fields": fields,
            "schedule_time": "",
            "payment_made": Decimal(0),
            "credits_applied": Decimal(0),
            "last_payment_date": "",
        }

    def _refuse(self, kind: Kind, contact: Fields, lines: list[Fields]) -> None:
        if contact["status"] != "active":
            raise Refused(1005, "The customer is inactive")
        if not lines:
            raise Refused(15, "Please ensure that the invoice has at least one line item")
        for line in lines:
            with_id(self.items, "item", line.get("item_id"))
            with_id(self.taxes, "tax", line.get("tax_id"))
            quantity = _number(line.get("quantity", 1))
            if quantity <= 0 or (kind is CREDIT_NOTES and quantity % 1):
                raise Refused(4, "Invalid value passed for quantity")
            if len(str(line.get("description", ""))) > _LONGEST_DESCRIPTION:
                raise Refused(15, f"Please ensure that the description has less than {_LONGEST_DESCRIPTION} characters")

    def _tax(self, lines: list[Fields]) -> Decimal:
        """Return the tax of lines, rounded line by line or by tax."""
        total = Decimal(0)
        for tax in self.taxes:
            nets = [_net(line) for line in lines if line["tax_id"] == tax["tax_id"]]
            exact = nets if self.rounds_lines else [sum(nets, Decimal(0))]
            total += sum((_cents(net * _number(tax["tax_percentage"]) / 100) for net in exact), Decimal(0))
        return total

    def _settle(self, invoice: Fields) -> None:
        total, paid, credited = (cast("Decimal", invoice[one]) for one in ("total", "payment_made", "credits_applied"))
        balance = total - paid - credited
        invoice |= {"balance": balance, "status": "partially_paid" if balance > 0 else "paid"}
        self._touched(invoice)

    def _touched(self, document: Fields) -> Fields:
        document["last_modified_time"] = self._clock().strftime("%Y-%m-%dT%H:%M:%S%z")
        return document


def with_id(items: Iterable[Fields], kind: str, wanted: object) -> Fields:
    """Return the one of that kind with that id.

    Raises:
        Refused: there is none.
    """
    found = next((one for one in items if one[f"{kind}_id"] == str(wanted)), None)
    if found is None:
        raise Refused(1002, f"{kind.capitalize()} does not exist.", 404)
    return found


def _of_a_credit_note(asked: Fields) -> Fields:
    return {"status": "draft" if asked.get("is_draft") else "open", "custom_fields": []}


def _instant(text: object) -> datetime:
    return datetime.fromisoformat(str(text))


def _without(names: Iterable[str], document: Fields) -> Fields:
    return {name: field for name, field in document.items() if name not in names}


def _values(invoice: Fields) -> list[object]:
    return [one["value"] for one in cast("list[Fields]", invoice["custom_fields"])]


def _tax(tax_id: str, percentage: int) -> Fields:
    return {"tax_id": tax_id, "tax_name": f"VAT {percentage}", "tax_percentage": percentage, "tax_type": "tax"}


def _net(line: Fields) -> Decimal:
    # what item quantities are rounded to is a preference, and this its default
    return _cents(_number(line.get("rate", 0)) * _cents(_number(line.get("quantity", 1))))


def _number(value: object) -> Decimal:
    return Decimal(str(value))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)
