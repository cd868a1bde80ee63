"""A draft in the formats of a folder, and what keeps it from being written in them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tracker2invoice.documents.cii import render_cii
from tracker2invoice.documents.document import render_document
from tracker2invoice.documents.facturx import render_facturx
from tracker2invoice.documents.levels import LEVELS
from tracker2invoice.documents.pdf import place_of, render_pdf
from tracker2invoice.documents.preflight import objections
from tracker2invoice.documents.profiles import PROFILES
from tracker2invoice.documents.table import render_table
from tracker2invoice.documents.ubl import render_ubl
from tracker2invoice.errors import Rejected, Unsupported
from tracker2invoice.model.invoice import COMMERCIAL_INVOICE, CREDIT_NOTE, Draft
from tracker2invoice.model.look import PLAIN, Look
from tracker2invoice_files import FilesSettings, Format, within_pdf
from tracker2invoice_files.templates import TEMPLATES, render_quickbooks, render_xero

_RENDERERS: Mapping[Format, Callable[[str, FilesSettings, Draft, bool, Look], bytes]] = {
    "pdf": lambda _, __, draft, planned, look: render_pdf(draft, planned=planned, look=look),
    "facturx": lambda _, settings, draft, planned, look: render_facturx(
        draft, PROFILES[within_pdf(settings.profile)], LEVELS[settings.facturx_profile], planned=planned, look=look
    ),
    "json": lambda _, __, draft, ___, ____: render_document(draft),
    "csv": lambda _, __, draft, ___, ____: render_table(draft),
    "ubl": lambda _, settings, draft, __, ___: render_ubl(draft, PROFILES[settings.profile]),
    "cii": lambda _, settings, draft, __, ___: render_cii(draft, PROFILES[settings.profile]),
    "csv-xero": lambda output, settings, draft, _, __: render_xero(output, settings, draft),
    "csv-quickbooks": lambda output, settings, draft, _, __: render_quickbooks(output, settings, draft),
}


def refuse_unfit(output: str, settings: FilesSettings, draft: Draft) -> None:
    """Refuse a draft that cannot be written in one of the formats. `output` is the configured name.

    Raises:
        Unsupported: it is no invoice and no credit note, or a template of another program cannot express it.
        Rejected: it lacks something that an electronic invoice or a template needs.
    """
    if draft.type_code not in (COMMERCIAL_INVOICE, CREDIT_NOTE):
        raise Unsupported(output, f"documents of type {draft.type_code}")
    for profile in settings.profiles:
        if against := objections(draft, PROFILES[profile]):
            raise Rejected(output, f"no electronic invoice ({profile}) of this: {'; '.join(against)}")
    for format_ in TEMPLATES:
        if format_ in settings.formats:
            render(output, settings, draft, format_)


def render(
    output: str, settings: FilesSettings, draft: Draft, format_: Format, *, planned: bool = False, look: Look = PLAIN
) -> bytes:
    """Return the draft in a format. A PDF has the look, and is marked if the draft is only `planned`.

    Raises:
        Unsupported: the template of another program cannot express it.
        Rejected: the PDF cannot be typeset, or nothing is set for a tax in a template.
    """
    try:
        return _RENDERERS[format_](output, settings, draft, planned, look)
    except RuntimeError as error:
        raise Rejected(output, f"the PDF cannot be typeset{place_of(error, look)}") from error


def show(output: str, settings: FilesSettings, draft: Draft, format_: Format, *, planned: bool, look: Look) -> bytes:
    """Return the draft in a format, whichever are written, or refuse it as `prepare` would. Raises like both above."""
    refuse_unfit(output, settings.model_copy(update={"formats": (format_,)}), draft)
    return render(output, settings, draft, format_, planned=planned, look=look)
