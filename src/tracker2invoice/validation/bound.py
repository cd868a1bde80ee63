"""What binds business terms to a syntax: a path for each term, and for each group of terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Syntax = Literal["ubl", "cii"]


@dataclass(frozen=True, slots=True)
class Bound:
    """A group in one syntax: the XPath of its elements, and of its terms from there."""

    path: str
    terms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Binding:
    """All that is read of one syntax: what there is once, by paths from the root, and what there can be several times.

    `currencies` is the path of every currency that an amount of the invoice names, without that of the VAT in the
    currency of accounting (BT-111).
    """

    head: Mapping[str, str]
    groups: Mapping[str, Bound]
    currencies: str


def is_(indicator: str, *, true: bool) -> str:
    """Return the condition that a boolean of XSD holds."""
    words = ("true", "1") if true else ("false", "0")
    return " or ".join(f"normalize-space({indicator})='{word}'" for word in words)
