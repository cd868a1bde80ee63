"""Parameters in the notation of Stripe's API: `lines[0][metadata][ref]=x` is a list of objects. No HTTP.

Source: docs.stripe.com/api, "Make requests". Every value is text.
"""

from __future__ import annotations

import re
from typing import cast
from urllib.parse import parse_qsl

Fields = dict[str, object]

_PART = re.compile(r"\[([^\]]*)\]")


def read_form(text: str) -> Fields:
    """Return the nested parameters of a form-encoded text."""
    nested: Fields = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, _, _ = name.partition("[")
        parts = [head, *cast("list[str]", _PART.findall(name))]
        within = nested
        for part in parts[:-1]:
            within = cast("Fields", within.setdefault(part, {}))
        within[parts[-1]] = value
    return cast("Fields", _with_lists(nested))


def _with_lists(value: object) -> object:
    if not isinstance(value, dict):
        return value
    fields = {name: _with_lists(item) for name, item in cast("Fields", value).items()}
    if fields and all(name.isdecimal() for name in fields):
        return [fields[name] for name in sorted(fields, key=int)]
    return fields
