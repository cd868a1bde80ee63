"""The progress statement of a contract: an application for payment (AIA G702) with its continuation sheet (G703)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from tracker2invoice.model.conditions import ChangeOrder
from tracker2invoice.model.money import Money

ItemKind = Literal["term", "cancelled", "removed", "escalation", "discount", "released", "unallocated", "total"]

ADJUSTMENTS: tuple[ItemKind, ...] = ("escalation", "discount", "released")
"""Items that no term schedules: they change the contract sum by what was billed."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the continuation sheet, net; the letters are the columns of G703.

    It stands for a `term` of the contract, for one that was `cancelled` unbilled and counts for nothing, or for one
    that was `removed` from the contract after it was billed; for all `escalation`, all `discount` or what was
    `released` beyond what was retained; for what of the contract sum is `unallocated` to any term; or for the `total`.
    """

    kind: ItemKind
    id: str
    """A, the term; empty if it is none."""
    description: str
    """B, as agreed; empty if nothing was."""
    scheduled: Money
    """C."""
    previous: Money
    """D: work of the applications before."""
    current: Money
    """E: work of this one."""
    retainage: Money
    """I: what is held back of it to date."""

    @property
    def stored(self) -> Money:
        """F, material that is stored: always nothing, for terms bill work."""
        return Money.zero(self.scheduled.currency)

    @property
    def completed(self) -> Money:
        """G = D + E + F, before anything is held back."""
        return self.previous + self.current + self.stored

    @property
    def percent(self) -> Fraction | None:
        """G / C in percent; None if nothing is scheduled."""
        if not self.scheduled.units:
            return None
        return Fraction(100 * self.completed.units, self.scheduled.units)

    @property
    def balance(self) -> Money:
        """H = C - G, the balance to finish; nothing of what was cancelled is finished."""
        if self.kind == "cancelled":
            return Money.zero(self.scheduled.currency)
        return self.scheduled - self.completed


@dataclass(frozen=True, slots=True)
class Advances:
    """Advances to date, net: how much was `billed` and how much of it was `drawn` down by later bills.

    `current` is what both together add to the bills of this application.
    """

    billed: Money
    drawn: Money
    current: Money

    @property
    def left(self) -> Money:
        """What later bills can still draw down."""
        return self.billed - self.drawn


@dataclass(frozen=True, slots=True)
class Application:
    """Where a contract stood at the end of a local day, net; `number` counts from 1, 0 means nothing was billed yet.

    `change_orders` are those in effect on that day, `certified` is line 6 of the application before.
    """

    number: int
    day: date
    price: Money
    change_orders: tuple[ChangeOrder, ...]
    items: tuple[Item, ...]
    certified: Money
    advances: Advances

    @property
    def total(self) -> Item:
        """The sums of the continuation sheet; what was cancelled does not count."""
        counted = [item for item in self.items if item.kind != "cancelled"]
        return Item(
            kind="total",
            id="",
            description="",
            scheduled=self._sum(item.scheduled for item in counted),
            previous=self._sum(item.previous for item in counted),
            current=self._sum(item.current for item in counted),
            retainage=self._sum(item.retainage for item in counted),
        )

    @property
    def lines(self) -> Mapping[str, Money]:
        """The lines of G702 by their numbers. 2a is what escalation and discounts have changed, as billed to date."""
        total = self.total
        ordered = self._sum(order.amount for order in self.change_orders)
        adjusted = self._sum(item.scheduled for item in self.items if item.kind in ADJUSTMENTS)
        contract_sum = self.price + ordered + adjusted
        earned = total.completed - total.retainage
        return {
            "1": self.price,
            "2": ordered,
            "2a": adjusted,
            "3": contract_sum,
            "4": total.completed,
            "5a": total.retainage,
            "5b": total.stored,
            "5": total.retainage,
            "6": earned,
            "7": self.certified,
            "8": earned - self.certified,
            "9": contract_sum - earned,
        }

    @property
    def asked(self) -> Money:
        """What the bills of this application ask for: line 8, with advances that were billed, less what was drawn."""
        return self.lines["8"] + self.advances.current

    def _sum(self, amounts: Iterable[Money]) -> Money:
        return sum(amounts, Money.zero(self.price.currency))
