"""Invoices, statements and evidence as PDF for people: PDF/A-3a and PDF/UA-1, the same bytes for the same values.

The page is laid out by typst from `invoice.typ`, `statement.typ` or `evidence.typ`. Data reaches it as one JSON string
and is never parsed as markup. Nothing is read but this folder and that of the supplier's template: no system fonts, no
packages, no network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from tracker2invoice.documents.evidence_view import EvidenceView
from tracker2invoice.documents.glyphs import FONTS
from tracker2invoice.documents.statement import StatementView
from tracker2invoice.documents.text import Plain
from tracker2invoice.documents.view import View
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.evidence import Comparison, Evidence
from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.look import PLAIN, Look
from tracker2invoice.model.statement import Application

if TYPE_CHECKING:
    import typst

Relationship = Literal["alternative", "data"]
"""What an attachment is to the pages (PDF/A-3, AFRelationship)."""

_HERE = Path(__file__).parent
_OURS = "tracker2invoice"
_one_at_a_time = Lock()
# the file without the folders that it lies in, but for ours: a template may be called like one of our files
_PLACE = re.compile(rf"┌─ (?:.*?/)??((?:{_OURS}/)?[^/\n]+):([0-9]+):[0-9]+")


def render_pdf(
    draft: Draft,
    factur_x: bytes = b"",
    relationship: Relationship = "alternative",
    *,
    planned: bool = False,
    look: Look = PLAIN,
) -> bytes:
    """Return the draft as a PDF in the languages of its client, dated with the draft's issue date.

    `factur_x` is the invoice as XML that is attached to it, none if it is empty, and `relationship` what it is to the
    pages. What is only `planned` is marked so.

    Raises:
        RuntimeError: the renderer refuses the document (`typst.TypstError`).
    """
    data = {**View(draft, planned=planned).data(), "relationship": relationship}
    return _compiled("invoice.typ", data, draft.issue_date, look, factur_x)


def render_annex_pdf(draft: Draft) -> bytes:
    """Return what was delivered by itself, as the annex of a document that somebody else writes.

    Raises:
        RuntimeError: the renderer refuses the document (`typst.TypstError`).
    """
    return _compiled("invoice.typ", View(draft, only="annex").data(), draft.issue_date, PLAIN)


def render_statement_pdf(contract: Contract, applications: Sequence[Application], look: Look = PLAIN) -> bytes:
    """Return one application or more, each on pages of its own, dated with the day of the last.

    Raises:
        RuntimeError: the renderer refuses the document (`typst.TypstError`).
    """
    data = StatementView(contract, applications).data()
    return _compiled("statement.typ", data, applications[-1].day, look)


def render_evidence_pdf(evidence: Evidence, comparison: Comparison | None = None, look: Look = PLAIN) -> bytes:
    """Return what stands behind a document, dated with its issue date; with a comparison, with the day of that.

    Raises:
        RuntimeError: the renderer refuses the document (`typst.TypstError`).
    """
    day = comparison.at.date() if comparison else evidence.draft.issue_date
    return _compiled("evidence.typ", EvidenceView(evidence, comparison).data(), day, look)


def warnings(draft: Draft, look: Look) -> tuple[str, ...]:
    """Return what the renderer says of a draft with that look although it takes it, such as a font that is not there.

    Raises:
        RuntimeError: it refuses them (`typst.TypstError`).
    """
    _, said = _laid_out("invoice.typ", View(draft).data(), draft.issue_date, look)
    return said


def place_of(refusal: RuntimeError, look: Look) -> str:
    """Return in which file and line the renderer found something wrong, in brackets; in the template if it is there."""
    places = _PLACE.findall(getattr(refusal, "diagnostic", ""))
    own = [one for one in places if look.template and one[0] == look.template.name] or places
    return f" ({own[0][0]}, line {own[0][1]})" if own else ""


def font_families() -> frozenset[str]:
    """Return the families of the bundled fonts that the renderer can load; empty if it can load none."""
    return frozenset(_fonts(_HERE).families())


def _compiled(document: str, data: Mapping[str, Plain], day: date, look: Look, factur_x: bytes = b"") -> bytes:
    pdf, _ = _laid_out(document, data, day, look, factur_x)
    return pdf


def _laid_out(
    document: str, data: Mapping[str, Plain], day: date, look: Look, factur_x: bytes = b""
) -> tuple[bytes, tuple[str, ...]]:
    inputs = {"data": json.dumps(data, ensure_ascii=False), "factur-x": factur_x.decode(), "logo": look.logo}
    if look.template:
        inputs["template"] = f"/{look.template.name}"
    with _one_at_a_time:
        pdf, said = _compiler(_folder(look)).compile_with_warnings(
            input=_source(document, look),
            format="pdf",
            sys_inputs=inputs,
            pdf_standards=["a-3a", "ua-1"],
            timestamp=datetime.combine(day, time(), UTC),
        )
    assert isinstance(pdf, bytes)
    return pdf, tuple(one.message for one in said)


def _folder(look: Look) -> Path:
    return Path(look.template.folder) if look.template else _HERE


def _source(document: str, look: Look) -> Any:
    """Return what is laid out: our file, or with a template all of them, which the renderer's types do not know."""
    if look.template is None:
        return _HERE / document
    return {**_ours(document), look.template.name: look.template.text.encode()}


@cache
def _ours(document: str) -> Mapping[str, bytes]:
    """Return our files as if they lay in the folder of a template, and a first one that leads to them."""
    names = ("look.typ", "qrbill.typ", document)
    return {
        "main": f'#include "/{_OURS}/{document}"'.encode(),
        **{f"{_OURS}/{name}": (_HERE / name).read_bytes() for name in names},
    }


@cache
def _compiler(folder: Path) -> typst.Compiler:
    """Return a renderer that reads nothing outside this folder."""
    import typst

    return typst.Compiler(root=folder, font_paths=_fonts(folder), ignore_system_fonts=True)


def _fonts(folder: Path) -> typst.Fonts:
    import typst

    own = [folder / "fonts"] if (folder / "fonts").is_dir() else []
    return typst.Fonts(include_system_fonts=False, font_paths=[FONTS, *own])
