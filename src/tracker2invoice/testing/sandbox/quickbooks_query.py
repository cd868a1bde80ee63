"""What a pretended QuickBooks Online makes of queries, as far as the connector uses the language. No state.

Source: developer.intuit.com, Query operations and syntax: conditions are joined by AND alone, % stands for anything, a
backslash comes before an apostrophe, and what is inactive is left out unless it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

Fields = dict[str, object]

_QUERY = re.compile(r"select \* from (\w+) where (.+) maxresults (\d+)")
_VALUE = r"(?:'(?:[^'\\]|\\.)*'|true|false)"
_CONDITION = re.compile(rf"([\w.]+) (?:(=|like) ({_VALUE})|(in) \(({_VALUE}(?:, {_VALUE})*)\))(?: and |$)")
_ENTITY = "AttachableRef.EntityRef"
_QUERYABLE = {
    "Invoice": ("Id", "DocNumber"),
    "Estimate": ("Id", "DocNumber"),
    "CreditMemo": ("Id", "DocNumber"),
    "Payment": ("Id",),
    "Customer": ("DisplayName", "CompanyName", "PrimaryEmailAddr", "Active"),
    "Attachable": (f"{_ENTITY}.Type", f"{_ENTITY}.value"),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A field, how it is compared, and with what; one of the values must do."""

    field: str
    sign: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for: at most `most` objects of a kind for which all conditions hold."""

    entity: str
    conditions: tuple[Condition, ...]
    most: int

    def holds(self, one: Fields) -> bool:
        """Say whether an object is asked for."""
        asked = {condition.field for condition in self.conditions}
        seen = "Active" in asked or one.get("Active", True)
        return bool(seen) and all(_holds(one, condition) for condition in self.conditions)


def read_query(statement: str) -> Query | None:
    """Return what a statement asks for, None if it is not understood."""
    read = _QUERY.fullmatch(statement)
    if read is None:
        return None
    conditions = tuple(_conditions(read[2]))
    known = _QUERYABLE.get(read[1], ())
    if not conditions or any(one.field not in known for one in conditions):
        return None
    return Query(read[1], conditions, int(read[3]))


def _conditions(text: str) -> Iterator[Condition]:
    while text:
        read = _CONDITION.match(text)
        # a condition without a field is one that nothing knows
        yield Condition(read[1], read[2] or read[4], _values(read[3] or read[5])) if read else Condition("", "", ())
        text = text[read.end() :] if read else ""


def _values(text: str) -> tuple[str, ...]:
    return tuple(re.sub(r"\\(.)", r"\1", one.strip("'")) for one in re.findall(_VALUE, text))


def _holds(one: Fields, condition: Condition) -> bool:
    found = list(_reached(one, condition.field.split(".")))
    if condition.sign != "like":
        return any(value in condition.values for value in found)
    pattern = ".*".join(map(re.escape, condition.values[0].split("%")))
    return any(re.fullmatch(pattern, value) for value in found)


def _reached(value: object, path: list[str]) -> Iterator[str]:
    if isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _reached(item, path)
    elif isinstance(value, dict):
        fields = {name.lower(): item for name, item in cast("Fields", value).items()}
        # of an e-mail address the query names the whole, and means what is in it
        yield from _reached(fields.get((path or ["address"])[0].lower()), path[1:])
    elif value is not None:
        yield str(value).lower() if isinstance(value, bool) else str(value)
