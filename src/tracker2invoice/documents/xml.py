"""XML trees as values, and the bytes they make. An element without content is none, so that no document has any.

Text is cleaned here and nowhere else: whatever a title holds, the document is well-formed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from lxml import etree

from tracker2invoice.documents.text import clean_lines

NAMESPACES: Mapping[str, str] = {
    "invoice": "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
    "note": "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2",
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}
"""The prefixes that tags are written with: `invoice` and `note` are the roots of UBL 2.1, `rsm` is that of CII D22B."""


class Node(NamedTuple):
    """An element: `prefix:Name`, and either its text or its children."""

    tag: str
    text: str
    children: tuple[Node, ...]
    attributes: Mapping[str, str]


def leaf(tag: str, text: str, **attributes: str) -> Node | None:
    """Return an element with text, none if the text is empty; attributes that are empty are left out."""
    cleaned = clean_lines(text)
    if not cleaned.strip():
        return None
    return Node(tag, cleaned, (), {name: value for name, value in attributes.items() if value})


def group(tag: str, *children: Node | None) -> Node | None:
    """Return an element with those of the children that there are, none if there are none."""
    kept = tuple(child for child in children if child is not None)
    return Node(tag, "", kept, {}) if kept else None


def render(root: Node, namespaces: Mapping[str | None, str]) -> bytes:
    """Return the document in UTF-8, indented; `namespaces` are declared at the root."""
    top = etree.Element(_name(root.tag), nsmap=dict(namespaces))
    unfilled = [(top, root)]
    while unfilled:
        element, node = unfilled.pop()
        for child in node.children:
            below = etree.SubElement(element, _name(child.tag), child.attributes)
            below.text = child.text or None
            unfilled.append((below, child))
    return etree.tostring(top, xml_declaration=True, encoding="UTF-8", pretty_print=True)


@cache
def _name(tag: str) -> str:
    prefix, _, name = tag.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{name}"
