"""Changes a claim's deliveries behind the back of nobody: each one under the lock of its output, read anew."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta

from tracker2invoice.ledger.store import Ledger
from tracker2invoice.model.claim import Claim, Decision, Delivery

LOCK_PATIENCE = timedelta(minutes=2)
"""How long to wait for another process that is delivering to the same output."""

Amendment = Callable[[Delivery], tuple[Delivery, str] | None]
"""Returns the delivery as it shall be and the event for the journal, or None to leave it alone."""


def output_lock(output: str) -> str:
    """Return the name of the lock that whoever touches an output's deliveries holds."""
    return f"output-{output}"


def held_back(delivery: Delivery, decision: Decision) -> Delivery:
    """Return a delivery that waits until the person who holds it back approves it."""
    words = decision.note or f"held by {decision.by}"
    return replace(delivery, state="held", reason="held-by-person", detail=words)


@contextmanager
def nobody_delivers(ledger: Ledger, claims: Iterable[Claim]) -> Generator[None]:
    """Hold the locks of all outputs that the claims are delivered to.

    Raises:
        LedgerBusy: another process has been delivering for too long.
    """
    outputs = {delivery.output for claim in claims for delivery in claim.deliveries}
    with ExitStack() as locks:
        for output in sorted(outputs):
            locks.enter_context(ledger.lock(output_lock(output), LOCK_PATIENCE))
        yield


def amend(ledger: Ledger, reference: str, amendment: Amendment) -> int:
    """Amend the deliveries of a claim; return how many were changed. A reference without a claim has none.

    Raises:
        LedgerBusy: another process has been delivering for too long.
    """
    return sum(_amend_one(ledger, reference, one, amendment) for one in _deliveries(ledger, reference))


def _amend_one(ledger: Ledger, reference: str, before: Delivery, amendment: Amendment) -> bool:
    with ledger.lock(output_lock(before.output), LOCK_PATIENCE):
        now = next(one for one in _deliveries(ledger, reference) if _place(one) == _place(before))
        amended = amendment(now)
        if amended:
            ledger.save_delivery(*amended)
        return amended is not None


def _deliveries(ledger: Ledger, reference: str) -> tuple[Delivery, ...]:
    claim = ledger.claim(reference)
    return claim.deliveries if claim else ()


def _place(delivery: Delivery) -> tuple[str, str]:
    return (delivery.reference, delivery.output)
