"""Statements about the work in milestones, and its items as one text and back.

They run in the caller's transaction; what is billed for work is not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from tracker2invoice.ledger.canonical import canonical, listed
from tracker2invoice.ledger.journal import Pen, Record
from tracker2invoice.ledger.parts import number_of, number_text
from tracker2invoice.ledger.rows import Row, decoded, instant
from tracker2invoice.ledger.schema import work as table
from tracker2invoice.model.text import storable
from tracker2invoice.model.work import Comment, Labelling, TimeEntry, Work, WorkItem

# built once: every run executes them, and building a statement costs more than executing it
_ALL = select(table).order_by("milestone_key")
_SAME = table.c.milestone_key == bindparam("of_milestone")
_ITEMS = select(table.c["items"]).where(_SAME)
_CHANGE = update(table).where(_SAME)


def record(connection: Connection, pen: Pen, at: datetime, milestone_key: str, work: Work) -> None:
    """Put the work read at that instant in the place of what was known; the same again changes nothing."""
    row: Row = {"milestone_key": storable(milestone_key), "items": items_text(work), "read_at": instant(at)}
    same = {"of_milestone": row["milestone_key"]}
    known = connection.scalar(_ITEMS, same)
    if known == row["items"]:
        return
    if known is None:
        connection.execute(insert(table), row)
    else:
        connection.execute(_CHANGE, same | row)
    pen.write([Record("work.read", milestone_key, row)])


def work(connection: Connection) -> dict[str, Work]:
    """Return the work in each milestone of which it was read, by the milestone's key."""
    rows = connection.execute(_ALL).mappings()
    return {row["milestone_key"]: items_of(row["milestone_key"], row["items"]) for row in rows}


def items_text(work: Work) -> str:
    """Return the items as JSON; what a tracker does not have is left out."""
    return canonical([_plain_item(item) for item in work])


def items_of(milestone_key: str, text: str) -> Work:
    """Return the items of a stored text.

    Raises:
        LedgerDamaged: `items_text` cannot have written it.
    """
    return decoded("work", milestone_key, lambda: tuple(map(_item, listed(text))))


def _plain_item(item: WorkItem) -> dict[str, object]:
    plain: dict[str, object] = {"number": item.number, "title": item.title, "closed": item.closed}
    if item.labels:
        plain["labels"] = item.labels
    if item.points is not None:
        plain["points"] = number_text(item.points)
    if item.estimate is not None:
        plain["estimate"] = number_text(item.estimate)
    if item.closed_at is not None:
        plain["closed_at"] = instant(item.closed_at)
    if item.time:
        plain["time"] = [_plain_time(entry) for entry in item.time]
    if item.comments:
        plain["comments"] = [_plain_comment(comment) for comment in item.comments]
    if item.labellings:
        plain["labellings"] = [_plain_labelling(labelling) for labelling in item.labellings]
    return plain


def _plain_time(entry: TimeEntry) -> dict[str, str]:
    return {"person": entry.person, "day": entry.day.isoformat(), "hours": number_text(entry.hours)}


def _plain_comment(comment: Comment) -> dict[str, str]:
    return {"author": comment.author, "at": instant(comment.at), "text": comment.text, "url": comment.url}


def _plain_labelling(one: Labelling) -> dict[str, str]:
    return {"label": one.label, "by": one.by, "at": instant(one.at), "url": one.url}


def _item(plain: Mapping[str, Any]) -> WorkItem:
    return WorkItem(
        number=plain["number"],
        title=plain["title"],
        closed=_flag(plain["closed"]),
        labels=tuple(plain.get("labels", ())),
        points=number_of(plain["points"]) if "points" in plain else None,
        estimate=number_of(plain["estimate"]) if "estimate" in plain else None,
        time=tuple(map(_time, plain.get("time", ()))),
        closed_at=datetime.fromisoformat(plain["closed_at"]) if "closed_at" in plain else None,
        comments=tuple(map(_comment, plain.get("comments", ()))),
        labellings=tuple(map(_labelling, plain.get("labellings", ()))),
    )


def _time(plain: Mapping[str, Any]) -> TimeEntry:
    return TimeEntry(plain["person"], date.fromisoformat(plain["day"]), number_of(plain["hours"]))


def _comment(plain: Mapping[str, Any]) -> Comment:
    return Comment(plain["author"], datetime.fromisoformat(plain["at"]), plain["text"], plain["url"])


def _labelling(plain: Mapping[str, Any]) -> Labelling:
    return Labelling(plain["label"], plain["by"], datetime.fromisoformat(plain["at"]), plain["url"])


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value
