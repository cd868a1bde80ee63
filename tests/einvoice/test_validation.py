"""`validate` finds right what our writers write, and names each thing that is wrong by rule, term and place."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tests.einvoice.rules import Syntax, broken_rules
from tests.einvoice.scenarios import SCENARIOS
from tests.einvoice.test_official_rules import WRITERS

from tracker2invoice.documents.preflight import objections
from tracker2invoice.documents.profiles import PROFILES, ProfileName
from tracker2invoice.documents.xml import NAMESPACES
from tracker2invoice.model.invoice import Draft
from tracker2invoice.validation.bindings import BINDINGS
from tracker2invoice.validation.faults import Fault
from tracker2invoice.validation.judge import Verdict, judge
from tracker2invoice.validation.reading import Group, Invoice, read
from tracker2invoice.validation.required import EVERYWHERE

RICH = "deposit, retainage and discount"
SYNTAXES: tuple[Syntax, ...] = ("ubl", "cii")
PREFIXES = {prefix: NAMESPACES[prefix] for prefix in ("cac", "cbc", "rsm", "ram", "udt", "qdt")}
Changes = Mapping[tuple[str, int], str | None]
"""What a term says instead, counted from 0 in the order of the file; None takes it away."""


@cache
def drafts(name: str) -> tuple[Draft, ...]:
    return SCENARIOS[name].drafts()


def written(syntax: Syntax, profile: ProfileName = "en16931", name: str = RICH) -> bytes:
    return WRITERS[syntax](drafts(name)[2 if name == RICH else 0], PROFILES[profile])


def found(root: Any, syntax: Syntax, term: str, number: int) -> Any:
    """Return the element or attribute that holds a term."""
    binding = BINDINGS[syntax]
    paths = [
        f"({bound.path})/{path}"
        for bound in binding.groups.values()
        for path in bound.terms.get(term, "").split("|")
        if path
    ]
    return root.xpath("|".join(paths) or binding.head[term], namespaces=PREFIXES)[number]


def changed(syntax: Syntax, document: bytes, changes: Changes) -> bytes:
    root = etree.fromstring(document)
    for (term, number), text in changes.items():
        element = found(root, syntax, term, number)
        if isinstance(element, str):
            holder: Any = element
            name = holder.attrname
            holder.getparent().attrib.pop(name)
            if text is not None:
                holder.getparent().set(name, text)
        elif text is None:
            element.getparent().remove(element)
        else:
            element.text = text
    return etree.tostring(root)


def rules(faults: tuple[Fault, ...]) -> set[str]:
    return {fault.rule for fault in faults}


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_is_found_wrong_with_what_our_writers_write(name: str) -> None:
    for draft in drafts(name):
        for profile in PROFILES.values():
            if not objections(draft, profile):
                for syntax in SYNTAXES:
                    verdict = judge(WRITERS[syntax](draft, profile))
                    advance = {"BR-DE-17", "DE-R-017"} if "386" in draft.exact_type_code else set[str]()
                    assert (verdict.kind, verdict.profile, rules(verdict.faults) - advance) == (
                        syntax,
                        profile.name,
                        set(),
                    )
                    assert all(fault.warning for fault in verdict.faults)


def spelt(group: Group) -> dict[str, object]:
    """Return terms as values that do not depend on the syntax."""
    texts = {term: group.text(term) for term in group.values if term[:2] == "BT"}
    return {term: group.day_of(term) or text for term, text in texts.items()}


def all_groups(invoice: Invoice) -> Iterator[Group]:
    yield invoice.head
    for groups in invoice.groups.values():
        yield from groups


@pytest.mark.parametrize("name", SCENARIOS)
def test_both_syntaxes_are_read_alike(name: str) -> None:
    for draft in drafts(name)[:2]:
        ubl, cii = (read(WRITERS[syntax](draft, PROFILES["xrechnung"])) for syntax in SYNTAXES)
        assert list(map(spelt, all_groups(ubl))) == list(map(spelt, all_groups(cii)))


@pytest.mark.parametrize(
    ("rule", "term", "syntax"),
    [
        (rule.rule, rule.terms[0], syntax)
        for rule in EVERYWHERE
        for syntax in SYNTAXES
        if rule.group != "BG-21" and len(rule.terms) == 1
    ],
)
def test_each_required_term_that_is_taken_away_is_named(rule: str, term: str, syntax: Syntax) -> None:
    faults = judge(changed(syntax, written(syntax), {(term, 0): None})).faults
    assert [(fault.terms, bool(fault.place)) for fault in faults if fault.rule == rule] == [((term,), True)]


AMOUNTS = (
    *("BT-92", "BT-106", "BT-107", "BT-109", "BT-110", "BT-112", "BT-115"),
    *("BT-116", "BT-117", "BT-131", "BT-146"),
)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(SYNTAXES), st.sampled_from(AMOUNTS), st.integers(0, 3), st.integers(3, 10**7), st.booleans())
def test_any_amount_that_is_changed_is_found(syntax: Syntax, term: str, number: int, cents: int, less: bool) -> None:
    root = etree.fromstring(written(syntax))
    try:
        element = found(root, syntax, term, number)
    except IndexError:
        return
    element.text = str(Decimal(element.text) + Decimal(-cents if less else cents) / 100)
    assert judge(etree.tostring(root)).faults


WRONG: dict[str, tuple[Syntax, ProfileName, Changes, str, str]] = {
    "VAT that is wrong by less than one, in totals that add up": (
        "ubl",
        "en16931",
        {
            ("BT-117", 0): "7114.50",
            ("BT-110", 0): "7114.50",
            ("BT-112", 0): "42202.50",
            ("BT-115", 0): "42202.50",
        },
        "BR-CO-17",
        "VAT breakdown 1",
    ),
    "a line that is not its quantity times its price": (
        "cii", "en16931", {("BT-129", 0): "2"}, "PEPPOL-EN16931-R120", "line 1"
    ),
    "a price for a quantity of nothing": ("cii", "en16931", {("BT-146", 0): "-1"}, "BR-27", "line 1"),
    "a line id that another line has": ("cii", "en16931", {("BT-126", 1): "1"}, "BT-126", "line 2"),
    "a zero with a sign": ("cii", "en16931", {("BT-117", 1): "-0.00"}, "BT-117", "VAT breakdown 2"),
    "three decimals": ("ubl", "en16931", {("BT-115", 0): "42201.600"}, "BR-DEC", "row "),
    "an exponent": ("ubl", "en16931", {("BT-115", 0): "4.22016E+4"}, "BT-115", "row "),
    "a number without end": ("ubl", "en16931", {("BT-129", 0): "9" * 100_000}, "BT-129", "line 1"),
    "a day in the form of the other syntax": ("cii", "en16931", {("BT-2", 0): "2026-04-11"}, "BT-2", "row "),
    "a day that there is not": ("ubl", "en16931", {("BT-9", 0): "2026-02-30"}, "BT-9", "row "),
    "due before it is issued": ("ubl", "en16931", {("BT-9", 0): "2026-04-10"}, "BT-9", "row "),
    "a credit note in the root of invoices": ("ubl", "en16931", {("BT-3", 0): "381"}, "BR-CL-01", "row "),
    "an exemption without its reason": ("ubl", "en16931", {("BT-120", 0): None}, "BR-E-10", "VAT breakdown 2"),
    "a rate beside an exemption": ("cii", "en16931", {("BT-119", 1): "7"}, "BR-E-05", "VAT breakdown 2"),
    "category S without a rate": ("ubl", "en16931", {("BT-152", 2): "0"}, "BR-S-05", "line 3"),
    "a category that there is not": ("ubl", "en16931", {("BT-151", 0): "X"}, "BR-CL-17", "line 1"),
    "a line of a tax without breakdown": ("cii", "en16931", {("BT-152", 0): "7"}, "BR-CO-18", "document"),
    "a transfer to no account": ("ubl", "en16931", {("BT-84", 0): None}, "BR-61", "payment instructions 1"),
    "an IBAN with wrong digits": (
        "cii", "en16931", {("BT-84", 0): "DE02120300000000202052"}, "BT-84", "payment instructions 1"
    ),
    "a VAT id with a wrong check digit": ("cii", "en16931", {("BT-31", 0): "DE136695977"}, "BR-CO-09", "row "),
    "a VAT id without a country": ("ubl", "en16931", {("BT-48", 0): "136695976"}, "BR-CO-09", "row "),
    "a Leitweg-ID with wrong check digits": (
        "ubl", "xrechnung", {("BT-10", 0): "04011000-1234512345-07"}, "BT-10", "row "
    ),
    "an electronic address without its scheme": ("ubl", "en16931", {("BT-34-1", 0): None}, "BR-62", "row "),
    "an electronic address that is none of its scheme": ("cii", "peppol", {("BT-49", 0): "DE1"}, "BR-63", "row "),
    "an e-mail address in Peppol": (
        "ubl", "peppol", {("BT-34-1", 0): "EM", ("BT-34", 0): "a@b.example"}, "PEPPOL-EN16931-CL008", "document"
    ),
    "no telephone in XRechnung": ("cii", "xrechnung", {("BT-42", 0): None}, "BR-DE-6", "document"),
    "no city in XRechnung": ("ubl", "xrechnung", {("BT-52", 0): None}, "BR-DE-8", "document"),
    "a discount in a form of its own": (
        "ubl", "xrechnung", {("BT-20", 0): "#SKONTO#TAGE=14#PROZENT=2#\n"}, "BR-DE-18", "row "
    ),
    "an empty element in Peppol": ("ubl", "peppol", {("BT-37", 0): " "}, "PEPPOL-EN16931-R008", "row "),
    "no process in Peppol": ("ubl", "peppol", {("BT-23", 0): None}, "PEPPOL-EN16931-R001", "document"),
    "a note of French law that is missing": ("ubl", "france", {("BT-22", 0): "plain"}, "BR-FR-05", "document"),
    "a currency that there is not": ("cii", "en16931", {("BT-5", 0): "EUX"}, "BR-CL-04", "row "),
    "amounts in another currency": ("ubl", "en16931", {("BT-5", 0): "USD"}, "PEPPOL-EN16931-R051", "row "),
    "another standard": ("ubl", "en16931", {("BT-24", 0): "urn:factur-x.eu:1p0:minimum"}, "BR-01", "row "),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_by_rule_and_place(case: str) -> None:
    syntax, profile, changes, rule, place = WRONG[case]
    name = "FR to FR" if profile == "france" else RICH
    document = written(syntax, profile, name)
    assert judge(document).faults == ()
    faults = judge(changed(syntax, document, changes)).faults
    assert [fault.place.startswith(place) for fault in faults if fault.rule == rule][:1] == [True]


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_line_that_stands_there_twice_is_named(syntax: Syntax) -> None:
    root: Any = etree.fromstring(written(syntax))
    line = root.xpath(BINDINGS[syntax].groups["BG-25"].path, namespaces=PREFIXES)[0]
    line.addnext(copy.deepcopy(line))
    assert {"BT-126", "BR-CO-10"} <= rules(judge(etree.tostring(root)).faults)


def test_peppol_has_room_for_one_note_except_between_german_parties() -> None:
    for name, expected in (("NL to NL", {"PEPPOL-EN16931-R002"}), (RICH, set[str]())):
        document = written("ubl", "peppol", name)
        assert judge(document).faults == ()
        code = b"</cbc:InvoiceTypeCode>"
        more = document.replace(code, code + b"<cbc:Note>one</cbc:Note><cbc:Note>two</cbc:Note>")
        assert rules(judge(more).faults) == expected


def test_supplies_within_the_eu_and_outside_vat_have_their_own_rules() -> None:
    within = written("ubl", name="within the EU over a period")
    nowhere = changed("ubl", within, {("BT-80", 0): None, ("BT-72", 0): None, ("BT-73", 0): None, ("BT-74", 0): None})
    assert {"BR-IC-11", "BR-IC-12"} <= rules(judge(nowhere).faults)
    unnamed = changed("ubl", within, {("BT-48", 0): None})
    assert rules(judge(unnamed).faults) == {"BR-IC-02"}
    assert rules(judge(changed("ubl", within, {("BT-74", 0): "2020-01-01"})).faults) == {"BR-29"}
    outside = written("cii", name="outside the scope").replace(
        b"</ram:PostalTradeAddress>",
        b'</ram:PostalTradeAddress><ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">DE136695976</ram:ID>'
        b"</ram:SpecifiedTaxRegistration>",
        1,
    )
    assert rules(judge(outside).faults) == {"BR-O-02"}


FOREIGN = (Path(__file__).parent / "foreign.xml").read_text()
"""An invoice with what ours never have: charges, prices for a hundred, rounding, VAT in a second currency."""


def foreign(old: str = "", new: str = "") -> bytes:
    assert FOREIGN.count(old) == 1 or not old
    return FOREIGN.replace(old, new).replace("UTF-8", "UTF-16").encode("utf-16")


def test_an_invoice_of_somebody_else_is_right_where_the_official_rules_say_so() -> None:
    assert broken_rules(FOREIGN.encode(), "ubl") == []
    assert judge(foreign()) == Verdict("ubl", "en16931", ())


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("25.50", "24", "BR-CO-18"),
        (">124.00<", ">124.25<", "BR-CO-16"),
        ("SEK\">9.00</b:ChargeTotal", "SEK\">8.00</b:ChargeTotal", "BR-CO-12"),
        (">10<", ">11<", "PEPPOL-EN16931-R040"),
        (">100<", ">0<", "PEPPOL-EN16931-R121"),
        (">100<", ">10<", "PEPPOL-EN16931-R120"),
        ("<a:TaxTotal><b:TaxAmount currencyID=\"EUR\">2.30</b:TaxAmount></a:TaxTotal>", "", "BR-53"),
        ("<b:AllowanceChargeReason>Freight</b:AllowanceChargeReason>", "", "BR-38"),
        ("<a:PartyIdentification><b:ID>77</b:ID></a:PartyIdentification>", "", ""),
        ("FI20774740", "FI20774741", "BR-CO-09"),
    ],
)  # fmt: skip
def test_what_only_others_write_is_judged_too(old: str, new: str, rule: str) -> None:
    assert rules(judge(foreign(old, new)).faults) >= ({rule} if rule else set())
