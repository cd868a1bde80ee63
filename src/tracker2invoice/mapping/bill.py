"""What is billed for one occasion: its charges, each with its tax and how it came about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tracker2invoice.languages.phrases import Said
from tracker2invoice.model.claim import OUTSIDE_TAX, WORK, Part
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.invoice import Certification, PartKind
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.money import Money
from tracker2invoice.model.tax import Tax
from tracker2invoice.model.term import Term
from tracker2invoice.model.work import Work

ONE = "C62"
"""UN/ECE Recommendation 20: one, a unit of its own."""


@dataclass(frozen=True, slots=True)
class Charge:
    """One amount of a bill, net. `basis` says for people how it came about; `unit_price` is for what was counted."""

    part: Part
    tax: Tax
    basis: Said
    unit_price: Decimal | None = None
    unit: str = ONE

    @property
    def prepaid(self) -> bool:
        """Whether it is deducted from what is payable, and from no tax base: it was paid in advance, outside VAT."""
        return self.part.kind == "drawn" and self.part.item == OUTSIDE_TAX


@dataclass(frozen=True, slots=True)
class Occasion:
    """What the price of one occasion depends on, but for what was billed before.

    `agreed` is the contract as it was written, with the change orders of today; `term` is the occasion, `value` the
    scheduled value of the term that it is one of, `total` that of all terms; no work can follow the `final` one. `day`
    is the local day on which it was triggered. `behind` are the milestones that it is about, `work` their items, both
    as they stood at that time, and `certified` is what counts of what people certified.
    """

    agreed: Contract
    term: Term
    value: Money
    total: Money
    final: bool
    day: date
    behind: tuple[Milestone, ...]
    work: Mapping[str, Work]
    certified: Certification | None = None

    @property
    def currency(self) -> str:
        """ISO 4217 code."""
        return self.agreed.currency

    @property
    def tax(self) -> Tax:
        """The tax of the term, or else of the contract."""
        return self.term.tax or self.agreed.tax

    def charge(
        self, amount: Money, basis: Said, kind: PartKind = "work", tax: Tax | None = None, item: str = ""
    ) -> Charge:
        """Return a charge for it; `tax` is its own if None."""
        return Charge(Part(kind, self.term.base, amount, item), tax or self.tax, basis)


def total(charges: Iterable[Charge], currency: str) -> Money:
    """Return the sum of the charges, net."""
    return Money.sum((charge.part.amount for charge in charges), currency)


@dataclass(frozen=True, slots=True)
class Bill:
    """All charges of one occasion under a contract as it is agreed today. `behind` are the milestones it is about.

    `last` says that with it all work of the contract is billed; `certified` by whom, if a person certified the work.
    """

    contract: Contract
    term: Term
    charges: tuple[Charge, ...]
    behind: tuple[Milestone, ...] = ()
    last: bool = False
    certified: Certification | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """What the claim keeps of the charges."""
        return tuple(charge.part for charge in self.charges)

    @property
    def amount(self) -> Money:
        """The sum of all charges, net."""
        return total(self.charges, self.contract.currency)

    @property
    def work(self) -> Money:
        """The value of the work in it, as it counts against the price."""
        return total(work_in(self.charges), self.contract.currency)


def work_in(charges: Iterable[Charge]) -> Iterator[Charge]:
    """Yield the charges that are the value of work: what was done, less what a cap has written down."""
    return (charge for charge in charges if charge.part.kind in WORK)
