"""What the rules of a plan ask the facts for, indexed once: the cost grows with the facts, no faster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tracker2invoice.mapping.accept import closing_of, not_in_time
from tracker2invoice.mapping.actions import Facts
from tracker2invoice.mapping.allocate import shares
from tracker2invoice.mapping.match import Milestones
from tracker2invoice.model.claim import Claim
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.invoice import reference
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Term

TermKey = tuple[str, str]
"""Contract id and term id."""

ProjectKey = tuple[str, str]
"""Tracker and stable project id."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A term and a milestone that it matches. `amount` is the term's share today, net.

    `replaces` is the claim in whose place it would be billed: with that claim's milestone and amount.
    """

    contract: Contract
    term: Term
    project: str
    milestone: Milestone
    amount: Money
    reference: str
    replaces: Claim | None = None

    @property
    def key(self) -> TermKey:
        """Contract id and term id."""
        return (self.contract.id, self.term.id)

    @property
    def generation(self) -> int:
        """The generation of the claim that a bill of it makes."""
        return self.replaces.generation + 1 if self.replaces else 1

    def could_trigger(self, facts: Facts) -> bool:
        """Say whether the milestone is closed, still there, and of a day that is billed, accepted or not."""
        if self.milestone.state != "closed" or self.milestone.key in facts.gone:
            return False
        closing = closing_of(self.milestone)
        return closing is None or not_in_time(self.contract, closing, facts.window) is None


@dataclass(frozen=True, slots=True)
class Lookup:
    """The facts and their indexes; milestones go by their keys.

    `claims` holds the latest claim of each term, also of terms that the configuration no longer has;
    `claims_of` the same by contract id, ordered by term. `candidates` are all milestones that a term
    matches, `rivals` those of them that could trigger it now, `chosen` the rivals that a person approved.
    `takers` are the terms that a milestone could trigger or was billed for. `placed` are the milestones
    that match a term, were billed or are gone. `today` is what each term would cost if nothing were billed
    yet. `replacements` are what the latest claims without a document are billed as once they are reissued.
    """

    facts: Facts
    terms: Mapping[TermKey, Term]
    milestones: Mapping[str, Milestone]
    projects: Mapping[ProjectKey, Milestones]
    unread: Mapping[ProjectKey, str]
    labels: Mapping[ProjectKey, str]
    claims: Mapping[TermKey, Claim]
    claims_of: Mapping[str, tuple[Claim, ...]]
    candidates: Mapping[TermKey, tuple[Candidate, ...]]
    rivals: Mapping[TermKey, tuple[Candidate, ...]]
    chosen: Mapping[TermKey, tuple[Candidate, ...]]
    takers: Mapping[str, frozenset[TermKey]]
    placed: frozenset[str]
    today: Mapping[TermKey, Money]
    replacements: Mapping[TermKey, Candidate]

    def why_unread(self, milestone: Milestone) -> str | None:
        """Return what went wrong with the latest poll of the milestone's project, None if nothing did."""
        return self.unread.get(project_key(milestone))


def look_up(facts: Facts) -> Lookup:
    """Index the facts."""
    milestones = {milestone.key: milestone for milestone in facts.milestones}
    projects = _by_project(milestones.values())
    claims = latest(facts.claims)
    today = {
        (contract.id, term_id): amount
        for contract in facts.contracts
        for term_id, amount in shares(contract, {}).items()
    }
    candidates = {
        (contract.id, term.id): tuple(found)
        for contract in facts.contracts
        for term, found in _candidates(contract, facts, projects, _amounts(contract, today, claims))
    }
    rivals = {key: tuple(one for one in found if one.could_trigger(facts)) for key, found in candidates.items()}
    return Lookup(
        facts=facts,
        terms={(contract.id, term.id): term for contract in facts.contracts for term in contract.terms},
        milestones=milestones,
        projects=projects,
        unread={_pinned(facts, label): why for label, why in facts.unread.items() if label in facts.projects},
        labels={_pinned(facts, label): label for label in sorted(facts.projects, reverse=True)},
        claims=claims,
        claims_of=_by_contract(claims),
        candidates=candidates,
        rivals=rivals,
        chosen={key: tuple(one for one in found if facts.approved(one.reference)) for key, found in rivals.items()},
        takers=_takers(rivals, facts.claims),
        placed=_placed(facts, candidates),
        today=today,
        replacements=_replacements(facts, claims, milestones),
    )


