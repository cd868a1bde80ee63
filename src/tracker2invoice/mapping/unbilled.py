"""What becomes of a milestone that matches a term which nobody has billed yet: the rules, in their order.

A claim that was reissued goes by the same rules: its term is to be billed again, with the same milestone.

The first rule that has something to say wins; if none has, the milestone is billed. A reason with a command
is a hold, which a person settles; one without is for information. An approval lifts holds, never conditions
of the contract (state, start, acceptance).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from tracker2invoice.mapping import certify
from tracker2invoice.mapping.accept import (
    BY_HAND,
    accept,
    is_over,
    not_in_time,
    not_yet,
    perhaps_too_early,
    perhaps_too_late,
)
from tracker2invoice.mapping.actions import Action, ActionKind, Reason
from tracker2invoice.mapping.comments import accepted_by_comment
from tracker2invoice.mapping.counting import TermKey
from tracker2invoice.mapping.credited import another_note_missing, note_missing
from tracker2invoice.mapping.due import local_date, month_end
from tracker2invoice.mapping.evidence import with_evidence
from tracker2invoice.mapping.exchange import rate_missing, tax_point
from tracker2invoice.mapping.labels import accepted_by_label
from tracker2invoice.mapping.lookup import Candidate, Lookup
from tracker2invoice.mapping.text import one_line, plural
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.invoice import AcceptedBy
from tracker2invoice.model.milestone import CALENDAR, LATEST
from tracker2invoice.model.term import base_term

Rule = Callable[[Candidate, Lookup], Reason | None]

NAMED_RIVALS = 3


def judge(candidate: Candidate, lookup: Lookup) -> Action:
    """Return what is to be done for a milestone and an unbilled term, or one that is to be billed again."""
    for rule in RULES:
        if reason := rule(candidate, lookup):
            return as_action(candidate, "hold" if reason.command else "none", reason)
    evidence = _evidence(candidate, lookup)
    accepted = with_evidence(_accepted(candidate, lookup), evidence)
    bill = as_action(candidate, "bill", _why_billed(candidate, accepted, lookup))
    return replace(bill, accepted_by=evidence) if evidence else bill


def _accepted(candidate: Candidate, lookup: Lookup) -> str:
    if candidate.term.by_hand:
        return BY_HAND
    words = str(accept(candidate.contract.acceptance, candidate.milestone, candidate.closing, lookup.facts.now))
    label = candidate.by_label
    return f"{words}, all of it with the label '{label.name}'" if label and not label.by else words


def _evidence(candidate: Candidate, lookup: Lookup) -> tuple[AcceptedBy, ...]:
    verdicts = (_judged_by_label(candidate, lookup), _judged_by_comment(candidate, lookup))
    return tuple(one for verdict in verdicts if not isinstance(verdict, Reason) for one in verdict)


def _judged_by_label(candidate: Candidate, lookup: Lookup) -> tuple[AcceptedBy, ...] | Reason:
    if candidate.by_label is None:
        return ()
    return accepted_by_label(candidate.by_label, candidate.behind, lookup.facts.work)


def _judged_by_comment(candidate: Candidate, lookup: Lookup) -> tuple[AcceptedBy, ...] | Reason:
    if candidate.by_comment is None:
        return ()
    return accepted_by_comment(candidate.by_comment, lookup.accepted_as(candidate.milestone), lookup.facts.work)


def _why_billed(candidate: Candidate, accepted: str, lookup: Lookup) -> Reason:
    if candidate.replaces is None:
        return Reason("accepted", accepted)
    decision = lookup.facts.decisions[candidate.replaces.reference]
    note = f" ({one_line(decision.note)})" if decision.note else ""
    words = f"in the place of {decision.reference}, decided by {one_line(decision.by)}{note}; {accepted}"
    return Reason("reissued", words)


def as_action(candidate: Candidate, kind: ActionKind, reason: Reason) -> Action:
    """Return the action for a candidate, with everything that stands on it but the amount; see `pricing.py`."""
    return Action(
        kind=kind,
        contract=candidate.contract.id,
        term=candidate.term.id,
        project=candidate.project,
        milestone=candidate.milestone,
        amount=None,
        reason=reason,
        reference=candidate.reference,
        outputs=candidate.contract.outputs,
        generation=candidate.generation,
    )


def approve(reference: str) -> str:
    """Return the command with which a person approves a reference."""
    return f"t2i approve {reference}"


def project_unread(why: str) -> Reason:
    """Return the reason for leaving a project alone, with what went wrong with its latest poll."""
    return Reason("project-unread", f"the project could not be read: {one_line(why)}")


def held_by_person(reference: str, lookup: Lookup) -> Reason | None:
    """Say who holds a reference back, None if nobody does."""
    if not lookup.facts.held(reference):
        return None
    decision = lookup.facts.decisions[reference]
    note = f": {one_line(decision.note)}" if decision.note else ""
    return Reason("held-by-person", f"held by {one_line(decision.by)}{note}", approve(reference))


def term_cancelled() -> Reason:
    """Return the reason for never billing a term."""
    return Reason("term-cancelled", "the contract has cancelled the term")


def contract_over(contract: Contract) -> Reason:
    """Return the reason for not billing what is still open when a contract is over."""
    return Reason("contract-cancelled", f"open when the contract was cancelled; its last day was {contract.cancelled}")


def _term_cancelled(candidate: Candidate, _: Lookup) -> Reason | None:
    return term_cancelled() if candidate.term.cancelled and candidate.replaces is None else None


def _contract_cancelled(candidate: Candidate, lookup: Lookup) -> Reason | None:
    contract = candidate.contract
    if candidate.milestone.state == "closed":
        return candidate.too_late
    if candidate.term.kind == "release" or candidate.replaces or not is_over(contract, lookup.facts.now):
        return None
    return contract_over(contract)


def _gone(candidate: Candidate, lookup: Lookup) -> Reason | None:
    if candidate.milestone.key not in lookup.facts.gone:
        return None
    return Reason("milestone-gone", f"the tracker no longer has it; it was {candidate.milestone.state} when last seen")


def _unread(candidate: Candidate, lookup: Lookup) -> Reason | None:
    why = lookup.why_unread(candidate.milestone, *candidate.behind)
    return None if why is None else project_unread(why)


def _nothing_certified(candidate: Candidate, _: Lookup) -> Reason | None:
    milestone, term = candidate.milestone, candidate.term
    if milestone.state == "closed" or milestone.tracker != CALENDAR or not term.bills_each_certification:
        return None
    return certify.nothing_yet(candidate.contract.id, term.base)


def _not_closed(candidate: Candidate, _: Lookup) -> Reason | None:
    milestone = candidate.milestone
    if milestone.state == "closed":
        return None
    due = f", planned for {milestone.due_on}" if milestone.due_on else ""
    return Reason("not-closed", f"open, {plural(milestone.open_items, 'item')} to do{due}")


def _credited(candidate: Candidate, lookup: Lookup) -> Reason | None:
    before = candidate.credited
    if before is None:
        return another_note_missing(candidate, lookup)
    if candidate.is_news(lookup.facts):
        return note_missing(before, lookup)
    words = f"{before.reference} was taken back by the credit note {lookup.credits[before.reference].reference}"
    if candidate.term.bills_each_certification:
        again = certify.command(candidate.contract.id, candidate.term.base)
        return Reason("credited", f"{words}; `{again}` bills what is certified anew")
    if candidate.milestone.tracker == CALENDAR:
        return Reason("credited", f"{words}; `{approve(candidate.reference)}` bills it again")
    return Reason("credited", f"{words}; closing the milestone again bills it again")


def _closing_time_unknown(candidate: Candidate, lookup: Lookup) -> Reason | None:
    if candidate.closing or lookup.facts.approved(candidate.reference):
        return None
    words = "closed, but the tracker does not say when; approved, it is billed with the present day"
    return Reason("closing-time-unknown", words, approve(candidate.reference))


def _perhaps_too_early(candidate: Candidate, lookup: Lookup) -> Reason | None:
    closing, window = candidate.closing, lookup.facts.window
    if closing is None or candidate.replaces or lookup.facts.approved(candidate.reference):
        return None
    if not perhaps_too_early(candidate.contract, closing, window):
        return None
    first = f"{window.since}" if window else f"{candidate.contract.start}, the start of the contract"
    words = f"{closing}, perhaps before {first}"
    return Reason("closing-time-unknown", words, approve(candidate.reference))


def _perhaps_too_late(candidate: Candidate, lookup: Lookup) -> Reason | None:
    closing = candidate.closing
    if closing is None or candidate.replaces or lookup.facts.approved(candidate.reference):
        return None
    if candidate.term.kind == "release" or not perhaps_too_late(candidate.contract, closing):
        return None
    words = f"{closing}, perhaps after {candidate.contract.cancelled}, the last day of the contract"
    return Reason("closing-time-unknown", words, approve(candidate.reference))


def _not_in_time(candidate: Candidate, lookup: Lookup) -> Reason | None:
    closing = candidate.closing
    # what was billed once, be it by a backfill, was in time
    if closing is None or (candidate.replaces and lookup.facts.window is None):
        return None
    return not_in_time(candidate.contract, closing, lookup.facts.window)


def _not_accepted(candidate: Candidate, lookup: Lookup) -> Reason | None:
    return not_yet(candidate.contract.acceptance, candidate.milestone, candidate.closing, lookup.facts.now)


def _not_labelled(candidate: Candidate, lookup: Lookup) -> Reason | None:
    verdict = _judged_by_label(candidate, lookup)
    return verdict if isinstance(verdict, Reason) and candidate.replaces is None else None


def _not_accepted_by_comment(candidate: Candidate, lookup: Lookup) -> Reason | None:
    verdict = _judged_by_comment(candidate, lookup)
    return verdict if isinstance(verdict, Reason) and candidate.replaces is None else None


def _held_by_person(candidate: Candidate, lookup: Lookup) -> Reason | None:
    return held_by_person(candidate.reference, lookup)


def _not_approved(candidate: Candidate, lookup: Lookup) -> Reason | None:
    acceptance, closing = candidate.contract.acceptance, candidate.closing
    if not acceptance.approvals or candidate.replaces or candidate.milestone.tracker == CALENDAR:
        return None
    given = lookup.facts.approvals.get(candidate.reference, {})
    # who approved before the milestone was closed, or closed again, has not seen what is billed
    approved = [who for who in acceptance.by if who in given and (closing is None or given[who] >= closing.at)]
    missing = acceptance.approvals - len(approved)
    if missing <= 0:
        return None
    others = ", ".join(who for who in acceptance.by if who not in approved)
    so_far = f"approved by {', '.join(approved)}; " if approved else ""
    words = f"{so_far}{missing} more of {others} must approve it"
    return Reason("not-approved", words, f"{approve(candidate.reference)} --by NAME")


def _by_hand(candidate: Candidate, lookup: Lookup) -> Reason | None:
    if not candidate.term.by_hand or lookup.facts.approved(candidate.reference):
        return None
    return Reason("by-hand", f"paid out when a person says so: `{approve(candidate.reference)}`")


def _two_terms(candidate: Candidate, lookup: Lookup) -> Reason | None:
    if candidate.term.kind != "work":
        return None
    others = lookup.takers.get(candidate.milestone.key, frozenset()) - {candidate.key}
    if candidate.term.is_certified:
        # its bills are reckoned to date, so that none of them bills what another has billed
        own = (candidate.contract.id, candidate.term.base)
        others = frozenset((contract, term) for contract, term in others if (contract, base_term(term)) != own)
    if not others or lookup.facts.approved(candidate.reference):
        return None
    if all(_shares(key, lookup) for key in (candidate.key, *others)):
        return None
    names = ", ".join(_name(key, candidate.milestone.key, lookup) for key in sorted(others))
    return Reason("two-terms", f"the milestone also belongs to {names}", approve(candidate.reference))


def _shares(key: TermKey, lookup: Lookup) -> bool:
    term = lookup.terms.get(key)
    return term is not None and term.shares_milestone


def _name(key: TermKey, milestone_key: str, lookup: Lookup) -> str:
    claim = lookup.claims.get(key)
    billed = f" (billed as {claim.reference})" if claim and claim.milestone_key == milestone_key else ""
    return f"term {key[1]} of {key[0]}{billed}"


def _two_milestones(candidate: Candidate, lookup: Lookup) -> Reason | None:
    rivals = lookup.rivals[candidate.key]
    if len(rivals) < 2 or candidate.replaces:
        return None
    if candidate.term.match.by == "any":
        first = min(rivals, key=_closed_at)
        return None if first is candidate else _goes_to(first, "was closed first")
    chosen = lookup.chosen[candidate.key]
    if len(chosen) == 1:
        return None if chosen[0] is candidate else _goes_to(chosen[0], "was approved for the term")
    if candidate in chosen:
        return Reason(
            "two-milestones",
            f"{len(chosen)} milestones are approved for one term; hold all but one",
            f"t2i hold {candidate.reference}",
        )
    others = [one for one in rivals[: NAMED_RIVALS + 1] if one is not candidate][:NAMED_RIVALS]
    names = ", ".join(f"'{one_line(one.milestone.title)}' ({one.reference})" for one in others)
    more = f" and {len(rivals) - 1 - len(others)} more" if len(rivals) - 1 > len(others) else ""
    words = f"{len(rivals)} closed milestones match one term; approve one; the others are {names}{more}"
    return Reason("two-milestones", words, approve(candidate.reference))


def _another_differs(candidate: Candidate, lookup: Lookup) -> Reason | None:
    """Let no shared document follow one that is not as it should be: an older ledger may have billed this on that."""
    if candidate.contract.invoice_per == "term":
        return None
    for claim in lookup.counted.get(candidate.contract.id, ()):
        for delivery in claim.deliveries:
            if (delivery.state, delivery.reason) == ("held", "differs"):
                words = f"{delivery.reference} is there and differs; it may bill this already, so settle it first"
                return Reason("document-differs", words)
    return None


def _collected(candidate: Candidate, lookup: Lookup) -> Reason | None:
    contract = candidate.contract
    at_once = candidate.term.kind == "advance" or candidate.replaces or lookup.facts.window
    if contract.invoice_per != "month" or at_once:
        return None
    closing, today = candidate.closing, local_date(lookup.facts.now, contract.timezone)
    begun = today.replace(day=1)
    bills = (one for one in lookup.counted.get(contract.id, ()) if not one.credits)
    billed = (local_date(one.claimed_at, contract.timezone) for one in bills)
    already = any(begun <= day for day in billed)
    if not already and (closing is None or local_date(closing.at, contract.timezone) < begun):
        return None
    words = f"goes on the invoice of the month, on {month_end(today) + timedelta(days=1)}"
    return Reason("waits-for-month", words)


def _lacking(candidate: Candidate, lookup: Lookup) -> Reason | None:
    """Let nothing be frozen that no document can be made of: it could not be corrected any more."""
    words = lookup.facts.lacking.get(candidate.contract.id)
    return Reason("details-missing", words, "t2i check") if words else None


def _rate_missing(candidate: Candidate, lookup: Lookup) -> Reason | None:
    if not candidate.contract.converts_tax:
        return None
    facts, closing = lookup.facts, candidate.closing
    closed_at = closing.at if closing and not candidate.term.by_hand else facts.now
    day = tax_point(candidate.contract, candidate.term, closed_at, facts.now)
    words = rate_missing(candidate.contract, day, facts.rates)
    return Reason("exchange-rate-missing", words, "t2i check") if words else None


def _goes_to(chosen: Candidate, why: str) -> Reason:
    return Reason("term-billed", f"'{one_line(chosen.milestone.title)}' {why} ({chosen.reference})")


def _closed_at(candidate: Candidate) -> tuple[datetime, str]:
    closing = candidate.closing
    return (closing.at if closing else LATEST, candidate.milestone.key)


RULES: tuple[Rule, ...] = (
    _term_cancelled,
    _gone,
    _unread,
    _contract_cancelled,
    _nothing_certified,
    _not_closed,
    _credited,
    _closing_time_unknown,
    _not_in_time,
    _perhaps_too_early,
    _perhaps_too_late,
    _not_accepted,
    _not_labelled,
    _not_accepted_by_comment,
    _held_by_person,
    _not_approved,
    _by_hand,
    _two_terms,
    _two_milestones,
    _another_differs,
    _collected,
    _lacking,
    _rate_missing,
)
"""The rules in their order: what is known at all, what the contract asks for, what a person decides and configures."""
