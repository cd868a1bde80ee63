"""What the supplier's documents look like, whatever stands on them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Template:
    """A file of the supplier's that says how parts of an invoice are laid out.

    `name` and `text` are those of the file. Pictures that it names lie in its `folder`, and fonts in `fonts` there.
    """

    folder: str
    name: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Look:
    """The look of every page. `logo` is an SVG that needs nothing else, empty if there is none."""

    logo: str = field(default="", repr=False)
    template: Template | None = None


PLAIN = Look()
"""The look of documents for which nothing is configured."""
