"""Where each contract stands: price, billed, open, the state of every term, and what waits. From the ledger alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracker2invoice.mapping.actions import Action, Plan
from tracker2invoice.mapping.allocate import shares
from tracker2invoice.mapping.lookup import latest
from tracker2invoice.model.claim import Claim
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.money import Money


@dataclass(frozen=True, slots=True)
class TermStanding:
    """One term: `open`, `held`, `billed` (claimed), `delivered`; its net amount and the milestone's title if any."""

    id: str
    state: str
    amount: Money
    milestone: str


@dataclass(frozen=True, slots=True)
class ContractStanding:
    """One contract in its currency, net. `waiting` is what needs a person or is closed and unbilled, with reasons."""

    contract: Contract
    billed: Money
    paid: Money
    open: Money
    terms: tuple[TermStanding, ...]
    waiting: tuple[Action, ...]


_NEWS = frozenset(
    {
        "already-billed",
        "not-closed",
        "term-billed",
        "term-changed",
        "term-removed",
        "milestone-missing",
        "before-start",
        "outside-window",
        "withdrawn",
    }
)
"""Reasons for doing nothing that nobody waits on."""


def standings(contracts: Sequence[Contract], plan: Plan, claims: Sequence[Claim]) -> tuple[ContractStanding, ...]:
    """Return the standing of every contract, in their order."""
    return tuple(_standing(contract, plan, claims) for contract in contracts)


def _standing(contract: Contract, plan: Plan, claims: Sequence[Claim]) -> ContractStanding:
    own_claims = [claim for claim in latest(claims).values() if claim.contract == contract.id]
    # what was billed in a former currency of the contract does not add up; the plan holds and names it
    counted = [claim for claim in own_claims if claim.amount.currency == contract.currency]
    own_actions = [action for action in plan.actions if action.contract == contract.id]
    billed = _sum(counted, contract)
    return ContractStanding(
        contract=contract,
        billed=billed,
        paid=_sum([claim for claim in counted if _is_paid(claim)], contract),
        open=contract.price - billed,
        terms=_terms(contract, own_claims, own_actions),
        waiting=tuple(action for action in own_actions if _waits(action)),
    )


def _sum(claims: Sequence[Claim], contract: Contract) -> Money:
    return sum((claim.amount for claim in claims), Money.zero(contract.currency))


def _terms(contract: Contract, claims: Sequence[Claim], actions: Sequence[Action]) -> tuple[TermStanding, ...]:
    by_term = {claim.term: claim for claim in claims}
    planned = shares(contract, {term: claim.amount for term, claim in by_term.items()})
    return tuple(
        TermStanding(
            id=term.id,
            state=_state(by_term.get(term.id), [action for action in actions if action.term == term.id]),
            amount=by_term[term.id].amount if term.id in by_term else planned[term.id],
            milestone=_title(by_term.get(term.id), [action for action in actions if action.term == term.id]),
        )
        for term in contract.terms
    )


def _state(claim: Claim | None, actions: Sequence[Action]) -> str:
    if any(action.kind == "hold" for action in actions):
        return "held"
    if claim is None:
        return "open"
    return "delivered" if all(one.state == "delivered" for one in claim.deliveries) else "billed"


def _title(claim: Claim | None, actions: Sequence[Action]) -> str:
    titles = {action.milestone.key: action.milestone.title for action in actions if action.milestone}
    if claim:
        return titles.get(claim.milestone_key, claim.milestone_key)
    return next(iter(titles.values()), "")


def _is_paid(claim: Claim) -> bool:
    return any(one.receipt is not None and one.receipt.state == "paid" for one in claim.deliveries)


def _waits(action: Action) -> bool:
    return action.kind != "none" or action.reason.code not in _NEWS
