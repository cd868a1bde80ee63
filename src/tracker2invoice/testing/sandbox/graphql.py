"""The small part of GraphQL that a sandbox needs: one query with variables, aliases and arguments. It knows no vendor.

Source: the GraphQL specification (October 2021), section 2. There are no fragments and no directives. An object is a
mapping from the names of its fields to values, or to functions of a field's arguments.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

Arguments = Mapping[str, object]
Thing = Mapping[str, object]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*|-?\d+|[{}()\[\]:$!=]')


class Invalid(Exception):
    """The query asks for what there is not, or cannot be read."""


class Refused(Exception):
    """A field cannot be given: it becomes null, and its error stands beside the data."""


@dataclass(frozen=True, slots=True)
class _Field:
    alias: str
    name: str
    arguments: Mapping[str, object]
    inner: tuple[_Field, ...]


@dataclass(frozen=True, slots=True)
class _Variable:
    name: str


@dataclass(slots=True)
class _Answer:
    variables: Mapping[str, object]
    errors: list[dict[str, object]] = field(default_factory=list[dict[str, object]])


def answer(query: str, variables: Mapping[str, object], root: Thing) -> dict[str, object]:
    """Return what a server answers: `data`, with `errors` beside it where a field was refused, or only `errors`."""
    try:
        state = _Answer(variables)
        data = _object(state, _Parser(query).operation(), root, ())
    except Invalid as error:
        return {"errors": [{"message": str(error)}]}
    return {"data": data, **({"errors": state.errors} if state.errors else {})}


def connection(rows: Sequence[Thing], arguments: Arguments, most: int = 100) -> Thing:
    """Return a page of a list. `first` is at most `most`; each row has an `id`, and the cursor is that of the last.

    The list is in an order that does not change, and one that is gone does not move the others.
    """
    ids = [str(row["id"]) for row in rows]
    after = arguments.get("after")
    start = _position(ids, _decoded(str(after))) if after is not None else 0
    first = arguments.get("first")
    end = start + min(first if isinstance(first, int) else most, most)
    page = rows[start:end]
    info = {"hasNextPage": end < len(rows), "endCursor": _encoded(str(page[-1]["id"])) if page else None}
    return {"nodes": list(page), "pageInfo": info}


def _position(ids: Sequence[str], last: str) -> int:
    """Return where the list goes on behind an id; ids count up."""
    return next((index for index, one in enumerate(ids) if _number(one) > _number(last)), len(ids))


def _number(global_id: str) -> int:
    return int(global_id.rpartition("/")[2])


def _encoded(text: str) -> str:
    return base64.b64encode(json.dumps({"id": text}).encode()).decode()


def _decoded(cursor: str) -> str:
    try:
        return str(json.loads(base64.b64decode(cursor))["id"])
    except (ValueError, KeyError, TypeError):
        raise Invalid("Please provide a valid cursor") from None


def _object(state: _Answer, fields: Sequence[_Field], thing: Thing, path: tuple[str, ...]) -> dict[str, object]:
    return {one.alias: _value(state, one, thing, (*path, one.alias)) for one in fields}


def _value(state: _Answer, asked: _Field, thing: Thing, path: tuple[str, ...]) -> object:
    if asked.name not in thing:
        raise Invalid(f"Field '{asked.name}' doesn't exist")
    value = thing[asked.name]
    try:
        if callable(value):
            value = cast("Callable[[Arguments], object]", value)(_resolved(state, asked.arguments))
    except Refused as error:
        state.errors.append({"message": str(error), "path": list(path)})
        return None
    return _completed(state, asked, value, path)


def _completed(state: _Answer, asked: _Field, value: object, path: tuple[str, ...]) -> object:
    if isinstance(value, list):
        return [_completed(state, asked, one, path) for one in cast("list[object]", value)]
    if isinstance(value, Mapping):
        if not asked.inner:
            raise Invalid(f"Field '{asked.name}' must have selections")
        return _object(state, asked.inner, cast("Thing", value), path)
    return value


def _resolved(state: _Answer, arguments: Mapping[str, object]) -> dict[str, object]:
    return {
        name: state.variables.get(value.name) if isinstance(value, _Variable) else value
        for name, value in arguments.items()
    }


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: Iterator[str] = iter(_TOKEN.findall(text))
        self._now = next(self._tokens, "")

    def operation(self) -> tuple[_Field, ...]:
        while self._now not in ("{", ""):  # the variables' types are not looked at
            self._take()
        return self._selections()

    def _take(self, expected: str = "") -> str:
        token = self._now
        if not token or (expected and token != expected):
            raise Invalid(f"Parse error on {token or 'the end of the file'}")
        self._now = next(self._tokens, "")
        return token

    def _selections(self) -> tuple[_Field, ...]:
        self._take("{")
        fields: list[_Field] = []
        while self._now != "}":
            fields.append(self._field())
        self._take("}")
        return tuple(fields)

    def _field(self) -> _Field:
        name = alias = self._take()
        if self._now == ":":
            self._take()
            name = self._take()
        arguments = self._arguments() if self._now == "(" else {}
        return _Field(alias, name, arguments, self._selections() if self._now == "{" else ())

    def _arguments(self) -> dict[str, object]:
        self._take("(")
        found: dict[str, object] = {}
        while self._now != ")":
            name = self._take()
            self._take(":")
            found[name] = self._literal()
        self._take(")")
        return found

    def _literal(self) -> object:
        word = self._take()
        if word == "$":
            return _Variable(self._take())
        if word.startswith('"'):
            return cast("object", json.loads(word))
        return int(word) if word.lstrip("-").isdigit() else word
