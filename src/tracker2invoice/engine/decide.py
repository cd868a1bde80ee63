"""What a person decides: approve, hold, retry. Each decision is recorded with who and when."""

from __future__ import annotations

from dataclasses import replace

from tracker2invoice.ledger.store import Ledger
from tracker2invoice.model.claim import Decision, Delivery


def approve(ledger: Ledger, reference: str, by: str, note: str = "") -> None:
    """Let a held bill go, keep what was billed although its milestone was reopened, or accept a differing document."""
    ledger.decide(Decision(reference, "approve", by, ledger.clock(), note))
    for delivery in _deliveries(ledger, reference):
        settled = replace(delivery, reason="", detail="")
        if delivery.state == "held" and delivery.reason == "differs":
            ledger.save_delivery(replace(settled, state="delivered"), "accepted")
        if delivery.state == "held" and delivery.reason == "held-by-person":
            ledger.save_delivery(replace(settled, state="pending"), "released")


def hold(ledger: Ledger, reference: str, by: str, note: str = "") -> None:
    """Keep a bill back until it is approved. Deliveries that have not left wait too."""
    ledger.decide(Decision(reference, "hold", by, ledger.clock(), note))
    for delivery in _deliveries(ledger, reference):
        if delivery.state == "pending":
            held = replace(delivery, state="held", reason="held-by-person", detail=note or f"held by {by}")
            ledger.save_delivery(held, "held")


def retry(ledger: Ledger, reference: str) -> int:
    """Send rejected and held deliveries again, as a new attempt; return how many.

    The next delivery starts with a look for the reference, so that nothing is doubled.
    """
    again = [delivery for delivery in _deliveries(ledger, reference) if delivery.state in ("rejected", "held")]
    for delivery in again:
        fresh = Delivery(reference, delivery.output, "pending", attempt=delivery.attempt + 1)
        ledger.save_delivery(fresh, "retried")
    return len(again)


def _deliveries(ledger: Ledger, reference: str) -> tuple[Delivery, ...]:
    claim = ledger.claim(reference)
    return claim.deliveries if claim else ()
