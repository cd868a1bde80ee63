"""What the rules of a plan ask the facts for, indexed once: the cost grows with the facts, no faster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tracker2invoice.mapping.accept import Closing, after_cancellation, closing_of, not_in_time
from tracker2invoice.mapping.actions import Facts, Reason
from tracker2invoice.mapping.allocate import as_of, scheduled
from tracker2invoice.mapping.counting import TermKey, counting, credits_of, in_force, latest
from tracker2invoice.mapping.due import local_date
from tracker2invoice.mapping.match import Milestones
from tracker2invoice.mapping.occasions import Unfolded, unfold
from tracker2invoice.model.claim import Claim
from tracker2invoice.model.contract import ByComment, ByLabel, Contract
from tracker2invoice.model.invoice import reference
from tracker2invoice.model.milestone import CALENDAR, Milestone
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Term

ProjectKey = tuple[str, str]
"""Tracker and stable project id."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A term and a milestone that it matches. `behind` are the milestones of trackers that it is about, `closing` says
    when it was closed.

    `replaces` is the claim in whose place it would be billed: with that claim's milestone and amount. `credited` is the
    term's latest claim if that was taken back: the next one is priced afresh.
    """

    contract: Contract
    term: Term
    project: str
    milestone: Milestone
    reference: str
    behind: tuple[Milestone, ...]
    closing: Closing | None
    replaces: Claim | None = None
    credited: Claim | None = None

    @property
    def key(self) -> TermKey:
        """Contract id and term id."""
        return (self.contract.id, self.term.id)

    @property
    def generation(self) -> int:
        """The generation of the claim that a bill of it makes."""
        before = self.replaces or self.credited
        return before.generation + 1 if before else 1

    @property
    def needs_work(self) -> bool:
        """Whether its amount, or whether it counts, depends on the items in the tracker."""
        return self.term.needs_work or self.by_label is not None or self.by_comment is not None

    @property
    def by_label(self) -> ByLabel | None:
        """By which label it is accepted, None if it counts without one; nobody accepts days and months."""
        return None if self.milestone.tracker == CALENDAR else self.contract.acceptance.label

    @property
    def by_comment(self) -> ByComment | None:
        """By which comment it is accepted, None if it counts without one; nobody accepts days and months."""
        return None if self.milestone.tracker == CALENDAR else self.contract.acceptance.comment

    def could_trigger(self, facts: Facts) -> bool:
        """Say whether the milestone is closed, still there, and of a day that is billed, accepted or not."""
        if self.milestone.state != "closed" or self.milestone.key in facts.gone or self.term.cancelled:
            return False
        if not self.is_news(facts):
            return False
        closing = self.closing
        return closing is None or not (not_in_time(self.contract, closing, facts.window) or self.too_late)

    def is_news(self, facts: Facts) -> bool:
        """Say whether it is certain that nothing was billed of this closing, and credited, before.

        The calendar closes nothing twice, so that a person has to say that it is billed again. What a person certified
        is billed again as the next bill, once it is certified anew.
        """
        if self.credited is None:
            return True
        if self.term.bills_each_certification:
            return False
        if self.milestone.tracker == CALENDAR:
            return facts.approved(self.reference)
        earliest = self.closing.earliest if self.closing else None
        return earliest is not None and earliest > self.credited.claimed_at

    @property
    def too_late(self) -> Reason | None:
        """Why it is not billed, if it was closed after the contract was cancelled; retainage is paid out anyway."""
        if self.closing is None or self.term.kind == "release" or self.replaces:
            return None
        return after_cancellation(self.contract, self.closing)


@dataclass(frozen=True, slots=True)
class Lookup:
    """The facts and their indexes; milestones go by their keys.

    The contracts in `facts` are unfolded: each of their terms bills once. `agreed` are the contracts as they were
    written, with the change orders of today. `members` are by key the milestones behind those that no tracker has.
    `claims` holds the claim in force of each term, also of terms that the configuration no longer has; `claims_of` the
    same by contract id, ordered by term. `counted` are by contract id all claims that count, credited ones and credits
    included. `credits` holds the credits by the reference of the claim that each takes back, `sharing` by document the
    claims that share it. `candidates` are all milestones that a term matches, `rivals` those of them that could trigger
    it now, `chosen` the rivals that a person approved. `takers` are the terms that a milestone could trigger or was
    billed for. `placed` are the milestones that match a term, were billed or are gone. `values` are the scheduled
    values of the terms as they were written, what is billed being frozen; `today` what they would be if nothing were
    billed yet. `replacements` are what the claims in force without a document are billed as once they are reissued.
    """

    facts: Facts
    agreed: Mapping[str, Contract]
    members: Mapping[str, tuple[Milestone, ...]]
    terms: Mapping[TermKey, Term]
    milestones: Mapping[str, Milestone]
    projects: Mapping[ProjectKey, Milestones]
    unread: Mapping[ProjectKey, str]
    labels: Mapping[ProjectKey, str]
    claims: Mapping[TermKey, Claim]
    claims_of: Mapping[str, tuple[Claim, ...]]
    counted: Mapping[str, tuple[Claim, ...]]
    credits: Mapping[str, Claim]
    sharing: Mapping[str, tuple[Claim, ...]]
    candidates: Mapping[TermKey, tuple[Candidate, ...]]
    rivals: Mapping[TermKey, tuple[Candidate, ...]]
    chosen: Mapping[TermKey, tuple[Candidate, ...]]
    takers: Mapping[str, frozenset[TermKey]]
    placed: frozenset[str]
    values: Mapping[TermKey, Money]
    today: Mapping[TermKey, Money]
    replacements: Mapping[TermKey, Candidate]

    def label(self, milestone: Milestone | None) -> str:
        """Return the configured name of a milestone's project, empty if there is none."""
        return self.labels.get(project_key(milestone), "") if milestone else ""

    def accepted_as(self, milestone: Milestone) -> tuple[Milestone, ...]:
        """Return the milestones that have to be accepted for this one: itself, or those behind one that was made."""
        return self.members.get(milestone.key, ()) if milestone.is_made else (milestone,)

    def why_unread(self, *milestones: Milestone) -> str | None:
        """Return what went wrong with the latest poll of the milestones' projects, None if nothing did.

        A milestone that no tracker has depends on all projects of those behind it.
        """
        if not self.unread:
            return None
        known = (each for one in milestones for each in (one, *self.members.get(one.key, ())))
        asked = map(project_key, known)
        return next((self.unread[key] for key in asked if key in self.unread), None)


