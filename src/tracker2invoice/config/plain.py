"""Plain data as TOML and JSON give it: tables, lists, and where in them something stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard

Table = dict[str, Any]
Location = tuple[str | int, ...]
"""The keys and positions on the way to a value, as pydantic counts them."""


def is_table(value: object) -> TypeGuard[Table]:
    """Whether the value is a table."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether the value is a list."""
    return isinstance(value, list | tuple)
