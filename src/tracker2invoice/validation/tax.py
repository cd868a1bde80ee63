"""Do categories, rates and reasons of VAT go together, and are days and currencies possible?"""

from __future__ import annotations

from collections.abc import Iterator

from tracker2invoice.documents.arithmetic import vat_rule
from tracker2invoice.documents.profiles import Profile
from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.validation.faults import Fault
from tracker2invoice.validation.reading import Group, Invoice

_CATEGORIES = frozenset(["S", "Z", "E", "AE", "K", "G", "O", "L", "M"])
_OF_RATE_ZERO = frozenset(["Z", "E", "AE", "K", "G", "O"])
_WITH_REASON = frozenset(["E", "AE", "K", "G", "O"])


def categories(invoice: Invoice, _: Profile) -> Iterator[Fault]:
    """Yield categories that there are not, and rates that do not go with them."""
    for id_, category, rate in (
        ("BG-25", "BT-151", "BT-152"),
        ("BG-20", "BT-95", "BT-96"),
        ("BG-21", "BT-102", "BT-103"),
        ("BG-23", "BT-118", "BT-119"),
    ):
        for group in invoice.groups[id_]:
            yield from _category(group, category, rate)


def _category(group: Group, category: str, rate: str) -> Iterator[Fault]:
    code, percent = group.text(category), group.number_of(rate)
    if code and code not in _CATEGORIES:
        yield Fault("BR-CL-17", (category,), group.where(), "there is no such VAT category")
        return
    if code == "S" and (percent is None or percent <= 0):
        yield Fault("BR-S-05", (rate,), group.where(), "category S needs a rate above zero")
    if code in _OF_RATE_ZERO and percent:
        yield Fault(vat_rule(code, "05"), (rate,), group.where(), f"category {code} has no rate but 0")
    if code in _CATEGORIES and code != "O" and percent is None and code != "S":
        yield Fault("BR-48", (rate,), group.where(), "the rate is missing")


def reasons(invoice: Invoice, _: Profile) -> Iterator[Fault]:
    """Yield breakdowns that say why there is no VAT where there is, or do not say why there is none."""
    for group in invoice.groups["BG-23"]:
        code, terms = group.text("BT-118"), ("BT-120", "BT-121")
        said = any(group.text(term) for term in terms)
        if code in _WITH_REASON and not said:
            yield Fault(vat_rule(code, "10"), terms, group.where(), "the reason for charging no VAT is missing")
        if code in ("S", "Z", "L", "M") and said:
            yield Fault(
                vat_rule(code, "10"), terms, group.where(), f"category {code} has no reason for charging no VAT"
            )


def within_eu(invoice: Invoice, _: Profile) -> Iterator[Fault]:
    """Yield what a supply within the EU lacks: where it went, and when."""
    head = invoice.head
    if not _has(invoice, "K"):
        return
    if not head.text("BT-80"):
        yield Fault("BR-IC-12", ("BT-80",), "document", "the country of delivery is missing")
    if not any(head.text(term) for term in ("BT-72", "BT-73", "BT-74")):
        yield Fault("BR-IC-11", ("BT-72", "BG-14"), "document", "the day or period of delivery is missing")


def outside_vat(invoice: Invoice, _: Profile) -> Iterator[Fault]:
    """Yield VAT ids and other categories beside what is outside the scope of VAT."""
    if not _has(invoice, "O"):
        return
    for term in ("BT-31", "BT-48"):
        if invoice.head.text(term):
            words = "what is outside the scope of VAT shows no VAT id"
            yield Fault("BR-O-02", (term,), invoice.head.where(term), words)


def days(invoice: Invoice, _: Profile) -> Iterator[Fault]:
    """Yield days that cannot follow each other."""
    head = invoice.head
    for first, last, rule, words in (
        ("BT-2", "BT-9", "BT-9", "it is due before it is issued"),
        ("BT-73", "BT-74", "BR-29", "the period of delivery ends before it begins"),
    ):
        if _reversed(head, first, last):
            yield Fault(rule, (last,), head.where(last), words)
    for line in invoice.lines:
        if _reversed(line, "BT-134", "BT-135"):
            yield Fault("BR-30", ("BT-135",), line.where(), "its period ends before it begins")
    if head.text("BT-7") and head.text("BT-8"):
        yield Fault("BR-CO-03", ("BT-7", "BT-8"), head.where("BT-7"), "the day of VAT and its code exclude each other")


def currencies(invoice: Invoice, _: Profile) -> Iterator[Fault]:
    """Yield currencies that there are not, amounts in others, and VAT that is not told in that of accounting."""
    head, own = invoice.head, invoice.head.text("BT-5")
    if own and own not in MINOR_UNITS:
        yield Fault("BR-CL-04", ("BT-5",), head.where("BT-5"), "there is no such currency")
    for currency, row in invoice.currencies.items():
        if currency != own:
            words = "an amount is in another currency than the invoice"
            yield Fault("PEPPOL-EN16931-R051", ("BT-5",), f"row {row}", words)
    if not head.text("BT-6"):
        return
    if head.text("BT-6") == own:
        words = "the currency of accounting is there only if it is another than that of the invoice"
        yield Fault("PEPPOL-EN16931-R005", ("BT-6",), head.where("BT-6"), words)
    if not head.text("BT-111"):
        yield Fault("BR-53", ("BT-111",), "document", "the VAT in the currency of accounting is missing")
    elif (head.number_of("BT-110") or 0) * (head.number_of("BT-111") or 0) < 0:
        words = "the VAT in the currency of accounting has another sign than that of the invoice"
        yield Fault("PEPPOL-EN16931-R055", ("BT-111",), head.where("BT-111"), words)


def _reversed(group: Group, first: str, last: str) -> bool:
    begin, end = group.day_of(first), group.day_of(last)
    return begin is not None and end is not None and end < begin


def _has(invoice: Invoice, category: str) -> bool:
    return any(group.text("BT-118") == category for group in invoice.groups["BG-23"])
