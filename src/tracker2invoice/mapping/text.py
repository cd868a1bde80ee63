"""Text from trackers and outputs made fit for a document or a sentence. Each format escapes for itself."""

from __future__ import annotations

import unicodedata

LONGEST = 255
"""Characters; GitHub, GitLab and Jira keep shorter titles, so only what is out of order gets cut."""

_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NO_XML = frozenset("\ufffe\uffff")


def one_line(text: str, longest: int = LONGEST) -> str:
    """Return the text in one line, NFC, at most `longest` characters.

    Control characters, lone surrogates, non-characters and marks that turn the reading direction go: XML
    forbids some of them, and the others let a title forge what stands next to it.
    """
    begins = text[: longest * 4]
    plain = begins.isascii() and begins.isprintable()
    kept = begins if plain else "".join(" " if _unfit(char) else char for char in begins)
    line = " ".join(unicodedata.normalize("NFC", kept).split())
    return line if len(line) <= longest and len(text) <= longest * 4 else line[: longest - 1] + "…"


def plural(count: int, noun: str) -> str:
    """Return the count with its noun: `1 bill`, `2 bills`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _unfit(char: str) -> bool:
    return char in _TURNS or char in _NO_XML or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
