"""Whether the renderer takes a look: it is tried on invented documents before one for a client depends on it."""

from __future__ import annotations

from functools import cache

from tracker2invoice.documents.pdf import render_pdf
from tracker2invoice.model.look import Look
from tracker2invoice.testing.samples import sample_draft


@cache
def refusal(look: Look) -> str:
    """Return why the renderer does not take the look, by its setting; empty if it takes it."""
    try:
        render_pdf(sample_draft(), look=look)
    except RuntimeError as error:
        return f"supplier.logo: {error}"
    return ""
