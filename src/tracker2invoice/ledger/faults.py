"""What verification reports; a value, no judgement."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was written: the table, the key of the row, and what is wrong with it."""

    table: str
    row: str
    detail: str
