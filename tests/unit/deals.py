"""A contract on one project, its milestones, and what a run makes of them: for tests of terms and amounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from tracker2invoice.mapping.account import Account
from tracker2invoice.mapping.actions import Action, Facts, Plan
from tracker2invoice.mapping.counting import counting
from tracker2invoice.mapping.credit import objection
from tracker2invoice.mapping.creditnote import credit_claim
from tracker2invoice.mapping.lookup import look_up
from tracker2invoice.mapping.plan import plan
from tracker2invoice.model.claim import Claim, Decision, Delivery, DeliveryState
from tracker2invoice.model.contract import Brake, Contract, Limit
from tracker2invoice.model.invoice import Certification
from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice.model.money import Money
from tracker2invoice.model.rates import NO_RATES
from tracker2invoice.model.term import Match, Term, base_term
from tracker2invoice.model.work import Work
from tracker2invoice.testing.samples import NOW, sample_contract, sample_milestone

PROJECT = Project("github", "1296269", "acme/portal", "https://github.com/acme/portal")


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def share(name: str, percent: str, **more: object) -> Term:
    """Return a term of a percentage, triggered by the milestone of its name."""
    return replace(Term(name.lower(), Match("title", name), percent=Fraction(percent)), **more)  # type: ignore[arg-type]


def deal(*terms: Term, price: str = "60000.00", **more: object) -> Contract:
    return replace(sample_contract(), price=eur(price), terms=terms, **more)  # type: ignore[arg-type]


def milestones(closed: Iterable[str] = (), still_open: Iterable[str] = ()) -> tuple[Milestone, ...]:
    """Return milestones, numbered in the alphabetical order of their titles."""
    done = set(closed)
    return tuple(
        replace(sample_milestone(title, number), **({} if title in done else {"state": "open", "closed_at": None}))  # type: ignore[arg-type]
        for number, title in enumerate(sorted({*done, *still_open}), start=1)
    )


class Books:
    """What was billed under a contract, run after run. Whatever a run bills is delivered."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.now = NOW
        self.claims: list[Claim] = []
        self.decisions: dict[str, Decision] = {}
        self.certified: dict[tuple[str, str], tuple[Certification, ...]] = {}
        self.rates = NO_RATES

    def plan(self, seen: Sequence[Milestone], work: Mapping[str, Work] | None = None) -> Plan:
        return plan(self._facts(seen, work))

    def _facts(self, seen: Sequence[Milestone], work: Mapping[str, Work] | None = None) -> Facts:
        return Facts(
            now=self.now,
            contracts=(self.contract,),
            projects={"github:acme/portal": PROJECT},
            milestones=tuple(seen),
            claims=tuple(self.claims),
            brake=Brake(Limit(), Limit()),
            decisions=self.decisions,
            work=work or {},
            certified=self.certified,
            rates=self.rates,
        )

    def run(self, seen: Sequence[Milestone], work: Mapping[str, Work] | None = None) -> dict[str, Action]:
        """Bill what is due; return all actions by term."""
        made = self.plan(seen, work)
        self.claims += [claim_of(action, self.now) for action in made.of_kind("bill")]
        self.claims += [self._credit(action) for action in made.of_kind("credit")]
        return {action.term: action for action in made.actions}

    def approve(self, reference: str) -> None:
        self.decisions[reference] = Decision(reference, "approve", "ann", self.now)

    def certify(self, term: str, percent: str, by: str = "anna") -> None:
        key = (self.contract.id, term)
        made = Certification(*key, Decimal(percent), by, self.now)
        self.certified[key] = (*self.certified.get(key, ()), made)

    def credit(self, reference: str) -> str:
        """Decide that a claim is taken back by the next run; return what stands against it."""
        [claim] = [one for one in self.claims if one.reference == reference]
        words = objection(claim, look_up(self._facts(())))
        if not words:
            self.decisions[reference] = Decision(reference, "credit", "ann", self.now)
            self.certified.pop((claim.contract, base_term(claim.term)), None)
        return words

    def _credit(self, action: Action) -> Claim:
        [claim] = [one for one in self.claims if one.reference == action.credits]
        return credit_claim(claim, (), [Delivery(action.reference, "books", "delivered")], self.now)

    def later(self, days: int) -> None:
        self.now += timedelta(days=days)

    @property
    def account(self) -> Account:
        return Account(self.contract.currency, counting(self.claims))

    @property
    def invoiced(self) -> Money:
        return sum((claim.amount for claim in self.claims), Money.zero(self.contract.currency))


def claim_of(action: Action, at: datetime, state: DeliveryState = "delivered") -> Claim:
    assert action.milestone
    assert action.bill
    return Claim(
        reference=action.reference,
        contract=action.contract,
        term=action.term,
        milestone_key=action.milestone.key,
        generation=action.generation,
        amount=action.bill.amount,
        draft_sha256="",
        claimed_at=at,
        deliveries=(Delivery(action.reference, "books", state),),
        parts=action.bill.parts,
    )


def parts(action: Action) -> list[tuple[str, str]]:
    """Return what an amount is made of: kinds and amounts."""
    assert action.bill
    return [(part.kind, str(part.amount.amount)) for part in action.bill.parts]


def why(action: Action) -> tuple[str, str]:
    return (action.kind, action.reason.code)
