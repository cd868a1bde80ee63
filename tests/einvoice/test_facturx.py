"""Factur-X: a PDF that people read and machines too, which stays a valid archive file."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import page
import pypdf
import pytest
from lxml import etree
from tests.einvoice.rules import broken_rules
from tests.einvoice.scenarios import SCENARIOS
from tests.einvoice.test_readers import FACTUR_X

from tracker2invoice.documents.cii import render_cii
from tracker2invoice.documents.facturx import render_facturx
from tracker2invoice.documents.pdf import render_pdf
from tracker2invoice.documents.profiles import PROFILES
from tracker2invoice.languages.labels import LANGUAGES
from tracker2invoice.testing.samples import sample_draft

EN16931 = PROFILES["en16931"]
FX = {"fx": "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"}
STANDARDS = (page.ValidationProfile.PDF_A_3A, page.ValidationProfile.PDF_UA_1)
FORGED = "x\n153 0 obj\n<?xpacket begin?>/Metadata 1 0 R</rdf:Bag></pdfaExtension:schemas> trailer<<>>startxref 1 %%EOF"


def opened(data: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(data))


@pytest.mark.parametrize("name", ["standard rate", "construction", "hostile 2", "hostile 7", "many deliverables"])
def test_it_can_be_archived_and_read_aloud(name: str) -> None:
    data = render_facturx(SCENARIOS[name].drafts()[0], EN16931)
    for standard in STANDARDS:
        report = page.validate_pdf_bytes(data, profile=standard)
        assert [failure.rule_id for failure in report.failures] == []
        assert report.is_compliant


@pytest.mark.parametrize("number", [0, 1], ids=["invoice", "credit note"])
def test_the_attached_document_is_the_cross_industry_invoice_of_the_draft(number: int) -> None:
    draft = SCENARIOS["retainage that leaves the tax"].drafts()[number]
    name, attached = FACTUR_X.get_facturx_xml_from_pdf(render_facturx(draft, EN16931), check_xsd=True)
    assert (name, attached) == ("factur-x.xml", render_cii(draft, EN16931))
    assert broken_rules(attached, "cii") == []


def test_the_metadata_say_what_is_attached_and_keep_what_they_said_before() -> None:
    draft = sample_draft()
    before, after = opened(render_pdf(draft)), opened(render_facturx(draft, EN16931))
    catalog: Any = after.trailer["/Root"]
    metadata = catalog["/Metadata"].get_object()
    assert "/Filter" not in metadata
    root = etree.fromstring(metadata.get_data())
    found = {etree.QName(one).localname: one.text for one in root.iterfind(".//fx:*", FX)}
    assert found == {
        "DocumentType": "INVOICE",
        "DocumentFileName": "factur-x.xml",
        "Version": "1.0",
        "ConformanceLevel": "EN 16931",
    }
    known: Any = root.xpath("//*[local-name()='part']")
    assert [one.text for one in known] == ["3", "1"]
    assert after.metadata == before.metadata
    assert [one.extract_text() for one in after.pages] == [one.extract_text() for one in before.pages]


def test_the_attachment_is_an_alternative_of_the_page() -> None:
    catalog: Any = opened(render_facturx(sample_draft(), EN16931)).trailer["/Root"]
    [attached] = catalog["/AF"]
    assert attached.get_object()["/AFRelationship"] == "/Alternative"


def test_the_same_draft_gives_the_same_bytes() -> None:
    assert render_facturx(sample_draft(), EN16931) == render_facturx(sample_draft(), EN16931)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_can_be_read_in_every_language(language: str) -> None:
    draft = sample_draft()
    draft = replace(draft, client=replace(draft.client, languages=(language,)))
    assert len(opened(render_facturx(draft, EN16931)).attachments) == 1


def test_a_title_that_looks_like_a_part_of_the_file_is_a_title() -> None:
    draft = sample_draft(title=FORGED, deliverables=[FORGED])
    data = render_facturx(draft, EN16931)
    assert page.validate_pdf_bytes(data, profile=STANDARDS[0]).is_compliant
    assert FACTUR_X.get_facturx_xml_from_pdf(data)[1] == render_cii(draft, EN16931)
