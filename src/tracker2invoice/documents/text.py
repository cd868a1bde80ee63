"""Foreign text made fit for a document: no control characters, no reordering, no formulas, no odd links.

Text from trackers is hostile. Nothing here interprets it, and nothing here touches an amount.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from tracker2invoice.documents.glyphs import has_glyph

Plain: TypeAlias = "str | Sequence[Plain] | Mapping[str, Plain]"
"""What a template gets: texts in lists and mappings, never a number."""

LONGEST_TITLE = 300
"""Characters of a tracker's text that a page shows: longer text makes rendering slow and pages unreadable."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_BREAKS = re.compile("[\t\n\v\f\r\x85\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}]+")
_UNWANTED = frozenset({"Cc", "Cs", "Co", "Cn"})
# Unicode Standard Annex 9, table 4 and section 2.6: the characters that reorder what stands around them
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_WEB = re.compile(r"https?://[A-Za-z0-9\[][!-~]{0,1999}", re.IGNORECASE)
_TOGETHER = re.compile(r"(?<=\d) (?=\d|[A-Z]{3}\b)|(?<=\b[A-Z]{3}) (?=\d)| (?=[%:;])")
_FORMULA = tuple("=+-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\uff0d\N{FULLWIDTH COMMERCIAL AT}")


def clean(text: str) -> str:
    """Return the text on one line, in NFC, without control, surrogate, private, unassigned or bidi ones."""
    if text.isascii() and text.isprintable():
        return text.strip()
    kept = "".join(character for character in _BREAKS.sub(" ", text) if _is_wanted(character))
    return unicodedata.normalize("NFC", kept).strip()


def clean_lines(text: str) -> str:
    """Return clean text that keeps its line breaks."""
    return "\n".join(map(clean, text.split("\n")))


def printable(text: str) -> str:
    """Return clean text in which every character that the bundled fonts lack is U+FFFD, for all to see.

    Invisible characters (category Cf, variation selectors) are dropped: they only shape what the fonts lack.
    """
    return "".join(
        character if has_glyph(character) else REPLACEMENT for character in clean(text) if not _is_invisible(character)
    )


def all_printable(value: Plain) -> Plain:
    """Return the same with every text fit for the bundled fonts."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {key: all_printable(one) for key, one in value.items()}
    return [all_printable(one) for one in value]


def capped(text: str, longest: int = LONGEST_TITLE) -> str:
    """Return at most `longest` characters; a cut shows as an ellipsis."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def unbroken(text: str) -> str:
    """Return a sentence in which no line of a page ends within a number, or before its currency or sign."""
    return _TOGETHER.sub("\N{NO-BREAK SPACE}", text)


def web_link(url: str) -> str:
    """Return the address if it is a plain ASCII http or https address, else nothing."""
    return url if _WEB.fullmatch(url) else ""


def cell(text: str) -> str:
    """Return clean text that no spreadsheet takes for a formula: an apostrophe before `=`, `+`, `-`, `@`.

    Source: OWASP, "CSV Injection". For text only; a number that starts with a minus is a number.
    """
    cleaned = clean(text)
    # what is invisible may be dropped by the program that reads the cell
    first = next((character for character in cleaned if not (_is_invisible(character) or character.isspace())), "")
    return f"'{cleaned}" if first in _FORMULA else cleaned


def _is_wanted(character: str) -> bool:
    return unicodedata.category(character) not in _UNWANTED and character not in _BIDI


def _is_invisible(character: str) -> bool:
    is_variation_selector = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return is_variation_selector or unicodedata.category(character) == "Cf"
