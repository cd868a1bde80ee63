"""The frozen invoice of a claim. Field names follow EN 16931 where it has a term (BT/BG numbers in docstrings).

The draft is what every output gets and all it gets: outputs read no configuration and no tracker for content.
Its canonical bytes never change once the claim is written.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Literal

from tracker2invoice.model.contract import Party
from tracker2invoice.model.milestone import Deliverable
from tracker2invoice.model.rates import Rate
from tracker2invoice.model.tax import TaxCategory

if TYPE_CHECKING:
    from pydantic import TypeAdapter


COMMERCIAL_INVOICE, CREDIT_NOTE = "380", "381"
"""Type codes of documents (BT-3, code list UNCL1001). The amounts of a credit note are positive."""

PARTIAL_INVOICE, PREPAYMENT_INVOICE = "326", "386"
PARTIAL_CONSTRUCTION_INVOICE, FINAL_CONSTRUCTION_INVOICE = "875", "877"
"""Kinds of commercial invoices (BT-3, code list UNCL1001) that only some formats and countries know."""


LATE_FEE_NOTE, DISCOUNT_NOTE = "PMD", "AAB"
"""Subjects of notes (BT-21, code list UNCL4451): what paying late costs, and what paying early saves."""

PartKind = Literal["work", "written-down", "escalation", "discount", "retained", "released", "advance", "drawn"]
"""What an amount of a bill is: work and what changes its price, or money that is held back or was paid before."""


@dataclass(frozen=True, slots=True)
class LineTax:
    """VAT category and rate of a line (BT-151, BT-152)."""

    category: TaxCategory
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """An invoice line (BG-25). Amounts exclude tax; `unit` is a UN/ECE Rec 20 code (C62 = one).

    A negative line has a negative quantity: a price is never negative (BR-27). `basis` says how the amount came about
    (BT-127), `milestone_key` names the milestone that triggered it (BT-128). `kind` says what the amount is: text is
    hostile, so nothing else tells a deposit from a milestone that is called one.
    """

    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    net: Decimal
    tax: LineTax
    deliverables: tuple[Deliverable, ...] = ()
    basis: str = ""
    milestone_key: str = ""
    kind: PartKind = "work"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the whole document deducts (BG-20): a discount, or what is held back. `amount` is positive, without tax."""

    reason: str
    amount: Decimal
    tax: LineTax
    basis: str = ""
    kind: PartKind = "discount"


@dataclass(frozen=True, slots=True)
class TaxSubtotal:
    """The VAT breakdown for one category and rate (BG-23)."""

    category: TaxCategory
    rate: Decimal
    base: Decimal
    amount: Decimal
    exemption_reason: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """Document totals (BG-22): net BT-109, tax BT-110, gross BT-112, prepaid BT-113, payable BT-115.

    `net` is the sum of the lines (BT-106) less `allowances` (BT-107).
    """

    net: Decimal
    tax: Decimal
    gross: Decimal
    prepaid: Decimal
    payable: Decimal
    allowances: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class AccountingTax:
    """The VAT in the currency in which the supplier accounts for it (BT-6, BT-111), and the rate of its conversion.

    The rate is what one unit of the invoice's currency is worth; None where there is no VAT to convert.
    """

    currency: str
    amount: Decimal
    rate: Rate | None


@dataclass(frozen=True, slots=True)
class InstallmentDue:
    """A part of what is payable, with tax, and the last day to pay it."""

    due_date: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Why:
    """How the amount came about, for people: the term, its formula, and the milestone that triggered it."""

    term: str
    formula: str
    price: Decimal
    milestone_key: str
    milestone_title: str
    milestone_url: str
    closed_at: datetime
    accepted: str


@dataclass(frozen=True, slots=True)
class AcceptedBy:
    """Who accepted a milestone by a comment, or an item of it by a label: login, when (UTC), on which item.

    `url` is that of the comment, or of the item that got the label. `label` is empty for a comment.
    """

    login: str
    at: datetime
    milestone_title: str
    item: str
    url: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Certification:
    """What a person certified: so many percent of a term of a contract are done to date. `at` is UTC.

    Raises:
        ValueError: it is less than nothing or more than all.
    """

    contract: str
    term: str
    percent: Decimal
    by: str
    at: datetime
    note: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.percent <= 100:
            raise ValueError("a percentage is from 0 to 100")


