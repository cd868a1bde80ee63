"""What was agreed: client, projects, price, terms, tax, due-date rule, acceptance, outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from tracker2invoice.model.conditions import ChangeOrder, Deposit, Escalation, Retainage
from tracker2invoice.model.due import DiscountTax, DueRule, EarlyPayment, Installment
from tracker2invoice.model.money import Money
from tracker2invoice.model.tax import HELD_BACK, Tax, TaxRounding
from tracker2invoice.model.term import Term


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; `country` is ISO 3166-1 alpha-2 (EN 16931 BG-5, BG-8)."""

    street: str
    city: str
    postcode: str
    country: str
    extra: str = ""


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier in a scheme: ISO 6523 ICD for a registration (`0002` SIREN), EAS for an electronic address."""

    id: str
    scheme: str = ""

    def __str__(self) -> str:
        return f"{self.scheme}:{self.id}" if self.scheme else self.id


@dataclass(frozen=True, slots=True)
class Party:
    """Supplier (EN 16931 BG-4) or client (BG-7). `remote` pins the client's id in each output, by its name.

    `legal_id` is the legal registration (BT-30, BT-47), `identifier` another one, such as that of an establishment
    (BT-29, BT-46), `endpoint` the electronic address (BT-34, BT-49), `contact` the
    person or office to ask (BT-41, BT-56). `buyer_reference` is what the client wants to read on every invoice (BT-10),
    of a German authority its Leitweg-ID. `notes` are what the law wants on every invoice of the supplier, by subject
    code (BT-21, code list UNCL4451). `tax_currency` is the one in which the supplier accounts for VAT (BT-6), empty if
    it was not said. `languages` are those of the client's documents (ISO 639-1), the
    leading one first; English where none is named.
    """

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
    legal_id: Identifier | None = None
    endpoint: Identifier | None = None
    contact: str = ""
    buyer_reference: str = ""
    notes: Mapping[str, str] = field(default_factory=dict[str, str])
    languages: tuple[str, ...] = ()
    tax_currency: str = ""
    identifier: Identifier | None = None

    @property
    def language(self) -> str:
        """The leading language."""
        return self.languages[0] if self.languages else "en"


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays so many percent of every bill of a contract, on a document of their own."""

    client: Party
    percent: Fraction


InvoiceType = Literal["commercial", "partial", "construction"]
"""How electronic invoices for a part of the work call themselves (EN 16931 BT-3): 380, 326, or 875 with 877 last."""

InvoicePer = Literal["term", "milestone", "run", "month"]
"""What makes one document: each term by itself, all terms of a milestone, all that is due at once or in a month."""


@dataclass(frozen=True, slots=True)
class ByComment:
    """Acceptance by a comment: one of the people in `by` writes `text` on an issue or merge request of the milestone.

    They are named as the tracker knows them: by login, user name or account id.
    """

    text: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ByLabel:
    """Acceptance by a label: every finished item has the one called `name`.

    If people are named in `by`, as in `ByComment`, one of them has set it, after the item was finished.
    """

    name: str
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Acceptance:
    """When a closed milestone counts: so many percent of its items are finished, it has been closed for `after`, every
    finished item has the `label`, somebody has accepted it by `comment` and `approvals` of the people in `by` have
    approved it since then.
    """

    all_issues_closed: bool = False
    after: timedelta = timedelta(0)
    issues_closed: Fraction | None = None
    label: ByLabel | None = None
    comment: ByComment | None = None
    approvals: int = 0
    by: tuple[str, ...] = ()

    @property
    def needs_work(self) -> bool:
        """Whether it depends on the items in the tracker, and not on their number alone."""
        return self.label is not None or self.comment is not None

    @property
    def nothing_open(self) -> bool:
        """Whether no item may be open.

        Who accepts by a comment accepts what is finished; an open item may have been reopened since, which no tracker
        tells. A share of the items says how many may be open all the same.
        """
        return self.all_issues_closed or (self.comment is not None and self.issues_closed is None)


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


Reopened = Literal["hold", "withdraw"]
"""What becomes of a draft that nobody has sent once its milestone is open again: a person decides, or it is deleted."""

Rounding = Literal["largest remainder", "last"]
"""Which terms get the units that are left over when shares of the price are rounded."""


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract. `start` is the first day (in `timezone`) whose closed milestones are billed by run and daemon.

    `projects` holds configured names (`github:acme/portal`). `delivery` is what an invoice names as the time of
    delivery: the `day` of the closing (EN 16931 BT-72), or the `period` until then too (BG-14). `discount` is in
    percent, on every bill. Bills that make less than `minimum` wait for the next. Without `payers` the client pays all
    of it. What is closed after the day on which the contract was `cancelled` (local) is not billed. The client knows
    the contract by `contract_reference` (BT-12).

    All amounts of a contract, of its bills and of its claims are net. With `prices_include_tax` all of them are with
    tax, and documents alone split them.
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
    change_orders: tuple[ChangeOrder, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    discount: Fraction = Fraction(0)
    deposit: Deposit | None = None
    retainage: Retainage | None = None
    minimum: Money | None = None
    early_payment: tuple[EarlyPayment, ...] = ()
    installments: tuple[Installment, ...] = ()
    late_fee: str = ""
    delivery: Literal["day", "period"] = "day"
    payers: tuple[Payer, ...] = ()
    invoice_per: InvoicePer = "term"
    cancelled: date | None = None
    rounding: Rounding = "largest remainder"
    tax_rounding: TaxRounding = "document"
    prices_include_tax: bool = False
    early_payment_tax: DiscountTax = "included"
    reopened: Reopened = "hold"
    invoice_type: InvoiceType = "commercial"
    contract_reference: str = ""

    @property
    def clients(self) -> tuple[Party, ...]:
        """Everybody who gets a document: the payers, or else the client."""
        return tuple(payer.client for payer in self.payers) or (self.client,)

    @property
    def taxes(self) -> tuple[Tax, ...]:
        """Every tax that a document of the contract can bear: also that of terms, a deposit and what is held back."""
        taxes = dict.fromkeys([self.tax, *(term.tax for term in self.terms if term.tax)])
        held_apart = self.retainage is not None and not self.retainage.reduces_tax
        held_back = (HELD_BACK,) if held_apart and any(tax.rate for tax in taxes) else ()
        advance = (self.deposit.tax,) if self.deposit and self.deposit.tax else ()
        return tuple(dict.fromkeys([*taxes, *held_back, *advance]))

    @property
    def converts_tax(self) -> bool:
        """Whether its documents can bear VAT that is told in a second currency, too."""
        return self.supplier.tax_currency not in ("", self.currency) and any(tax.rate for tax in self.taxes)

    @property
    def currency(self) -> str:
        """ISO 4217 code of the price and of everything billed under the contract."""
        return self.price.currency
