"""An entry in the words of beancount and of hledger. Text stays text: it can begin and end nothing.

Sources: Beancount Language Syntax; hledger manual, "Journal".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pydantic import ValidationError

from tracker2invoice.errors import Rejected
from tracker2invoice.model.invoice import Draft
from tracker2invoice_plaintext import Format, PlaintextSettings
from tracker2invoice_plaintext.entry import Entry, Facts, to_entry

_QUOTED = str.maketrans({"\\": "\\\\", '"': '\\"'})

FULL_WIDTH = str.maketrans(";,|[]", "；，｜［］")  # noqa: RUF001 (they look alike, that is what they are for)
"""What hledger would take for a comment, the end of a tag, the end of a payee or the date of a posting, made harmless.

hledger manual: "Comments", "Tags", "Transaction descriptions", "Posting dates".
"""


def render_beancount(entry: Entry) -> str:
    """Return the entry as a transaction of beancount, flagged `!`."""
    return "\n".join(_beancount(entry)) + "\n"


def render_hledger(entry: Entry) -> str:
    """Return the entry as a transaction of hledger, marked `!`.

    The decimal mark is declared: a main journal whose style is `1.000,00` would read 1000.000 as a million.
    """
    return "\n".join(_hledger(entry)) + "\n"


RENDERERS: Mapping[Format, Callable[[Entry], str]] = {"beancount": render_beancount, "hledger": render_hledger}


def render(output: str, settings: PlaintextSettings, draft: Draft) -> str:
    """Return the draft in the format that is set. Raises like `to_entry`."""
    return RENDERERS[settings.format](to_entry(output, settings, draft))


def show(output: str, settings: PlaintextSettings, draft: Draft, format_: Format) -> bytes:
    """Return the draft in a format, whichever is set.

    Raises:
        Unsupported, Rejected: as `to_entry`; Rejected too if an account is none in that format.
    """
    try:
        # an account of one program may be none of the other
        chosen = PlaintextSettings.model_validate({**settings.model_dump(), "format": format_})
    except ValidationError as error:
        raise Rejected(output, f"the configured accounts are none of {format_}") from error
    return render(output, chosen, draft).encode()


def _beancount(entry: Entry) -> Iterator[str]:
    links = " ".join(f"^{link}" for link in entry.links)
    yield f"{entry.day} ! {_quoted(entry.payee)} {_quoted(entry.narration)} {links}"
    yield f"  reference: {_quoted(entry.reference)}"
    yield f"  due: {entry.due}"
    yield f"  gross: {entry.gross:f} {entry.currency}"
    yield from (f"  {name}: {_quoted(text)}" for name, text in entry.facts)
    for posting in entry.postings:
        yield f"  {posting.account}  {posting.amount:f} {entry.currency}"
        yield from (f"    {name}: {_quoted(text)}" for name, text in posting.facts)


def _hledger(entry: Entry) -> Iterator[str]:
    yield "decimal-mark ."
    yield ""
    yield f"{entry.day} ! ({entry.reference}) {_harmless(entry.payee)} | {_harmless(entry.narration)}"
    yield f"    ; reference: {entry.reference}"
    yield f"    ; due: {entry.due}"
    yield f"    ; gross: {entry.gross:f} {entry.currency}"
    yield from _tags(entry.facts)
    yield from _tags(tuple(("preceding", link) for link in entry.links[1:]))
    for posting in entry.postings:
        yield f"    {posting.account}  {posting.amount:f} {entry.currency}"
        yield from (f"    {tag}" for tag in _tags(posting.facts))


def _tags(facts: Facts) -> Iterator[str]:
    yield from (f"    ; {name}: {_harmless(text)}" for name, text in facts)


def _quoted(text: str) -> str:
    return f'"{text.translate(_QUOTED)}"'


def _harmless(text: str) -> str:
    return text.translate(FULL_WIDTH)