def look_up(facts: Facts) -> Lookup:
    """Unfold the contracts of the facts and index it all."""
    projects = _by_project(facts.milestones)
    claims = in_force(facts.claims)
    claims_of = _by_contract(claims[key] for key in sorted(claims))
    newest = latest(facts.claims)
    billed_of = _by_contract(newest.values())
    agreed = {one.id: as_of(one, local_date(facts.now, one.timezone)) for one in facts.contracts}
    unfolded = {one.id: _unfold(one, facts, projects, billed_of.get(one.id, ())) for one in agreed.values()}
    members = {
        term.match.value: one.behind[term.id]
        for one in unfolded.values()
        for term in one.contract.terms
        if term.id in one.behind and term.match.by == "key"
    }
    facts = replace(
        facts,
        contracts=tuple(one.contract for one in unfolded.values()),
        gone=facts.gone | {key for key, behind in members.items() if any(one.key in facts.gone for one in behind)},
    )
    credited = {key: claim for key, claim in newest.items() if key not in claims}
    candidates = {
        (contract.id, term.id): tuple(_after(credited.get((contract.id, term.id)), one) for one in found)
        for contract in facts.contracts
        for term, found in _candidates(contract, facts, projects, unfolded[contract.id])
    }
    made = (one for found in unfolded.values() for one in found.made)
    milestones = {milestone.key: milestone for milestone in (*facts.milestones, *made)}
    values = _values(agreed.values(), {})
    billed = [one for one in agreed.values() if one.id in claims_of]
    rivals = {key: tuple(one for one in found if one.could_trigger(facts)) for key, found in candidates.items()}
    return Lookup(
        facts=facts,
        agreed=agreed,
        members=members,
        terms={(contract.id, term.id): term for contract in facts.contracts for term in contract.terms},
        milestones=milestones,
        projects=projects,
        unread={_pinned(facts, label): why for label, why in facts.unread.items() if label in facts.projects},
        labels={_pinned(facts, label): label for label in sorted(facts.projects, reverse=True)},
        claims=claims,
        claims_of=claims_of,
        counted=_by_contract(sorted(counting(facts.claims), key=lambda one: (one.contract, one.term, one.generation))),
        credits=credits_of(facts.claims),
        sharing=_sharing(facts.claims),
        candidates=candidates,
        rivals=rivals,
        chosen={key: tuple(one for one in found if facts.approved(one.reference)) for key, found in rivals.items()},
        takers=_takers(rivals, facts.claims),
        placed=_placed(facts, candidates),
        values=values | _values(billed, claims_of),
        today=values,
        replacements=_replacements(facts, claims, milestones, unfolded),
    )


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


def _by_contract(claims: Iterable[Claim]) -> Mapping[str, tuple[Claim, ...]]:
    grouped: dict[str, list[Claim]] = {}
    for claim in claims:
        grouped.setdefault(claim.contract, []).append(claim)
    return {contract: tuple(found) for contract, found in grouped.items()}


