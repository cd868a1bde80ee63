"""Text that Invoice Ninja shows as it is. Pure.

It takes parts of a line's text for something else. CleanLineItems.php replaces four pieces of scripts;
Helpers::processReservedKeywords puts months and years for words such as :MONTH; PdfBuilder.php shows tags as HTML,
puts values for variables such as $client.name and, where a company has switched it on, reads Markdown.
"""

from __future__ import annotations

import re

JOINER = "\N{WORD JOINER}"
"""Invisible, and never a place where a line breaks (Unicode, 23.2)."""

_TAKEN_FOR_SOMETHING_ELSE = re.compile(
    r"<(?=[\w/!?])|\](?=\()|\$(?=[A-Za-z])|:(?=(?:MONTH|YEAR|QUARTER|WEEK))|(?:on)(?=error)|(?:prompt|alert)(?=\()",
    re.IGNORECASE,
)


def inert(text: str) -> str:
    """Return the text with an invisible character in whatever Invoice Ninja would not show as it is."""
    return _TAKEN_FOR_SOMETHING_ELSE.sub(rf"\g<0>{JOINER}", text)
