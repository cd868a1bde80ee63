"""Plan and claim: turn what the ledger knows into a plan, and each bill action of it into a claim.

From the claim on the amount never changes. Nothing is sent here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tracker2invoice.engine.amend import Amendment, amend
from tracker2invoice.engine.credit import credit, leading
from tracker2invoice.engine.guard import guarded
from tracker2invoice.engine.house import House
from tracker2invoice.engine.lacking import lacking
from tracker2invoice.engine.observe import Trouble
from tracker2invoice.engine.preceding import deducted_by
from tracker2invoice.engine.withdraw import delete_reopened
from tracker2invoice.errors import LedgerBusy, Tracker2InvoiceError
from tracker2invoice.failpoints import failpoint
from tracker2invoice.mapping.accept import closing_of
from tracker2invoice.mapping.actions import Action, Facts, Plan, Window
from tracker2invoice.mapping.billed import REOPENED
from tracker2invoice.mapping.documents import Bundle, bundles
from tracker2invoice.mapping.draft import Position, write_draft
from tracker2invoice.mapping.plan import plan
from tracker2invoice.model.claim import Claim, Delivery, seal
from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.label import spelt_out
from tracker2invoice.model.milestone import Deliverable, Milestone
from tracker2invoice.model.term import base_term


def make_plan(
    house: House,
    troubles: tuple[Trouble, ...] = (),
    *,
    now: datetime | None = None,
    window: Window | None = None,
    released: bool = False,
) -> Plan:
    """Return what would be done now, from the ledger alone. `troubles` are those of the observation just made."""
    return plan(gather(house, troubles, now=now or house.clock(), window=window, released=released))


def gather(
    house: House, troubles: tuple[Trouble, ...], *, now: datetime, window: Window | None, released: bool
) -> Facts:
    """Collect the facts that a plan rests on."""
    ledger, configuration = house.ledger, house.configuration
    projects = ledger.projects()
    certified = any(term.is_certified for contract in configuration.contracts for term in contract.terms)
    unread = {label: words for label, words in ledger.unread().items() if label in projects}
    unread |= {trouble.subject: str(trouble.error) for trouble in troubles if trouble.subject in projects}
    return Facts(
        now=now,
        contracts=tuple(replace(one, projects=spelt_out(one.projects, projects)) for one in configuration.contracts),
        projects=projects,
        milestones=ledger.milestones(),
        claims=ledger.claims(),
        brake=configuration.brake,
        unread=unread,
        gone=ledger.gone(),
        decisions=ledger.decisions(),
        window=window,
        released=released,
        work=ledger.work(),
        lacking=lacking(configuration, ledger),
        approvals=ledger.approvals() if any(one.acceptance.approvals for one in configuration.contracts) else {},
        certified=ledger.certifications() if certified else {},
        rates=house.rates,
    )


def carry_out(house: House, the_plan: Plan, stop: Callable[[], bool] = lambda: False) -> tuple[Trouble, ...]:
    """Claim what the plan bills and credits, hold what it withdraws, let go what it releases; return what failed.

    Drafts are dated today, also those of a plan that was saved days ago. The caller holds the ledger's `plan` lock, so
    that nobody else plans on the same facts. `stop` is asked before each action; what was not carried out is planned
    again by the next run.
    """
    troubles: list[Trouble] = []
    bills = {bundle.actions[0].reference: bundle for bundle in bundles(the_plan.actions)}
    notes = leading(house, the_plan.actions)
    failed: set[str] = set()
    for action in the_plan.actions:
        if stop():
            break
        match action.kind:
            case "bill" if action.reference in bills and action.contract not in failed:
                found = _bill(house, bills[action.reference])
                # what a later bill of the contract deducts was reckoned with this one in it
                failed |= {action.contract} if found else set()
                troubles.extend(found)
            case "credit" if action.reference in notes:
                credit(house, notes[action.reference])
            case "withdraw":
                troubles.extend(_amend(house, action.reference, _withdrawn))
                troubles.extend(delete_reopened(house, action.reference))
            case "release":
                troubles.extend(_amend(house, action.reference, _released))
            case _:
                pass
    return tuple(troubles)


def drafts_of(house: House, bundle: Bundle) -> tuple[Draft, ...]:
    """Return what a bundle would be frozen as now, a draft for each of its documents.

    Raises:
        Tracker2InvoiceError: a tracker did not tell what was delivered, or an earlier draft cannot be read.
    """
    return _drafts(house, bundle, _delivered(house, bundle), house.clock())


def _bill(house: House, bundle: Bundle) -> tuple[Trouble, ...]:
    """Claim a bundle: all its claims with all their documents, or nothing."""
    now = house.clock()
    try:
        delivered = _delivered(house, bundle)
    except Tracker2InvoiceError as error:
        return (Trouble(bundle.actions[0].reference, error),)
    drafts = _drafts(house, bundle, delivered, now)
    house.ledger.write_claims([_claim(house, action, drafts, now) for action in bundle.actions], drafts)
    return ()


def _delivered(house: House, bundle: Bundle) -> list[tuple[Deliverable, ...]]:
    return [_not_listed_before(house, action) for action in bundle.actions]


def _drafts(
    house: House, bundle: Bundle, delivered: Sequence[tuple[Deliverable, ...]], now: datetime
) -> tuple[Draft, ...]:
    projects = house.ledger.projects()
    return tuple(
        write_draft(
            [
                Position(bill, action.closed, projects[action.project].label, deliverables, action.accepted_by)
                for bill, action, deliverables in zip(document.bills, bundle.actions, delivered, strict=True)
            ],
            reference=document.reference,
            now=now,
            preceding=deducted_by(document.bills, house.ledger),
            rates=house.rates,
        )
        for document in bundle.documents
    )


def _claim(house: House, action: Action, drafts: Sequence[Draft], now: datetime) -> Claim:
    deliveries = (Delivery(draft.reference, output, "pending") for draft in drafts for output in action.outputs)
    return Claim(
        reference=action.reference,
        contract=action.contract,
        term=action.term,
        milestone_key=action.closed.key,
        generation=action.generation,
        amount=action.due.amount,
        draft_sha256=seal([draft.sha256 for draft in drafts]),
        claimed_at=_claimed_at(house, action, now),
        deliveries=tuple(deliveries),
        parts=action.due.parts,
        documents=tuple(draft.reference for draft in drafts),
    )


def _not_listed_before(house: House, action: Action) -> tuple[Deliverable, ...]:
    """Return what was delivered; a term that goes on in the same milestones lists nothing a second time."""
    bill = action.due
    end = action.closed.closed_at if bill.term.monthly else None
    found = tuple(
        one
        for behind in bill.behind
        for one in _deliverables(house, behind)
        if end is None or one.closed_at is None or one.closed_at <= end
    )
    if not (bill.term.monthly or bill.term.progress):
        return found
    others = (one for one in house.ledger.claims() if one.contract == action.contract and one.term != action.term)
    documents = {name for one in others if base_term(one.term) == bill.term.base for name in one.documents}
    earlier = map(house.ledger.draft, sorted(documents))
    listed = {_identity(one) for draft in earlier for line in draft.lines for one in line.deliverables}
    return tuple(one for one in found if _identity(one) not in listed)


def _identity(deliverable: Deliverable) -> tuple[str, str, str]:
    return (deliverable.kind, deliverable.number, deliverable.url)


def _deliverables(house: House, milestone: Milestone) -> tuple[Deliverable, ...]:
    with guarded(milestone.tracker), failpoint("tracker.deliverables"):
        return house.tracker(milestone.tracker).deliverables(milestone)


def _claimed_at(house: House, action: Action, now: datetime) -> datetime:
    """Return `now`, but an instant after what a person decided before, although the clock was put back since then.

    Nor is it before the closing, whose clock is the tracker's: only a later closing bills again what was credited.
    """
    decision, closing = house.ledger.decision(action.reference), closing_of(action.closed)
    decided = decision.at + timedelta.resolution if decision else now
    return max(now, decided, closing.at if closing and closing.exact else now)


def _amend(house: House, reference: str, amendment: Amendment) -> tuple[Trouble, ...]:
    try:
        amend(house.ledger, reference, amendment)
    except LedgerBusy as error:
        return (Trouble(reference, error),)
    return ()


def _withdrawn(delivery: Delivery) -> tuple[Delivery, str] | None:
    if delivery.state != "pending":
        return None
    return replace(delivery, state="held", reason=REOPENED, detail="the milestone was reopened"), "withdrawn"


def _released(delivery: Delivery) -> tuple[Delivery, str] | None:
    if (delivery.state, delivery.reason) != ("held", REOPENED):
        return None
    return replace(delivery, state="pending", reason="", detail=""), "released"
