"""Statements about what was decided and done: claims, drafts, deliveries, pinned clients.

They run in the caller's transaction and know no rule of billing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, Select, and_, bindparam, func, insert, or_, select, update

from tracker2invoice.errors import LedgerDamaged
from tracker2invoice.ledger import schema
from tracker2invoice.ledger.journal import Pen, Record
from tracker2invoice.ledger.rows import (
    Row,
    Stored,
    certification_of,
    certification_row,
    claim_of,
    claim_row,
    decision_of,
    decision_row,
    decoded,
    delivery_of,
    delivery_row,
    documents_of,
    instant,
    sha256,
    told,
)
from tracker2invoice.model.claim import FINAL, Claim, Decision, Delivery
from tracker2invoice.model.invoice import Certification, Draft
from tracker2invoice.model.term import base_term
from tracker2invoice.model.text import storable

_IDENTITY = ("contract", "term", "milestone_key", "generation")
_OPEN = schema.delivery.c.state.in_(("pending", "sending"))

# built once: building it costs more than executing it
_SAME_CLAIM = select(schema.claim).where(
    or_(
        and_(*(schema.claim.c[name] == bindparam(name) for name in _IDENTITY)),
        schema.claim.c.reference == bindparam("reference"),
    )
)
_DECISIONS = select(schema.decision).order_by("reference")
_DECIDED = select(schema.journal.c.body).where(schema.journal.c.kind == "decision.made").order_by("seq")
_CERTIFIED = (
    select(schema.journal.c.kind, schema.journal.c.body)
    .where(schema.journal.c.kind.in_(("term.certified", "decision.made")))
    .order_by("seq")
)
_TERMS = select(schema.claim.c.reference, schema.claim.c.contract, schema.claim.c.term)
_CLAIMS = select(schema.claim).order_by("seq")
_DELIVERIES = select(schema.delivery).order_by("reference", "output")
_OPEN_DELIVERIES = (
    select(schema.delivery)
    .join(schema.draft)
    .where(schema.delivery.c.output == bindparam("of_output"), _OPEN)
    .order_by(schema.draft.c.seq, schema.draft.c.reference)
)
_DELIVERED = select(schema.delivery).where(
    schema.delivery.c.output == bindparam("of_output"), schema.delivery.c.state == "delivered"
)
_WAITING = (
    select(schema.delivery.c.output, func.count().label("waiting"))
    .where(_OPEN)
    .group_by(schema.delivery.c.output)
    .order_by(schema.delivery.c.output)
)


def decisions(connection: Connection, reference: str | None = None) -> dict[str, Decision]:
    """Return the latest decision about each reference, or about that one."""
    query = _DECISIONS if reference is None else _DECISIONS.where(schema.decision.c.reference == reference)
    rows = connection.execute(query).mappings()
    return {row["reference"]: decision_of(row) for row in rows}


def approvals(connection: Connection) -> dict[str, dict[str, datetime]]:
    """Return by reference who approved it when, since it was last held; the table has the latest decision alone."""
    given: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
    for body in connection.scalars(_DECIDED):
        decision = decision_of(_parsed(body))
        if decision.decision == "approve":
            given[decision.reference][decision.by] = decision.at
        else:
            given.pop(decision.reference, None)
    return dict(given)


def _parsed(body: str) -> Stored:
    def parse() -> Stored:
        row: Stored = json.loads(body)
        return row

    return decoded("journal", "entry", parse)


def certify(pen: Pen, certification: Certification) -> None:
    """Tell the journal what a person certified; it stands nowhere else."""
    subject = subject_of(certification.contract, certification.term)
    pen.write([Record("term.certified", subject, certification_row(certification))])


def subject_of(contract: str, term: str) -> str:
    """Return the subject of what the journal tells about a term of a contract."""
    return f"{contract}/{term}"


def certifications(connection: Connection) -> dict[tuple[str, str], tuple[Certification, ...]]:
    """Return by contract and term id what was certified, in its order, since a bill of the term was last credited."""
    terms = {row.reference: (row.contract, base_term(row.term)) for row in connection.execute(_TERMS)}
    found: defaultdict[tuple[str, str], list[Certification]] = defaultdict(list)
    for kind, body in connection.execute(_CERTIFIED):
        if kind == "term.certified":
            certification = certification_of(_parsed(body))
            found[certification.contract, certification.term].append(certification)
        elif (decision := decision_of(_parsed(body))).decision == "credit" and decision.reference in terms:
            found.pop(terms[decision.reference], None)
    return {key: tuple(made) for key, made in found.items()}


def decide(connection: Connection, pen: Pen, made: Sequence[Decision]) -> bool:
    """Put decisions in the place of those before them; False, with nothing stored, if one of those is final."""
    rows = [decision_row(one) for one in made]
    known = schema.decision.c.reference.in_([row["reference"] for row in rows])
    before = {row.reference: row.decision for row in connection.execute(select(schema.decision).where(known))}
    if any(word in FINAL for word in before.values()):
        return False
    for row in rows:
        same = schema.decision.c.reference == row["reference"]
        statement = update(schema.decision).where(same) if row["reference"] in before else insert(schema.decision)
        connection.execute(statement, row)
    pen.write([Record("decision.made", one.reference, row) for one, row in zip(made, rows, strict=True)])
    return True


def claims(connection: Connection, reference: str | None = None) -> tuple[Claim, ...]:
    """Return every claim, or the one with that reference, with its deliveries, in the order of writing."""
    query = _CLAIMS if reference is None else _CLAIMS.where(schema.claim.c.reference == reference)
    return _with_deliveries(connection, connection.execute(query).mappings().all())


def claims_on(connection: Connection, document: str) -> tuple[Claim, ...]:
    """Return the claims that are billed on a document, in the order of writing."""
    shared = schema.claim.c.documents.is_not(None)
    rows = connection.execute(_CLAIMS.where(or_(schema.claim.c.reference == document, shared))).mappings()
    return _with_deliveries(connection, [row for row in rows if document in documents_of(row)])


def _with_deliveries(connection: Connection, rows: Sequence[RowMapping]) -> tuple[Claim, ...]:
    query = _DELIVERIES
    if len(rows) == 1:
        query = query.where(schema.delivery.c.reference.in_(documents_of(rows[0])))
    found: defaultdict[str, list[Delivery]] = defaultdict(list)
    for delivery in _deliveries(connection, query):
        found[delivery.reference].append(delivery)
    return tuple(claim_of(row, tuple(one for name in documents_of(row) for one in found[name])) for row in rows)


def write(connection: Connection, pen: Pen, claims: Sequence[Claim], drafts: Mapping[str, bytes]) -> bool:
    """Store claims with the drafts of their documents; False, with nothing stored, if one was claimed before.

    Raises:
        LedgerDamaged: a reference stands for something else.
    """
    first = pen.next_seq
    rows = [claim_row(claim, first + number) for number, claim in enumerate(claims)]
    if any(_is_claimed(connection, row) for row in rows):
        return False
    connection.execute(insert(schema.claim), rows)
    connection.execute(insert(schema.draft), [_draft_row(name, data, first) for name, data in drafts.items()])
    # claims on one document have its deliveries in common
    deliveries = list(dict.fromkeys(delivery for claim in claims for delivery in claim.deliveries))
    _insert_deliveries(connection, deliveries)
    written = [Record("claim.written", str(row["reference"]), told("claim", row)) for row in rows]
    pen.write([*written, *(_told(one, "planned") for one in deliveries)])
    return True


def _draft_row(reference: str, data: bytes, seq: int) -> dict[str, object]:
    return {"reference": reference, "bytes": data, "sha256": sha256(data), "seq": seq}


def draft(connection: Connection, reference: str) -> Draft:
    """Return the frozen draft of a document.

    Raises:
        LedgerDamaged: it is missing or not what was claimed.
    """
    data = frozen(connection, reference)
    return decoded("draft", reference, lambda: Draft.from_bytes(data))


def frozen(connection: Connection, reference: str) -> bytes:
    """Return the canonical bytes of the draft of a document.

    Raises:
        LedgerDamaged: they are missing or not what was claimed.
    """
    row = connection.execute(select(schema.draft).where(schema.draft.c.reference == reference)).mappings().one_or_none()
    if row is None:
        raise LedgerDamaged(f"draft {reference}: missing")
    if sha256(row["bytes"]) != row["sha256"]:
        raise LedgerDamaged(f"draft {reference}: the bytes do not match their SHA-256")
    data: bytes = row["bytes"]
    return data


def open_deliveries(connection: Connection, output: str) -> tuple[Delivery, ...]:
    """Return an output's deliveries that are pending or under way, oldest claim first."""
    return tuple(_deliveries(connection, _OPEN_DELIVERIES, {"of_output": output}))