@dataclass(frozen=True, slots=True)
class Period:
    """The time of delivery (BG-14) from its first day (BT-73) to its last (BT-74)."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class EarlyPaymentOffer:
    """What the client may pay instead of all that is payable, until `last_day`, so many days after the issue date.

    `percent` is of the `base`, None for what is payable.
    """

    days: int
    percent: Decimal
    last_day: date
    amount_off: Decimal
    amount_to_pay: Decimal
    base: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Preceding:
    """An invoice that this document deducts or corrects (BG-3): our reference, its number if it has one, its date.

    `number` (BT-25) is what an output called it, empty if none of them has said; `issue_date` is BT-26.
    """

    reference: str
    number: str
    issue_date: date

    def __str__(self) -> str:
        if not self.number:
            return f"{self.reference} of {self.issue_date}"
        return f"{self.number} of {self.issue_date} ({self.reference})"


@dataclass(frozen=True, slots=True)
class Draft:
    """One frozen invoice. Dates are local to the contract's time zone; amounts have the currency's decimals.

    `number` (BT-1) is None as long as it is a draft, and always where an accounting platform numbers it.
    `delivery_date` (BT-72) is the day the milestone was closed. `project` is the label at that time
    (`github:acme/portal`). `payment_terms` (BT-20) says in words what `due_date`, `early_payment`, `installments`
    and `late_fee` hold. `due_date` (BT-9) is the day of the last installment, where there are any. `preceding` are
    the invoices that it refers to, the oldest first. `tax_note` says how the tax came about where it is not each
    sum times its rate, and how it was converted. `accepted_by` are the comments and labels by which it was accepted,
    `certified_by` what people certified of its work. A credit note has nothing to pay, and its `due_date` is its issue
    date. `exact_type_code` is the kind of commercial invoice, empty if it is no other; `contract_reference` the number
    by which the client knows the contract (BT-12), empty if there is none. `accounting_tax` is None where the invoice
    is in the currency in which the supplier accounts for VAT.

    What we word ourselves is in the first language of the client (docs/decisions/0017-words.md), in English with ISO
    days and plain digits; nothing is to be read out of it.

    A field that is added later has a default, so that drafts which earlier versions froze can be read.
    """

    reference: str
    number: str | None
    type_code: str
    issue_date: date
    due_date: date
    delivery_date: date
    currency: str
    supplier: Party
    client: Party
    contract: str
    contract_title: str
    project: str
    order_reference: str
    payment_terms: str
    note: str
    lines: tuple[Line, ...]
    tax: tuple[TaxSubtotal, ...]
    totals: Totals
    why: Why
    allowances: tuple[Allowance, ...] = ()
    delivery_period: Period | None = None
    early_payment: tuple[EarlyPaymentOffer, ...] = ()
    installments: tuple[InstallmentDue, ...] = ()
    late_fee: str = ""
    preceding: tuple[Preceding, ...] = ()
    tax_note: str = ""
    accepted_by: tuple[AcceptedBy, ...] = ()
    exact_type_code: str = ""
    contract_reference: str = ""
    certified_by: tuple[Certification, ...] = ()
    accounting_tax: AccountingTax | None = None

    @property
    def is_credit_note(self) -> bool:
        """Whether it takes back the invoice that it names in `preceding`."""
        return self.type_code == CREDIT_NOTE

    @property
    def explained_lines(self) -> tuple[Line, ...]:
        """The lines with how each came about: the first version had one line, and said so in `why` alone."""
        first, *others = self.lines
        return (replace(first, basis=first.basis or self.why.formula), *others)

    @property
    def rows(self) -> tuple[Line, ...]:
        """The lines, and after them each allowance as a line of quantity -1: all that makes the net total, in one list.

        It is for formats that have no allowances of a document.
        """
        return (*self.explained_lines, *map(_as_line, self.allowances))

    @property
    def legal_notes(self) -> dict[str, str]:
        """The supplier's notes by subject code (BT-21), or what this draft says of late fees and discounts instead."""
        own = {LATE_FEE_NOTE: self.late_fee, DISCOUNT_NOTE: self.payment_terms if self.early_payment else ""}
        return {subject: own.get(subject) or text for subject, text in self.supplier.notes.items()}

    def to_bytes(self) -> bytes:
        """Return the canonical JSON: sorted keys, no spaces, UTF-8, amounts as strings."""
        return json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON values: amounts as strings, instants RFC 3339 in UTC, dates ISO."""
        plain: dict[str, object] = _adapter().dump_python(self, mode="json")
        return plain

    @classmethod
    def from_bytes(cls, data: bytes) -> Draft:
        """Read canonical JSON back.

        Raises:
            ValueError: the bytes are not a draft.
        """
        return _adapter().validate_json(data)

    @property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of the canonical bytes."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def _as_line(allowance: Allowance) -> Line:
    return Line(
        description=allowance.reason,
        quantity=Decimal(-1),
        unit="C62",
        unit_price=allowance.amount,
        net=-allowance.amount,
        tax=allowance.tax,
        basis=allowance.basis,
        kind=allowance.kind,
    )


_ENCODER = json.JSONEncoder(ensure_ascii=False)

REFERENCE = re.compile(r"T2I-[A-Z2-7]{12}")
"""What a reference looks like."""


def reference(contract: str, term: str, milestone_key: str, generation: int, payer: str = "") -> str:
    """Return the reference that stands on the document: `T2I-` and 12 characters of A-Z and 2-7.

    It depends on what is billed alone, and on the payer where there are several, so that a lost or restored ledger
    finds its documents again, and all outputs of one claim carry the same one
    (docs/decisions/0002-one-reference-per-claim.md).
    """
    named = [payer] if payer else []
    identity = _ENCODER.encode([contract, term, milestone_key, generation, *named]).encode()
    return "T2I-" + base64.b32encode(hashlib.sha256(identity).digest()[:10]).decode()[:12]


@cache
def _adapter() -> TypeAdapter[Draft]:
    from pydantic import TypeAdapter

    return TypeAdapter(Draft)
