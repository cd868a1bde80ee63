"""Where each contract stands: price, billed, open, the state of every term, and what waits. From the ledger alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from tracker2invoice.mapping.account import Account
from tracker2invoice.mapping.actions import CANCELLED, Action, Plan
from tracker2invoice.mapping.allocate import as_of, contract_sum, ordered, scheduled
from tracker2invoice.mapping.counting import counting, in_force
from tracker2invoice.mapping.due import local_date
from tracker2invoice.model.claim import Claim, Delivery
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import base_term


@dataclass(frozen=True, slots=True)
class TermStanding:
    """One term: `open`, `held`, `begun` (billed in part), `billed` (claimed), `delivered` or `cancelled` (before any of
    it was billed); its milestone's title.

    `amount` is its scheduled value, or what it was billed with; `billed` the work that was billed. Both net.
    """

    id: str
    state: str
    amount: Money
    billed: Money
    milestone: str


@dataclass(frozen=True, slots=True)
class ContractStanding:
    """One contract in its currency, net. `waiting` is what needs a person or is closed and unbilled, with reasons.

    `billed` and `open` make the price with the change orders of today; `retained` of it is held back. `advance` is what
    is left of deposits. `paid` is the net of the bills whose documents are all paid, as last read back, and `documents`
    are the deliveries that have a document, by reference.
    """

    contract: Contract
    change_orders: Money
    billed: Money
    retained: Money
    advance: Money
    paid: Money
    open: Money
    terms: tuple[TermStanding, ...]
    documents: tuple[Delivery, ...]
    waiting: tuple[Action, ...]


_NEWS = frozenset(
    {
        "already-billed",
        "credit-note",
        "not-closed",
        "term-billed",
        "term-changed",
        "term-removed",
        "milestone-missing",
        "no-progress",
        "nothing-certified",
        "nothing-counted",
        "nothing-retained",
        *CANCELLED,
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
    own_claims = [claim for claim in in_force(claims).values() if claim.contract == contract.id]
    own = (claim for claim in counting(claims) if claim.contract == contract.id)
    # what was billed in a former currency of the contract does not add up; the plan holds and names it
    counted = [claim for claim in own if claim.amount.currency == contract.currency]
    own_actions = [action for action in plan.actions if action.contract == contract.id]
    agreed = as_of(contract, local_date(plan.as_of, contract.timezone))
    account = Account(contract.currency, counted)
    return ContractStanding(
        contract=contract,
        change_orders=ordered(agreed),
        billed=account.work,
        retained=account.retained,
        advance=account.advances - account.drawn,
        paid=Money.sum(map(_paid, counted), contract.currency),
        open=contract_sum(agreed) - account.work,
        terms=_terms(agreed, account, own_claims, own_actions),
        documents=_documents(claims, contract.id),
        waiting=tuple(action for action in own_actions if _waits(action)),
    )


def _terms(
    agreed: Contract, account: Account, claims: Sequence[Claim], actions: Sequence[Action]
) -> tuple[TermStanding, ...]:
    values = scheduled(agreed, {claim.term: claim for claim in claims})
    found: list[TermStanding] = []
    for term in agreed.terms:
        own_claims = [claim for claim in claims if base_term(claim.term) == term.id]
        own_actions = [one for one in actions if base_term(one.term) == term.id and one.reason.code != "credit-note"]
        value, billed = values[term.id], account.work_of(term.id)
        state = _state(own_claims, own_actions, begun=not term.bills_once and billed < value)
        found.append(TermStanding(term.id, state, value, billed, _title(own_claims, own_actions)))
    return tuple(found)


def _state(claims: Sequence[Claim], actions: Sequence[Action], *, begun: bool) -> str:
    if any(action.kind == "hold" for action in actions):
        return "held"
    if not claims:
        return "cancelled" if actions and all(one.reason.code in CANCELLED for one in actions) else "open"
    if begun:
        return "begun"
    return "delivered" if all(one.state == "delivered" for claim in claims for one in claim.deliveries) else "billed"


def _title(claims: Sequence[Claim], actions: Sequence[Action]) -> str:
    titles = {action.milestone.key: action.milestone.title for action in actions if action.milestone}
    if claims:
        return titles.get(claims[-1].milestone_key, claims[-1].milestone_key)
    return next(iter(titles.values()), "")


def _paid(claim: Claim) -> Money:
    """Return what of a claim was paid: nothing before every document is, by what one output or another tells of it.

    Outputs call a document paid, too, of which some or all was credited.
    """
    paid = {one.reference: one.receipt for one in claim.deliveries if one.receipt and one.receipt.state == "paid"}
    if not paid.keys() >= set(claim.documents):
        return Money.zero(claim.amount.currency)
    came_in = sum((Fraction(one.paid or 0) for one in paid.values()), Fraction(0))
    credited = sum((Fraction(one.credited or 0) for one in paid.values()), Fraction(0))
    share = came_in / (came_in + credited) if credited else 1
    return Money.rounded(Fraction(claim.amount.amount) * share, claim.amount.currency)


def _documents(claims: Sequence[Claim], contract: str) -> tuple[Delivery, ...]:
    own = (one for claim in claims if claim.contract == contract for one in claim.deliveries)
    there = {(one.reference, one.output): one for one in own if one.receipt is not None}
    return tuple(there[key] for key in sorted(there))


def _waits(action: Action) -> bool:
    return action.kind != "none" or action.reason.code not in _NEWS
