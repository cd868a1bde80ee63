"""Applications for payment as tables for people: the words of the documents, in the width of a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracker2invoice.cli import tables
from tracker2invoice.cli.common import Console
from tracker2invoice.documents.statement import COLUMNS, StatementView
from tracker2invoice.languages.labels import labels
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.statement import Application

_LANGUAGE = "en"
_LABELS = labels(_LANGUAGE)
_SUMMED = ("1", "2", "2a", "3", "4", "5", "6", "7", "8", "9")
_FEWEST = 16
"""Characters that a column of words gets at least."""
_BETWEEN = 2
"""Blanks between two columns."""


def show(console: Console, contract: Contract, application: Application) -> None:
    """Print the lines of one application, the change orders in it, and its continuation sheet."""
    data: Any = StatementView(contract, [application], [_LANGUAGE]).data()
    (one,) = data["applications"]
    lines = [
        *([name, words, amount] for name, (words,), amount in one["lines"]),
        *(["", f"{_LABELS['advances']}: {words}", amount] for (words,), amount in one["advances"]),
        ["", _LABELS["asked"], one["asked_figure"]],
    ]
    where = f"{one['heading'][0]}, {_LABELS['period_to']} {application.day}".lower()
    title = f"{_LABELS['statement']} {data['contract']}: {where}"
    _figures(console, ("", "", f">{data['currency']}"), lines, title=f"{title}\n")
    if one["orders"]:
        heads = ("order_number", "order_date", "description", ">additions", ">deductions")
        _figures(console, _headings(heads), one["orders"], title=f"\n{_LABELS['orders']}\n")
    columns = [f"{'' if letter in 'AB' else '>'}{letter} {_LABELS[f'column_{letter}']}" for letter in COLUMNS]
    _figures(console, columns, [*one["items"], one["total"]], title=f"\n{_LABELS['sheet']}\n")


def show_all(console: Console, contract: Contract, applications: Sequence[Application]) -> None:
    """Print one row of lines for each application."""
    data: Any = StatementView(contract, applications, [_LANGUAGE]).data()
    rows = [
        [str(made.number), made.day.isoformat(), *_summed(one["lines"]), one["asked_figure"]]
        for made, one in zip(applications, data["applications"], strict=True)
    ]
    title = f"{_LABELS['statement']} {data['contract']}, {data['unit']}\n"
    _figures(console, ("no.", "period to", *(f">{name}" for name in _SUMMED), ">asked for"), rows, title=title)


def _summed(lines: Sequence[Sequence[str]]) -> list[str]:
    return [amount for name, _, amount in lines if name in _SUMMED]


def _headings(names: Sequence[str]) -> list[str]:
    return [f"{'>' if name.startswith('>') else ''}{_LABELS[name.removeprefix('>')]}" for name in names]


def _figures(console: Console, headings: Sequence[str], rows: Sequence[Sequence[str]], *, title: str) -> None:
    widths = [_width(*column) for column in zip(headings, *rows, strict=True)]
    tables.show(console, headings, rows, title=title, narrowest=sum(widths) + _BETWEEN * (len(widths) - 1))


def _width(heading: str, *cells: str) -> int:
    longest = max(map(len, (heading.removeprefix(">"), *cells)))
    return longest if heading.startswith(">") else min(longest, _FEWEST)
