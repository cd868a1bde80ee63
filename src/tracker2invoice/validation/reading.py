"""Reads an electronic invoice into business terms. Whatever the file holds, it is read within bounds or refused.

No entity is resolved, no document type is accepted, nothing outside the file is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from lxml import etree

from tracker2invoice.documents.xml import NAMESPACES
from tracker2invoice.validation.bindings import BINDINGS
from tracker2invoice.validation.bound import Bound, Syntax

_SYNTAXES: Mapping[str, Syntax] = {
    f"{{{NAMESPACES['invoice']}}}Invoice": "ubl",
    f"{{{NAMESPACES['note']}}}CreditNote": "ubl",
    f"{{{NAMESPACES['rsm']}}}CrossIndustryInvoice": "cii",
}
_PREFIXES = {prefix: NAMESPACES[prefix] for prefix in ("cac", "cbc", "rsm", "ram", "udt", "qdt")}
_MANDATORY = f"{{{NAMESPACES['ram']}}}ApplicableHeaderTradeDelivery"
"""The XSD wants this element even if there is nothing to say about the delivery."""

_NUMBER = re.compile(r"[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})", re.ASCII)
_MOST_OF_A_KIND = 20_000
_NAMES: Mapping[str, str] = {
    "BG-1": "note",
    "BG-3": "preceding invoice",
    "BG-16": "payment instructions",
    "BG-20": "allowance",
    "BG-21": "charge",
    "BG-23": "VAT breakdown",
    "BG-24": "supporting document",
    "BG-25": "line",
    "BG-27": "allowance of a line",
    "BG-28": "charge of a line",
    "BG-20 to BG-28": "allowance or charge",
}


CREDIT_NOTES = frozenset(["81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532"])
"""Types of documents (BT-3) that take something back (code list UNCL1001)."""


class Unreadable(Exception):
    """The file is no invoice that can be read; the message says why in words."""


class Value(NamedTuple):
    """A term's text as it stands there, and the row of the file."""

    text: str
    row: int


@dataclass(frozen=True, slots=True)
class Group:
    """Terms that belong together, by their BT number; `id` is the BG number, empty for the head of the document."""

    id: str
    number: int
    row: int
    values: Mapping[str, tuple[Value, ...]]
    syntax: Syntax

    @property
    def place(self) -> str:
        """Which one of its kind it is, in words."""
        return f"{_NAMES[self.id]} {self.number}, row {self.row}" if self.id else ""

    def where(self, *terms: str) -> str:
        """Return the place of the first of these terms that is there, in words."""
        found = next((self.values[term][0].row for term in terms if self.values.get(term)), None)
        return self.place or (f"row {found}" if found else "document")

    def text(self, term: str) -> str:
        """Return a term without blanks around it, empty if it is not there."""
        return self.values[term][0].text.strip() if self.values.get(term) else ""

    def number_of(self, term: str) -> Decimal | None:
        """Return a number; None if it is not there, or none."""
        return decimal(self.text(term))

    def sum_of(self, term: str) -> Decimal:
        """Return the sum of all values of a term; what is no number counts nothing."""
        return sum((decimal(one.text.strip()) or Decimal(0) for one in self.values.get(term, ())), Decimal(0))

    def day_of(self, term: str) -> date | None:
        """Return a day; None if it is not there, or none."""
        return day(self.text(term), self.syntax)

    def texts(self, term: str) -> tuple[str, ...]:
        """Return all values of a term without blanks around them, in their order."""
        return tuple(one.text.strip() for one in self.values.get(term, ()))

    def has(self, term: str) -> bool:
        """Whether the element of a term or group is there, even if it is empty."""
        return term in self.values


@dataclass(frozen=True, slots=True)
class Invoice:
    """An electronic invoice in business terms. `root` is the name of its root, `currencies` each that an amount names,
    that of BT-111 excepted.

    `empty` are the rows of elements that hold nothing.
    """

    syntax: Syntax
    root: str
    head: Group
    groups: Mapping[str, tuple[Group, ...]]
    currencies: Mapping[str, int]
    empty: tuple[int, ...]

    @property
    def lines(self) -> tuple[Group, ...]:
        """BG-25."""
        return self.groups["BG-25"]

    @property
    def is_credit_note(self) -> bool:
        """Whether it takes something back: by its root in UBL, in CII by its type (BT-3)."""
        return self.root == "CreditNote" or (self.syntax == "cii" and self.head.text("BT-3") in CREDIT_NOTES)


def read(content: bytes) -> Invoice:
    """Return the invoice that the XML holds.

    Raises:
        Unreadable: it is not well-formed, has a document type, nests too deeply, has no end of lines, or is no invoice.
    """
    root = _parsed(content)
    name = str(root.tag)
    if name not in _SYNTAXES:
        raise Unreadable("it is no invoice of UBL 2.1 and no Cross Industry Invoice")
    syntax = _SYNTAXES[name]
    binding = BINDINGS[syntax]
    return Invoice(
        syntax=syntax,
        root=etree.QName(root).localname,
        head=_group(root, "", 1, binding.head, syntax),
        groups={id_: _groups(root, id_, bound, syntax) for id_, bound in binding.groups.items()},
        currencies={str(one): one.getparent().sourceline for one in _found(root, binding.currencies)},
        empty=tuple(_empty(root)),
    )


def decimal(text: str) -> Decimal | None:
    """Return the decimal of XSD that the text is; None if it is none, or has more than twenty digits."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def day(text: str, syntax: Syntax) -> date | None:
    """Return the day that the text is, `YYYY-MM-DD` in UBL and `YYYYMMDD` in CII; None if it is none."""
    form, pattern = ("%Y-%m-%d", r"\d{4}-\d\d-\d\d") if syntax == "ubl" else ("%Y%m%d", r"\d{8}")
    if not re.fullmatch(pattern, text, re.ASCII):
        return None
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007 (a day has no zone)
    except ValueError:
        return None


def _parsed(content: bytes) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"it is not well-formed XML: row {error.lineno}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("it has a document type, which no electronic invoice has")
    return root


def _groups(root: Any, id_: str, bound: Bound, syntax: Syntax) -> tuple[Group, ...]:
    elements = _found(root, bound.path)
    if len(elements) > _MOST_OF_A_KIND:
        raise Unreadable(f"it has more than {_MOST_OF_A_KIND} of {id_}, {_NAMES[id_]}")
    return tuple(_group(element, id_, number, bound.terms, syntax) for number, element in enumerate(elements, start=1))


def _group(element: Any, id_: str, number: int, terms: Mapping[str, str], syntax: Syntax) -> Group:
    values = {term: tuple(map(_value, _found(element, path))) for term, path in terms.items()}
    return Group(id_, number, element.sourceline, {term: found for term, found in values.items() if found}, syntax)


def _value(found: Any) -> Value:
    if isinstance(found, str):
        return Value(str(found), found.getparent().sourceline)  # type: ignore[attr-defined]
    return Value("".join(found.itertext()), found.sourceline)


def _found(element: Any, path: str) -> Any:
    return _compiled(path)(element)


@cache
def _compiled(path: str) -> etree.XPath:
    return etree.XPath(path, namespaces=_PREFIXES)


def _empty(root: Any) -> Iterator[int]:
    for element in root.iter():
        if len(element) == 0 and not (element.text or "").strip() and element.tag != _MANDATORY:
            yield element.sourceline
