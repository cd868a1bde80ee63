"""The draft as Factur-X (ZUGFeRD): the PDF for people with the Cross Industry Invoice for machines in it.

The XMP metadata of a PDF/A-3 have to say which profile of Factur-X 1.0 it is, and to describe the schema in which they
say it (ISO 19005-3, 6.6.2.3). The renderer cannot write that, so that it is added as an incremental update of the file
(ISO 32000-1, 7.5.6): all of it stays where it is, and new metadata follow after its end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tracker2invoice.documents.cii import render_cii
from tracker2invoice.documents.levels import LEVELS, Level, at_level
from tracker2invoice.documents.pdf import Relationship, render_pdf
from tracker2invoice.documents.profiles import Profile
from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.look import PLAIN, Look

_URI = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_PROPERTIES: Mapping[str, str] = {
    "DocumentType": "The kind of the attached document",
    "DocumentFileName": "The name of the attached document",
    "Version": "The version of Factur-X",
    "ConformanceLevel": "The profile of the attached document",
}
"""What the metadata say of the attachment, each with a description of the property."""

_CATALOG = re.compile(rb"/Metadata (\d+) 0 R")
_TRAILER = re.compile(rb"trailer\s*<<(.*?)>>\s*startxref\s*(\d+)\s*%%EOF\s*$", re.DOTALL)
_PACKET = re.compile(rb"<\?xpacket begin.*?<\?xpacket end.*?\?>", re.DOTALL)
_SCHEMAS_END = b"</rdf:Bag></pdfaExtension:schemas>"
_DESCRIPTION_END = b"</rdf:Description></rdf:RDF>"


def render_facturx(
    draft: Draft, profile: Profile, level: Level = LEVELS["en16931"], *, planned: bool = False, look: Look = PLAIN
) -> bytes:
    """Return the draft as PDF/A-3a and PDF/UA-1 with `factur-x.xml` attached.

    The profile is one that identifies itself as EN 16931. The attachment is an alternative to the pages if it is an
    invoice, else it is data (Factur-X 1.0, 6.2.2). The pages of what is only `planned` are marked so.

    Raises:
        RuntimeError: the renderer refuses the document, or writes one that cannot be added to.
    """
    document = render_cii(draft, at_level(profile, level), level)
    relationship: Relationship = "alternative" if level.is_invoice else "data"
    return _identified(render_pdf(draft, document, relationship, planned=planned, look=look), level)


def _identified(pdf: bytes, level: Level) -> bytes:
    number, metadata = _metadata(pdf)
    packet = _said(metadata, level)
    start = pdf if pdf.endswith(b"\n") else pdf + b"\n"
    head = b"%d 0 obj\n<</Type/Metadata/Subtype/XML/Length %d>>\nstream\n" % (number, len(packet))
    changed = start + head + packet + b"\nendstream\nendobj\n"
    return changed + _cross_references(pdf, number, at=len(start), table=len(changed))


def _metadata(pdf: bytes) -> tuple[int, bytes]:
    """Return the object number of the metadata stream and its content, which is not compressed.

    Metadata and catalog are written last, so that nothing that a title holds is taken for one of them.
    """
    numbers = _CATALOG.findall(pdf)
    number = int(numbers[-1]) if numbers else 0
    object_ = pdf[pdf.rfind(b"\n%d 0 obj" % number) :]
    if not (found := _PACKET.search(object_)):
        raise RuntimeError("the PDF has no metadata")
    return number, found[0]


def _said(metadata: bytes, level: Level) -> bytes:
    """Return the metadata with what Factur-X wants in them, and a description of its schema among the others."""
    if metadata.count(_SCHEMAS_END) != 1 or metadata.count(_DESCRIPTION_END) != 1:
        raise RuntimeError("the metadata of the PDF have no room for those of Factur-X")
    described = metadata.replace(_SCHEMAS_END, _schema() + _SCHEMAS_END)
    said = ("INVOICE", "factur-x.xml", "1.0", level.conformance)
    values = "".join(f"<fx:{name}>{value}</fx:{name}>" for name, value in zip(_PROPERTIES, said, strict=True))
    own = f'<rdf:Description rdf:about="" xmlns:fx="{_URI}">{values}</rdf:Description>'
    return described.replace(_DESCRIPTION_END, f"</rdf:Description>{own}</rdf:RDF>".encode())


def _schema() -> bytes:
    properties = "".join(
        '<rdf:li rdf:parseType="Resource">'
        f"<pdfaProperty:name>{name}</pdfaProperty:name>"
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        "<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{words}</pdfaProperty:description>"
        "</rdf:li>"
        for name, words in _PROPERTIES.items()
    )
    return (
        '<rdf:li rdf:parseType="Resource">'
        "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"
        f"<pdfaSchema:namespaceURI>{_URI}</pdfaSchema:namespaceURI>"
        "<pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property>"
        "</rdf:li>"
    ).encode()


def _cross_references(pdf: bytes, number: int, *, at: int, table: int) -> bytes:
    """Return the table that says where the new object is, and a trailer that leads to the table before it."""
    if not (found := _TRAILER.search(pdf)):
        raise RuntimeError("the PDF has no trailer")
    entries = b"xref\n%d 1\n%010d 00000 n\r\n" % (number, at)
    trailer = b"trailer\n<<%s/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (found[1], int(found[2]), table)
    return entries + trailer
