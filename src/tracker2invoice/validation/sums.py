"""Do the amounts of an electronic invoice add up?

The official rules take VAT that is wrong by less than one unit of the currency, and lines that are not quantity times
price. These do not. An amount that is missing is the business of `required.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from tracker2invoice.documents.arithmetic import LINE_TOLERANCE, vat_rule
from tracker2invoice.documents.profiles import Profile
from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.validation.faults import Fault
from tracker2invoice.validation.reading import Group, Invoice

_ZERO, _HUNDRED = Decimal(0), Decimal(100)
_Tax = tuple[str, Decimal]
_Sum = tuple[str, str, Callable[[Invoice], Decimal], str]

_SUMS: tuple[_Sum, ...] = (
    ("BR-CO-10", "BT-106", lambda one: _of(one, "BG-25", "BT-131"), "the lines (BT-131) come to"),
    ("BR-CO-11", "BT-107", lambda one: _of(one, "BG-20", "BT-92"), "the allowances (BT-92) come to"),
    ("BR-CO-12", "BT-108", lambda one: _of(one, "BG-21", "BT-99"), "the charges (BT-99) come to"),
    ("BR-CO-13", "BT-109", lambda one: _head(one, "BT-106") - _head(one, "BT-107") + _head(one, "BT-108"),
     "lines less allowances and with charges (BT-106, BT-107, BT-108) come to"),
    ("BR-CO-14", "BT-110", lambda one: _of(one, "BG-23", "BT-117"), "the VAT amounts (BT-117) come to"),
    ("BR-CO-15", "BT-112", lambda one: _head(one, "BT-109") + _head(one, "BT-110"),
     "net and VAT (BT-109, BT-110) come to"),
    ("BR-CO-16", "BT-115", lambda one: _head(one, "BT-112") - _head(one, "BT-113") + _head(one, "BT-114"),
     "the total less what was paid (BT-112, BT-113, BT-114) comes to"),
)  # fmt: skip
"""Rules by the term that must be what others come to."""

_PERCENTAGES = (
    ("BG-20", "BT-92", "BT-93", "BT-94"),
    ("BG-21", "BT-99", "BT-100", "BT-101"),
    ("BG-27", "BT-136", "BT-137", "BT-138"),
    ("BG-28", "BT-141", "BT-142", "BT-143"),
)
_IN_FORINT = Decimal("0.5")
_OPTIONAL = ("BT-107", "BT-108", "BT-110")


def totals(invoice: Invoice, _: Profile) -> Iterator[Fault]:
    """Yield totals that are not what they are made of."""
    for rule, term, made_of, words in _SUMS:
        stated, wanted = invoice.head.number_of(term), made_of(invoice)
        if stated is None and not (term in _OPTIONAL and wanted):
            continue
        if (stated or _ZERO) != wanted:
            said = "it is missing" if stated is None else f"it is {stated:f}"
            yield Fault(rule, (term,), invoice.head.where(term), f"{said}, and {words} {wanted:f}")


def lines(invoice: Invoice, profile: Profile) -> Iterator[Fault]:
    """Yield lines that are not their quantity times their price, and prices below zero."""
    for line in invoice.lines:
        quantity, price, net = (line.number_of(term) for term in ("BT-129", "BT-146", "BT-131"))
        base = line.number_of("BT-149") if line.text("BT-149") else Decimal(1)
        if price is not None and price < 0:
            yield Fault("BR-27", ("BT-146",), line.where(), "its price is below zero")
        if base is not None and base <= 0:
            yield Fault("PEPPOL-EN16931-R121", ("BT-149",), line.where(), "its price is for no quantity above zero")
        if quantity is None or price is None or net is None or base is None or base <= 0:
            continue
        wanted = quantity * price / base + line.sum_of("BT-141") - line.sum_of("BT-136")
        if abs(wanted - net) > _tolerance(invoice, profile):
            words = f"it is {net:f}, and its quantity times its price (BT-129, BT-146) is {wanted:.2f}"
            yield Fault("PEPPOL-EN16931-R120", ("BT-131",), line.where(), words)


def repeated(invoice: Invoice, _: Profile) -> Iterator[Fault]:
    """Yield lines whose id a line before has."""
    first: dict[str, Group] = {}
    for line in invoice.lines:
        id_ = line.text("BT-126")
        if id_ and first.setdefault(id_, line) is not line:
            yield Fault("BT-126", ("BT-126",), line.where(), f"line {first[id_].number} has the same id")


def percentages(invoice: Invoice, profile: Profile) -> Iterator[Fault]:
    """Yield allowances and charges that are not the percentage of their base, or have one of the two alone."""
    for id_, amount, base, percent in _PERCENTAGES:
        for group in invoice.groups[id_]:
            stated, of, rate = (group.number_of(term) for term in (amount, base, percent))
            if profile.name in ("peppol", "xrechnung") and group.has(base) != group.has(percent):
                rule, missing = ("R041", base) if group.has(percent) else ("R042", percent)
                words = "a percentage and its base are there together or not at all"
                yield Fault(f"PEPPOL-EN16931-{rule}", (missing,), group.where(), words)
            if stated is None or of is None or rate is None:
                continue
            if abs(of * rate / _HUNDRED - stated) > _tolerance(invoice, profile):
                words = f"it is {stated:f}, and {rate:f} % of {of:f} is {of * rate / _HUNDRED:.2f}"
                yield Fault("PEPPOL-EN16931-R040", (amount,), group.where(), words)


def _tolerance(invoice: Invoice, profile: Profile) -> Decimal:
    """Return what a product may be off; XRechnung knows that nobody pays in fillers."""
    return _IN_FORINT if profile.name == "xrechnung" and invoice.head.text("BT-5") == "HUF" else LINE_TOLERANCE


def vat(invoice: Invoice, _: Profile) -> Iterator[Fault]:
    """Yield VAT breakdowns whose base is not that of the lines, or whose VAT is not that of the base."""
    parts = _parts(invoice)
    stated: dict[_Tax, list[Group]] = {}
    for group in invoice.groups["BG-23"]:
        stated.setdefault(_tax(group, "BT-118", "BT-119"), []).append(group)
    for tax in parts.keys() - stated.keys():
        words = f"there is none for {_named(tax)}, which lines, allowances or charges have"
        yield Fault("BR-CO-18", ("BG-23",), "document", words)
    for tax, groups in stated.items():
        yield from _breakdown(invoice, tax, groups, parts.get(tax, []))


def _breakdown(invoice: Invoice, tax: _Tax, groups: list[Group], parts: list[Decimal]) -> Iterator[Fault]:
    base = sum((group.sum_of("BT-116") for group in groups), _ZERO)
    amount = sum((group.sum_of("BT-117") for group in groups), _ZERO)
    wanted = sum(parts, _ZERO)
    if base != wanted:
        words = f"the base is {base:f}, and what bears {_named(tax)} comes to {wanted:f}"
        yield Fault(vat_rule(tax[0], "08"), ("BT-116",), groups[0].where(), words)
    exact = base * tax[1] / _HUNDRED
    # VAT that is part of prices, or rounded line by line, may be off by one unit for each of them
    if abs(amount - exact) > max(1, len(parts)) * _unit(invoice):
        words = f"the VAT is {amount:f}, and {tax[1]:f} % of {base:f} is {exact:.2f}"
        yield Fault("BR-CO-17", ("BT-117",), groups[0].where(), words)


def _parts(invoice: Invoice) -> dict[_Tax, list[Decimal]]:
    """Return what bears each tax: the lines, the charges, and less the allowances."""
    found: dict[_Tax, list[Decimal]] = {}
    for id_, amount, category, rate, sign in (
        ("BG-25", "BT-131", "BT-151", "BT-152", 1),
        ("BG-20", "BT-92", "BT-95", "BT-96", -1),
        ("BG-21", "BT-99", "BT-102", "BT-103", 1),
    ):
        for group in invoice.groups[id_]:
            found.setdefault(_tax(group, category, rate), []).append(sign * group.sum_of(amount))
    return found


def _tax(group: Group, category: str, rate: str) -> _Tax:
    return group.text(category), group.number_of(rate) or _ZERO


def _named(tax: _Tax) -> str:
    return f"category {tax[0] or 'unknown'} at {tax[1]:f} %"


def _unit(invoice: Invoice) -> Decimal:
    """Return the smallest amount of the currency, a hundredth if nobody knows it."""
    return Decimal(1).scaleb(-min(2, MINOR_UNITS.get(invoice.head.text("BT-5"), 2)))


def _of(invoice: Invoice, id_: str, term: str) -> Decimal:
    return sum((group.sum_of(term) for group in invoice.groups[id_]), _ZERO)


def _head(invoice: Invoice, term: str) -> Decimal:
    return invoice.head.number_of(term) or _ZERO
