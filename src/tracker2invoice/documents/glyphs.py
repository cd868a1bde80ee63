"""Which characters the bundled fonts can show, read from their `cmap` tables.

PDF/A forbids text without a glyph (ISO 19005-3, 6.2.11), and the renderer stops there; so it has to be known
before. Source of the layout: OpenType 1.9.1, "OpenType font file" (table directory) and "cmap", format 12.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"


def has_glyph(character: str) -> bool:
    """Say whether a bundled family of fonts has a glyph for the character, in every weight that there is of it."""
    return ord(character) in _coverage()


def characters(font: bytes) -> Iterator[int]:
    """Yield the code points that a TrueType font has glyphs for.

    Raises:
        ValueError: the font has no `cmap` subtable of format 12.
    """
    cmap = font[_table(font, b"cmap") :]
    subtable = cmap[_full_unicode(cmap) :]
    (groups,) = struct.unpack_from(">I", subtable, 12)
    for index in range(groups):
        first, last, _ = struct.unpack_from(">III", subtable, 16 + 12 * index)
        yield from range(first, last + 1)


@cache
def _coverage() -> frozenset[int]:
    families: dict[str, frozenset[int]] = {}
    for path in FONTS.glob("*.ttf"):
        family, there = path.stem.partition("_")[0], frozenset(characters(path.read_bytes()))
        families[family] = families.get(family, there) & there
    return frozenset[int]().union(*families.values())


def _table(font: bytes, name: bytes) -> int:
    (count,) = struct.unpack_from(">H", font, 4)
    for index in range(count):
        tag, _, offset, _ = struct.unpack_from(">4sIII", font, 12 + 16 * index)
        if tag == name:
            return int(offset)
    raise ValueError("the font has no such table")


def _full_unicode(cmap: bytes) -> int:
    (count,) = struct.unpack_from(">H", cmap, 2)
    for index in range(count):
        _, _, offset = struct.unpack_from(">HHI", cmap, 4 + 8 * index)
        if struct.unpack_from(">H", cmap, offset) == (12,):
            return int(offset)
    raise ValueError("the font has no full Unicode mapping")
