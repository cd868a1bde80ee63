"""What Peppol BIS Billing 3.0 asks for wherever the parties are (3.0.21, 2026-05), besides EN 16931 and the settings.

XRechnung has some of these rules too. What is asked of settings too is in `documents/preflight.py`, sums are judged in
`sums.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tracker2invoice.documents.profiles import Profile
from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.validation.checks import Broken, Check, asked, both_in, lacks, none_of
from tracker2invoice.validation.faults import Fault
from tracker2invoice.validation.reading import Group, Invoice


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ALLOWANCES = _codes("41 42 60 62 63 64 65 66 67 68 70 71 88 95 100 102 103 104 105")
_CHARGES = _codes(
    "AA AAA AAC AAD AAE AAF AAH AAI AAS AAT AAV AAY AAZ ABA ABB ABC ABD ABF ABK ABL ABN ABR ABS ABT ABU ACF "
    "ACG ACH ACI ACJ ACK ACL ACM ACS ADC ADE ADJ ADK ADL ADM ADN ADO ADP ADQ ADR ADT ADW ADY ADZ AEA AEB AEC "
    "AED AEF AEH AEI AEJ AEK AEL AEM AEN AEO AEP AES AET AEU AEV AEW AEX AEY AEZ AJ AU CA CAB CAD CAE CAF "
    "CAI CAJ CAK CAL CAM CAN CAO CAP CAQ CAR CAS CAT CAU CAV CAW CAX CAY CAZ CD CG CS CT DAB DAC DAD DAF DAG "
    "DAH DAI DAJ DAK DAL DAM DAN DAO DAP DAQ DL EG EP ER FAA FAB FAC FC FH FI GAA HAA HD HH IAA IAB ID IF IR "
    "IS KO L1 LA LAA LAB LF MAE MI ML NAA OA PA PAA PC PL PRV RAB RAC RAD RAF RE RF RH RV SA SAA SAD SAE SAI "
    "SG SH SM SU TAB TAC TT TV V1 V2 WH XAA YY ZZZ"
)
"""Reasons of allowances (UNCL5189) and charges (UNCL7161)."""

_FILES = (
    "application/pdf",
    "image/png",
    "image/jpeg",
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.spreadsheet",
)
_INVOICES = _codes(
    "71 80 82 84 102 218 219 326 331 380 382 383 384 386 388 393 395 553 575 623 780 817 870 875 876 877"
)
_CREDIT_NOTES = _codes("381 396 81 83 532")
_GERMAN_ONLY = ("326", "384")
_TAX_POINTS: Mapping[str, tuple[str, ...]] = {"ubl": ("3", "35", "432"), "cii": ("5", "29", "72")}
_PROCESSES = (
    "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
    "urn:peppol:france:billing:regulated",
    "urn:peppol:france:billing:non-regulated",
    "urn:peppol:bis:billing_with_response",
)
_FUNDS = _codes("BOV CHE CHW CLF CNH COU MXV USN UYI UYW XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX")
_CURRENCIES = _FUNDS | MINOR_UNITS.keys()
_OBJECT = "130"
_CATEGORIES = {
    "PEPPOL-EN16931-P0104": ("VATEX-EU-G", "G"),
    "PEPPOL-EN16931-P0105": ("VATEX-EU-O", "O"),
    "PEPPOL-EN16931-P0106": ("VATEX-EU-IC", "K"),
    "PEPPOL-EN16931-P0107": ("VATEX-EU-AE", "AE"),
    "PEPPOL-EN16931-P0108": ("VATEX-EU-D", "E"),
    "PEPPOL-EN16931-P0109": ("VATEX-EU-F", "E"),
    "PEPPOL-EN16931-P0110": ("VATEX-EU-I", "E"),
    "PEPPOL-EN16931-P0111": ("VATEX-EU-J", "E"),
}


def _odd_category(code: str, category: str) -> Broken:
    return lambda one, _: one.text("BT-121").upper() == code and one.text("BT-118") != category


def _before(line: Group, invoice: Invoice) -> bool:
    first, begin = invoice.head.day_of("BT-73"), line.day_of("BT-134")
    return first is not None and begin is not None and begin < first


def _after(line: Group, invoice: Invoice) -> bool:
    last, end = invoice.head.day_of("BT-74"), line.day_of("BT-135")
    return last is not None and end is not None and end > last


def _odd_discount(line: Group, _: Invoice) -> bool:
    gross, net, off = (line.number_of(term) for term in ("BT-148", "BT-146", "BT-147"))
    return gross is not None and net is not None and net != gross - (off or 0)


def _several_notes(_: Group, invoice: Invoice) -> bool:
    return len(invoice.groups["BG-1"]) > 1 and not both_in(invoice, "DE")


def _foreign_currency(head: Group, invoice: Invoice) -> bool:
    return not _CURRENCIES.issuperset({*invoice.currencies, *head.texts("BT-6")})


SHARED: tuple[Check, ...] = (
    Check("PEPPOL-EN16931-R043", "BG-20 to BG-28", (), "it says in other words than true and false which of both it is",
          lambda one, _: one.text("indicator") not in ("true", "false")),
    Check("PEPPOL-EN16931-R044", "BG-25", ("BT-147",), "its price has a charge, and there is room for a discount alone",
          none_of("BT-147-0", ("false",))),
    Check("PEPPOL-EN16931-R046", "BG-25", ("BT-146",), "its price is not that before the discount less the discount",
          _odd_discount),
    Check("PEPPOL-EN16931-R053", "", ("BT-110",), "there is not one total of VAT",
          lambda one, invoice: len(one.texts("BT-110")) > 1 or (invoice.syntax == "ubl" and not one.has("BT-110"))),
    Check("PEPPOL-EN16931-R054", "", ("BT-111",), "there is not one total of VAT in the currency of accounting",
          lambda one, _: len(one.texts("BT-111")) != one.has("BT-6")),
    Check("PEPPOL-EN16931-R061", "BG-16", ("BT-89",), "a direct debit needs the reference of its mandate",
          lambda one, _: one.text("BT-81") in ("49", "59") and not one.has("BT-89")),
    Check("PEPPOL-EN16931-R101", "BG-25", ("BT-128",), "it refers to a document that is no invoiced object",
          lambda one, _: one.has("BT-128") and _OBJECT not in one.texts("BT-128-0")),
    Check("PEPPOL-EN16931-R110", "BG-25", ("BT-134",), "its period begins before that of the invoice", _before),
    Check("PEPPOL-EN16931-R111", "BG-25", ("BT-135",), "its period ends after that of the invoice", _after),
    Check("PEPPOL-EN16931-R130", "BG-25", ("BT-150",), "its price is for another unit than its quantity",
          lambda one, _: one.has("BT-150") and one.text("BT-150") != one.text("BT-130")),
)  # fmt: skip
"""What XRechnung has too."""

CHECKS: tuple[Check, ...] = (
    Check("PEPPOL-EN16931-R002", "", ("BT-22",), "there is room for one note", _several_notes),
    Check("PEPPOL-EN16931-R004", "", ("BT-24",), "the specification identifier has '::'",
          lambda one, _: "::" in one.text("BT-24")),
    Check("PEPPOL-EN16931-R006", "", ("BT-18",), "there is room for one invoiced object",
          lambda one, _: len(one.texts("BT-18")) > 1),
    Check("PEPPOL-EN16931-R007", "", ("BT-23",), "Peppol does not know the business process",
          lambda one, _: one.text("BT-23") not in _PROCESSES),
    Check("PEPPOL-EN16931-R053", "", ("BT-110",), "there is not one total of VAT", lacks("BT-110")),
    Check("PEPPOL-EN16931-R080", "", ("BT-11",), "there is room for one project",
          lambda one, invoice: invoice.root == "CreditNote" and len(one.texts("BT-11")) > 1),
    Check("PEPPOL-EN16931-R100", "BG-25", ("BT-128",), "there is room for one invoiced object",
          lambda one, _: len(one.texts("BT-128")) > 1),
    Check("PEPPOL-EN16931-P0100", "", ("BT-3",), "Peppol knows no invoice of this type",
          lambda one, invoice: not invoice.is_credit_note and one.text("BT-3") not in _INVOICES | {""}),
    Check("PEPPOL-EN16931-P0101", "", ("BT-3",), "Peppol knows no credit note of this type",
          lambda one, invoice: invoice.is_credit_note and one.text("BT-3") not in _CREDIT_NOTES | {""}),
    Check("PEPPOL-EN16931-P0112", "", ("BT-3",), "documents of this type are for German parties alone",
          lambda one, invoice: one.text("BT-3") in _GERMAN_ONLY and not both_in(invoice, "DE")),
    *(Check(rule, "BG-23", ("BT-118", "BT-121"), f"the reason is one of category {category}",
            _odd_category(code, category)) for rule, (code, category) in _CATEGORIES.items()),
    Check("PEPPOL-EN16931-CL001", "BG-24", ("BT-125-1",), "a file of this kind is not taken",
          none_of("BT-125-1", _FILES)),
    Check("PEPPOL-EN16931-CL002", "BG-20", ("BT-98",), "there is no such reason", none_of("BT-98", _ALLOWANCES)),
    Check("PEPPOL-EN16931-CL002", "BG-27", ("BT-140",), "there is no such reason", none_of("BT-140", _ALLOWANCES)),
    Check("PEPPOL-EN16931-CL003", "BG-21", ("BT-105",), "there is no such reason", none_of("BT-105", _CHARGES)),
    Check("PEPPOL-EN16931-CL003", "BG-28", ("BT-145",), "there is no such reason", none_of("BT-145", _CHARGES)),
    Check("PEPPOL-EN16931-CL006", "", ("BT-8",), "there is no such code for the day of VAT",
          lambda one, invoice: one.has("BT-8") and one.text("BT-8") not in _TAX_POINTS[invoice.syntax]),
    Check("PEPPOL-EN16931-CL007", "", ("BT-5",), "an amount is in a currency that there is not", _foreign_currency),
)  # fmt: skip


def peppol(invoice: Invoice, profile: Profile) -> Iterator[Fault]:
    """Yield what the rules of Peppol have against an invoice that follows it, or follows XRechnung."""
    if profile.name in ("peppol", "xrechnung"):
        yield from asked(SHARED, invoice)
    if profile.name == "peppol":
        yield from asked(CHECKS, invoice)
