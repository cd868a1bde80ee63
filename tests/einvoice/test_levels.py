"""The profiles of Factur-X: each keeps its own official rules, says which one it is, and has what it can hold."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import page
import pypdf
import pytest
from lxml import etree
from tests.einvoice.rules import broken_french_rules, broken_level_rules
from tests.einvoice.scenarios import SCENARIOS
from tests.einvoice.test_official_rules import french
from tests.einvoice.test_readers import FACTUR_X

from tracker2invoice.documents.cii import render_cii
from tracker2invoice.documents.facturx import render_facturx
from tracker2invoice.documents.levels import LEVELS, LevelName, at_level
from tracker2invoice.documents.profiles import PROFILES, ProfileName
from tracker2invoice.model.invoice import Draft

RICH = SCENARIOS["deposit, retainage and discount"].drafts()[2]


def written(draft: Draft, level: LevelName, profile: ProfileName = "en16931") -> bytes:
    return render_cii(draft, at_level(PROFILES[profile], LEVELS[level]), LEVELS[level])


def read(draft: Draft, level: LevelName) -> dict[str, Any]:
    found: dict[str, Any] = FACTUR_X.parse_ubl_cii_xml(written(draft, level), check_xsd=False)
    return found


@pytest.mark.parametrize("level", [one for one in LEVELS if one != "en16931"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_document_of_a_contract_keeps_the_rules_of_its_level(name: str, level: LevelName) -> None:
    for draft in SCENARIOS[name].drafts():
        assert broken_level_rules(written(draft, level), level) == []


@pytest.mark.parametrize("level", ["basicwl", "basic"])
@pytest.mark.parametrize("name", ["standard rate", "a deposit", "dollars from Poland"])
def test_france_finds_what_it_asks_for_down_to_basic_wl(name: str, level: LevelName) -> None:
    for draft in french(SCENARIOS[name]).drafts():
        assert broken_french_rules(written(draft, level, "france"), "cii") == []


@pytest.mark.parametrize("level", LEVELS)
def test_the_rules_of_each_level_are_really_asked(level: LevelName) -> None:
    wrong = replace(RICH, supplier=replace(RICH.supplier, vat_id="136695976"))
    [found] = broken_level_rules(written(wrong, level), level)
    assert "BT-31" in found.words


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_keeps_the_rules_of_no_higher_one(level: LevelName) -> None:
    """What a level leaves out is what it has to leave out: a reader of the next one would miss something."""
    ladder: list[LevelName] = list(LEVELS)
    for higher in ladder[ladder.index(level) + 1 :]:
        assert broken_level_rules(written(RICH, level), higher)


@pytest.mark.parametrize("level", LEVELS)
def test_the_totals_the_parties_and_the_order_are_in_all_of_them(level: LevelName) -> None:
    found, totals = read(RICH, level), RICH.totals
    assert [found[term] for term in ("BT-109", "BT-110", "BT-112", "BT-115")] == [
        str(one) for one in (totals.net, totals.tax, totals.gross, totals.payable)
    ]
    assert (found["BG-4"]["name"], found["BG-7"]["name"]) == (RICH.supplier.name, RICH.client.name)
    assert (found["BT-1"], found["BT-13"]) == (RICH.reference, "PO-4711")


def test_basic_wl_has_all_but_the_lines_and_basic_has_them_too() -> None:
    without, with_lines = read(RICH, "basicwl"), read(RICH, "basic")
    assert [one["BT-131"] for one in with_lines["BG-25"]] == [str(line.net) for line in RICH.lines]
    assert not without.get("BG-25")
    for term in ("BG-20", "BG-23", "BT-9", "BT-20", "BT-72", "BG-3"):
        assert without[term] == with_lines[term] == read(RICH, "en16931")[term]


@pytest.mark.parametrize(
    ("level", "conformance", "relationship"),
    [
        ("minimum", "MINIMUM", "/Data"),
        ("basicwl", "BASIC WL", "/Data"),
        ("basic", "BASIC", "/Alternative"),
        ("en16931", "EN 16931", "/Alternative"),
    ],
)
def test_the_pdf_says_which_one_it_is_and_stays_an_archive_file(
    level: LevelName, conformance: str, relationship: str
) -> None:
    data = render_facturx(RICH, PROFILES["en16931"], LEVELS[level])
    assert page.validate_pdf_bytes(data, profile=page.ValidationProfile.PDF_A_3A).is_compliant
    assert FACTUR_X.get_facturx_xml_from_pdf(data, check_xsd=True)[1] == written(RICH, level)
    catalog: Any = pypdf.PdfReader(io.BytesIO(data)).trailer["/Root"]
    assert catalog["/AF"][0].get_object()["/AFRelationship"] == relationship
    metadata: Any = etree.fromstring(catalog["/Metadata"].get_object().get_data())
    assert metadata.xpath("string(//*[local-name()='ConformanceLevel'])") == conformance


@pytest.mark.parametrize("level", LEVELS)
def test_the_pages_show_what_the_attachment_leaves_out(level: LevelName) -> None:
    draft = replace(RICH, contract_reference="V-2026/17")
    data = render_facturx(draft, PROFILES["en16931"], LEVELS[level])
    text = "".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(data)).pages)
    for words in ("V-2026/17", "Accounts receivable", "Hauptstr. 1", "github:acme/portal", "BYLADEM1001", "Log in"):
        assert words in text.replace("\N{ZERO WIDTH SPACE}", "").replace("\N{NO-BREAK SPACE}", " ")
