"""What a person decides: approve, hold, certify, retry, reissue, credit, withdraw; recorded with who and when."""

from __future__ import annotations

from dataclasses import replace

from tracker2invoice.engine.amend import amend, held_back, nobody_delivers
from tracker2invoice.engine.bill import gather
from tracker2invoice.engine.house import House
from tracker2invoice.engine.run import PLAN_PATIENCE
from tracker2invoice.engine.withdraw import delete_drafts
from tracker2invoice.ledger.store import Ledger
from tracker2invoice.mapping import certify as certifying
from tracker2invoice.mapping import credit as crediting
from tracker2invoice.mapping.billed import ACCEPTED, REOPENED
from tracker2invoice.mapping.lookup import look_up
from tracker2invoice.mapping.reissue import objection
from tracker2invoice.model.claim import FINAL, Claim, Decision, Delivery
from tracker2invoice.model.invoice import Certification


def approve(ledger: Ledger, reference: str, by: str, note: str = "") -> None:
    """Let a held bill go, keep what was billed although its milestone was reopened, or accept a differing document.

    Raises:
        LedgerBusy: another process has been delivering for too long; the decision stands.
    """
    claim = ledger.claim(reference)
    # a clock that was put back must not date an answer before the question
    at = max(ledger.clock(), claim.claimed_at) if claim else ledger.clock()
    ledger.decide(Decision(reference, "approve", by, at, note))
    amend(ledger, reference, _approved)


def hold(ledger: Ledger, reference: str, by: str, note: str = "") -> int:
    """Keep a bill back until it is approved; return how many deliveries, not sent yet, wait with it.

    A decision that stands is looked at again before anything leaves.

    Raises:
        LedgerBusy: another process has been planning for too long, and nothing was decided; or delivering for too long,
            and the decision stands.
    """
    decision = Decision(reference, "hold", by, ledger.clock(), note)
    # a run that is claiming has made its plan already and would bill what is called held
    with ledger.lock("plan", PLAN_PATIENCE):
        ledger.decide(decision)
    amend(ledger, reference, lambda delivery: _held(delivery, decision))
    # one may be held already: by a run that has read the decision meanwhile, or an earlier one
    claim = ledger.claim(reference)
    return sum(delivery.state == "held" for delivery in claim.deliveries) if claim else 0


def certify(house: House, certification: Certification) -> str:
    """Record what a person certified, which the next run bills; return in words what stands against it."""
    words = certifying.objection(certification, house.configuration.contracts)
    if not words:
        house.ledger.certify(certification)
    return words


def retry(ledger: Ledger, reference: str) -> int:
    """Send rejected and held deliveries again, as a new attempt; return how many.

    What a person or a reopened milestone keeps back is let go by `approve`, not by this. The next delivery starts with
    a look for the reference, so that nothing is doubled. A claim that was reissued or credited is never sent again.

    Raises:
        LedgerBusy: another process has been delivering for too long.
    """
    return amend(ledger, reference, lambda delivery: None if is_settled(ledger, reference) else _retried(delivery))


def reissue(house: House, claim: Claim, by: str, note: str = "") -> str:
    """Have a claim billed again as the next generation, by the next run; return in words what stands against it.

    It is for a claim whose documents are no longer anywhere, and cannot be taken back. The locks of its outputs are
    held, so that no delivery of it can come back to life in between.

    Raises:
        LedgerBusy: another process has been delivering for too long; nothing was decided.
    """
    ledger = house.ledger
    with nobody_delivers(ledger, [claim]):
        facts = gather(house, (), now=ledger.clock(), window=None, released=False)
        current = next(one for one in facts.claims if one.reference == claim.reference)
        words = objection(current, look_up(facts))
        if not words:
            ledger.decide(Decision(claim.reference, "reissue", by, ledger.clock(), note))
        return words


def credit(house: House, claim: Claim, by: str, note: str = "") -> tuple[tuple[Claim, ...], str]:
    """Have a claim taken back with a credit note, by the next run, and with it all that shares its documents.

    Returns these claims, and in words what stands against it: then nothing was decided. It is for what was delivered,
    and cannot be taken back. The locks of the outputs are held, as for `reissue`.

    Raises:
        LedgerBusy: another process has been delivering for too long; nothing was decided.
    """
    ledger = house.ledger
    shared = crediting.together(claim, ledger.claims())
    with nobody_delivers(ledger, shared):
        facts = gather(house, (), now=ledger.clock(), window=None, released=False)
        current = next(one for one in facts.claims if one.reference == claim.reference)
        words = crediting.objection(current, look_up(facts))
        if not words:
            at = ledger.clock()
            ledger.decide_together([Decision(one.reference, "credit", by, at, note) for one in shared])
        return shared, words


def withdraw(house: House, claim: Claim, by: str, note: str = "") -> tuple[tuple[Claim, ...], str]:
    """Delete the drafts of a claim, and of all that shares its documents, where they are.

    Returns these claims, and in words what stands against it: then nothing was deleted.

    Raises:
        LedgerBusy: another process has been delivering for too long; nothing was deleted.
        FixConfig, TryLater, Unclear, Rejected: an output could not be asked, or refused; some may have been deleted.
    """
    ledger = house.ledger
    references = {one.reference for one in crediting.together(claim, ledger.claims())}
    with nobody_delivers(ledger, [one for one in ledger.claims() if one.reference in references]):
        shared = tuple(one for one in ledger.claims() if one.reference in references)
        why = f"the draft was deleted, decided by {by}" + (f" ({note})" if note else "")
        words = delete_drafts(house, shared, why, edited=True)
        if not words:
            at = ledger.clock()
            ledger.decide_together([Decision(one.reference, "withdraw", by, at, note) for one in shared])
        return shared, words


def is_settled(ledger: Ledger, reference: str) -> bool:
    """Say whether the reference was reissued or credited, so that nothing is left to decide about it."""
    decision = ledger.decision(reference)
    return decision is not None and decision.decision in FINAL


def _approved(delivery: Delivery) -> tuple[Delivery, str] | None:
    match delivery.state, delivery.reason:
        case ("held", "differs") | ("delivered", "edited"):
            return replace(delivery, state="delivered", reason=ACCEPTED), "accepted"
        case "held", "unfinished":
            return replace(delivery, state="delivered", reason="", detail=""), "accepted"
        case "held", "held-by-person":
            return replace(delivery, state="pending", reason="", detail=""), "released"
        case _:
            return None


def _held(delivery: Delivery, decision: Decision) -> tuple[Delivery, str] | None:
    return (held_back(delivery, decision), "held") if delivery.state == "pending" else None


def _retried(delivery: Delivery) -> tuple[Delivery, str] | None:
    if delivery.state not in ("rejected", "held") or delivery.reason in ("held-by-person", REOPENED):
        return None
    return Delivery(delivery.reference, delivery.output, "pending", attempt=delivery.attempt + 1), "retried"
