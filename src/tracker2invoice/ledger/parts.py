"""The parts of a claim's amount as one text and back. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, cast, get_args

from tracker2invoice.ledger.canonical import canonical, listed
from tracker2invoice.model.claim import Part
from tracker2invoice.model.invoice import PartKind
from tracker2invoice.model.money import Money


def parts_text(parts: Iterable[Part], currency: str) -> str:
    """Return the parts of an amount in `currency` as JSON; what a part does not name is left out.

    Raises:
        ValueError: a part is in another currency, or of a quantity that is no number.
    """
    return canonical([_plain(part, currency) for part in parts])


def parts_of(text: str | None, currency: str) -> tuple[Part, ...]:
    """Return the parts of a stored amount in `currency`; there are none in claims of the first version.

    Raises:
        ValueError, TypeError, ArithmeticError, KeyError: `parts_text` cannot have written this.
    """
    return tuple(_part(one, currency) for one in listed(text)) if text is not None else ()


def number_text(number: Decimal) -> str:
    """Return a number in plain digits, with all of its decimals.

    Raises:
        ValueError: it is infinite or no number.
    """
    if not number.is_finite():
        raise ValueError("not a number that can be counted with")
    return format(number, "f")


def number_of(text: str) -> Decimal:
    """Return the number of a stored text.

    Raises:
        ValueError, ArithmeticError: `number_text` cannot have written this.
    """
    number = Decimal(text)
    if number_text(number) != text:
        raise ValueError("a number in other than plain digits")
    return number


def _plain(part: Part, currency: str) -> dict[str, str]:
    if part.amount.currency != currency:
        raise ValueError("a part is in another currency than the amount")
    plain = {"kind": part.kind, "term": part.term, "amount": number_text(part.amount.amount)}
    if part.item:
        plain["item"] = part.item
    if part.quantity is not None:
        plain["quantity"] = number_text(part.quantity)
    return plain


def _part(plain: Mapping[str, Any], currency: str) -> Part:
    if plain["kind"] not in get_args(PartKind):
        raise ValueError("an unknown kind of part")
    return Part(
        kind=cast("PartKind", plain["kind"]),
        term=plain["term"],
        amount=Money(number_of(plain["amount"]), currency),
        item=plain.get("item", ""),
        quantity=number_of(plain["quantity"]) if "quantity" in plain else None,
    )
