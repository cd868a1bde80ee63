"""A progress statement turned into words and figures, in the languages of the client. No layout, no I/O.

Labels stand in every language; figures, days and the names of rows are of the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tracker2invoice.documents.text import Plain, all_printable, capped
from tracker2invoice.languages.figures import Figures
from tracker2invoice.languages.labels import Words
from tracker2invoice.model.conditions import ChangeOrder
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.money import Money, half_up
from tracker2invoice.model.statement import Application, Item

COLUMNS = "ABCDEFG%HI"
"""The columns of the continuation sheet in their order; `%` is G / C."""

_PLACED = (
    *("statement", "current_due", "asked", "asked_how", "summary", "sheet", "advances", "orders", "order_number"),
    *("order_date", "description", "additions", "deductions", "net_change", "total"),
)
_SHARE = "#,##0.0"


class StatementView:
    """Says things about the applications of one contract; `data` is all of it, safe to print.

    It does so in the languages of the client, unless others are given.
    """

    def __init__(
        self, contract: Contract, applications: Sequence[Application], languages: Sequence[str] | None = None
    ) -> None:
        self._contract, self._applications = contract, applications
        self._words = Words(contract.client.languages if languages is None else languages)
        self._figures = Figures(contract.currency, self._words.languages[0])
        self._zero = Money.zero(contract.currency)

    def data(self) -> dict[str, Plain]:
        """Return what the templates read."""
        contract = self._contract
        content: dict[str, Plain] = {
            "languages": self._words.languages,
            "labels": {name: self._words.label(name) for name in _PLACED},
            "supplier": contract.supplier.name,
            "contract": contract.title or contract.id,
            "currency": contract.currency,
            "unit": self._unit(),
            "columns": [[letter, self._words.label(f"column_{letter}")] for letter in COLUMNS],
            "applications": [self._application(one) for one in self._applications],
        }
        return {key: all_printable(value) for key, value in content.items()}

    def _application(self, one: Application) -> dict[str, Plain]:
        label, lines = self._words.label, one.lines
        return {
            "heading": label("application", number=str(one.number)) if one.number else label("nothing_billed"),
            "facts": self._facts(one),
            "due": self._figures.money(lines["8"].amount),
            "asked": self._figures.money(one.asked.amount),
            "asked_figure": self._amount(one.asked),
            "lines": [[name, self._line(name, one), self._amount(amount)] for name, amount in lines.items()],
            "advances": [
                [label("advances_billed"), self._amount(one.advances.billed)],
                [label("advances_drawn"), self._amount(one.advances.drawn)],
                [label("advances_left"), self._amount(one.advances.left)],
            ],
            "orders": [self._order(order) for order in one.change_orders],
            "order_totals": self._order_totals(one),
            "net_change": self._amount(lines["2"]),
            "items": [self._item(item) for item in one.items],
            "total": self._row("", self._words.word("total"), one.total),
        }

    def _facts(self, one: Application) -> list[Plain]:
        contract, label = self._contract, self._words.label
        facts = [
            (label("contract"), capped(contract.title or contract.id, 80)),
            (label("to"), capped(contract.client.name, 80)),
            (label("order"), capped(contract.order_reference, 40)),
            (label("period_to"), self._figures.date(one.day)),
            (label("amounts"), self._unit()),
        ]
        return [[title, value] for title, value in facts if value]

    def _unit(self) -> str:
        name = "gross_in" if self._contract.prices_include_tax else "net_in"
        return self._words.word(name, currency=self._contract.currency)

    def _line(self, name: str, one: Application) -> list[str]:
        completed = one.lines["4"].units
        share = Fraction(100 * one.lines["5a"].units, completed) if completed else Fraction(0)
        return self._words.label(f"line_{name}", percent=self._share(share))

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
        name = "" if item.kind == "term" else self._words.word(f"item_{item.kind}")
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
