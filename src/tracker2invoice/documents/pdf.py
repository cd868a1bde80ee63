"""Invoices, statements and evidence as PDF for people: PDF/A-3a and PDF/UA-1, the same bytes for the same values.

The page is laid out by typst from `invoice.typ`, `statement.typ` or `evidence.typ`. Data reaches the template as one
JSON string and is never parsed as markup. Nothing is read but this folder: no system fonts, no packages, no network.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal

from tracker2invoice.documents.evidence_view import EvidenceView
from tracker2invoice.documents.figures import Plain
from tracker2invoice.documents.glyphs import FONTS
from tracker2invoice.documents.statement import StatementView
from tracker2invoice.documents.view import View
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.evidence import Comparison, Evidence
from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.statement import Application

if TYPE_CHECKING:
    import typst

Relationship = Literal["alternative", "data"]
"""What an attachment is to the pages (PDF/A-3, AFRelationship)."""

_HERE = Path(__file__).parent
_one_at_a_time = Lock()


def render_pdf(
    draft: Draft, factur_x: bytes = b"", relationship: Relationship = "alternative", *, planned: bool = False
) -> bytes:
    """Return the draft as a PDF in the languages of its client, dated with the draft's issue date.

    `factur_x` is the invoice as XML that is attached to it, none if it is empty, and `relationship` what it is to the
    pages. What is only `planned` is marked so.

    Raises:
        RuntimeError: the renderer refuses the document (`typst.TypstError`).
    """
    data = {**View(draft, planned=planned).data(), "relationship": relationship}
    return _compiled("invoice.typ", data, draft.issue_date, factur_x)


def render_annex_pdf(draft: Draft) -> bytes:
    """Return what was delivered by itself, as the annex of a document that somebody else writes.

    Raises:
        RuntimeError: the renderer refuses the document (`typst.TypstError`).
    """
    return _compiled("annex.typ", View(draft).data(), draft.issue_date)


def render_statement_pdf(contract: Contract, applications: Sequence[Application]) -> bytes:
    """Return one application or more, each on pages of its own, dated with the day of the last.

    Raises:
        RuntimeError: the renderer refuses the document (`typst.TypstError`).
    """
    data = StatementView(contract, applications).data()
    return _compiled("statement.typ", data, applications[-1].day)


def render_evidence_pdf(evidence: Evidence, comparison: Comparison | None = None) -> bytes:
    """Return what stands behind a document, dated with its issue date; with a comparison, with the day of that.

    Raises:
        RuntimeError: the renderer refuses the document (`typst.TypstError`).
    """
    day = comparison.at.date() if comparison else evidence.draft.issue_date
    return _compiled("evidence.typ", EvidenceView(evidence, comparison).data(), day)


def font_families() -> frozenset[str]:
    """Return the families of the bundled fonts that the renderer can load; empty if it can load none."""
    return frozenset(_fonts().families())


def _compiled(template: str, data: Mapping[str, Plain], day: date, factur_x: bytes = b"") -> bytes:
    inputs = {"data": json.dumps(data, ensure_ascii=False), "factur-x": factur_x.decode()}
    with _one_at_a_time:
        pdf = _compiler(template).compile(
            format="pdf",
            sys_inputs=inputs,
            pdf_standards=["a-3a", "ua-1"],
            timestamp=datetime.combine(day, time(), UTC),
        )
    assert isinstance(pdf, bytes)
    return pdf


@cache
def _compiler(template: str) -> typst.Compiler:
    import typst

    return typst.Compiler(_HERE / template, root=_HERE, font_paths=_fonts(), ignore_system_fonts=True)


def _fonts() -> typst.Fonts:
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[FONTS])
