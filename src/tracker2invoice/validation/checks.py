"""What a table of official rules is made of, and how its rules are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tracker2invoice.validation.faults import Fault
from tracker2invoice.validation.reading import Group, Invoice

Broken = Callable[[Group, Invoice], bool]
"""Whether a group of the invoice breaks a rule."""


@dataclass(frozen=True, slots=True)
class Check:
    """A rule by its official id: in which group it is asked (the head if that is empty), of which terms, in words.

    A `warning` is a rule that its makers let a document break.
    """

    rule: str
    group: str
    terms: tuple[str, ...]
    words: str
    broken: Broken
    warning: bool = False


def asked(checks: Iterable[Check], invoice: Invoice) -> Iterator[Fault]:
    """Yield what the rules have against the invoice."""
    for one in checks:
        for group in invoice.groups[one.group] if one.group else (invoice.head,):
            if one.broken(group, invoice):
                yield Fault(one.rule, one.terms, group.where(*one.terms), one.words, one.warning)


def lacks(*terms: str) -> Broken:
    """Return what is broken where one of the terms is not there, or empty."""
    return lambda group, _: not all(map(group.text, terms))


def lacks_in(part: str, *terms: str) -> Broken:
    """Return what is broken where a group is there, and one of its terms is not, or empty."""
    return lambda group, _: group.has(part) and not all(map(group.text, terms))


def none_of(term: str, codes: Iterable[str]) -> Broken:
    """Return what is broken where a term is there, and not one of the codes."""
    known = frozenset(codes)
    return lambda group, _: any(text not in known for text in group.texts(term))


def country(invoice: Invoice, term: str) -> str:
    """Return the country of an address (BT-40, BT-55, BT-69) in capitals."""
    return invoice.head.text(term).upper()


def both_in(invoice: Invoice, code: str) -> bool:
    """Whether seller and buyer have their addresses in the country."""
    return country(invoice, "BT-40") == country(invoice, "BT-55") == code


def country_of_tax(invoice: Invoice, vat_id: str, address: str, *before: str) -> str:
    """Return the country as Peppol takes it: of the first VAT id that there is, else of the address."""
    shown = "".join(invoice.head.text(term) for term in (vat_id, *before))
    return shown[:2].upper() or country(invoice, address)
