"""Contracts, milestones and what was billed: what is to be done now, each with its reason. Pure.

Every term of every contract is named at least once, and every closed milestone of a contract's projects
too. The rules stand elsewhere: `unbilled.py` for milestones of terms that are still open, `billed.py` for
claims, `brake.py` for what stops bills in the end. This module only walks through the contracts in their
order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from tracker2invoice.mapping import billed, credit, unbilled
from tracker2invoice.mapping.accept import after_cancellation, closing_of, is_over, not_in_time
from tracker2invoice.mapping.account import Account
from tracker2invoice.mapping.actions import CANCELLED, Action, Facts, Plan, Reason
from tracker2invoice.mapping.brake import STOPPED, brake_contract, brake_run, carry_over, keep_within_price
from tracker2invoice.mapping.documents import addressed
from tracker2invoice.mapping.lookup import Candidate, Lookup, ProjectKey, look_up, own_projects
from tracker2invoice.mapping.pricing import price_actions
from tracker2invoice.model.claim import Claim
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.term import Term

NO_TERM = Reason("no-term", "closed, but it matches no term of any contract")


def plan(facts: Facts) -> Plan:
    """Return everything that is to be done at `facts.now`, in the order of contracts and terms.

    After the terms of a contract follow its projects that cannot be read, its closed milestones without a
    term, its claims without a term, and its credit notes; after all contracts, the claims without a contract. The
    order of `facts.milestones` and `facts.claims` plays no part.
    """
    lookup = look_up(facts)
    facts = lookup.facts
    homes = _homes(facts)
    actions = tuple(
        action for contract in facts.contracts for action in _of_contract(contract, homes[contract.id], lookup)
    )
    known = {contract.id for contract in facts.contracts}
    removed = (
        action
        for contract_id in lookup.counted
        if contract_id not in known
        for action in _without_contract(contract_id, lookup)
    )
    braked = addressed(_priced_again(brake_run(actions, facts), lookup), facts.claims)
    return Plan(facts.now, (*braked, *removed))


def _of_contract(contract: Contract, home: Mapping[ProjectKey, str], lookup: Lookup) -> tuple[Action, ...]:
    removed = (one for one in lookup.claims_of.get(contract.id, ()) if (contract.id, one.term) not in lookup.terms)
    actions = (
        *(action for term in contract.terms for action in _of_term(contract, term, lookup)),
        *_unreadable_projects(contract, lookup),
        *_closed_without_term(contract, home, lookup),
        *(_of_claim(claim, contract, lookup) for claim in removed),
        *_credits(contract.id, lookup),
    )
    agreed, before = lookup.agreed[contract.id], _billed_before(actions, contract.id, lookup)
    priced = price_actions(actions, contract, lookup, before)
    within = keep_within_price(priced, agreed, before)
    enough = carry_over(within, agreed, last=not _work_is_left(within, contract, lookup, before))
    return brake_contract(enough, contract, lookup.facts)


def _without_contract(contract_id: str, lookup: Lookup) -> Iterator[Action]:
    yield from (_of_claim(claim, None, lookup) for claim in lookup.claims_of.get(contract_id, ()))
    yield from _credits(contract_id, lookup)


def _of_claim(claim: Claim, contract: Contract | None, lookup: Lookup) -> Action:
    if lookup.facts.credited(claim.reference):
        return credit.to_be_credited(claim, lookup)
    return billed.judge(claim, contract, lookup)


def _credits(contract_id: str, lookup: Lookup) -> Iterator[Action]:
    return (credit.judge(claim, lookup) for claim in lookup.counted.get(contract_id, ()) if claim.credits)


def _billed_before(actions: Iterable[Action], contract_id: str, lookup: Lookup) -> list[Claim]:
    """Return the claims that count as billed: what is billed again is due now, and counts once."""
    due = {action.reference for action in actions if action.kind == "bill"}
    again = {one.replaces.reference for one in lookup.replacements.values() if one.replaces and one.reference in due}
    return [claim for claim in lookup.counted.get(contract_id, ()) if claim.reference not in again]


def _work_is_left(actions: Sequence[Action], contract: Contract, lookup: Lookup, before: Sequence[Claim]) -> bool:
    due = {action.term for action in actions if action.kind == "bill"}
    over = {action.term for action in actions if action.reason.code in CANCELLED}
    return _is_left_to_certify(actions, contract, lookup, before) or any(
        term.kind == "work"
        and not term.is_certified
        and term.id not in due | over
        and (contract.id, term.id) not in lookup.claims
        for term in contract.terms
    )


def _is_left_to_certify(actions: Iterable[Action], contract: Contract, lookup: Lookup, before: Iterable[Claim]) -> bool:
    certified = {term.base for term in contract.terms if term.is_certified and not term.cancelled}
    if not certified or is_over(contract, lookup.facts.now):
        return False
    account = Account(contract.currency, before)
    for action in actions:
        account.add(action.bill.parts if action.kind == "bill" and action.bill else ())
    return any(account.work_of(term) < lookup.values[contract.id, term] for term in certified)


def _priced_again(actions: tuple[Action, ...], lookup: Lookup) -> Iterator[Action]:
    """Price what is left of the bills of each contract of which the brake, the price or the minimum holds some."""
    held = {one.contract for one in actions if one.reason.code in STOPPED}
    for contract_id, group in groupby(actions, key=lambda action: action.contract):
        own = tuple(group)
        if contract_id in held:
            contract = next(one for one in lookup.facts.contracts if one.id == contract_id)
            own = price_actions(own, contract, lookup, _billed_before(own, contract_id, lookup))
        yield from own


def _of_term(contract: Contract, term: Term, lookup: Lookup) -> Iterator[Action]:
    candidates = lookup.candidates[contract.id, term.id]
    claim = lookup.claims.get((contract.id, term.id))
    replacement = lookup.replacements.get((contract.id, term.id))
    if claim is not None:
        again = replacement if lookup.facts.reissued(claim.reference) else None
        yield unbilled.judge(again, lookup) if again else _of_claim(claim, contract, lookup)
        yield from (_billed_by_another(one, claim) for one in candidates if one.milestone.key != claim.milestone_key)
    elif candidates:
        yield from (unbilled.judge(one, lookup) for one in candidates)
    else:
        yield _without_milestone(contract, term, lookup)


def _billed_by_another(candidate: Candidate, claim: Claim) -> Action:
    words = f"the term was billed by another milestone as {claim.reference}"
    return Action(
        kind="none",
        contract=candidate.contract.id,
        term=candidate.term.id,
        project=candidate.project,
        milestone=candidate.milestone,
        amount=None,
        reason=Reason("term-billed", words),
    )


def _without_milestone(contract: Contract, term: Term, lookup: Lookup) -> Action:
    unreadable = _unreadable(contract, lookup)
    if unreadable and not term.cancelled:
        project, reason = next(iter(unreadable.items()))
    else:
        project, reason = "", _missing(contract, term, lookup)
    amount = lookup.today.get((contract.id, term.base))
    return Action("none", contract.id, term.id, project, None, amount, reason, outputs=contract.outputs)


def _missing(contract: Contract, term: Term, lookup: Lookup) -> Reason:
    if term.cancelled:
        return unbilled.term_cancelled()
    if term.kind != "release" and is_over(contract, lookup.facts.now):
        return unbilled.contract_over(contract)
    match = next((one.match for one in lookup.agreed[contract.id].terms if one.id == term.base), term.match)
    return Reason("milestone-missing", f"no milestone with {match} in {', '.join(contract.projects)}")


def _unreadable_projects(contract: Contract, lookup: Lookup) -> Iterator[Action]:
    for label, reason in _unreadable(contract, lookup).items():
        yield Action("none", contract.id, "", label, None, None, reason)


def _unreadable(contract: Contract, lookup: Lookup) -> Mapping[str, Reason]:
    own = {label: key for key, label in own_projects(contract, lookup.facts).items()}
    unread = {label: lookup.unread[key] for label, key in own.items() if key in lookup.unread}
    unknown = Reason("project-unknown", "the tracker never showed us this project; `t2i check` says why")
    return {label: unknown for label in contract.projects if label not in lookup.facts.projects} | {
        label: unbilled.project_unread(why) for label, why in unread.items()
    }


def _closed_without_term(contract: Contract, home: Mapping[ProjectKey, str], lookup: Lookup) -> Iterator[Action]:
    for key, label in home.items():
        for milestone in lookup.projects.get(key, ()):
            if milestone.state == "closed" and milestone.key not in lookup.placed:
                reason = _why_without_term(contract, milestone, lookup.facts)
                yield Action("none", contract.id, "", label, milestone, None, reason)


def _why_without_term(contract: Contract, milestone: Milestone, facts: Facts) -> Reason:
    closing = closing_of(milestone)
    early = not_in_time(contract, closing, facts.window) if closing else None
    late = after_cancellation(contract, closing) if closing else None
    return early or late or NO_TERM


def _homes(facts: Facts) -> Mapping[str, Mapping[ProjectKey, str]]:
    """Give each project to the first contract to start with it, which lists what no term matches."""
    homes: dict[str, dict[ProjectKey, str]] = {contract.id: {} for contract in facts.contracts}
    given: set[ProjectKey] = set()
    for contract in sorted(facts.contracts, key=lambda contract: contract.start):
        own = {key: label for key, label in own_projects(contract, facts).items() if key not in given}
        homes[contract.id].update(own)
        given.update(own)
    return homes
