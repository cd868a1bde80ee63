"""What goes over the wire: JSON with exact numbers, instants to wait for, messages of errors. No I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import NoReturn, cast

_EPOCH_FROM = 1_000_000_000


class NotJson:
    """Stands for a body that is not JSON."""


def read_json(body: bytes) -> object:
    """Return the JSON value with int and Decimal for numbers, or a `NotJson`."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return NotJson()


def write_json(value: object) -> str:
    """Return compact JSON in which decimals are exact numbers: the json module knows floats only.

    Raises:
        TypeError: a float, or anything else that is not a JSON value, a Decimal, a dict or a list.
    """
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return "{" + ",".join(f"{json.dumps(name)}:{write_json(item)}" for name, item in fields.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(write_json, cast("list[object]", value))) + "]"
    if isinstance(value, float):
        raise TypeError("a number is a Decimal or an int, never a float")
    return json.dumps(value, ensure_ascii=False)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def read_instant(value: str, now: datetime) -> datetime | None:
    """Return the instant (UTC) that a header means, or None.

    Understood are seconds from now, seconds since 1970, HTTP dates (RFC 9110, 10.2.3) and RFC 3339.
    """
    if value.isascii() and value.isdigit() and len(value) <= 10:
        seconds = int(value)
        return datetime.fromtimestamp(seconds, UTC) if seconds >= _EPOCH_FROM else now + timedelta(seconds=seconds)
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            instant = parse(value)
        except ValueError:
            continue
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return None


def plain_words(data: object) -> str:
    """Return the message of an error answer, under the names that most systems use for it."""
    if not isinstance(data, dict):
        return ""
    fields = cast("dict[str, object]", data)
    names = ("message", "Message", "error", "error_description", "title", "Title", "detail", "Detail")
    found = [value for name in names if isinstance(value := fields.get(name), str)]
    return ": ".join(dict.fromkeys(found))


def redacted(text: str, secrets: Iterable[str], longest: int) -> str:
    """Return one line of at most `longest` printable characters, without any of the secrets."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    line = "".join(character if character.isprintable() else " " for character in text)
    return line if len(line) <= longest else line[: longest - 1] + "…"


def innermost(error: BaseException) -> str:
    """Name the innermost cause of a broken connection. The outer texts hold URLs, which are nobody's business."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
