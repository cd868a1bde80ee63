"""The part of GraphQL that a sandbox needs to answer queries as a server does: it reads a query and resolves it.

Of the language (spec.graphql.org) it knows one query with variables, aliases, arguments, inline fragments and named
fragments, and no directives. Objects are given by the sandbox as dictionaries of fields; it knows no vendor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

Object = Mapping[str, Any]
"""What a type is made of: values, or functions of the arguments that give them. `__typename` is its name."""

Path = tuple[str | int, ...]

_TOKEN = re.compile(r'[\s,]+|#[^\n]*|(\.\.\.|[!$():=@\[\]{}|&]|[_A-Za-z]\w*|-?\d+(?:\.\d+)?|"(?:[^"\\\n]|\\.)*")')
_CONSTANTS: Mapping[str, object] = {"true": True, "false": False, "null": None}


class Refused(Exception):
    """The query is refused as a whole; `code` is what servers write into `extensions`."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Missing(Exception):
    """A resolver raises it: the value is null, and the answer has an error of this `kind` with its path."""

    def __init__(self, message: str, kind: str = "NOT_FOUND") -> None:
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
    arguments: Mapping[str, object]
    selection: Selection


@dataclass(frozen=True, slots=True)
class Fragment:
    """Fields that are asked for if the object is of that type; a named one has its selection elsewhere."""

    on: str
    selection: Selection
    name: str = ""


Selection = tuple["Field | Fragment", ...]


@dataclass(slots=True)
class Query:
    """A query that was read, and the variables it came with."""

    selection: Selection = ()
    fragments: dict[str, Fragment] = field(default_factory=dict[str, Fragment])
    variables: Mapping[str, object] = field(default_factory=dict[str, object])

    def arguments(self, one: Field) -> dict[str, Any]:
        """Return the arguments of a field, with the values of the variables."""
        return {name: self._value(value) for name, value in one.arguments.items()}

    def fields(self, selection: Selection, kind: str = "") -> Iterator[Field]:
        """Yield the fields of a selection for an object of that type; without one, those of every type."""
        for one in selection:
            if isinstance(one, Field):
                yield one
                continue
            found = self.fragments[one.name] if one.name else one
            if kind in ("", found.on):
                yield from self.fields(found.selection, kind)

    def _value(self, value: object) -> object:
        if isinstance(value, Variable):
            return self.variables[value.name]
        if isinstance(value, dict):
            return {name: self._value(one) for name, one in cast("dict[str, object]", value).items()}
        return [self._value(one) for one in cast("list[object]", value)] if isinstance(value, list) else value


def read_query(text: str, variables: Mapping[str, object]) -> Query:
    """Read a query.

    Raises:
        Refused: it is none.
    """
    try:
        query = _Reader(text).document()
    except (IndexError, ValueError) as error:
        raise Refused(f"Parse error: {error}", "parseError") from None
    query.variables = variables
    return query


def resolve(query: Query, root: Object) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the data, and the errors about parts of it.

    Raises:
        Refused: a field is asked for that its type does not have.
    """
    errors: list[dict[str, Any]] = []
    return _object(query, query.selection, root, (), errors), errors


def _object(query: Query, selection: Selection, of: Object, path: Path, errors: list[dict[str, Any]]) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    for one in query.fields(selection, of["__typename"]):
        if one.name not in of:
            raise Refused(f"Field '{one.name}' doesn't exist on type '{of['__typename']}'", "undefinedField")
        here = (*path, one.alias)
        answer[one.alias] = _complete(query, one, _resolved(of[one.name], query.arguments(one)), here, errors)
    return answer


def _resolved(value: object, arguments: dict[str, Any]) -> object:
    try:
        return value(**arguments) if callable(value) else value
    except Missing as missing:
        return missing


def _complete(query: Query, one: Field, value: object, path: Path, errors: list[dict[str, Any]]) -> object:
    if isinstance(value, Missing):
        errors.append({"type": value.kind, "path": list(path), "message": str(value)})
        return None
    if isinstance(value, list):
        rows = cast("list[object]", value)
        return [_complete(query, one, row, (*path, index), errors) for index, row in enumerate(rows)]
    if isinstance(value, Mapping):
        return _object(query, one.selection, cast("Object", value), path, errors)
    return value


class _Reader:
    """Reads a document by recursive descent, one token ahead."""

    def __init__(self, text: str) -> None:
        self._tokens = [found for found in _tokens(text) if found]
        self._at = 0

    def document(self) -> Query:
        query = Query()
        while self._at < len(self._tokens):
            if self._next_is("fragment"):
                name = self._take()
                self._expect("on")
                query.fragments[name] = Fragment(self._take(), self._selection(), name)
            else:
                if self._next_is("query"):
                    self._declarations()
                query.selection = self._selection()
        return query

    def _declarations(self) -> None:
        if self._peek() not in ("(", "{"):
            self._take()
        if self._next_is("("):
            while not self._next_is(")"):
                self._take()

    def _selection(self) -> Selection:
        self._expect("{")
        found: list[Field | Fragment] = []
        while not self._next_is("}"):
            found.append(self._fragment() if self._next_is("...") else self._field())
        return tuple(found)

    def _fragment(self) -> Fragment:
        name = self._take()
        return Fragment(self._take(), self._selection()) if name == "on" else Fragment("", (), name)

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
            return word[1:-1]
        return int(word) if word.lstrip("-").isdecimal() else _CONSTANTS.get(word, word)

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
        yield found[1] or ""
