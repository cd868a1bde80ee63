"""What goes over the wire: JSON with exact numbers, instants to wait for, messages of errors. No I/O."""

from __future__ import annotations

import hashlib
import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import NoReturn, cast
from urllib.parse import quote, quote_plus

_EPOCH_FROM = 1_000_000_000
# RFC 7519, 3: header, claims and signature; a header begins with {"
_WEB_TOKEN = re.compile(r"eyJ[\w-]{5,}(?:\.[\w-]*){1,2}")
_KNOWN_BY = 8
"""So many first characters of a secret give it away when others cut it short."""


class NotJson:
    """Stands for a body that is not JSON."""


def read_json(body: bytes) -> object:
    """Return the JSON value with int and Decimal for numbers, or a `NotJson`."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError, ArithmeticError):  # the last for an exponent that no decimal has
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
            return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def multipart(fields: Mapping[str, str], files: Mapping[str, tuple[str, bytes, str]]) -> tuple[bytes, str]:
    """Return a form (RFC 7578) and its content type; the same form has the same bytes.

    `files` are their names, contents and content types by the name of the field. Names are ours, in plain ASCII.
    """
    parts = [(f'name="{name}"', "", value.encode()) for name, value in fields.items()]
    parts += [(f'name="{name}"; filename="{file}"', type_, content) for name, (file, content, type_) in files.items()]
    boundary = hashlib.sha256(b"".join(content for _, _, content in parts)).hexdigest()
    return b"".join([*(_part(boundary, *part) for part in parts), f"--{boundary}--\r\n".encode()]), (
        f"multipart/form-data; boundary={boundary}"
    )


def _part(boundary: str, named: str, type_: str, content: bytes) -> bytes:
    head = [f"--{boundary}", f"Content-Disposition: form-data; {named}", *([f"Content-Type: {type_}"] if type_ else [])]
    return "\r\n".join([*head, "", ""]).encode() + content + b"\r\n"


def plain_words(data: object) -> str:
    """Return the message of an error answer, under the names that most systems use for it."""
    if not isinstance(data, dict):
        return ""
    fields = cast("dict[str, object]", data)
    names = ("message", "Message", "error", "error_description", "title", "Title", "detail", "Detail")
    found = [value for name in names if isinstance(value := fields.get(name), str)]
    return ": ".join(dict.fromkeys(found))


def redacted(text: str, secrets: Iterable[str], longest: int) -> str:
    """Return one line of at most `longest` printable characters, without any of the secrets.

    A secret goes as it is, encoded as others may repeat it, or cut short by them; a JSON web token goes in any case.
    """
    for form in sorted({form for secret in secrets for form in _forms(secret)}, key=len, reverse=True):
        text = text.replace(form, "***")
        if len(form) >= 2 * _KNOWN_BY:
            text = re.sub(re.escape(form[:_KNOWN_BY]) + r"[\w.~+/=%-]*", "***", text)
    text = _WEB_TOKEN.sub("***", text)
    line = "".join(character if character.isprintable() else " " for character in text)
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _forms(secret: str) -> Iterator[str]:
    data = secret.encode(errors="surrogatepass")
    encoded = (b64encode(data).decode().rstrip("="), urlsafe_b64encode(data).decode().rstrip("="))
    escaped = (quote(data, safe=""), quote_plus(data), html.escape(secret), json.dumps(secret)[1:-1])
    yield from filter(None, (secret, *encoded, *escaped))


def innermost(error: BaseException) -> str:
    """Name the innermost cause of a broken connection. The outer texts hold URLs, which are nobody's business."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
