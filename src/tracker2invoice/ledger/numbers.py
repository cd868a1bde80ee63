"""Statements about the numbers of finalized documents. They run in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import count

from sqlalchemy import Connection, func, insert, select

from tracker2invoice.ledger import schema
from tracker2invoice.ledger.journal import Pen, Record
from tracker2invoice.ledger.rows import instant
from tracker2invoice.model.numbering import Series
from tracker2invoice.model.text import storable

_NUMBER = schema.number.c


def allot(
    connection: Connection, pen: Pen, now: datetime, document: str, series: Series, taken: Collection[str], by: str
) -> str:
    """Store and return the document's number: the one that it has, or the next of the series that is not `taken`."""
    known = numbers(connection)
    if document in known:
        return known[document]
    given = {*taken, *known.values()}
    place = next(one for one in count(_next_place(connection, series)) if series.text(one) not in given)
    row = {
        "reference": document,
        "series": series.name,
        "place": place,
        "number": series.text(place),
        "by": storable(by),
        "at": instant(now),
    }
    connection.execute(insert(schema.number), row)
    pen.write([Record("number.allotted", document, row)])
    return series.text(place)


def numbers(connection: Connection) -> dict[str, str]:
    """Return the number of each document that has one, by its reference."""
    rows = connection.execute(select(_NUMBER.reference, _NUMBER.number))
    return {row.reference: row.number for row in rows}


def _next_place(connection: Connection, series: Series) -> int:
    last: int | None = connection.scalar(select(func.max(_NUMBER.place)).where(_NUMBER.series == series.name))
    return series.first if last is None else max(series.first, last + 1)
