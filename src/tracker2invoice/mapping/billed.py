"""What becomes of a term that was billed: the rules about its claim, in their order.

A claim's amount never changes and nothing here bills it again: a claim that was reissued goes by `unbilled.py`.
The first rule that has something to say
wins; if none has, the milestone is simply billed already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tracker2invoice.mapping.accept import accept, closing_of
from tracker2invoice.mapping.actions import Action, ActionKind, Reason
from tracker2invoice.mapping.comments import accepted_by_comment
from tracker2invoice.mapping.evidence import with_evidence
from tracker2invoice.mapping.labels import accepted_by_label
from tracker2invoice.mapping.lookup import Lookup, project_key
from tracker2invoice.mapping.text import one_line
from tracker2invoice.mapping.unbilled import approve, held_by_person, project_unread
from tracker2invoice.model.claim import Claim, Delivery
from tracker2invoice.model.contract import Acceptance, Contract
from tracker2invoice.model.invoice import AcceptedBy
from tracker2invoice.model.milestone import CALENDAR, Milestone
from tracker2invoice.model.term import Term
from tracker2invoice.model.work import Work

REOPENED = "reopened"
"""The reason of a delivery that was held because its milestone was reopened before anything had left."""

EDITED, ACCEPTED = "edited", "accepted"
"""Reasons of a delivery whose document differs from its draft: as it was found, and after a person approved that."""

WITHDRAWN = "withdrawn"
"""The reason of a delivery whose document was a draft and was deleted by us."""

APPROVE_SETTLES = ("differs", "held-by-person", "unfinished")
"""Reasons of held deliveries that a person settles by approving."""

Verdict = tuple[ActionKind, Reason]


@dataclass(frozen=True, slots=True)
class Billed:
    """A claim with what the facts still know about it. `kept`: a person approved it after it was billed."""

    claim: Claim
    contract: Contract | None
    term: Term | None
    milestone: Milestone | None
    kept: bool

    @property
    def open_again(self) -> bool:
        """The milestone is open, and no person has said that it stays billed all the same."""
        return self.milestone is not None and self.milestone.state == "open" and not self.kept

    def any_in(self, state: str) -> bool:
        """Say whether a delivery of the claim is in that state."""
        return any(delivery.state == state for delivery in self.claim.deliveries)

    @property
    def withdrawn(self) -> bool:
        """Some delivery waits for the milestone to be closed again."""
        return any(is_withdrawn(delivery) for delivery in self.claim.deliveries)

    @property
    def in_drafts(self) -> bool:
        """It has documents, and as far as is known all of them are drafts that nobody has sent."""
        live = self.claim.live
        return bool(live) and all(one.receipt is not None and one.receipt.state == "draft" for one in live)


Rule = Callable[[Billed, Lookup], Verdict | None]


def judge(claim: Claim, contract: Contract | None, lookup: Lookup) -> Action:
    """Return what is to be done about a claim; `contract` is None if the configuration no longer has it."""
    billed = _known(claim, contract, lookup)
    kind, reason = next(verdict for rule in RULES if (verdict := rule(billed, lookup)))
    return Action(
        kind=kind,
        contract=claim.contract,
        term=claim.term,
        project=_label(contract, billed.milestone, lookup),
        milestone=billed.milestone,
        amount=claim.amount,
        reason=reason,
        reference=claim.reference,
        outputs=tuple(delivery.output for delivery in claim.deliveries),
        generation=claim.generation,
    )


def _known(claim: Claim, contract: Contract | None, lookup: Lookup) -> Billed:
    return Billed(
        claim=claim,
        contract=contract,
        term=lookup.terms.get((claim.contract, claim.term)),
        milestone=lookup.milestones.get(claim.milestone_key),
        kept=lookup.facts.kept(claim),
    )


def _label(contract: Contract | None, milestone: Milestone | None, lookup: Lookup) -> str:
    if milestone is None:
        return ""
    key = project_key(milestone)
    own = [
        label
        for label in (contract.projects if contract else ())
        if (project := lookup.facts.projects.get(label)) and (project.tracker, project.id) == key
    ]
    return own[0] if own else lookup.labels.get(key, "")


def is_withdrawn(delivery: Delivery) -> bool:
    """Say whether a delivery waits for its milestone to be closed again."""
    return delivery.state == "held" and delivery.reason == REOPENED


def _waits_for_reissue(billed: Billed, lookup: Lookup) -> Verdict | None:
    if not lookup.facts.reissued(billed.claim.reference) or billed.claim.live:
        return None
    words = "to be billed again, but the configuration no longer has its contract, its term or its project"
    return "hold", Reason("reissue-waits", words, "t2i check")


def _withdraw(billed: Billed, lookup: Lookup) -> Verdict | None:
    deliveries = billed.claim.deliveries
    if not billed.open_again or not deliveries or any(delivery.state != "pending" for delivery in deliveries):
        return None
    if unread := _unread(billed, lookup):
        return unread
    earlier = any(delivery.first_sent_at or delivery.attempt > 1 for delivery in deliveries)
    words = "an earlier attempt was not confirmed" if earlier else "nothing has left"
    return "withdraw", Reason("reopened", f"the milestone is open again and {words}; the draft waits")


def _delete_drafts(billed: Billed, lookup: Lookup) -> Verdict | None:
    if not billed.open_again or billed.contract is None or billed.contract.reopened != "withdraw":
        return None
    alike = (one for name in billed.claim.documents for one in lookup.sharing.get(name, (billed.claim,)))
    shared = [_known(one, billed.contract, lookup) for one in alike]
    if not all(one.open_again and one.in_drafts for one in shared):
        return None
    if any(one.state != "delivered" or one.reason == EDITED for one in billed.claim.live):
        return None
    if unread := _unread(billed, lookup):
        return unread
    return "withdraw", Reason("reopened", "the milestone is open again and nobody has sent the draft; it is deleted")


def _drafts_deleted(billed: Billed, _: Lookup) -> Verdict | None:
    if (
        not billed.open_again
        or billed.claim.live
        or not any(one.reason == WITHDRAWN for one in billed.claim.deliveries)
    ):
        return None
    words = (
        f"the draft was deleted; once the milestone is closed, `t2i reissue {billed.claim.reference}` bills it again"
    )
    return "none", Reason("withdrawn", words)


def _still_withdrawn(billed: Billed, _: Lookup) -> Verdict | None:
    if not billed.open_again or not all(map(is_withdrawn, billed.claim.deliveries)) or not billed.withdrawn:
        return None
    return "none", Reason("withdrawn", "the milestone is open; the draft goes out when it is closed again")


def _withdrawn_with_another(billed: Billed, lookup: Lookup) -> Verdict | None:
    if not billed.withdrawn or billed.open_again:
        return None
    others = (one for name in billed.claim.documents for one in lookup.sharing.get(name, ()))
    again = [one for one in others if _known(one, billed.contract, lookup).open_again]
    if not again:
        return None
    words = f"{again[0].reference} is on the same document, and its milestone is open; it goes out when that is closed"
    return "none", Reason("withdrawn", words)


def _release(billed: Billed, lookup: Lookup) -> Verdict | None:
    if not billed.withdrawn or billed.open_again or billed.milestone is None:
        return None
    if unread := _unread(billed, lookup):
        return unread
    if held := held_by_person(billed.claim.reference, lookup):
        return "hold", held
    if billed.kept:
        return "release", Reason("closed-again", "a person approved the draft although the milestone was reopened")
    if billed.contract is None:
        return None
    closing = closing_of(billed.milestone)
    verdict = accept(billed.contract.acceptance, billed.milestone, closing, lookup.facts.now)
    if isinstance(verdict, Reason):
        return "none", verdict
    if billed.milestone.tracker != CALENDAR:
        again = _accepted_again(billed.contract.acceptance, lookup.accepted_as(billed.milestone), lookup.facts.work)
        if isinstance(again, Reason):
            return "none", again
        verdict = with_evidence(verdict, again)
    return "release", Reason("closed-again", f"the milestone is closed again: {verdict}; the same draft goes out")


def _accepted_again(
    acceptance: Acceptance, milestones: Sequence[Milestone], work: Mapping[str, Work]
) -> tuple[AcceptedBy, ...] | Reason:
    labels = accepted_by_label(acceptance.label, milestones, work) if acceptance.label else ()
    if isinstance(labels, Reason):
        return labels
    comments = accepted_by_comment(acceptance.comment, milestones, work) if acceptance.comment else ()
    return comments if isinstance(comments, Reason) else (*labels, *comments)


def _unread(billed: Billed, lookup: Lookup) -> Verdict | None:
    # without a contract nobody polls the project any more, so that no later poll would settle it
    if billed.contract is None or billed.milestone is None:
        return None
    why = lookup.why_unread(billed.milestone)
    return None if why is None else ("none", project_unread(why))


def _reopened_after_billing(billed: Billed, _: Lookup) -> Verdict | None:
    if not billed.open_again:
        return None
    states = ", ".join(f"{delivery.output} {delivery.state}" for delivery in billed.claim.deliveries)
    words = f"billed, and the milestone is open again ({states}); approve to keep it as billed"
    if billed.any_in("delivered"):
        words += f"; {_takes_back(billed)}"
    return "hold", Reason("reopened-after-billing", words, approve(billed.claim.reference))


def _takes_back(billed: Billed) -> str:
    own = billed.claim.reference
    if billed.in_drafts:
        return f"`t2i withdraw {own}` deletes a draft that nobody has sent, `t2i credit {own}` takes back an invoice"
    return f"`t2i credit {own}` takes back what was sent"


def _document_edited(billed: Billed, lookup: Lookup) -> Verdict | None:
    if billed.claim.reference in lookup.credits:
        return None
    words = edited(billed.claim)
    return ("hold", Reason("document-edited", words, approve(billed.claim.reference))) if words else None


def edited(claim: Claim) -> str:
    """Say how the documents of a claim differ from their drafts since they were delivered, nothing if they do not."""
    return "; ".join(
        f"{one.output}: {one_line(one.detail)}"
        for one in claim.deliveries
        if (one.state, one.reason) == ("delivered", EDITED)
    )


def _delivery_rejected(billed: Billed, _: Lookup) -> Verdict | None:
    if not billed.any_in("rejected"):
        return None
    words = told(billed.claim, "rejected")
    return "hold", Reason("delivery-rejected", words, f"t2i retry {billed.claim.reference}")


def _delivery_held(billed: Billed, lookup: Lookup) -> Verdict | None:
    return ("hold", held_delivery(billed.claim, lookup)) if billed.any_in("held") else None


def held_delivery(claim: Claim, lookup: Lookup) -> Reason:
    """Say why deliveries of a claim are held, and what settles it."""
    held = [delivery for delivery in claim.deliveries if delivery.state == "held"]
    by_approval = all(delivery.reason in (*APPROVE_SETTLES, REOPENED) for delivery in held)
    command = approve(claim.reference) if by_approval else f"t2i retry {claim.reference}"
    person = held_by_person(claim.reference, lookup)
    if person and all(delivery.reason == person.code for delivery in held):
        return person
    words = told(claim, "held")
    if any(delivery.reason == "differs" for delivery in held):
        words += f"; if it is not ours, give it another number there, then `t2i retry {claim.reference}`"
    return Reason("delivery-held", words, command)


def _delivery_gone(billed: Billed, lookup: Lookup) -> Verdict | None:
    if not billed.any_in("gone") or billed.kept:
        return None
    words, reference = told(billed.claim, "gone"), billed.claim.reference
    if (billed.claim.contract, billed.claim.term) in lookup.replacements:
        words += f"; approve if that is all right, `t2i reissue {reference}` bills it again"
    return "hold", Reason("delivery-gone", words, approve(reference))


def told(claim: Claim, state: str) -> str:
    """Say of each delivery of a claim that is in a state why it is."""
    return "; ".join(
        f"{delivery.output}: {one_line(delivery.detail or delivery.reason or state)}"
        for delivery in claim.deliveries
        if delivery.state == state
    )


def _term_removed(billed: Billed, _: Lookup) -> Verdict | None:
    if billed.term is not None:
        return None
    what = "contract" if billed.contract is None else "term"
    words = f"billed {billed.claim.amount}; the configuration no longer has the {what}"
    return "none", Reason("term-removed", words)


def _term_cancelled(billed: Billed, _: Lookup) -> Verdict | None:
    if billed.term is None or not billed.term.cancelled:
        return None
    words = f"billed {billed.claim.amount}, which stays; the contract has cancelled the term since"
    return "none", Reason("term-cancelled", words)


def _term_changed(billed: Billed, lookup: Lookup) -> Verdict | None:
    frozen, today = billed.claim.work, lookup.today.get((billed.claim.contract, billed.claim.term))
    if today is None or frozen == today or not (billed.term and billed.term.bills_once):
        return None
    alike = frozen.currency == today.currency
    difference = f"a difference of {today - frozen}" if alike else "another currency"
    words = f"billed {frozen}, which stays; the terms of today make it {today}, {difference}"
    return "none", Reason("term-changed", f"{words}; bill it as a change order with a term of its own")


def _already_billed(billed: Billed, lookup: Lookup) -> Verdict:
    words = f"billed on {billed.claim.claimed_at.date()} as {billed.claim.reference}"
    if billed.milestone is None or billed.milestone.key in lookup.facts.gone:
        words += "; the tracker no longer has the milestone"
    elif billed.milestone.state == "open":
        keeper = lookup.facts.decisions[billed.claim.reference].by
        words += f"; the milestone is open again, kept as billed by {one_line(keeper)}"
    return "none", Reason("already-billed", words)


RULES: tuple[Rule, ...] = (
    _waits_for_reissue,
    _withdraw,
    _delete_drafts,
    _drafts_deleted,
    _still_withdrawn,
    _withdrawn_with_another,
    _release,
    _reopened_after_billing,
    _delivery_rejected,
    _delivery_held,
    _delivery_gone,
    _document_edited,
    _term_removed,
    _term_cancelled,
    _term_changed,
    _already_billed,
)
"""The rules in their order: reopened milestones, documents that did not arrive, changed contracts."""
