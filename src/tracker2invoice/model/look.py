"""What the supplier's documents look like, whatever stands on them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Look:
    """The look of every page. `logo` is an SVG that needs nothing else, empty if there is none."""

    logo: str = field(default="", repr=False)


PLAIN = Look()
"""The look of documents for which nothing is configured."""
