"""The books of a pretended Stripe account: tax rates and invoices, beside its customers. No HTTP.

Sources, all on docs.stripe.com: api/invoices (create, add_lines, object, delete, finalize, void), api/customers,
api/tax_rates, billing/taxes/tax-rates ("Rounding", "Tax exempt and reverse charge"), error-codes, api/events/list,
invoicing/taxes/manual-tax-amounts. That a due date must lie ahead: github.com/stripe/stripe-python/issues/925.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import Literal, cast

from tracker2invoice.model.money import half_up
from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.form import Fields
from tracker2invoice.testing.sandbox.stripe_customers import StripeCustomers
from tracker2invoice.testing.sandbox.stripe_refusal import Refused, missing, refuse_unknown

_OF_INVOICES = (
    "auto_advance automatic_tax collection_method currency custom_fields customer days_until_due description discounts"
    " due_date effective_at footer metadata number pending_invoice_items_behavior"
)
_OF_LINES = "amount description discountable metadata tax_amounts tax_rates"
CURRENCIES = ["eur", "gbp", "isk", "jpy", "kwd", "mga", "nzd", "usd"]
EVENTS_KEPT = timedelta(days=30)
_NOT_EDITABLE = "This invoice is no longer editable"
_LONGEST = {"description": 1500, "footer": 5000}
_LONGEST_TEXT = 5000


class StripeBooks:
    """One account. Python tests may change its lists directly; `rounding` is a setting of the account."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.rounding: Literal["line", "invoice"] = "line"
        self.clients = StripeCustomers(clock)
        self.customers = self.clients.by_id
        self.invoices: list[Fields] = []
        self.deleted: list[Fields] = []
        self.events: list[Fields] = []
        self.tax_rates: dict[str, Fields] = {
            one: _tax_rate(one, percentage)
            for one, percentage in (("txr_19", 19), ("txr_7", 7), ("txr_exempt", 0), ("txr_reverse", 0))
        }

    def add_customer(self, name: str, customer_id: str = "", **fields: object) -> str:
        """Add a customer and return its id."""
        return self.clients.add(name, customer_id, **fields)

    def tax_rate(self, tax_rate_id: str) -> Fields:
        """Return a tax rate.

        Raises:
            Refused: there is none with that id.
        """
        if tax_rate_id not in self.tax_rates:
            raise missing("tax rate", tax_rate_id)
        return self.tax_rates[tax_rate_id]

    def invoice(self, invoice_id: str) -> Fields:
        """Return an invoice.

        Raises:
            Refused: there is none with that id, or not any more.
        """
        for one in self.invoices:
            if one["id"] == invoice_id:
                return one
        raise missing("invoice", invoice_id)

    def create(self, asked: Fields) -> Fields:
        """Keep a new draft without lines.

        Raises:
            Refused: as Stripe would.
        """
        self._refuse(asked)
        number = len(self.invoices) + len(self.deleted) + 1
        now = int(self._clock().timestamp())
        customer = self.customers[str(asked["customer"])]
        invoice: Fields = {
            "id": f"in_{number:014}", "object": "invoice", "status": "draft", "livemode": False, "created": now,
            "customer": customer["id"], "currency": asked.get("currency") or "eur", "number": None,
            "collection_method": asked.get("collection_method", "charge_automatically"),
            "auto_advance": asked.get("auto_advance") == "true",
            "description": asked.get("description"), "footer": asked.get("footer"),
            "custom_fields": asked.get("custom_fields"), "metadata": asked.get("metadata") or {},
            "due_date": _integer(asked.get("due_date")), "effective_at": _integer(asked.get("effective_at")),
            "discounts": [] if asked.get("discounts") == "" else list(_list(customer.get("discounts"))),
            "amount_paid": 0, "pre_payment_credit_notes_amount": 0, "post_payment_credit_notes_amount": 0,
            "payments": [],
            "status_transitions": {"finalized_at": None, "paid_at": None, "voided_at": None},
        }  # fmt: skip
        if "days_until_due" in asked:
            invoice["days_until_due"] = _integer(asked["days_until_due"])
        self.invoices.append(invoice)
        self._sum_up(invoice, [])
        self._happened(invoice, "created")
        return invoice

    def add_lines(self, invoice_id: str, asked: Fields) -> Fields:
        """Add lines to a draft.

        Raises:
            Refused: as Stripe would.
        """
        invoice = self.invoice(invoice_id)
        if invoice["status"] != "draft":
            raise Refused(_NOT_EDITABLE, code="invoice_not_editable", executed=True)
        added = [cast("Fields", one) for one in _list(asked.get("lines"))]
        present = lines_of(invoice)
        if not added or len(present) + len(added) > 250:
            raise Refused("An invoice has between 1 and 250 line items", param="lines")
        for index, line in enumerate(added):
            self._refuse_line(line, f"lines[{index}]")
        lines = [*present, *(self._line(invoice, line, len(present) + n) for n, line in enumerate(added, start=1))]
        if any(line["tax_rates"] for line in lines) and any(line["tax_amounts"] for line in lines):
            raise Refused("Line items cannot have both tax_rates and tax_amounts on one invoice", param="lines")
        self._sum_up(invoice, lines)
        self._happened(invoice, "updated")
        return invoice

    def finalize(self, invoice_id: str) -> Fields:
        """Send a draft, as a person does."""
        invoice = self.invoice(invoice_id)
        if invoice["status"] != "draft":
            raise Refused("This invoice is already finalized", code="invoice_not_editable", executed=True)
        if not lines_of(invoice):
            words = "There are no line items on this invoice"
            raise Refused(words, code="invoice_no_customer_line_items", executed=True)
        sent = sum(one["number"] is not None for one in self.invoices)
        now = int(self._clock().timestamp())
        invoice |= {"status": "open", "number": f"A1B2C3D4-{sent + 1:04}"}
        invoice["effective_at"] = invoice["effective_at"] or now
        self._reached(invoice, "finalized_at")
        return invoice

    def pay(self, invoice_id: str, amount: int | None = None) -> Fields:
        """Take a payment of an open invoice: all of it, or so much."""
        invoice = self.invoice(invoice_id)
        if invoice["status"] not in ("open", "uncollectible"):
            raise Refused("This invoice cannot be paid", code="invoice_not_payable", executed=True)
        paid = _remaining(invoice) if amount is None else amount
        invoice["amount_paid"] = _number(invoice["amount_paid"]) + paid
        payment: Fields = {"object": "invoice_payment", "amount_paid": paid, "status": "paid"}
        payment["status_transitions"] = {"paid_at": int(self._clock().timestamp())}
        invoice["payments"] = [*_list(invoice["payments"]), payment]
        return self._settled(invoice)

    def mark(self, invoice_id: str, status: Literal["void", "uncollectible"]) -> Fields:
        """Void an invoice that was sent, or give it up."""
        invoice = self.invoice(invoice_id)
        if invoice["status"] not in ("open", "uncollectible"):
            words = "You can only pass in open invoices. This invoice isn't open."
            raise Refused(words, code="invoice_not_open", executed=True)
        invoice["status"] = status
        self._reached(invoice, "voided_at" if status == "void" else "marked_uncollectible_at")
        return invoice

    def credit(self, invoice_id: str, amount: int) -> Fields:
        """Write a credit note for a part of an invoice that was sent, or for all of it: then it counts as paid."""
        invoice = self.invoice(invoice_id)
        kinds = {"open": "pre_payment_credit_notes_amount", "paid": "post_payment_credit_notes_amount"}
        kind = kinds.get(str(invoice["status"]))
        if kind is None:
            raise Refused("Credit notes can only be created for finalized invoices", executed=True)
        invoice[kind] = _number(invoice[kind]) + amount
        return self._settled(invoice)

    def delete(self, invoice_id: str) -> Fields:
        """Delete a draft for good."""
        invoice = self.invoice(invoice_id)
        if invoice["status"] != "draft":
            words = "You can only delete draft invoices; void this one instead"
            raise Refused(words, code="invoice_not_editable", executed=True)
        self.invoices.remove(invoice)
        self.deleted.append(invoice)
        self._happened(invoice, "deleted")
        return {"id": invoice_id, "object": "invoice", "deleted": True}

    def listed(self, customer: str, since: int | None) -> list[Fields]:
        """Return the invoices of a customer, empty for all, the newest first."""
        if customer:
            self.clients.one(customer)
        return [
            one
            for one in reversed(self.invoices)
            if (not customer or one["customer"] == customer) and (since is None or _number(one["created"]) >= since)
        ]

    def happened(self, kind: str, since: int = 0) -> list[Fields]:
        """Return the events of a kind, where * stands for anything, in the last 30 days, the latest first."""
        kept = max(since, (self._clock() - EVENTS_KEPT).timestamp())
        found = (one for one in reversed(self.events) if _number(one["created"]) >= kept)
        return [one for one in found if fnmatchcase(str(one["type"]), kind)]

    def _refuse(self, asked: Fields) -> None:
        refuse_unknown(asked, _OF_INVOICES, "")
        customer = self.customers.get(str(asked.get("customer")))
        if customer is None or customer.get("deleted"):
            words = f"No such customer: '{asked.get('customer')}'"
            raise Refused(words, code="resource_missing", param="customer")
        if asked.get("currency", "eur") not in CURRENCIES:
            raise Refused(f"Invalid currency: {asked.get('currency')}", param="currency")
        self._refuse_due(asked)
        _refuse_long_texts(asked)

    def _refuse_due(self, asked: Fields) -> None:
        dues = [one for one in ("due_date", "days_until_due") if one in asked]
        if (asked.get("collection_method") == "send_invoice") != (len(dues) == 1):
            words = "Pass due_date or days_until_due with collection_method=send_invoice, and with nothing else"
            raise Refused(words, param="due_date")
        due, _ = (_integer(asked.get(name), name) for name in ("due_date", "days_until_due"))
        if due is not None and due <= self._clock().timestamp():
            words = "Invalid timestamp: must be an integer Unix timestamp in the future."
            raise Refused(words, param="due_date")

    def _refuse_line(self, line: Fields, where: str) -> None:
        refuse_unknown(line, _OF_LINES, where)
        _integer(line.get("amount", ""), f"{where}[amount]")
        if len(str(line.get("description", ""))) > _LONGEST_TEXT:
            raise Refused("Invalid string: too long", code="parameter_invalid_string", param=f"{where}[description]")
        for number, rate in enumerate(_list(line.get("tax_rates"))):
            known = self.tax_rates.get(str(rate))
            if known is None or not known["active"]:
                words = f"No such active tax rate: '{rate}'"
                raise Refused(words, code="resource_missing", param=f"{where}[tax_rates][{number}]")

    def _line(self, invoice: Fields, line: Fields, number: int) -> Fields:
        rates = [self.tax_rates[str(one)] for one in _list(line.get("tax_rates"))]
        return {
            "id": f"il_{invoice['id']}_{number}", "object": "line_item", "invoice": invoice["id"],
            "amount": _integer(line["amount"]), "currency": invoice["currency"],
            "description": line.get("description"), "discountable": line.get("discountable") != "false",
            "metadata": line.get("metadata") or {}, "tax_rates": rates,
            "tax_amounts": [_integer(cast("Fields", one)["amount"]) for one in _list(line.get("tax_amounts"))],
        }  # fmt: skip

    def _sum_up(self, invoice: Fields, lines: list[Fields]) -> None:
        off = sum(_number(one) for one in _list(invoice["discounts"]))
        nets = {id(line): _reduced(line, off) for line in lines}
        subtotal = sum(nets.values())
        exempt = self.customers[str(invoice["customer"])]["tax_exempt"]
        tax = sum(_number(one) for line in lines for one in _list(line["tax_amounts"]))
        tax += 0 if exempt != "none" else self._by_rates(lines, nets)
        shown = {
            "object": "list", "data": lines, "has_more": False, "total_count": len(lines),
            "url": f"/v1/invoices/{invoice['id']}/lines",
        }  # fmt: skip
        invoice |= {"lines": shown, "subtotal": subtotal, "total": subtotal + tax, "amount_due": subtotal + tax}
        invoice["customer_tax_exempt"] = exempt

    def _by_rates(self, lines: Iterable[Fields], nets: Mapping[int, int]) -> int:
        exact: dict[str, list[Fraction]] = {}
        for line in lines:
            for rate in cast("list[Fields]", line["tax_rates"]):
                share = Fraction(nets[id(line)]) * Fraction(str(rate["percentage"])) / 100
                exact.setdefault(str(rate["id"]), []).append(share)
        if self.rounding == "invoice":
            return sum(int(half_up(sum(shares, Fraction(0)), 0)) for shares in exact.values())
        return sum(int(half_up(share, 0)) for shares in exact.values() for share in shares)

    def _settled(self, invoice: Fields) -> Fields:
        """Note that something was paid or credited, and whether nothing is left to be paid."""
        if invoice["status"] != "paid" and _remaining(invoice) <= 0:
            invoice["status"] = "paid"
            self._reached(invoice, "paid_at")
        else:
            self._happened(invoice, "updated")
        return invoice

    def _reached(self, invoice: Fields, what: str) -> None:
        cast("Fields", invoice["status_transitions"])[what] = int(self._clock().timestamp())
        self._happened(invoice, what.removesuffix("_at"))

    def _happened(self, invoice: Fields, what: str) -> None:
        event: Fields = {"id": f"evt_{len(self.events) + 1:014}", "object": "event", "type": f"invoice.{what}"}
        event |= {"created": int(self._clock().timestamp()), "data": {"object": dict(invoice)}}
        self.events.append(event)