def delivered(connection: Connection, output: str) -> tuple[Delivery, ...]:
    """Return the deliveries that have a document in an output, ordered by reference."""
    return tuple(_deliveries(connection, _DELIVERED.order_by(schema.delivery.c.reference), {"of_output": output}))


def read_back(connection: Connection, output: str) -> tuple[datetime, datetime] | None:
    """Return when an output's documents were last read back, and when all of them were."""
    row = connection.execute(select(schema.read_back).where(schema.read_back.c.output == output)).one_or_none()
    return (datetime.fromisoformat(row.at), datetime.fromisoformat(row.whole_at)) if row else None


def record_read_back(connection: Connection, output: str, at: datetime, whole_at: datetime) -> None:
    """Put the instants in the place of those before them."""
    values = {"at": instant(at), "whole_at": instant(whole_at)}
    known = schema.read_back.c.output == output
    if connection.execute(update(schema.read_back).where(known).values(values)).rowcount == 0:
        connection.execute(insert(schema.read_back), {"output": output, **values})


def waiting(connection: Connection) -> dict[str, int]:
    """Return how many deliveries are pending or under way, by output."""
    return {row.output: row.waiting for row in connection.execute(_WAITING)}


def save_delivery(connection: Connection, pen: Pen, delivery: Delivery, event: str) -> None:
    """Put the delivery in the place of what was stored.

    Raises:
        LedgerDamaged: there is no such delivery.
    """
    row = delivery_row(delivery)
    table = schema.delivery
    same = and_(table.c.reference == row["reference"], table.c.output == row["output"])
    stored = connection.execute(update(table).where(same).values(row | {"payload": delivery.payload}))
    if stored.rowcount != 1:
        raise LedgerDamaged(f"delivery {delivery.reference} {delivery.output}: missing")
    pen.write([_told(delivery, event)])


