"""The part of GraphQL that a sandbox needs to answer queries as a server does: it reads a query and resolves it.

Of the language (GraphQL specification, October 2021, section 2) it knows one query with variables, aliases, arguments
and named fragments. The types of variables are not looked at. It knows no vendor.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

Arguments = Mapping[str, Any]
Object = Mapping[str, Any]
"""What a type is made of: values, or functions of the arguments that give them. `__typename` is for fragments."""

Path = tuple[str | int, ...]
Errors = list[Mapping[str, object]]

_TOKEN = re.compile(r'[\s,]+|(\.\.\.|[!$():=@\[\]{}]|[A-Za-z_]\w*|-?\d+|"(?:[^"\\\n]|\\.)*")')


class Refused(Exception):
    """The query is refused as a whole; `code` is what servers write into `extensions`."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Missing(Exception):
    """A value that cannot be given, raised or returned: it is null, and its error stands beside the data."""

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that comes with the query."""

    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field that is asked for; `alias` is its name in the answer."""

    alias: str
    name: str
    arguments: Arguments
    selection: Selection


@dataclass(frozen=True, slots=True)
class Spread:
    """Stands for the fields of a fragment."""

    name: str


@dataclass(frozen=True, slots=True)
class Fragment:
    """Fields that are asked for if the object is of that type."""

    on: str
    selection: Selection


Selection = tuple["Field | Spread", ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was read, and the variables it came with."""

    selection: Selection
    fragments: Mapping[str, Fragment]
    variables: Mapping[str, object]

    def arguments(self, one: Field) -> Arguments:
        """Return the arguments of a field, with the values of the variables."""
        return {name: self._value(value) for name, value in one.arguments.items()}

    def fields(self, selection: Selection, kind: str = "") -> Iterator[Field]:
        """Yield the fields of a selection for an object of that type; without one, those of every type."""
        for one in selection:
            if isinstance(one, Field):
                yield one
            elif kind in ("", self.fragments[one.name].on):
                yield from self.fields(self.fragments[one.name].selection, kind)

    def _value(self, value: object) -> object:
        return self.variables.get(value.name) if isinstance(value, Variable) else value


def read_query(text: str, variables: Mapping[str, object]) -> Query:
    """Read a query.

    Raises:
        Refused: it is none.
    """
    try:
        return _Reader(text).document(variables)
    except (IndexError, ValueError) as error:
        raise Refused(f"Parse error: {error}", "parseError") from None


def resolve(query: Query, root: Object) -> dict[str, object]:
    """Return what a server answers: `data`, with `errors` beside it where a value is missing.

    Raises:
        Refused: a field is asked for that its type does not have, or nothing is asked of an object.
    """
    errors: Errors = []
    data = _object(query, query.selection, root, (), errors)
    return {"data": data, **({"errors": errors} if errors else {})}


def _object(query: Query, selection: Selection, of: Object, path: Path, errors: Errors) -> dict[str, object]:
    answer: dict[str, object] = {}
    for one in query.fields(selection, of.get("__typename", "")):
        if one.name not in of:
            raise Refused(f"Field '{one.name}' doesn't exist", "undefinedField")
        value = _resolved(of[one.name], query.arguments(one))
        answer[one.alias] = _complete(query, one, value, (*path, one.alias), errors)
    return answer


def _resolved(value: object, arguments: Arguments) -> object:
    try:
        return cast("Callable[[Arguments], object]", value)(arguments) if callable(value) else value
    except Missing as missing:
        return missing


def _complete(query: Query, one: Field, value: object, path: Path, errors: Errors) -> object:
    if isinstance(value, Missing):
        kind = {"type": value.kind} if value.kind else {}
        errors.append({**kind, "path": list(path), "message": str(value)})
        return None
    if isinstance(value, list):
        rows = cast("list[object]", value)
        return [_complete(query, one, row, (*path, index), errors) for index, row in enumerate(rows)]
    if isinstance(value, Mapping):
        if not one.selection:
            raise Refused(f"Field '{one.name}' must have selections", "selectionMismatch")
        return _object(query, one.selection, cast("Object", value), path, errors)
    return value


class _Reader:
    """Reads a document by recursive descent, one token ahead."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    def document(self, variables: Mapping[str, object]) -> Query:
        while self._peek() not in ("{", ""):
            self._take()
        selection, fragments = self._selection(), dict[str, Fragment]()
        while self._peek():
            self._expect("fragment")
            name = self._take()
            self._expect("on")
            fragments[name] = Fragment(self._take(), self._selection())
        return Query(selection, fragments, variables)

    def _selection(self) -> Selection:
        self._expect("{")
        found: list[Field | Spread] = []
        while not self._next_is("}"):
            found.append(Spread(self._take()) if self._next_is("...") else self._field())
        return tuple(found)

    def _field(self) -> Field:
        alias = name = self._take()
        if self._next_is(":"):
            name = self._take()
        arguments = self._pairs(")") if self._next_is("(") else {}
        return Field(alias, name, arguments, self._selection() if self._peek() == "{" else ())

    def _pairs(self, end: str) -> dict[str, object]:
        found: dict[str, object] = {}
        while not self._next_is(end):
            name = self._take()
            self._expect(":")
            found[name] = self._value()
        return found

    def _value(self) -> object:
        word = self._take()
        if word == "$":
            return Variable(self._take())
        if word == "{":
            return self._pairs("}")
        if word == "[":
            rows: list[object] = []
            while not self._next_is("]"):
                rows.append(self._value())
            return rows
        if word.startswith('"'):
            return cast("object", json.loads(word))
        return int(word) if word.lstrip("-").isdecimal() else word

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next_is(self, token: str) -> bool:
        found = self._peek() == token
        self._at += found
        return found

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise ValueError(f"expected {token}")


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ValueError(f"unexpected {text[at]!r}")
        at = found.end()
        if found[1]:
            yield found[1]
