"""A progress statement as CSV, for spreadsheets and imports, by the same rules as `table.py`."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from tracker2invoice.documents.text import cell
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.money import Money, half_up
from tracker2invoice.model.statement import Application, Item


def render_statement_table(contract: Contract, applications: Sequence[Application]) -> bytes:
    """Return the applications as CSV: a row of column names, then one for each item with the lines it is part of."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(name for one in applications[:1] for name in _cells(contract, one, one.total))
    writer.writerows(_cells(contract, one, item).values() for one in applications for item in one.items)
    return target.getvalue().encode()


def _cells(contract: Contract, one: Application, item: Item) -> dict[str, str]:
    return {
        "contract": cell(contract.id),
        "contract_title": cell(contract.title),
        "supplier": cell(contract.supplier.name),
        "client": cell(contract.client.name),
        "currency": cell(contract.currency),
        "application": str(one.number),
        "period_to": one.day.isoformat(),
        "kind": cell(item.kind),
        "item": cell(item.id),
        "description": cell(item.description),
        "scheduled": _plain(item.scheduled),
        "previous": _plain(item.previous),
        "this_period": _plain(item.current),
        "stored": _plain(item.stored),
        "completed": _plain(item.completed),
        "percent": "" if item.percent is None else format(half_up(item.percent, 2), "f"),
        "balance": _plain(item.balance),
        "retainage": _plain(item.retainage),
        **{f"line_{name}": _plain(amount) for name, amount in one.lines.items()},
        "advances_billed": _plain(one.advances.billed),
        "advances_drawn": _plain(one.advances.drawn),
        "advances_left": _plain(one.advances.left),
        "asked": _plain(one.asked),
    }


def _plain(amount: Money) -> str:
    return format(amount.amount, "f")
