"""Statements about what was seen: pinned projects, the state of each poll, milestones.

They run in the caller's transaction; what a change means for billing is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from tracker2invoice.ledger.journal import Pen, Record
from tracker2invoice.ledger.rows import (
    Row,
    instant,
    milestone_key,
    milestone_of,
    milestone_row,
    project_of,
    project_row,
    told,
)
from tracker2invoice.ledger.schema import cursor, milestone, project
from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice.model.text import storable
from tracker2invoice.plugins import Clock, Observed

Change = tuple[str, Row]
"""What happened to a milestone (`closed`, …), and its row from now on."""

_IDENTITY = ("tracker", "project_id", "id")

# built once: every run executes them, and building a statement costs more than executing it
_PROJECTS = select(project).order_by(project.c.label)
_MILESTONES = select(milestone).order_by("tracker", "project_id", "number", "id")
_GONE = select(milestone).where(milestone.c.gone != 0)
_POLLED = and_(cursor.c.tracker == bindparam("of_tracker"), cursor.c.project_id == bindparam("of_project"))
_POSITIONS = select(cursor.c.project_id, cursor.c.cursor).where(cursor.c.tracker == bindparam("of_tracker"))
_POSITION = select(cursor.c.cursor).where(_POLLED)
_LATEST = select(cursor.c.polled_at).where(_POLLED)
_FAILURES = select(cursor.c.failures).where(_POLLED)
_POLL = update(cursor).where(_POLLED)
_UNREAD = (
    select(project.c.label, cursor.c.words, cursor.c.failures)
    .join(cursor, and_(project.c.tracker == cursor.c.tracker, project.c.project_id == cursor.c.project_id))
    .where(cursor.c.failures > 0)
    .order_by(project.c.label)
)


def pin(connection: Connection, pen: Pen, label: str, pinned: Project) -> None:
    """Bind a configured name to a project for good; a name that is bound already stays as it is."""
    row = project_row(label, pinned)
    if connection.scalar(select(project.c.label).where(project.c.label == row["label"])) is None:
        connection.execute(insert(project), row)
        pen.write([Record("project.pinned", label, row)])


def projects(connection: Connection) -> dict[str, Project]:
    """Return the pinned project of each configured name."""
    rows = connection.execute(_PROJECTS).mappings()
    return {row["label"]: project_of(row) for row in rows}


def milestones(connection: Connection) -> tuple[Milestone, ...]:
    """Return every milestone as last seen."""
    return tuple(map(milestone_of, connection.execute(_MILESTONES).mappings()))


def gone(connection: Connection) -> frozenset[str]:
    """Return the keys of milestones that their tracker no longer has."""
    rows = connection.execute(_GONE).mappings()
    return frozenset(map(milestone_key, rows))


def record(connection: Connection, pen: Pen, clock: Clock, observed: Observed) -> tuple[Milestone, ...]:
    """Store a complete reading of a project, except for the state of the poll; return what has changed.

    Where the tracker does not tell when a milestone was closed, it keeps what was seen of the closing.
    """
    known = _known(connection, observed.project)
    latest = connection.scalar(_LATEST, _polled(observed.project.tracker, observed.project.id))
    seen = {key: _with_evidence(row, known.get(key), latest, instant(clock())) for key, row in _rows(observed)}
    changes = list(_changes(known, seen, complete=observed.complete))
    _store(connection, known, [row for _, row in changes])
    renamed = _rename(connection, observed.project)
    pen.write([*renamed, *(_record(what, row) for what, row in changes)])
    return tuple(milestone_of(row) for _, row in changes)


def record_poll(connection: Connection, clock: Clock, tracker: str, project_id: str, position: str) -> None:
    """Remember where the next poll starts, and that this one went well."""
    values: Row = {"cursor": position, "polled_at": instant(clock()), "failures": 0, "words": ""}
    _store_cursor(connection, tracker, project_id, values)


def record_failure(connection: Connection, tracker: str, project_id: str, words: str) -> None:
    """Count a failed poll; where the next one starts stays as it is."""
    failures = connection.scalar(_FAILURES, _polled(tracker, project_id)) or 0
    _store_cursor(connection, tracker, project_id, {"failures": failures + 1, "words": storable(words)})


def position(connection: Connection, tracker: str, project_id: str) -> str | None:
    """Return where the next poll of one project starts, None before the first complete one."""
    return connection.scalar(_POSITION, _polled(tracker, project_id))


def positions(connection: Connection, tracker: str) -> dict[str, str]:
    """Return by project id where the next poll starts, for those that have had a complete one."""
    rows = connection.execute(_POSITIONS, {"of_tracker": tracker})
    return {row.project_id: row.cursor for row in rows if row.cursor is not None}


def unread(connection: Connection) -> dict[str, str]:
    """Return by configured name what went wrong with projects whose latest poll failed, and how often in a row."""
    return {row.label: _in_a_row(row.words, row.failures) for row in connection.execute(_UNREAD)}


def _in_a_row(words: str, failures: int) -> str:
    return words if failures == 1 else f"{words} ({failures} polls in a row)"


def _polled(tracker: str, project_id: str) -> Row:
    return {"of_tracker": tracker, "of_project": project_id}


def _store_cursor(connection: Connection, tracker: str, project_id: str, values: Row) -> None:
    changed = connection.execute(_POLL, {**_polled(tracker, project_id), **values})
    if changed.rowcount == 0:
        empty: Row = {"cursor": None, "polled_at": None, "failures": 0, "words": ""}
        connection.execute(insert(cursor), {"tracker": tracker, "project_id": project_id, **empty, **values})


def _known(connection: Connection, owner: Project) -> dict[str, Row]:
    of_project = and_(milestone.c.tracker == owner.tracker, milestone.c.project_id == owner.id)
    rows = connection.execute(select(milestone).where(of_project).order_by("number", "id")).mappings()
    return {milestone_key(row): dict(row) for row in rows}


def _rows(observed: Observed) -> Iterator[tuple[str, Row]]:
    for row in map(milestone_row, observed.milestones):
        yield milestone_key(row), row


def _with_evidence(row: Row, before: Row | None, latest: str | None, now: str) -> Row:
    """Add between which instants it was closed, if the tracker does not tell when.

    `latest` is when the project was last read. Later changes of a closed milestone say nothing about its closing.
    """
    if row["state"] != "closed" or row["closed_at"] is not None:
        return row
    if before and before["state"] == "closed" and before["closed_until"] and not before["gone"]:
        return {**row, "closed_after": before["closed_after"], "closed_until": before["closed_until"]}
    was_open = before is not None and before["state"] == "open" and not before["gone"]
    changed = row["updated_at"]
    until = min(str(changed), now) if changed else now if was_open else None
    after = latest if was_open and latest and until and latest < until else None
    return {**row, "closed_after": after, "closed_until": until}


def _changes(known: dict[str, Row], seen: dict[str, Row], *, complete: bool) -> Iterator[Change]:
    for key, row in seen.items():
        if what := _what_happened(known.get(key), row):
            yield what, row
    for key, row in known.items():
        if complete and key not in seen and not row["gone"]:
            yield "gone", {**row, "gone": 1}


def _record(what: str, row: Row) -> Record:
    return Record(f"milestone.{what}", milestone_key(row), told("milestone", row))


def _what_happened(before: Row | None, now: Row) -> str | None:
    if before == now:
        return None
    if before is None or before["gone"]:
        return "seen"
    if before["state"] == now["state"]:
        return "changed"
    return "closed" if now["state"] == "closed" else "reopened"


def _store(connection: Connection, known: dict[str, Row], rows: list[Row]) -> None:
    new = [row for row in rows if milestone_key(row) not in known]
    changed = [row for row in rows if milestone_key(row) in known]
    if new:
        connection.execute(insert(milestone), new)
    if changed:
        same = and_(*(milestone.c[name] == bindparam(f"same_{name}") for name in _IDENTITY))
        identified = [row | {f"same_{name}": row[name] for name in _IDENTITY} for row in changed]
        connection.execute(update(milestone).where(same), identified)


def _rename(connection: Connection, seen: Project) -> list[Record]:
    of_project = and_(project.c.tracker == seen.tracker, project.c.project_id == seen.id)
    records: list[Record] = []
    for before in connection.execute(select(project).where(of_project)).mappings():
        now = project_row(before["label"], seen)
        if now != dict(before):
            connection.execute(update(project).where(project.c.label == before["label"]).values(now))
            records.append(Record("project.renamed", before["label"], now))
    return records
