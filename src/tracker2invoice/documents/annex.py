"""What was delivered, as a PDF to attach to a draft in an accounting platform, which lays out the invoice itself."""

from __future__ import annotations

from tracker2invoice.errors import Rejected
from tracker2invoice.model.invoice import Draft


def annex_name(draft: Draft) -> str:
    """Return the name of the file, in ASCII: what has this name on a document is the annex of that draft."""
    return f"{draft.reference}.pdf"


def annex_pdf(draft: Draft) -> bytes:
    """Return the list of deliverables; the same draft has the same bytes.

    Raises:
        Rejected: the renderer refuses it.
    """
    # the renderer is heavy, and few outputs need it
    from tracker2invoice.documents.pdf import render_annex_pdf

    try:
        return render_annex_pdf(draft)
    except RuntimeError as error:
        raise Rejected("annex", f"it cannot be rendered: {error}") from error
