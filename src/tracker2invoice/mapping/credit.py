"""Credit notes: may a claim be taken back with one, what is to be done about it, and what became of it.

A credit is a claim of its own. It bills nothing: no brake, no price and no acceptance stand against it, and whether its
milestone is open or closed plays no part. It is never reissued.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tracker2invoice.mapping.account import Account
from tracker2invoice.mapping.actions import Action, ActionKind, Reason
from tracker2invoice.mapping.billed import edited, held_delivery, told
from tracker2invoice.mapping.lookup import Lookup
from tracker2invoice.mapping.reissue import unsettled
from tracker2invoice.mapping.text import one_line
from tracker2invoice.mapping.unbilled import approve, held_by_person
from tracker2invoice.model.claim import Claim, Decision, credit_documents
from tracker2invoice.model.money import Money

Rule = Callable[[Claim, Lookup], str]


def together(claim: Claim, claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Return the claims that stand on the documents of a claim, itself included: they can only be credited together."""
    return tuple(one for one in claims if set(one.documents) & set(claim.documents))


def objection(claim: Claim, lookup: Lookup) -> str:
    """Say in words what stands against crediting a claim and what shares its documents, nothing if it can be done."""
    return next((words for one in _itself_first(claim, lookup) if (words := _against(one, claim, lookup))), "")


def _itself_first(claim: Claim, lookup: Lookup) -> list[Claim]:
    shared = together(claim, lookup.facts.claims)
    return sorted(shared, key=lambda one: one.reference != claim.reference)


def _against(one: Claim, asked: Claim, lookup: Lookup) -> str:
    words = next((words for rule in RULES if (words := rule(one, lookup))), "")
    shares = f"{one.reference} is on the same document: " if one.reference != asked.reference else ""
    return f"{shares}{words}" if words else ""


def _is_credit(claim: Claim, _: Lookup) -> str:
    return f"it is a credit note itself, for {claim.credits}" if claim.credits else ""


def _decided(claim: Claim, lookup: Lookup) -> str:
    if lookup.facts.reissued(claim.reference):
        return "it was reissued, so no document of it is left"
    if claim.reference in lookup.credits:
        return f"the credit note {lookup.credits[claim.reference].reference} has taken it back already"
    if lookup.facts.credited(claim.reference):
        return f"that was decided already; `t2i run` writes the credit note {claim.credit_reference}"
    return ""


def _replaced(claim: Claim, lookup: Lookup) -> str:
    newest = lookup.claims.get((claim.contract, claim.term))
    if newest is not None and newest.reference == claim.reference:
        return ""
    return f"the term was billed again as {newest.reference}" if newest else "another claim of its term was credited"


def _not_settled(claim: Claim, _: Lookup) -> str:
    return "; ".join(unsettled(one) for one in claim.live if one.state != "delivered")


def _not_delivered(claim: Claim, _: Lookup) -> str:
    if any(one.state == "delivered" for one in claim.deliveries):
        return ""
    return "no document of it is there"


def _is_deducted(claim: Claim, lookup: Lookup) -> str:
    """Refuse to take back an advance of which later bills have deducted a part: they would ask for too little."""
    paid = [part.amount for part in claim.entries if part.kind == "advance"]
    if not paid:
        return ""
    account = Account(claim.amount.currency, lookup.counted[claim.contract])
    if Money.sum(paid, claim.amount.currency) <= account.advances - account.drawn:
        return ""
    return f"later bills deduct {account.drawn} of it; credit those first"


def _not_configured(claim: Claim, lookup: Lookup) -> str:
    return "" if claim.contract in lookup.agreed else "the configuration no longer has its contract"


RULES: tuple[Rule, ...] = (
    _is_credit,
    _decided,
    _replaced,
    _not_settled,
    _not_delivered,
    _is_deducted,
    _not_configured,
)
"""The rules in their order; each returns what it has against it, in words."""


def to_be_credited(claim: Claim, lookup: Lookup) -> Action:
    """Return what is to be done about a claim that a person has decided to take back."""
    if waits := _not_configured(claim, lookup) or _not_delivered(claim, lookup):
        return _action(
            claim, lookup, "hold", Reason("credit-waits", f"a credit note is to be written, but {waits}", "t2i check")
        )
    if held := _held(claim, lookup):
        return _action(claim, lookup, "hold", held)
    return _action(
        claim, lookup, "credit", Reason("to-be-credited", why(claim, lookup.facts.decisions[claim.reference]))
    )


def why(claim: Claim, decision: Decision) -> str:
    """Say what is taken back, and who decided it."""
    note = f" ({one_line(decision.note)})" if decision.note else ""
    document = "" if claim.documents == (claim.reference,) else f", on {', '.join(claim.documents)}"
    return f"takes back {claim.reference}{document}, decided by {one_line(decision.by)}{note}"


def _held(claim: Claim, lookup: Lookup) -> Reason | None:
    shared = together(claim, lookup.facts.claims)
    return next((held for one in shared if (held := held_by_person(one.credit_reference, lookup))), None)


def _action(claim: Claim, lookup: Lookup, kind: ActionKind, reason: Reason) -> Action:
    delivered = [one for one in claim.deliveries if one.state == "delivered"]
    notes = credit_documents(together(claim, lookup.facts.claims))
    milestone = lookup.milestones.get(claim.milestone_key)
    return Action(
        kind=kind,
        contract=claim.contract,
        term=claim.credit_term,
        project=lookup.label(milestone),
        milestone=milestone,
        amount=-claim.amount,
        reason=reason,
        reference=claim.credit_reference,
        outputs=tuple(dict.fromkeys(one.output for one in delivered)),
        generation=claim.generation,
        documents=tuple(dict.fromkeys(notes[one.reference] for one in delivered)),
        credits=claim.reference,
    )


def judge(claim: Claim, lookup: Lookup) -> Action:
    """Return what is to be done about a credit that was written."""
    kind, reason = next(_verdicts(claim, lookup))
    milestone = lookup.milestones.get(claim.milestone_key)
    return Action(
        kind=kind,
        contract=claim.contract,
        term=claim.term,
        project=lookup.label(milestone),
        milestone=milestone,
        amount=claim.amount,
        reason=reason,
        reference=claim.reference,
        outputs=tuple(delivery.output for delivery in claim.deliveries),
        generation=claim.generation,
        credits=claim.credits,
    )


def _verdicts(claim: Claim, lookup: Lookup) -> Iterator[tuple[ActionKind, Reason]]:
    own, kept = claim.reference, lookup.facts.kept(claim)
    states = {delivery.state for delivery in claim.deliveries}
    if "rejected" in states and not kept:
        words = f"{told(claim, 'rejected')}; or write the credit note there by hand, then `{approve(own)}`"
        yield "hold", Reason("delivery-rejected", words, f"t2i retry {own}")
    if "held" in states:
        yield "hold", held_delivery(claim, lookup)
    if "gone" in states and not kept:
        words = f"{told(claim, 'gone')}; approve if that is all right"
        yield "hold", Reason("delivery-gone", words, approve(own))
    if changed := edited(claim):
        yield "hold", Reason("document-edited", changed, approve(own))
    yield "none", Reason("credit-note", f"takes back {claim.credits}, written on {claim.claimed_at.date()}")
