"""Decimals, days, instants and contents of files as Tryton's JSON writes them. Pure.

Form: trytond 8.2, trytond/protocols/jsonrpc.py, `{"__class__": "Decimal", "decimal": "1.00"}` and the like. Instants
are UTC without a zone.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, cast

from pydantic import BeforeValidator


def decimal_value(amount: Decimal) -> dict[str, object]:
    """Return an amount as Tryton writes it."""
    return {"__class__": "Decimal", "decimal": format(amount, "f")}


def date_value(day: date) -> dict[str, object]:
    """Return a day as Tryton writes it."""
    return {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}


def bytes_value(content: bytes) -> dict[str, object]:
    """Return what is in a file as Tryton writes it."""
    return {"__class__": "bytes", "base64": b64encode(content).decode()}


def datetime_value(instant: datetime) -> dict[str, object]:
    """Return an aware instant as Tryton writes it, cut to the second before."""
    utc = instant.astimezone(UTC)
    time = {"hour": utc.hour, "minute": utc.minute, "second": utc.second, "microsecond": 0}
    return {**date_value(utc.date()), "__class__": "datetime", **time}


def _plain(value: object) -> object:
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, object]", value)
    match fields.get("__class__"):
        case "Decimal":
            return fields.get("decimal")
        case "date":
            return "-".join(str(fields.get(name)).zfill(2) for name in ("year", "month", "day"))
        case _:
            return fields


Amount = Annotated[Decimal, BeforeValidator(_plain)]
Day = Annotated[date, BeforeValidator(_plain)]
