"""A progress statement turned into words and figures, in English. No layout, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tracker2invoice.documents.figures import Figures, Plain, all_printable
from tracker2invoice.documents.labels import STATEMENT_LABELS
from tracker2invoice.documents.text import capped
from tracker2invoice.model.conditions import ChangeOrder
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.money import Money, half_up
from tracker2invoice.model.statement import Application, Item

COLUMNS = "ABCDEFG%HI"
"""The columns of the continuation sheet in their order; `%` is G / C."""

_SHARE = "#,##0.0"


class StatementView:
    """Says things about the applications of one contract; `data` is all of it, safe to print."""

    def __init__(self, contract: Contract, applications: Sequence[Application]) -> None:
        self._contract, self._applications = contract, applications
        self._labels = STATEMENT_LABELS
        self._figures = Figures(contract.currency, "en")
        self._zero = Money.zero(contract.currency)

    def data(self) -> dict[str, Plain]:
        """Return what the templates read."""
        contract, labels = self._contract, self._labels
        content: dict[str, Plain] = {
            "language": "en",
            "labels": dict(labels),
            "supplier": contract.supplier.name,
            "contract": contract.title or contract.id,
            "currency": contract.currency,
            "unit": self._unit(),
            "columns": [[letter, labels[f"column_{letter}"]] for letter in COLUMNS],
            "applications": [self._application(one) for one in self._applications],
        }
        return {key: all_printable(value) for key, value in content.items()}

    def _application(self, one: Application) -> dict[str, Plain]:
        labels, lines = self._labels, one.lines
        heading = labels["application"].format(number=one.number) if one.number else labels["nothing_billed"]
        return {
            "heading": heading,
            "facts": self._facts(one),
            "due": self._figures.money(lines["8"].amount),
            "asked": self._figures.money(one.asked.amount),
            "asked_figure": self._amount(one.asked),
            "lines": [[name, self._words(name, one), self._amount(amount)] for name, amount in lines.items()],
            "advances": [
                [labels["advances_billed"], self._amount(one.advances.billed)],
                [labels["advances_drawn"], self._amount(one.advances.drawn)],
                [labels["advances_left"], self._amount(one.advances.left)],
            ],
            "orders": [self._order(order) for order in one.change_orders],
            "order_totals": self._order_totals(one),
            "net_change": self._amount(lines["2"]),
            "items": [self._item(item) for item in one.items],
            "total": self._row("", labels["total"], one.total),
        }

    def _facts(self, one: Application) -> list[list[str]]:
        contract, labels = self._contract, self._labels
        facts = [
            [labels["contract"], capped(contract.title or contract.id, 80)],
            [labels["to"], capped(contract.client.name, 80)],
            [labels["order"], capped(contract.order_reference, 40)],
            [labels["period_to"], self._figures.date(one.day)],
            [labels["amounts"], self._unit()],
        ]
        return [[label, value] for label, value in facts if value]

    def _unit(self) -> str:
        name = "gross_in" if self._contract.prices_include_tax else "net_in"
        return self._labels[name].format(currency=self._contract.currency)

    def _words(self, line: str, one: Application) -> str:
        completed = one.lines["4"].units
        share = Fraction(100 * one.lines["5a"].units, completed) if completed else Fraction(0)
        return self._labels[f"line_{line}"].format(percent=self._share(share))

    def _order(self, order: ChangeOrder) -> list[str]:
        addition = max(self._zero, order.amount)
        return [
            capped(order.number, 40),
            self._figures.date(order.effective, "medium"),
            capped(order.description, 80),
            self._amount(addition),
            self._amount(addition - order.amount),
        ]

    def _order_totals(self, one: Application) -> list[str]:
        amounts = [order.amount for order in one.change_orders]
        additions = sum((amount for amount in amounts if self._zero < amount), self._zero)
        return [self._amount(additions), self._amount(additions - sum(amounts, self._zero))]

    def _item(self, item: Item) -> list[str]:
        name = "" if item.kind == "term" else self._labels[f"item_{item.kind}"]
        words = ": ".join(filter(None, (name, item.description)))
        return self._row(item.id, capped(words, 120), item)

    def _row(self, name: str, words: str, item: Item) -> list[str]:
        amounts = (item.scheduled, item.previous, item.current, item.stored, item.completed)
        percent = "" if item.percent is None else self._share(item.percent)
        figures = [self._amount(amount) for amount in amounts]
        return [name, words, *figures, percent, self._amount(item.balance), self._amount(item.retainage)]

    def _amount(self, amount: Money) -> str:
        return self._figures.amount(amount.amount)

    def _share(self, share: Fraction) -> str:
        return self._figures.number(half_up(share, 1), _SHARE)
