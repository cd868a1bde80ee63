"""Contracts and claims for tests of the progress statement, made by hand in a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from tracker2invoice.mapping.statement import statements
from tracker2invoice.model.claim import Claim, Part
from tracker2invoice.model.conditions import ChangeOrder
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.invoice import PartKind
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


def house() -> tuple[Contract, tuple[Application, ...]]:
    """A house in three terms, two applications into it: change orders, an advance, retainage and adjustments."""
    contract = deal(
        "250000.00",
        [
            ChangeOrder("CO-1", date(2026, 3, 20), euro("15000.00"), "Second bathroom"),
            ChangeOrder("CO-2", date(2026, 3, 25), euro("-2500.00"), "No skirting boards"),
        ],
        foundation="25000.00",
        roof="95000.00",
        interior="130000.00",
    )
    words = ("Foundation and drains", "Roof with gutters", "Interior finish")
    terms = tuple(replace(term, description=text) for term, text in zip(contract.terms, words, strict=True))
    claims = [
        claim(0, ("advance", "deposit", "20000.00")),
        claim(0, ("work", "foundation", "25000.00"), ("retained", "foundation", "-2500.00")),
        claim(0, ("work", "roof", "40000.00"), ("retained", "roof", "-4000.00")),
        claim(30, ("work", "roof", "22500.00"), ("retained", "roof", "-2250.00"), ("drawn", "deposit", "-5000.00")),
        claim(30, ("work", "interior", "45000.00"), ("retained", "interior", "-4500.00")),
        claim(30, ("escalation", "interior", "900.00"), ("discount", "interior", "-450.00"), name="interior@more"),
    ]
    contract = replace(contract, id="lake-house", title="Lake house", terms=terms)
    return contract, statements(contract, [replace(one, contract=contract.id) for one in claims])
