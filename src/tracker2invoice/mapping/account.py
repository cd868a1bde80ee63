"""Where a contract stands: what its claims billed, held back, paid in advance and drew down, summed by kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from tracker2invoice.model.claim import OUTSIDE_TAX, WORK, Claim, Part
from tracker2invoice.model.invoice import PartKind
from tracker2invoice.model.money import Money

EARNED: tuple[PartKind, ...] = (*WORK, "escalation", "discount")
"""Parts that make the value of what was done, as it stands on bills; the rest is about when it is paid."""


class Account:
    """Running sums over the parts of claims, in one currency, net. `add` is all that changes them."""

    def __init__(self, currency: str, claims: Iterable[Claim] = ()) -> None:
        self.currency = currency
        self._kinds: defaultdict[PartKind, Money] = defaultdict(lambda: Money.zero(currency))
        self._work: defaultdict[str, Money] = defaultdict(lambda: Money.zero(currency))
        self._earned: defaultdict[str, Money] = defaultdict(lambda: Money.zero(currency))
        self._released: defaultdict[str, Money] = defaultdict(lambda: Money.zero(currency))
        self._outside_tax = False
        self._quantities: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for claim in claims:
            # what was billed in a former currency of the contract does not add up; the plan holds and names it
            if claim.amount.currency == currency:
                self.add(claim.entries)

    def add(self, parts: Iterable[Part]) -> None:
        """Count the parts of one more claim."""
        for part in parts:
            self._kinds[part.kind] += part.amount
            if part.kind in WORK:
                self._work[part.term] += part.amount
            if part.kind in EARNED:
                self._earned[part.term] += part.amount
            if part.kind == "released":
                self._released[part.term] += part.amount
            if part.kind == "advance" and part.amount.units > 0:
                self._outside_tax = part.item == OUTSIDE_TAX
            if part.quantity is not None:
                self._quantities[part.term, part.item] += part.quantity

    @property
    def work(self) -> Money:
        """The value of all work, before escalation and discounts."""
        return self._kinds["work"] + self._kinds["written-down"]

    @property
    def adjustments(self) -> Money:
        """Escalation less discounts."""
        return self._kinds["escalation"] + self._kinds["discount"]

    @property
    def retained(self) -> Money:
        """What is held back now: what ever was, less what steps of the rate returned and releases paid out."""
        return -self._kinds["retained"] - self._kinds["released"]

    @property
    def advances(self) -> Money:
        """Advances that were billed."""
        return self._kinds["advance"]

    @property
    def outside_tax(self) -> bool:
        """Whether the advances were billed outside VAT, so that bills deduct them from what is payable."""
        return self._outside_tax

    @property
    def drawn(self) -> Money:
        """The part of the advances that later bills have deducted."""
        return -self._kinds["drawn"]

    def work_of(self, term: str) -> Money:
        """Return the value of a term's work."""
        return self._work[term]

    @property
    def earned(self) -> Mapping[str, Money]:
        """The value of each term's work with escalation and discounts."""
        return self._earned

    def has_released(self, term: str) -> bool:
        """Say whether a release of retainage was billed, and not credited."""
        return self._released[term].units > 0

    def quantities_of(self, term: str) -> Mapping[str, Decimal]:
        """Return how much of each item was billed under a term."""
        return {item: sum_ for (of, item), sum_ in self._quantities.items() if of == term}


class Books:
    """A contract's account as it stands `now`, and as it will stand once all that is to be taken back has been.

    `accounts` are both, and just one where nothing is to be taken back.
    """

    def __init__(self, now: Account, then: Account | None) -> None:
        self.now = now
        self.accounts = (now, then) if then else (now,)

    def add(self, parts: Sequence[Part]) -> None:
        """Count the parts of one more claim."""
        for account in self.accounts:
            account.add(parts)
