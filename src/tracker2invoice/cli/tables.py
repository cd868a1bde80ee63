"""Tables for people. Text from trackers is shown as text: no control characters, no markup."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console as Terminal
from rich.table import Table
from rich.text import Text

from tracker2invoice.cli.common import Console, plain
from tracker2invoice.mapping.actions import Action
from tracker2invoice.model.claim import Claim

WIDE = 160
_LONGEST_TITLE, _LONGEST_CELL = 120, 1000
_COLOURS = {
    "bill": "green",
    "hold": "yellow",
    "withdraw": "yellow",
    "release": "green",
    "credit": "yellow",
    "none": "dim",
    "soon": "yellow",
    "FAILED": "red",
}


def show(
    console: Console, headings: Sequence[str], rows: Iterable[Sequence[str]], title: str = "", narrowest: int = 0
) -> None:
    """Print a table, on stderr when stdout belongs to a machine. Columns named with ">" are right-aligned.

    `narrowest` is how many characters it needs at least; with it no figure is broken, however narrow the terminal is.
    """
    table = Table(title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False, expand=False)
    for heading in headings:
        right = heading.startswith(">")
        table.add_column(
            heading.removeprefix(">"),
            justify="right" if right else "left",
            overflow="fold",
            no_wrap=right and narrowest > 0,
        )
    for row in rows:
        table.add_row(*(Text(plain(cell, _LONGEST_CELL), style=_COLOURS.get(cell, "")) for cell in row))
    stream = sys.stderr if console.as_json else sys.stdout
    terminal = Terminal(file=stream, width=None if stream.isatty() else WIDE, highlight=False)
    terminal.width = max(terminal.width, narrowest)
    terminal.print(table)


def actions(console: Console, planned: Sequence[Action], claims: Mapping[str, Claim]) -> None:
    """Print a plan, or what became of it."""
    if not planned:
        console.say("There is nothing to bill and nothing waits.")
        return
    rows = [
        (
            action.kind,
            action.contract,
            action.term,
            plain(action.milestone.title, _LONGEST_TITLE) if action.milestone else "",
            str(action.amount or ""),
            action.reference,
            _state(action, claims),
        )
        for action in planned
    ]
    show(console, ("action", "contract", "term", "milestone", ">amount", "reference", "state or reason"), rows)


def _state(action: Action, claims: Mapping[str, Claim]) -> str:
    claim = claims.get(action.reference)
    if action.kind in ("bill", "credit") and claim:
        return ", ".join(f"{one.output} {one.state}" for one in claim.deliveries)
    if action.kind == "bill":
        others = [one for one in action.documents if one != action.reference]
        return "would go to " + ", ".join(action.outputs) + (f" as {', '.join(others)}" if others else "")
    settle = f" → {action.reason.command}" if action.reason.command else ""
    return f"{action.reason.code}: {action.reason.words}{settle}"