def pinned_client(connection: Connection, output: str, client_id: str) -> str | None:
    """Return the remote id under which a client was first billed there."""
    table = schema.client
    same = and_(table.c.output == output, table.c.client_id == client_id)
    return connection.scalar(select(table.c.remote_id).where(same))


def pin_client(connection: Connection, pen: Pen, output: str, client_id: str, remote_id: str) -> None:
    """Bind a client of an output to its remote id for good; one that is bound already stays as it is."""
    if pinned_client(connection, output, client_id) is None:
        row = {"output": output, "client_id": client_id, "remote_id": storable(remote_id)}
        connection.execute(insert(schema.client), row)
        pen.write([Record("client.pinned", f"{output}:{client_id}", row)])


def _is_claimed(connection: Connection, row: Stored) -> bool:
    found = connection.execute(_SAME_CLAIM, dict(row)).mappings().all()
    if found and not any(all(one[name] == row[name] for name in _IDENTITY) for one in found):
        raise LedgerDamaged(f"claim {row['reference']}: the reference stands for something else")
    return bool(found)


def _insert_deliveries(connection: Connection, deliveries: Iterable[Delivery]) -> None:
    if rows := [delivery_row(one) | {"payload": one.payload} for one in deliveries]:
        connection.execute(insert(schema.delivery), rows)


def _told(delivery: Delivery, event: str) -> Record:
    return Record(f"delivery.{event}", delivery.reference, told("delivery", delivery_row(delivery)))


def _deliveries(
    connection: Connection, query: Select[*tuple[object, ...]], values: Row | None = None
) -> list[Delivery]:
    return [delivery_of(row) for row in connection.execute(query, values).mappings()]
