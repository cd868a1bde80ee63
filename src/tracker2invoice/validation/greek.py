"""What Peppol BIS Billing 3.0 asks of Greek suppliers (3.0.21, 2026-05): their authority knows each invoice by a mark.

The number of an invoice (BT-1) has six segments: tax number of the seller, day, branch, kind of document, series and
number. A program that numbers by itself cannot write it, so that it is only asked of files.
"""

from __future__ import annotations

from stdnum.exceptions import ValidationError
from stdnum.gr import vat

from tracker2invoice.validation.checks import Check, country, country_of_tax, lacks
from tracker2invoice.validation.reading import Group, Invoice

_GREECE = ("GR", "EL")
_KINDS = ("1.1", "1.6", "2.1", "2.4", "5.1", "5.2")
_MARK, _LINK = "##M.AR.K##", "##INVOICE|URL##"
_SEGMENTS, _DIGITS = 6, 9


def _segment(head: Group, number: int) -> str:
    segments = head.text("BT-1").split("|")
    return segments[number] if number < len(segments) else ""


def _is_tax_number(text: str) -> bool:
    # what follows the nine digits is not looked at
    try:
        return vat.validate(text[:_DIGITS]) == text[:_DIGITS]
    except ValidationError:
        return False


def _is_vat_id(text: str) -> bool:
    return text.startswith("EL") and _is_tax_number(text[2:])


def _not_of_seller(head: Group, _: Invoice) -> bool:
    own = _segment(head, 0)
    known = (head.text("BT-31")[2 : 2 + _DIGITS], head.text("BT-63")[2 : 2 + _DIGITS])
    return len(own) != _DIGITS or not _is_tax_number(own) or own not in known


def _other_day(head: Group, _: Invoice) -> bool:
    issued = head.day_of("BT-2")
    return issued is None or _segment(head, 1) != f"{issued:%d/%m/%Y}"


def _documents(invoice: Invoice, kind: str) -> list[Group]:
    return [one for one in invoice.groups["BG-24"] if one.text("BT-123") == kind]


def _in_greece(invoice: Invoice) -> bool:
    return country(invoice, "BT-40") == "GR"


def _own_tax(invoice: Invoice) -> bool:
    return country_of_tax(invoice, "BT-31", "BT-40") in _GREECE


def sold(invoice: Invoice) -> bool:
    """Whether the rules hold: the seller or its agent has a Greek VAT id, or has none and its address in Greece."""
    return country_of_tax(invoice, "BT-31", "BT-40", "BT-63") in _GREECE


def bought(invoice: Invoice) -> bool:
    """Whether the buyer is Greek in the same way."""
    return country_of_tax(invoice, "BT-48", "BT-55") in _GREECE


def _mistaken_buyer(head: Group, invoice: Invoice) -> bool:
    return bought(invoice) and not _is_vat_id(head.text("BT-48"))


def _mistaken_address(head: Group, term: str) -> bool:
    return head.has(term) and not (head.text(f"{term}-1") == "9933" and _is_tax_number(head.text(term)))


CHECKS: tuple[Check, ...] = (
    Check("GR-R-001-1", "", ("BT-1",), "the number has not six segments",
          lambda one, _: one.text("BT-1").count("|") != _SEGMENTS - 1),
    Check("GR-R-001-2", "", ("BT-1", "BT-31"), "the first segment is not the tax number of the seller", _not_of_seller),
    Check("GR-R-001-3", "", ("BT-1", "BT-2"), "the second segment is not the day of issue, DD/MM/YYYY", _other_day),
    Check("GR-R-001-4", "", ("BT-1",), "the third segment is no number",
          lambda one, _: not _segment(one, 2).isdecimal()),
    Check("GR-R-001-5", "", ("BT-1",), "the fourth segment is no kind of document",
          lambda one, _: _segment(one, 3) not in _KINDS),
    Check("GR-R-001-6", "", ("BT-1",), "the fifth segment is empty", lambda one, _: not _segment(one, 4)),
    Check("GR-R-001-7", "", ("BT-1",), "the sixth segment is empty", lambda one, _: not _segment(one, 5)),
    Check("GR-R-002", "", ("BT-28",), "the full name of the seller is missing", lacks("BT-28")),
    Check("GR-R-003", "", ("BT-31",), "the VAT id of the seller is no Greek one",
          lambda one, _: one.has("BT-31") and not _is_vat_id(one.text("BT-31"))),
    Check("GR-S-011", "", ("BT-31",), "the Greek VAT id of the seller is missing",
          lambda one, _: not _is_vat_id(one.text("BT-31")), warning=True),
    Check("GR-R-004-1", "", ("BT-122",), "there is not one mark of the authority",
          lambda _, invoice: _in_greece(invoice) and len(_documents(invoice, _MARK)) != 1),
    Check("GR-R-004-2", "BG-24", ("BT-122",), "the mark is no number above zero",
          lambda one, invoice: _in_greece(invoice) and one.text("BT-123") == _MARK
          and not one.text("BT-122").startswith(tuple("123456789"))),
    Check("GR-R-005", "", ("BT-45",), "the full name of the buyer is missing", lacks("BT-45")),
    Check("GR-R-006", "", ("BT-48",), "the Greek VAT id of the buyer is missing", _mistaken_buyer),
    Check("GR-S-008-1", "", ("BT-124",), "there is no link to the invoice at the authority",
          lambda _, invoice: _in_greece(invoice) and len(_documents(invoice, _LINK)) != 1, warning=True),
    Check("GR-R-008-2", "", ("BT-124",), "there are several links to the invoice at the authority",
          lambda _, invoice: _in_greece(invoice) and len(_documents(invoice, _LINK)) > 1),
    Check("GR-R-008-3", "BG-24", ("BT-124",), "the link to the invoice is missing",
          lambda one, _: one.text("BT-123") == _LINK and not one.text("BT-124")),
    Check("GR-R-009", "", ("BT-34",), "the electronic address of the seller is no Greek tax number",
          lambda one, invoice: _own_tax(invoice) and _mistaken_address(one, "BT-34")),
    Check("GR-R-010", "", ("BT-49",), "the electronic address of the buyer is no Greek tax number",
          lambda one, invoice: bought(invoice) and _mistaken_address(one, "BT-49")),
)  # fmt: skip
"""What is asked where the seller is Greek."""
