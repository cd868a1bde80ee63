"""Values of the model as plain rows and back. No I/O; what cannot be read back is damage.

A row holds text, whole numbers and None alone, so that the same row is the body of a journal entry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar, cast, get_args

from sqlalchemy import RowMapping

from tracker2invoice.errors import LedgerDamaged
from tracker2invoice.ledger.canonical import canonical, listed
from tracker2invoice.ledger.parts import number_of, number_text, parts_of, parts_text
from tracker2invoice.model.claim import (
    Claim,
    Decision,
    DecisionWord,
    Delivery,
    DeliveryState,
    DocumentState,
    Receipt,
)
from tracker2invoice.model.invoice import Certification
from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice.model.money import Money
from tracker2invoice.model.text import storable

T = TypeVar("T")
Row = dict[str, str | int | None]
Stored = Mapping[str, Any] | RowMapping

MilestoneState = Literal["open", "closed"]


def instant(value: datetime) -> str:
    """Return RFC 3339 in UTC, always with microseconds, so that text sorts like time.

    Raises:
        ValueError: the instant has no offset.
    """
    if value.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def sha256(data: bytes) -> str:
    """Return the hexadecimal SHA-256 of the bytes."""
    return hashlib.sha256(data).hexdigest()


def decoded(table: str, key: str, read: Callable[[], T]) -> T:
    """Return what `read` makes of a stored row.

    Raises:
        LedgerDamaged: the row cannot have been written by this program.
    """
    try:
        return read()
    except (ValueError, TypeError, ArithmeticError, KeyError) as error:
        raise LedgerDamaged(f"{table} {key}: unreadable row") from error


def project_row(label: str, project: Project) -> Row:
    """Return the row that pins `project` under its configured name."""
    return {
        "label": storable(label),
        "tracker": project.tracker,
        "project_id": storable(project.id),
        "name": project.name,
        "url": project.url,
    }


def project_of(row: Stored) -> Project:
    """Return the project of a stored row."""
    return Project(row["tracker"], row["project_id"], row["name"], row["url"])


def milestone_row(milestone: Milestone, *, gone: bool = False) -> Row:
    """Return the row of a milestone; `gone` says that the tracker no longer has it."""
    return {
        "tracker": milestone.tracker,
        "project_id": storable(milestone.project_id),
        "id": storable(milestone.id),
        "number": milestone.number,
        "title": milestone.title,
        "description": milestone.description,
        "url": milestone.url,
        "state": milestone.state,
        "closed_at": _optional(milestone.closed_at),
        "due_on": milestone.due_on.isoformat() if milestone.due_on else None,
        "created_at": _optional(milestone.created_at),
        "updated_at": _optional(milestone.updated_at),
        "open_items": milestone.open_items,
        "closed_items": milestone.closed_items,
        "gone": int(gone),
        "closed_by": milestone.closed_by or None,
        "closed_after": _optional(milestone.closed_after),
        "closed_until": _optional(milestone.closed_until),
    }


ADDED: Mapping[str, frozenset[str]] = {
    "milestone": frozenset({"closed_by", "closed_after", "closed_until"}),
    "claim": frozenset({"parts", "documents", "credits"}),
    "delivery": frozenset({"paid", "paid_on", "credited"}),
}
"""Columns by table that came with a later version: a journal entry has them only if they hold something."""


def told(table: str, row: Stored) -> Row:
    """Return what the journal has of a row."""
    added = ADDED.get(table, frozenset())
    return {name: value for name, value in row.items() if value is not None or name not in added}


def row_of(table: str, body: Stored) -> Stored:
    """Return the row of which the journal has that body: `told` the other way round."""
    return {**dict.fromkeys(ADDED.get(table, ())), **body}


def milestone_key(row: Stored) -> str:
    """Return the milestone's identity as `Milestone.key` has it."""
    return f"{row['tracker']}:{row['project_id']}:{row['id']}"


def milestone_of(row: Stored) -> Milestone:
    """Return the milestone of a stored row."""

    def read() -> Milestone:
        return Milestone(
            tracker=row["tracker"],
            project_id=row["project_id"],
            id=row["id"],
            number=row["number"],
            title=row["title"],
            description=row["description"],
            url=row["url"],
            state=cast("MilestoneState", _one_of(MilestoneState, row["state"])),
            closed_at=_instant_of(row["closed_at"]),
            due_on=_day_of(row["due_on"]),
            created_at=_instant_of(row["created_at"]),
            updated_at=_instant_of(row["updated_at"]),
            open_items=row["open_items"],
            closed_items=row["closed_items"],
            closed_by=row["closed_by"] or "",
            closed_after=_instant_of(row["closed_after"]),
            closed_until=_instant_of(row["closed_until"]),
        )

    return decoded("milestone", milestone_key(row), read)


def decision_row(decision: Decision) -> Row:
    """Return the row of a person's decision."""
    return {
        "reference": storable(decision.reference),
        "decision": decision.decision,
        "by": storable(decision.by),
        "at": instant(decision.at),
        "note": storable(decision.note),
    }


def decision_of(row: Stored) -> Decision:
    """Return the decision of a stored row."""

    def read() -> Decision:
        word = cast("DecisionWord", _one_of(DecisionWord, row["decision"]))
        return Decision(row["reference"], word, row["by"], datetime.fromisoformat(row["at"]), row["note"])

    return decoded("decision", row["reference"], read)


