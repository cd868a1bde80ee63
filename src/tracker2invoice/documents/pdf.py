"""A draft as a PDF for people: PDF/A-3a and PDF/UA-1, the same bytes for the same draft.

The page is laid out by typst from `invoice.typ`. Data reaches the template as one JSON string and is never
parsed as markup. Nothing is read but this folder: no system fonts, no packages, no network.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from tracker2invoice.documents.glyphs import FONTS
from tracker2invoice.documents.view import View
from tracker2invoice.model.invoice import Draft

if TYPE_CHECKING:
    import typst

_HERE = Path(__file__).parent
_one_at_a_time = Lock()


def render_pdf(draft: Draft, language: str = "en") -> bytes:
    """Return the draft as a PDF in a language of `LABELS`, dated with the draft's issue date.

    Raises:
        RuntimeError: the renderer refuses the document (`typst.TypstError`).
    """
    data = json.dumps(View(draft, language).data(), ensure_ascii=False)
    with _one_at_a_time:
        pdf = _compiler().compile(
            format="pdf",
            sys_inputs={"data": data},
            pdf_standards=["a-3a", "ua-1"],
            timestamp=datetime.combine(draft.issue_date, time(), UTC),
        )
    assert isinstance(pdf, bytes)
    return pdf


def font_families() -> frozenset[str]:
    """Return the families of the bundled fonts that the renderer can load; empty if it can load none."""
    return frozenset(_fonts().families())


@cache
def _compiler() -> typst.Compiler:
    import typst

    return typst.Compiler(_HERE / "invoice.typ", root=_HERE, font_paths=_fonts(), ignore_system_fonts=True)


def _fonts() -> typst.Fonts:
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[FONTS])
