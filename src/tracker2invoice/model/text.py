"""What text must be to be kept at all."""

from __future__ import annotations

import re

# PostgreSQL stores no NUL in text (manual, "Character Types"), and a lone surrogate has no UTF-8.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """Return the text with U+FFFD in the place of characters that no database keeps."""
    return _UNSTORABLE.sub("\ufffd", text)