def certification_row(certification: Certification) -> Row:
    """Return what the journal tells of a certification."""
    return {
        "contract": certification.contract,
        "term": certification.term,
        "percent": number_text(certification.percent),
        "by": storable(certification.by),
        "at": instant(certification.at),
        "note": storable(certification.note),
    }


def certification_of(row: Stored) -> Certification:
    """Return the certification that the journal told of."""

    def read() -> Certification:
        at, percent = datetime.fromisoformat(row["at"]), number_of(row["percent"])
        return Certification(row["contract"], row["term"], percent, row["by"], at, row["note"])

    return decoded("journal", "term.certified", read)


def claim_row(claim: Claim, seq: int) -> Row:
    """Return the row of a claim whose journal entry has the number `seq`.

    Raises:
        ValueError: a part is in another currency, or of a quantity that is no number.
    """
    return {
        "reference": claim.reference,
        "seq": seq,
        "contract": storable(claim.contract),
        "term": storable(claim.term),
        "milestone_key": storable(claim.milestone_key),
        "generation": claim.generation,
        "amount": format(claim.amount.amount, "f"),
        "currency": claim.amount.currency,
        "draft_sha256": claim.draft_sha256,
        "claimed_at": instant(claim.claimed_at),
        "parts": parts_text(claim.parts, claim.amount.currency) if claim.parts else None,
        "documents": None if claim.documents == (claim.reference,) else canonical(list(claim.documents)),
        "credits": claim.credits or None,
    }


def documents_of(row: Stored) -> tuple[str, ...]:
    """Return the references of the documents that the claim of a stored row is billed on."""
    text = row["documents"]
    return (row["reference"],) if text is None else tuple(map(str, listed(text)))


def claim_of(row: Stored, deliveries: tuple[Delivery, ...]) -> Claim:
    """Return the claim of a stored row with its deliveries."""

    def read() -> Claim:
        return Claim(
            reference=row["reference"],
            contract=row["contract"],
            term=row["term"],
            milestone_key=row["milestone_key"],
            generation=row["generation"],
            amount=Money(Decimal(row["amount"]), row["currency"]),
            draft_sha256=row["draft_sha256"],
            claimed_at=datetime.fromisoformat(row["claimed_at"]),
            deliveries=deliveries,
            parts=parts_of(row["parts"], row["currency"]),
            documents=documents_of(row),
            credits=row["credits"] or "",
        )

    return decoded("claim", row["reference"], read)


def delivery_row(delivery: Delivery) -> Row:
    """Return the row of a delivery without the payload's bytes; its SHA-256 stands for them."""
    receipt = delivery.receipt
    return {
        "reference": delivery.reference,
        "output": storable(delivery.output),
        "state": delivery.state,
        "attempt": delivery.attempt,
        "payload_sha256": sha256(delivery.payload) if delivery.payload is not None else None,
        "first_sent_at": _optional(delivery.first_sent_at),
        "sent_at": _optional(delivery.sent_at),
        "misses": delivery.misses,
        "not_before": _optional(delivery.not_before),
        "reason": storable(delivery.reason),
        "detail": storable(delivery.detail),
        "remote_id": storable(receipt.remote_id) if receipt else None,
        "number": storable(receipt.number) if receipt else None,
        "url": storable(receipt.url) if receipt else None,
        "document_state": receipt.state if receipt else None,
        "paid": _amount(receipt.paid) if receipt else None,
        "paid_on": receipt.paid_on.isoformat() if receipt and receipt.paid_on else None,
        "credited": _amount(receipt.credited) if receipt else None,
    }


def delivery_of(row: Stored) -> Delivery:
    """Return the delivery of a stored row."""

    def read() -> Delivery:
        payload: bytes | None = row["payload"]
        if row["payload_sha256"] != (sha256(payload) if payload is not None else None):
            raise ValueError("the payload does not match its SHA-256")
        return Delivery(
            reference=row["reference"],
            output=row["output"],
            state=cast("DeliveryState", _one_of(DeliveryState, row["state"])),
            attempt=row["attempt"],
            payload=payload,
            first_sent_at=_instant_of(row["first_sent_at"]),
            sent_at=_instant_of(row["sent_at"]),
            misses=row["misses"],
            not_before=_instant_of(row["not_before"]),
            reason=row["reason"],
            detail=row["detail"],
            receipt=_receipt_of(row),
        )

    return decoded("delivery", f"{row['reference']} {row['output']}", read)


def _receipt_of(row: Stored) -> Receipt | None:
    if row["remote_id"] is None:
        return None
    state = cast("DocumentState", _one_of(DocumentState, row["document_state"]))
    return Receipt(
        remote_id=row["remote_id"],
        number=row["number"],
        url=row["url"],
        state=state,
        paid=_amount_of(row["paid"]),
        paid_on=_day_of(row["paid_on"]),
        credited=_amount_of(row["credited"]),
    )


def _one_of(words: Any, word: str) -> str:
    if word not in get_args(words):
        raise ValueError("an unknown state")
    return word


def _optional(value: datetime | None) -> str | None:
    return None if value is None else instant(value)


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def _amount_of(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _day_of(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _instant_of(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
