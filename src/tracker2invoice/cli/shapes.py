"""The JSON that scripts outside the project read. Extend it; rename and remove nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from tracker2invoice.engine.observe import Trouble
from tracker2invoice.engine.reconcile import Change, Reconciled
from tracker2invoice.engine.run import Report
from tracker2invoice.mapping.actions import Action
from tracker2invoice.mapping.bill import Charge
from tracker2invoice.model.claim import Claim, Delivery
from tracker2invoice.model.invoice import AcceptedBy, Certification, Draft
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.money import half_up
from tracker2invoice.model.statement import Application, Item


def instant(value: datetime | None) -> str | None:
    """Return RFC 3339 in UTC, with Z."""
    return value.isoformat().replace("+00:00", "Z") if value else None


def report(result: Report) -> dict[str, Any]:
    """Return the answer of `plan`, `run`, `apply` and `backfill`."""
    return {
        "plan_hash": result.plan.hash,
        "as_of": instant(result.plan.as_of),
        "actions": actions(result.plan.actions, result.claims),
        "troubles": [trouble(one) for one in result.troubles],
    }


def actions(planned: Sequence[Action], claims: Mapping[str, Claim]) -> list[dict[str, Any]]:
    """Return the actions of a plan."""
    return [action(one, claims) for one in planned]


def action(one: Action, claims: Mapping[str, Claim]) -> dict[str, Any]:
    """Return one action; `outputs` tells how the deliveries of its claim stand now, or which documents are to come."""
    return {
        "action": one.kind,
        "contract": one.contract or None,
        "term": one.term or None,
        "project": one.project or None,
        "milestone": milestone(one.milestone),
        "amount": str(one.amount.amount) if one.amount else None,
        "currency": one.amount.currency if one.amount else None,
        "reason": str(one.reason),
        "command": one.reason.command or None,
        "reference": one.reference or None,
        "outputs": outputs(one, claims.get(one.reference)),
        "made_of": [charge(each) for each in one.bill.charges] if one.bill else [],
        "accepted_by": [accepted_by(each) for each in one.accepted_by],
        "certified_by": [certification(one.bill.certified)] if one.bill and one.bill.certified else [],
    }


def accepted_by(one: AcceptedBy) -> dict[str, Any]:
    """Return who accepted a milestone by a comment or label, when, on which item, and where to read it."""
    return {
        "login": one.login,
        "at": instant(one.at),
        "milestone_title": one.milestone_title,
        "item": one.item,
        "url": one.url,
        "label": one.label,
    }


def certification(one: Certification) -> dict[str, Any]:
    """Return how many percent of a term are done to date, and who certified that when."""
    return {
        "contract": one.contract,
        "term": one.term,
        "percent": f"{one.percent:f}",
        "by": one.by,
        "at": instant(one.at),
        "note": one.note,
    }


def charge(one: Charge) -> dict[str, Any]:
    """Return one amount of a bill and how it came about."""
    return {
        "kind": one.part.kind,
        "amount": str(one.part.amount.amount),
        "item": one.part.item or None,
        "quantity": None if one.part.quantity is None else format(one.part.quantity, "f"),
        "tax": {"category": one.tax.category, "rate": format(one.tax.rate, "f")},
        "basis": str(one.basis),
    }


def made_of(draft: Draft) -> list[dict[str, Any]]:
    """Return the amounts of a frozen draft, deductions negative, and how each came about."""
    rows = [{"what": row.description, "amount": str(row.net), "basis": row.basis} for row in draft.rows]
    if draft.totals.prepaid:
        rows.append({"what": "Already paid", "amount": str(-draft.totals.prepaid), "basis": draft.tax_note})
    return rows


def outputs(one: Action, claim: Claim | None) -> list[dict[str, Any]]:
    """Return one entry per document and output: its delivery's state, or `planned` before there is a claim."""
    if claim is None:
        return [
            {"output": name, "state": "planned", "url": None, "document": document or None}
            for document in one.documents or (one.reference,)
            for name in one.outputs
        ]
    return [
        {
            "output": delivery.output,
            "state": delivery.state,
            "url": delivery.receipt.url if delivery.receipt else None,
            "document": delivery.reference,
        }
        for delivery in claim.deliveries
    ]


def reconciled(found: Reconciled) -> dict[str, Any]:
    """Return what was read back: how many documents were looked at, what has changed, what failed."""
    return {
        "documents": found.documents,
        "changes": [_change(one) for one in found.changes],
        "troubles": [trouble(one) for one in found.troubles],
    }


def _change(one: Change) -> dict[str, Any]:
    return {"event": one.event, "detail": one.now.detail or None, **document(one.now)}


def document(delivery: Delivery) -> dict[str, Any]:
    """Return a document as the output last told of it; what it does not tell is None."""
    receipt = delivery.receipt
    return {
        "output": delivery.output,
        "document": delivery.reference,
        "state": receipt.state if receipt else None,
        "number": (receipt and receipt.number) or None,
        "url": (receipt and receipt.url) or None,
        "paid": _text(receipt.paid) if receipt else None,
        "paid_on": receipt.paid_on.isoformat() if receipt and receipt.paid_on else None,
        "credited": _text(receipt.credited) if receipt else None,
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")


def milestone(one: Milestone | None) -> dict[str, Any] | None:
    """Return what identifies a milestone and lets a person open it."""
    if one is None:
        return None
    return {"key": one.key, "title": one.title, "url": one.url, "closed_at": instant(one.closed_at)}


def application(one: Application) -> dict[str, Any]:
    """Return one application of a progress statement, its lines by the numbers of G702."""
    return {
        "number": one.number,
        "period_to": one.day.isoformat(),
        "lines": {name: str(amount.amount) for name, amount in one.lines.items()},
        "asked": str(one.asked.amount),
        "advances": {
            "billed": str(one.advances.billed.amount),
            "drawn": str(one.advances.drawn.amount),
            "left": str(one.advances.left.amount),
        },
        "change_orders": [
            {
                "number": order.number,
                "effective": order.effective.isoformat(),
                "amount": str(order.amount.amount),
                "description": order.description,
            }
            for order in one.change_orders
        ],
        "items": [item(row) for row in one.items],
        "total": item(one.total),
    }


def item(row: Item) -> dict[str, Any]:
    """Return one row of the continuation sheet; `percent` is None where nothing is scheduled."""
    return {
        "kind": row.kind,
        "term": row.id or None,
        "description": row.description,
        "scheduled": str(row.scheduled.amount),
        "previous": str(row.previous.amount),
        "this_period": str(row.current.amount),
        "stored": str(row.stored.amount),
        "completed": str(row.completed.amount),
        "percent": None if row.percent is None else str(half_up(row.percent, 2)),
        "balance": str(row.balance.amount),
        "retainage": str(row.retainage.amount),
    }


def trouble(one: Trouble) -> dict[str, str]:
    """Return what failed, in words."""
    from tracker2invoice.cli.wording import sentence

    return {"subject": one.subject, "error": type(one.error).__name__, "message": sentence(one.error)}
