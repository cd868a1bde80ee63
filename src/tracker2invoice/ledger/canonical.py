"""The one JSON text of a plain value: what is equal has equal text, so that it can be hashed and compared."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from tracker2invoice.model.text import storable


def canonical(value: object) -> str:
    """Return the JSON text of a value: sorted keys, no spaces.

    Raises:
        TypeError: it holds a float or another value that JSON does not keep exactly.
    """
    return json.dumps(_exact(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def listed(text: str) -> list[Any]:
    """Return what is in a list that was written as JSON text.

    Raises:
        ValueError: the text is no list.
    """
    if not text.startswith("["):
        raise ValueError("not a list")
    found: list[Any] = json.loads(text)
    return found


def _exact(value: object) -> object:
    match value:
        case None | bool() | int():
            return value
        case str():
            return storable(value)
        case Mapping():
            pairs = cast("Mapping[Any, object]", value)
            return {storable(key): _exact(item) for key, item in pairs.items()}
        case list() | tuple():
            return [_exact(item) for item in cast("Sequence[object]", value)]
        case _:
            raise TypeError(f"the ledger cannot hold a {type(value).__name__}")
