"""Contracts and claims for tests of the progress statement, made by hand in a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tracker2invoice.model.claim import Claim, Part, PartKind
from tracker2invoice.model.conditions import ChangeOrder
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.money import Money
from tracker2invoice.model.statement import Application
from tracker2invoice.model.term import Match, Term
from tracker2invoice.testing.samples import sample_contract

FIRST = datetime(2026, 3, 2, 12, tzinfo=UTC)


def euro(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def deal(price: str, orders: Sequence[ChangeOrder] = (), **values: str) -> Contract:
    """A contract whose terms are fixed amounts that are billed as the work progresses."""
    terms = tuple(
        Term(name.replace("_", "-"), Match("title", name), fixed=euro(value), progress="issues")
        for name, value in values.items()
    )
    return replace(sample_contract(), price=euro(price), terms=terms, change_orders=tuple(orders))


def claim(day: int, *parts: tuple[PartKind, str, str], at: datetime = FIRST, name: str = "") -> Claim:
    """A claim of so many days after `FIRST`; its parts are kind, term and amount, and make its amount."""
    made = tuple(Part(kind, term, euro(amount)) for kind, term, amount in parts)
    term = name or f"{parts[0][1]}@{day}"
    return Claim(
        reference=f"T2I-{term}",
        contract="acme-portal",
        term=term,
        milestone_key=f"github:1:{day}",
        generation=1,
        amount=sum((part.amount for part in made), Money.zero("EUR")),
        draft_sha256="",
        claimed_at=at + timedelta(days=day),
        parts=made,
    )


def lines(application: Application) -> Mapping[str, str]:
    """The lines of G702 without those that are nothing but parts of line 5."""
    return {name: str(amount.amount) for name, amount in application.lines.items() if name not in ("5a", "5b")}


def columns(application: Application) -> Mapping[str, Sequence[str]]:
    """C, D, E, F, G, G / C in whole percent, H and I of every row, by its term or else its kind."""
    rows: dict[str, Sequence[str]] = {}
    for item in application.items:
        amounts = (item.scheduled, item.previous, item.current, item.stored, item.completed)
        percent = "" if item.percent is None else f"{round(item.percent)} %"
        figures = [str(amount.amount) for amount in amounts]
        rows[item.id or item.kind] = [*figures, percent, str(item.balance.amount), str(item.retainage.amount)]
    return rows