def _sharing(claims: Iterable[Claim]) -> Mapping[str, tuple[Claim, ...]]:
    grouped: dict[str, list[Claim]] = {}
    for claim in claims:
        for document in claim.documents:
            grouped.setdefault(document, []).append(claim)
    return {document: tuple(found) for document, found in grouped.items() if len(found) > 1}


def _placed(facts: Facts, candidates: Mapping[TermKey, tuple[Candidate, ...]]) -> frozenset[str]:
    matched = {one.milestone.key for found in candidates.values() for one in found}
    about = {milestone.key for found in candidates.values() for one in found for milestone in one.behind}
    return facts.gone | matched | about | {claim.milestone_key for claim in facts.claims}


def _unfold(
    contract: Contract, facts: Facts, projects: Mapping[ProjectKey, Milestones], claims: Iterable[Claim]
) -> Unfolded:
    own = (projects[key] for key in own_projects(contract, facts) if key in projects)
    certified = {term.id: facts.certification(contract.id, term.id) for term in contract.terms if term.is_certified}
    return unfold(contract, own, claims, facts.now, certified)


def _candidates(
    contract: Contract, facts: Facts, projects: Mapping[ProjectKey, Milestones], unfolded: Unfolded
) -> Iterable[tuple[Term, list[Candidate]]]:
    own = [(label, projects[key]) for key, label in own_projects(contract, facts).items() if key in projects]
    made = [(contract.projects[0], Milestones(unfolded.made))] if unfolded.made else []
    for term in contract.terms:
        # what was made for one occasion has a key, and a title that must not match what trackers are searched for
        places = (*own, *made) if term.match.by == "key" else own
        yield (
            term,
            [
                _candidate(contract, term, label, milestone, unfolded)
                for label, milestones in places
                for milestone in milestones.matching(term.match)
            ],
        )


def _candidate(contract: Contract, term: Term, label: str, milestone: Milestone, unfolded: Unfolded) -> Candidate:
    return Candidate(
        contract=contract,
        term=term,
        project=label,
        milestone=milestone,
        reference=reference(contract.id, term.id, milestone.key, generation=1),
        behind=_behind(term, milestone, unfolded),
        closing=closing_of(milestone),
    )


def _after(credited: Claim | None, candidate: Candidate) -> Candidate:
    """Return the candidate as what comes after a claim that was credited, whichever milestone that was for."""
    if credited is None:
        return candidate
    generation = credited.generation + 1
    own = reference(credited.contract, credited.term, candidate.milestone.key, generation)
    return replace(candidate, reference=own, credited=credited)


def _behind(term: Term, milestone: Milestone, unfolded: Unfolded) -> tuple[Milestone, ...]:
    return unfolded.behind.get(term.id, () if milestone.is_made else (milestone,))


def _replacements(
    facts: Facts,
    claims: Mapping[TermKey, Claim],
    milestones: Mapping[str, Milestone],
    unfolded: Mapping[str, Unfolded],
) -> Mapping[TermKey, Candidate]:
    replacements: dict[TermKey, Candidate] = {}
    for contract in facts.contracts:
        own = own_projects(contract, facts)
        for term in contract.terms:
            claim = claims.get((contract.id, term.id))
            if claim and claim.deliveries and not claim.live and claim.milestone_key in milestones:
                milestone = milestones[claim.milestone_key]
                label = contract.projects[0] if milestone.is_made else own.get(project_key(milestone))
                if label is not None:
                    candidate = _candidate(contract, term, label, milestone, unfolded[contract.id])
                    replacements[contract.id, term.id] = replace(
                        candidate, reference=claim.next_reference, replaces=claim
                    )
    return replacements


def _values(contracts: Iterable[Contract], claims_of: Mapping[str, tuple[Claim, ...]]) -> dict[TermKey, Money]:
    return {
        (contract.id, term_id): value
        for contract in contracts
        for term_id, value in scheduled(contract, {one.term: one for one in claims_of.get(contract.id, ())}).items()
    }


def _takers(
    rivals: Mapping[TermKey, tuple[Candidate, ...]], claims: Iterable[Claim]
) -> Mapping[str, frozenset[TermKey]]:
    takers: dict[str, set[TermKey]] = {}
    for key, found in rivals.items():
        for one in found:
            if one.term.kind == "work":
                takers.setdefault(one.milestone.key, set()).add(key)
    for claim in claims:
        if claim.is_work:
            takers.setdefault(claim.milestone_key, set()).add((claim.contract, claim.term))
    return {milestone: frozenset(keys) for milestone, keys in takers.items()}
