"""`reconcile`: read back what became of documents and milestones, and list what a person has to settle."""

from __future__ import annotations

from tracker2invoice.cli import common, outcome, session, shapes, tables
from tracker2invoice.cli.common import plain
from tracker2invoice.engine.bill import make_plan
from tracker2invoice.engine.observe import observe
from tracker2invoice.engine.reconcile import Change, reconcile


@common.command("reconcile")
def command(console: common.Console) -> int:
    """Ask every output how its documents stand, and every tracker for its milestones; bill and send nothing.

    What was sent, paid, edited, voided or deleted is written down. What does not fit the drafts is listed with the
    command that settles it.
    """
    with session.house(console) as house, session.progress(console, "reading back") as step:
        troubles = observe(house)
        found = reconcile(house, progress=step)
        claims = {claim.reference: claim for claim in house.ledger.claims()}
        drift = [one for one in make_plan(house, troubles).of_kind("hold") if one.reference in claims]
    console.say(f"{found.documents} documents read back, {len(found.changes)} have changed.")
    if found.changes:
        tables.show(
            console, ("document", "output", "what", "state", ">paid", "on", "details"), map(_row, found.changes)
        )
    if drift:
        console.say()
        tables.actions(console, drift, claims)
    failed = (*troubles, *found.troubles)
    outcome.warn(console, failed)
    console.answer(
        {
            **shapes.reconciled(found),
            "troubles": [shapes.trouble(one) for one in failed],
            "actions": shapes.actions(drift, claims),
        }
    )
    return outcome.code_of(failed, held=bool(drift))


def _row(change: Change) -> tuple[str, ...]:
    receipt, detail = change.now.receipt, plain(change.now.detail, 300)
    if receipt is None:
        return (change.now.reference, change.now.output, change.event, "", "", "", detail)
    paid = "" if receipt.paid is None else format(receipt.paid, "f")
    on = receipt.paid_on.isoformat() if receipt.paid_on else ""
    return (change.now.reference, change.now.output, change.event, receipt.state, paid, on, detail)
