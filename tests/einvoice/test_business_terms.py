"""What stands on an electronic invoice, term by term: what no official rule asks, and a receiver would miss."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree
from tests.einvoice.billing import Scenario
from tests.einvoice.parties import PARTIES
from tests.einvoice.rules import Syntax, broken_french_rules, broken_rules
from tests.einvoice.scenarios import SCENARIOS, TIMES
from tests.einvoice.test_official_rules import WRITERS, french

from tracker2invoice.documents.profiles import PROFILES, ProfileName
from tracker2invoice.documents.terms import plain
from tracker2invoice.documents.xml import NAMESPACES
from tracker2invoice.model.contract import Address
from tracker2invoice.model.invoice import AcceptedBy, Draft
from tracker2invoice.testing.output_suite import HOSTILE_TITLES
from tracker2invoice.testing.samples import NOW

BOTH = pytest.mark.parametrize("syntax", WRITERS)
PLAIN = Scenario()
NOTES = {"ubl": "cbc:Note", "cii": "rsm:ExchangedDocument/ram:IncludedNote/ram:Content"}


def texts(draft: Draft, syntax: Syntax, path: str, profile: ProfileName = "en16931") -> list[str]:
    """Return the texts at a path of the written document."""
    root = etree.fromstring(WRITERS[syntax](draft, PROFILES[profile]))
    found: Any = root.xpath(path, namespaces=dict(NAMESPACES))
    return [one.text for one in found]


def first(name: str) -> Draft:
    return SCENARIOS[name].drafts()[0]


@pytest.mark.parametrize("profile", PROFILES)
@BOTH
def test_a_document_says_which_rules_it_follows(syntax: Syntax, profile: ProfileName) -> None:
    path = {"ubl": "cbc:CustomizationID", "cii": "//ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"}[syntax]
    assert texts(first("standard rate"), syntax, path, profile) == [PROFILES[profile].specification]


@BOTH
def test_the_number_is_the_reference_until_there_is_one(syntax: Syntax) -> None:
    path = {"ubl": "cbc:ID", "cii": "rsm:ExchangedDocument/ram:ID"}[syntax]
    draft = first("standard rate")
    assert texts(draft, syntax, path) == [draft.reference]
    assert texts(replace(draft, number="2026-0042"), syntax, path) == ["2026-0042"]


@pytest.mark.parametrize(
    ("name", "number", "profile", "expected"),
    [
        ("standard rate", 0, "en16931", "380"),
        ("standard rate", 1, "en16931", "381"),
        ("a deposit", 0, "peppol", "386"),
        ("a deposit", 2, "peppol", "380"),
        ("partial invoices", 0, "xrechnung", "326"),
        ("partial invoices", 0, "peppol", "326"),
        ("partial invoices", 4, "xrechnung", "380"),
        ("partial invoices abroad", 0, "peppol", "380"),
        ("partial invoices abroad", 0, "en16931", "380"),
        ("construction", 0, "xrechnung", "386"),
        ("construction", 2, "xrechnung", "875"),
        ("construction", 4, "peppol", "875"),
        ("construction", 6, "xrechnung", "877"),
        ("construction", 8, "xrechnung", "380"),
    ],
)
@BOTH
def test_the_type_code_is_one_that_the_profile_and_both_countries_know(
    syntax: Syntax, name: str, number: int, profile: ProfileName, expected: str
) -> None:
    draft = SCENARIOS[name].drafts()[number]
    paths = {"ubl": "cbc:InvoiceTypeCode | cbc:CreditNoteTypeCode", "cii": "rsm:ExchangedDocument/ram:TypeCode"}
    assert texts(draft, syntax, paths[syntax], profile) == [expected]


@BOTH
def test_partial_invoices_are_no_kind_of_their_own_in_peppol_between_other_countries(syntax: Syntax) -> None:
    draft = first("partial invoices")
    assert draft.client.address
    abroad = replace(draft, client=replace(draft.client, address=replace(draft.client.address, country="AT")))
    path = {"ubl": "cbc:InvoiceTypeCode", "cii": "rsm:ExchangedDocument/ram:TypeCode"}[syntax]
    assert texts(abroad, syntax, path, "peppol") == ["380"]
    assert texts(abroad, syntax, path, "en16931") == ["326"]
    assert texts(replace(abroad, supplier=PARTIES["IS"], exact_type_code="386"), syntax, path, "peppol") == ["380"]


@BOTH
def test_a_credit_note_names_its_invoice_and_no_account_to_pay_to(syntax: Syntax) -> None:
    note = SCENARIOS["standard rate"].drafts()[1]
    paths = {
        "ubl": (
            "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID",
            "cac:PaymentTerms/cbc:Note",
            "cac:PaymentMeans",
        ),
        "cii": (
            "//ram:InvoiceReferencedDocument/ram:IssuerAssignedID",
            "//ram:SpecifiedTradePaymentTerms/ram:Description",
            "//ram:SpecifiedTradeSettlementPaymentMeans",
        ),
    }[syntax]
    assert texts(note, syntax, paths[0]) == ["INV-0012"]
    assert texts(note, syntax, paths[1]) == [f"Nothing to pay: this takes back {note.preceding[0]}."]
    assert texts(note, syntax, paths[2]) == []
    for profile in ("xrechnung", "peppol"):
        assert texts(note, syntax, f"{paths[2]}//*[text()='{note.supplier.iban}']", profile) == []
        assert len(texts(note, syntax, paths[2], profile)) == 1


def test_a_credit_note_of_ubl_credits_and_has_its_project_among_other_documents() -> None:
    note = SCENARIOS["standard rate"].drafts()[1]
    assert texts(note, "ubl", "cac:CreditNoteLine/cbc:CreditedQuantity") == ["1"]
    path = "cac:AdditionalDocumentReference[cbc:DocumentTypeCode='50']/cbc:ID"
    assert texts(note, "ubl", path) == texts(first("standard rate"), "ubl", "cac:ProjectReference/cbc:ID")


@BOTH
def test_what_is_outside_the_scope_of_vat_shows_no_vat_id(syntax: Syntax) -> None:
    draft = first("a deposit outside VAT")
    assert draft.supplier.vat_id
    written = WRITERS[syntax](draft, PROFILES["en16931"]).decode()
    assert f">{draft.supplier.vat_id}<" not in written.replace(f'"9930">{draft.supplier.vat_id}<', "")
    assert draft.supplier.tax_id in written


@pytest.mark.parametrize(("profile", "expected"), [("en16931", []), ("xrechnung", ["0"]), ("peppol", ["0"])])
@BOTH
def test_german_receivers_want_a_rate_even_outside_the_scope(
    syntax: Syntax, profile: ProfileName, expected: list[str]
) -> None:
    path = {
        "ubl": "cac:TaxTotal//cbc:Percent",
        "cii": "//ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax/ram:RateApplicablePercent",
    }
    assert texts(first("a deposit outside VAT"), syntax, path[syntax], profile) == expected


@BOTH
def test_a_supply_within_the_eu_says_where_it_goes_and_other_supplies_do_not(syntax: Syntax) -> None:
    path = {"ubl": "cac:Delivery//cbc:CityName", "cii": "//ram:ShipToTradeParty//ram:CityName"}[syntax]
    assert texts(first("within the EU"), syntax, path) == ["Utrecht"]
    assert texts(first("standard rate"), syntax, path) == []


@BOTH
def test_two_reasons_of_one_category_share_one_breakdown(syntax: Syntax) -> None:
    path = {"ubl": "cac:TaxTotal//cbc:TaxExemptionReason", "cii": "//ram:ExemptionReason"}[syntax]
    draft = first("exempt for two reasons")
    assert len(draft.tax) == 2
    assert texts(draft, syntax, path) == ["; ".join(one.exemption_reason for one in draft.tax)]


@BOTH
def test_retainage_that_leaves_the_tax_has_a_negative_base_and_a_tax_of_nothing(syntax: Syntax) -> None:
    draft = first("retainage that leaves the tax")
    path = {"ubl": "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount", "cii": "//ram:ApplicableTradeTax/ram:CalculatedAmount"}
    zero = replace(draft, tax=(draft.tax[0], replace(draft.tax[1], amount=Decimal("-0.00"))))
    assert texts(zero, syntax, path[syntax]) == [str(draft.tax[0].amount), "0.00"]


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("1E+2", "100"),
        ("-0.00", "0.00"),
        ("1E-7", "0.0000001"),
        ("12.50", "12.50"),
        ("-3", "-3"),
        (f"0.{'1234567890' * 4}", f"0.{'1234567890' * 4}"),
    ],
)
def test_numbers_have_no_exponent_and_nothing_has_no_sign(number: str, written: str) -> None:
    assert plain(Decimal(number)) == written


@pytest.mark.parametrize(
    ("profile", "lines"),
    [("en16931", ""), ("xrechnung", "#SKONTO#TAGE=7#PROZENT=3.00#\n#SKONTO#TAGE=14#PROZENT=1.50#\n")],
)
@BOTH
def test_discounts_for_paying_early_are_lines_for_german_receivers_and_words_for_all(
    syntax: Syntax, profile: ProfileName, lines: str
) -> None:
    draft = TIMES["two steps for paying early"].drafts()[0]
    path = {"ubl": "cac:PaymentTerms/cbc:Note", "cii": "//ram:SpecifiedTradePaymentTerms/ram:Description"}[syntax]
    words = "\n".join(filter(None, (draft.payment_terms, lines)))
    assert texts(draft, syntax, path, profile) == [words]


@pytest.mark.parametrize(
    ("scenario", "profile", "means"),
    [
        ("standard rate", "peppol", "58"),
        ("pounds", "en16931", "30"),
        ("DK to DK", "peppol", "1"),
        ("DK to DK", "en16931", "30"),
    ],
)
@BOTH
def test_the_money_goes_to_the_account_by_the_means_of_its_currency(
    syntax: Syntax, scenario: str, profile: ProfileName, means: str
) -> None:
    draft = first(scenario)
    paths = {
        "ubl": (
            "cac:PaymentMeans/cbc:PaymentMeansCode",
            "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID",
            "//cbc:PaymentID",
        ),
        "cii": ("//ram:SpecifiedTradeSettlementPaymentMeans/ram:TypeCode", "//ram:IBANID", "//ram:PaymentReference"),
    }[syntax]
    found = [texts(draft, syntax, path, profile) for path in paths]
    assert found == [[means], [draft.supplier.iban], [draft.reference]]


@BOTH
def test_a_deposit_outside_vat_is_prepaid_and_its_invoice_is_named(syntax: Syntax) -> None:
    deposit, _, bill, *_ = SCENARIOS["a deposit outside VAT"].drafts()
    paths = {
        "ubl": ("//cbc:PrepaidAmount", "cac:BillingReference//cbc:ID"),
        "cii": ("//ram:TotalPrepaidAmount", "//ram:InvoiceReferencedDocument/ram:IssuerAssignedID"),
    }[syntax]
    assert [texts(bill, syntax, path) for path in paths] == [[str(bill.totals.prepaid)], [deposit.reference]]
    assert bill.totals.prepaid > 0


@pytest.mark.parametrize("title", HOSTILE_TITLES)
@BOTH
def test_a_hostile_title_is_text_and_nothing_else(syntax: Syntax, title: str) -> None:
    path = {"ubl": "cac:InvoiceLine/cac:Item/cbc:Name", "cii": "//ram:SpecifiedTradeProduct/ram:Name"}[syntax]
    draft = first("standard rate")
    named = replace(draft, lines=(replace(draft.lines[0], description=title),))
    assert texts(named, syntax, path) == [title.replace("\u202e", "")]


@BOTH
def test_a_title_of_nothing_that_can_be_written_gives_way_to_the_reference(syntax: Syntax) -> None:
    path = {"ubl": "cac:InvoiceLine/cac:Item/cbc:Name", "cii": "//ram:SpecifiedTradeProduct/ram:Name"}[syntax]
    draft = first("standard rate")
    for title in ("\x00\x1f", "\ud800", " \t\r\n", "\ue000\uffff"):
        named = replace(draft, lines=(replace(draft.lines[0], description=title),))
        assert texts(named, syntax, path) == [draft.reference]


@BOTH
def test_only_a_web_address_becomes_a_link(syntax: Syntax) -> None:
    path = {"ubl": "//cac:ExternalReference/cbc:URI", "cii": "//ram:AdditionalReferencedDocument/ram:URIID"}[syntax]
    draft = first("standard rate")
    assert texts(draft, syntax, path) == [draft.why.milestone_url]
    assert texts(replace(draft, why=replace(draft.why, milestone_url="javascript:alert(1)")), syntax, path) == []


@BOTH
def test_the_comments_that_accepted_the_work_are_linked(syntax: Syntax) -> None:
    path = {
        "ubl": "//cac:AdditionalDocumentReference[cac:Attachment]/cbc:ID",
        "cii": "//ram:AdditionalReferencedDocument[ram:URIID]/ram:IssuerAssignedID",
    }[syntax]
    comment = AcceptedBy("petra", NOW, "Design", "12", "https://github.com/acme/portal/issues/12#issuecomment-1")
    forged = replace(comment, login="mallory", url="file:///etc/passwd")
    label = replace(comment, item="13", label="accepted")  # every item has one: too many to link
    accepted = replace(first("standard rate"), accepted_by=(comment, forged, label))
    assert texts(accepted, syntax, path) == [accepted.why.milestone_key, "Accepted by petra, 12"]
    assert broken_rules(WRITERS[syntax](accepted, PROFILES["en16931"]), syntax) == []
    french_one = replace(french(PLAIN).drafts()[0], accepted_by=(comment,))
    assert broken_french_rules(WRITERS[syntax](french_one, PROFILES["france"]), syntax) == []


@BOTH
def test_what_was_delivered_stands_in_the_line_and_is_counted_where_it_is_too_much(syntax: Syntax) -> None:
    path = {"ubl": "cac:InvoiceLine/cac:Item/cbc:Description", "cii": "//ram:SpecifiedTradeProduct/ram:Description"}[
        syntax
    ]
    assert texts(PLAIN.drafts()[0], syntax, path) == ["#1 Log in\n#2 Search"]
    [many] = texts(first("many deliverables"), syntax, path)
    assert many.splitlines()[-1] == "and 250 more"


@BOTH
def test_each_line_says_which_milestone_it_is_for_and_how_it_came_about(syntax: Syntax) -> None:
    draft = first("three taxes in one document")
    paths = {
        "ubl": ("cac:InvoiceLine/cac:DocumentReference/cbc:ID", "cac:InvoiceLine/cbc:Note", "cac:InvoiceLine/cbc:ID"),
        "cii": (
            "//ram:SpecifiedLineTradeSettlement/ram:AdditionalReferencedDocument/ram:IssuerAssignedID",
            "//ram:AssociatedDocumentLineDocument/ram:IncludedNote/ram:Content",
            "//ram:LineID",
        ),
    }[syntax]
    assert [texts(draft, syntax, path) for path in paths] == [
        [one.milestone_key for one in draft.lines],
        [one.basis for one in draft.lines],
        ["1", "2", "3"],
    ]
    assert len({one.milestone_key for one in draft.lines}) == 3


@BOTH
def test_the_contract_goes_by_the_number_that_the_client_knows(syntax: Syntax) -> None:
    path = {
        "ubl": "cac:ContractDocumentReference/cbc:ID",
        "cii": "//ram:ContractReferencedDocument/ram:IssuerAssignedID",
    }
    assert texts(first("a number of the contract"), syntax, path[syntax]) == ["V-2026/17 «A»"]
    assert texts(first("standard rate"), syntax, path[syntax]) == ["acme-portal"]


@BOTH
def test_the_notes_of_the_supplier_have_a_subject_where_there_is_room_for_several(syntax: Syntax) -> None:
    draft = replace(french(PLAIN).drafts()[0], note="Thank you.")
    [text] = texts(draft, syntax, NOTES[syntax], "peppol")
    assert text.splitlines() == ["Thank you.", *draft.supplier.notes.values()]
    found = texts(draft, syntax, NOTES[syntax], "france")
    assert found[0] == "Thank you."
    marked = {
        "ubl": [f"#{code}#{words}" for code, words in draft.supplier.notes.items()],
        "cii": [*draft.supplier.notes.values()],
    }
    assert found[1:] == marked[syntax]
    codes = {"ubl": [], "cii": [*draft.supplier.notes]}
    assert texts(draft, syntax, "//ram:IncludedNote/ram:SubjectCode", "france") == codes[syntax]


@pytest.mark.parametrize("profile", ["en16931", "peppol"])
def test_a_note_in_which_ubl_would_look_for_a_subject_is_a_general_one(profile: ProfileName) -> None:
    draft = replace(first("standard rate"), note="This closes #12 #13")
    assert texts(draft, "ubl", "cbc:Note", profile) == ["#AAI#This closes #12 #13"]
    assert texts(draft, "cii", NOTES["cii"], profile) == ["This closes #12 #13"]
    assert all(broken_rules(write(draft, PROFILES[profile]), one) == [] for one, write in WRITERS.items())


@pytest.mark.parametrize(
    ("name", "subject", "field"),
    [("a late fee", "PMD", "late_fee"), ("a discount for paying early", "AAB", "payment_terms")],
)
def test_what_a_contract_says_of_fees_and_discounts_replaces_the_general_note(
    name: str, subject: str, field: str
) -> None:
    draft, note = french(SCENARIOS[name]).drafts()[:2]
    assert draft.legal_notes[subject] == getattr(draft, field) != draft.supplier.notes[subject]
    assert note.legal_notes == draft.supplier.notes


@pytest.mark.parametrize(("number", "process"), [(0, "S1"), (1, "S1"), (2, "S4"), (3, "S1")])
@BOTH
def test_france_is_told_of_a_final_invoice_after_an_advance(syntax: Syntax, number: int, process: str) -> None:
    draft = french(SCENARIOS["a deposit"]).drafts()[number]
    path = {"ubl": "cbc:ProfileID", "cii": "//ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID"}[syntax]
    assert texts(draft, syntax, path, "france") == [process]


@BOTH
def test_more_decimals_than_france_takes_make_one_piece_of_a_line(syntax: Syntax) -> None:
    draft = french(PLAIN).drafts()[0]
    hours = replace(
        draft.lines[0], quantity=Decimal("3.333333"), unit="HUR", unit_price=Decimal("5400.00"), net=Decimal("18000.00")
    )
    path = {"ubl": "//cbc:InvoicedQuantity", "cii": "//ram:BilledQuantity"}[syntax]
    assert texts(replace(draft, lines=(replace(hours, quantity=Decimal("7.250000")),)), syntax, path, "france") == ["1"]
    counted = replace(draft, lines=(hours,))
    assert texts(counted, syntax, path, "france") == ["1"]
    assert texts(counted, syntax, path, "en16931") == ["3.333333"]


@pytest.mark.parametrize("profile", PROFILES)
@BOTH
def test_a_document_has_one_note_at_most_and_no_empty_element(syntax: Syntax, profile: ProfileName) -> None:
    draft = replace(first("tax rounded by line"), note="Thank you.")
    assert draft.tax_note
    assert texts(draft, syntax, NOTES[syntax], profile) == [f"Thank you.\n{draft.tax_note}"]
    bare = replace(
        draft, note="", tax_note="", client=replace(draft.client, address=Address("", "", "", "DE"), phone="")
    )
    assert texts(bare, syntax, "//*[not(*) and not(normalize-space())]", profile) == []


@BOTH
def test_the_same_draft_gives_the_same_bytes(syntax: Syntax) -> None:
    once, again = (WRITERS[syntax](first("construction"), PROFILES["xrechnung"]) for _ in range(2))
    assert once == again


@BOTH
def test_a_draft_of_the_first_version_can_still_be_written(syntax: Syntax) -> None:
    draft = first("standard rate")
    old = replace(draft, lines=(replace(draft.lines[0], basis="", milestone_key=""),), exact_type_code="")
    path = {
        "ubl": "cac:InvoiceLine/cbc:Note",
        "cii": "//ram:AssociatedDocumentLineDocument/ram:IncludedNote/ram:Content",
    }
    assert texts(old, syntax, path[syntax]) == [draft.why.formula]
