"""The filter `where` of a pretended Xero: (in)equality and `Contains`, joined by AND and OR, in parentheses. No HTTP.

Source: developer.xero.com, Accounting API, Requests and Responses, and Invoices, "Optimised use of the where filter".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import cast

Test = Callable[[Mapping[str, object]], bool]

_TOKEN = re.compile(r'\s*(\w+\s*(?:==\s*"[^"]*"|\.Contains\("[^"]*"\)|!=\s*null)|\(|\)|AND\b|OR\b)\s*')
_TERM = re.compile(r'(\w+)\s*(?:==\s*"([^"]*)"|\.Contains\("([^"]*)"\)|!=\s*null)')


class NotUnderstood(Exception):
    """What Xero says of a filter that it cannot make sense of, or that fails on a document."""


def condition(text: str) -> Test:
    """Return what a document must meet.

    Raises:
        NotUnderstood: it is no filter of that kind.
    """
    tokens = cast("list[str]", _TOKEN.findall(text))
    if _TOKEN.sub("", text):
        raise NotUnderstood("the where clause is not understood")
    test, left = _either(tokens)
    if left:
        raise NotUnderstood("the where clause goes on after its end")
    return test


def is_optimised(text: str) -> bool:
    """Say whether the filter is one that Xero answers in an organisation of any size."""
    return " OR " not in text and ".Contains(" not in text


def _either(tokens: list[str]) -> tuple[Test, list[str]]:
    first, left = _both(tokens)
    if left[:1] != ["OR"]:
        return first, left
    second, left = _either(left[1:])
    return lambda document: first(document) or second(document), left


def _both(tokens: list[str]) -> tuple[Test, list[str]]:
    first, left = _one(tokens)
    if left[:1] != ["AND"]:
        return first, left
    second, left = _both(left[1:])
    return lambda document: first(document) and second(document), left


def _one(tokens: list[str]) -> tuple[Test, list[str]]:
    if tokens[:1] == ["("]:
        test, left = _either(tokens[1:])
        if left[:1] != [")"]:
            raise NotUnderstood("a parenthesis is not closed")
        return test, left[1:]
    parts = _TERM.fullmatch(tokens[0]) if tokens else None
    if parts is None:
        raise NotUnderstood("the where clause is not understood")
    return _term(parts[1], cast("str | None", parts[2]), cast("str | None", parts[3])), tokens[1:]


def _term(name: str, equal: str | None, part: str | None) -> Test:
    if equal is not None:
        # Contacts, "Optimised use of the where filter": whatever the case
        return lambda document: str(document.get(name, "")).lower() == equal.lower()
    if part is None:
        return lambda document: document.get(name) is not None
    return lambda document: part in _text(document.get(name))


def _text(value: object) -> str:
    if value is None:
        raise NotUnderstood("a text that is not there contains nothing: ask for != null first")
    return str(value)
