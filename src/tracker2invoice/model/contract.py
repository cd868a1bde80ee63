"""What was agreed: client, projects, price, terms, tax, due-date rule, acceptance, outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from tracker2invoice.model.due import DueRule, EarlyPayment
from tracker2invoice.model.money import Money

TaxCategory = Literal["S", "Z", "E", "AE", "K", "G", "O"]


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; `country` is ISO 3166-1 alpha-2 (EN 16931 BG-5, BG-8)."""

    street: str
    city: str
    postcode: str
    country: str
    extra: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """Supplier (EN 16931 BG-4) or client (BG-7). `remote` pins the client's id in each output, by its name."""

    id: str
    name: str
    address: Address | None = None
    vat_id: str = ""
    tax_id: str = ""
    email: str = ""
    phone: str = ""
    iban: str = ""
    bic: str = ""
    remote: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Tax:
    """A VAT category (EN 16931 BT-118, code list UNCL5305) with its rate in percent (BT-119)."""

    category: TaxCategory
    rate: Decimal
    exemption_reason: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """Which milestones trigger a term: exact title, title glob, regular expression over the whole title, number."""

    by: Literal["title", "glob", "regex", "number"]
    value: str

    def __str__(self) -> str:
        return f"number {self.value}" if self.by == "number" else f"{self.by} '{self.value}'"


@dataclass(frozen=True, slots=True)
class Term:
    """One payment term: a `fixed` amount or a `percent` of the price, exactly one of the two.

    `shares_milestone` says that this term and another may be triggered by one milestone on purpose.
    """

    id: str
    match: Match
    fixed: Money | None = None
    percent: Fraction | None = None
    description: str = ""
    shares_milestone: bool = False


@dataclass(frozen=True, slots=True)
class Acceptance:
    """When a closed milestone counts: nothing in it is open any more, and it has been closed for `after`."""

    all_issues_closed: bool = False
    after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` bills and, by currency, at most `amount` net. None and absent mean no limit."""

    count: int | None = None
    amount: Mapping[str, Money] = field(default_factory=dict[str, Money])


@dataclass(frozen=True, slots=True)
class Brake:
    """What one run may bill before a person has to release it: in all, and for each contract."""

    run: Limit
    contract: Limit


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract. `start` is the first day (in `timezone`) whose closed milestones are billed by run and daemon.

    `projects` holds configured names (`github:acme/portal`). `delivery` is what an invoice names
    as the time of delivery: the `day` of the closing (EN 16931 BT-72), or the `period` until then too (BG-14).
    """

    id: str
    client: Party
    supplier: Party
    projects: tuple[str, ...]
    start: date
    timezone: str
    price: Money
    terms: tuple[Term, ...]
    tax: Tax
    due: DueRule
    outputs: tuple[str, ...]
    acceptance: Acceptance = Acceptance()
    title: str = ""
    order_reference: str = ""
    note: str = ""
    brake: Limit | None = None
    early_payment: tuple[EarlyPayment, ...] = ()
    late_fee: str = ""
    delivery: Literal["day", "period"] = "day"

    @property
    def currency(self) -> str:
        """ISO 4217 code of the price and of everything billed under the contract."""
        return self.price.currency