def _remaining(invoice: Fields) -> int:
    off = ("amount_paid", "pre_payment_credit_notes_amount")
    return _number(invoice["total"]) - sum(_number(invoice[name]) for name in off)


def lines_of(invoice: Mapping[str, object]) -> list[Fields]:
    """Return the lines of an invoice."""
    return cast("list[Fields]", cast("Fields", invoice["lines"])["data"])


def _tax_rate(tax_rate_id: str, percentage: int) -> Fields:
    return {
        "id": tax_rate_id, "object": "tax_rate", "active": True, "inclusive": False, "percentage": percentage,
        "display_name": "VAT", "rate_type": "percentage", "livemode": False,
    }  # fmt: skip


def _reduced(line: Fields, percent_off: int) -> int:
    amount = _number(line["amount"])
    return amount if not line["discountable"] else amount - int(half_up(Fraction(amount * percent_off, 100), 0))


def _refuse_long_texts(asked: Fields) -> None:
    for name, limit in _LONGEST.items():
        if len(str(asked.get(name, ""))) > limit:
            raise Refused(f"Invalid string: at most {limit} characters", param=name)
    fields = [cast("Fields", one) for one in _list(asked.get("custom_fields"))]
    if len(fields) > 4 or any(len(str(one["name"])) > 40 or len(str(one["value"])) > 140 for one in fields):
        raise Refused("At most 4 fields, names of 40 and values of 140 characters", param="custom_fields")
    metadata = cast("Fields", asked.get("metadata") or {})
    if any(len(name) > 40 or len(str(value)) > 500 for name, value in metadata.items()):
        raise Refused("Metadata keys have at most 40, values at most 500 characters", param="metadata")


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _number(value: object) -> int:
    return int(str(value))


def _integer(value: object, param: str = "") -> int | None:
    if value is None:
        return None
    try:
        return int(str(value))
    except ValueError:
        raise Refused(f"Invalid integer: {value}", code="parameter_invalid_integer", param=param) from None