def latest(claims: Iterable[Claim]) -> Mapping[TermKey, Claim]:
    """Return the latest claim of each term: one that was reissued no longer counts."""
    in_order = sorted(claims, key=lambda claim: (claim.generation, claim.claimed_at, claim.reference))
    return {(claim.contract, claim.term): claim for claim in in_order}


def project_key(milestone: Milestone) -> ProjectKey:
    """Return the project that a milestone belongs to."""
    return (milestone.tracker, milestone.project_id)


def own_projects(contract: Contract, facts: Facts) -> Mapping[ProjectKey, str]:
    """Return the contract's known projects with their configured names; one with two names counts once."""
    known: dict[ProjectKey, str] = {}
    for label in contract.projects:
        if label in facts.projects:
            known.setdefault(_pinned(facts, label), label)
    return known


def _pinned(facts: Facts, label: str) -> ProjectKey:
    project = facts.projects[label]
    return (project.tracker, project.id)


def _by_project(milestones: Iterable[Milestone]) -> Mapping[ProjectKey, Milestones]:
    grouped: dict[ProjectKey, list[Milestone]] = {}
    for milestone in milestones:
        grouped.setdefault(project_key(milestone), []).append(milestone)
    return {key: Milestones(group) for key, group in grouped.items()}


def _by_contract(claims: Mapping[TermKey, Claim]) -> Mapping[str, tuple[Claim, ...]]:
    grouped: dict[str, list[Claim]] = {}
    for key, claim in sorted(claims.items()):
        grouped.setdefault(key[0], []).append(claim)
    return {contract: tuple(found) for contract, found in grouped.items()}


def _placed(facts: Facts, candidates: Mapping[TermKey, tuple[Candidate, ...]]) -> frozenset[str]:
    matched = {one.milestone.key for found in candidates.values() for one in found}
    return facts.gone | matched | {claim.milestone_key for claim in facts.claims}


def _candidates(
    contract: Contract,
    facts: Facts,
    projects: Mapping[ProjectKey, Milestones],
    amounts: Mapping[str, Money],
) -> Iterable[tuple[Term, list[Candidate]]]:
    own = own_projects(contract, facts)
    for term in contract.terms:
        yield (
            term,
            [
                Candidate(contract, term, label, milestone, amounts[term.id], _reference(contract, term, milestone))
                for key, label in own.items()
                if key in projects
                for milestone in projects[key].matching(term.match)
            ],
        )


def _reference(contract: Contract, term: Term, milestone: Milestone) -> str:
    return reference(contract.id, term.id, milestone.key, generation=1)


def _replacements(
    facts: Facts, claims: Mapping[TermKey, Claim], milestones: Mapping[str, Milestone]
) -> Mapping[TermKey, Candidate]:
    replacements: dict[TermKey, Candidate] = {}
    for contract in facts.contracts:
        for term in contract.terms:
            claim = claims.get((contract.id, term.id))
            if claim and claim.deliveries and not claim.live and claim.milestone_key in milestones:
                milestone = milestones[claim.milestone_key]
                label = own_projects(contract, facts).get(project_key(milestone))
                if label is not None:
                    replacements[contract.id, term.id] = Candidate(
                        contract, term, label, milestone, claim.amount, claim.next_reference, replaces=claim
                    )
    return replacements


def _amounts(
    contract: Contract, today: Mapping[TermKey, Money], claims: Mapping[TermKey, Claim]
) -> Mapping[str, Money]:
    own = {term.id: claims[contract.id, term.id] for term in contract.terms if (contract.id, term.id) in claims}
    if not own:
        return {term.id: today[contract.id, term.id] for term in contract.terms}
    # a claim in another currency says nothing about rounding in this one
    alike = {key: claim.amount for key, claim in own.items() if claim.amount.currency == contract.currency}
    return shares(contract, alike)


def _takers(
    rivals: Mapping[TermKey, tuple[Candidate, ...]], claims: Iterable[Claim]
) -> Mapping[str, frozenset[TermKey]]:
    takers: dict[str, set[TermKey]] = {}
    for key, found in rivals.items():
        for one in found:
            takers.setdefault(one.milestone.key, set()).add(key)
    for claim in claims:
        takers.setdefault(claim.milestone_key, set()).add((claim.contract, claim.term))
    return {milestone: frozenset(keys) for milestone, keys in takers.items()}
