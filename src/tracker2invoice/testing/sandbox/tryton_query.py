"""What the REST API of a pretended Tryton makes of queries: domains, fields with dots, values in JSON. No state.

Source: trytond 8.2, trytond/protocols/rest.py and jsonrpc.py.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import eq, ge, le
from typing import Any, cast

from tracker2invoice.testing.sandbox.pattern import is_like
from tracker2invoice.testing.sandbox.tryton_books import Fields, TrytonBooks

_TARGETS = {"currency": "currency.currency", "party": "party.party"}
"""Fields that hold the id of a record of that model."""

_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": eq,
    "<=": le,
    ">=": ge,
    "in": lambda value, wanted: value in wanted,
    "like": is_like,
    "ilike": lambda value, wanted: is_like(value.lower(), wanted.lower()),
}


def decoded(text: str) -> Any:
    """Read what stands in a query or a header.

    Raises:
        ValueError: it is no JSON in base64.
    """
    return from_json(base64.urlsafe_b64decode(text))


def from_json(body: bytes) -> Any:
    """Read JSON with Tryton's values.

    Raises:
        ValueError: it is not JSON.
    """
    return json.loads(body, object_hook=_value, parse_float=Decimal)


def to_json(value: object) -> Any:
    """Return plain JSON of Tryton's values."""
    return json.loads(json.dumps(value, default=_tagged))


def matches(books: TrytonBooks, record: Fields, domain: Sequence[Any]) -> bool:
    """Say whether a record is in a domain."""
    if domain and isinstance(domain[0], str) and domain[0] not in ("AND", "OR"):
        field, sign, wanted = domain
        return any(_SIGNS[sign](value, wanted) for value in _reached(books, record, field) if value is not None)
    clauses = [matches(books, record, clause) for clause in domain if not isinstance(clause, str)]
    return any(clauses) if domain and domain[0] == "OR" else all(clauses)


def chosen(books: TrytonBooks, record: Fields, fields: Sequence[str]) -> Fields:
    """Return the fields of a record that are asked for, those of other records nested, and always its id and name."""
    shown: Fields = {"id": record["id"], "__name__": record["__name__"]}
    nested: dict[str, list[str]] = {}
    for field in fields:
        name, _, rest = field.partition(".")
        if rest:
            nested.setdefault(name, []).append(rest)
        else:
            shown[name] = record[name]
    for name, inner in nested.items():
        target = _target(books, record, name)
        if isinstance(target, list):
            shown[name] = [chosen(books, one, inner) for one in cast("list[Fields]", target)]
        else:
            shown[name] = chosen(books, target, inner) if target else target
    return shown


def _reached(books: TrytonBooks, record: Fields, path: str) -> list[Any]:
    """Return what a path leads to; it may lead to several records."""
    name, _, rest = path.partition(".")
    if not rest:
        return [record[name]]
    target = _target(books, record, name)
    others = cast("list[Fields]", target if isinstance(target, list) else [target])
    return [value for other in others for value in _reached(books, other, rest)]


def _target(books: TrytonBooks, record: Fields, name: str) -> Any:
    value = record[name]
    return books.tables[_TARGETS[name]][value] if name in _TARGETS else value


def _tagged(value: object) -> Fields:
    if isinstance(value, date):
        names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
        parts = {name: getattr(value, name) for name in names if hasattr(value, name)}
        return {"__class__": "datetime" if isinstance(value, datetime) else "date", **parts}
    if isinstance(value, bytes):
        return {"__class__": "bytes", "base64": base64.b64encode(value).decode()}
    return {"__class__": "Decimal", "decimal": format(cast("Decimal", value), "f")}


def _value(fields: dict[str, Any]) -> Any:
    parts = {name: value for name, value in fields.items() if name != "__class__"}
    match fields.get("__class__"):
        case "Decimal":
            return Decimal(parts["decimal"])
        case "bytes":
            return base64.b64decode(parts["base64"])
        case "date":
            return date(**parts)
        case "datetime":
            return datetime(**parts, tzinfo=UTC)
        case _:
            return fields
