"""The LIKE of SQL, as PostgreSQL has it, for sandboxes of systems that hand it through."""

from __future__ import annotations

import re

_SIGNS = {"%": ".*", "_": "."}


def is_like(text: str, pattern: str) -> bool:
    """Say whether the whole text is like the pattern; a backslash takes the meaning from the sign behind it."""
    parts: list[str] = re.findall(r"\\.|.", pattern, re.DOTALL)
    regex = "".join(_SIGNS.get(part, re.escape(part[-1])) for part in parts)
    return re.fullmatch(regex, text, re.DOTALL) is not None
