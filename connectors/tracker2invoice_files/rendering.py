"""A draft in the formats of a folder, and what keeps it from being written in them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tracker2invoice.documents.cii import render_cii
from tracker2invoice.documents.document import render_document
from tracker2invoice.documents.facturx import render_facturx
from tracker2invoice.documents.pdf import render_pdf
from tracker2invoice.documents.preflight import objections
from tracker2invoice.documents.profiles import PROFILES, Profile
from tracker2invoice.documents.table import render_table
from tracker2invoice.documents.ubl import render_ubl
from tracker2invoice.errors import Rejected, Unsupported
from tracker2invoice.model.invoice import COMMERCIAL_INVOICE, CREDIT_NOTE, Draft
from tracker2invoice_files import FilesSettings, Format, within_pdf

_RENDERERS: Mapping[Format, Callable[[Draft, Profile, bool], bytes]] = {
    "pdf": lambda draft, _, planned: render_pdf(draft, planned=planned),
    "facturx": lambda draft, profile, planned: render_facturx(
        draft, PROFILES[within_pdf(profile.name)], planned=planned
    ),
    "json": lambda draft, _, __: render_document(draft),
    "csv": lambda draft, _, __: render_table(draft),
    "ubl": lambda draft, profile, _: render_ubl(draft, profile),
    "cii": lambda draft, profile, _: render_cii(draft, profile),
}


def refuse_unfit(output: str, settings: FilesSettings, draft: Draft) -> None:
    """Refuse a draft that cannot be written in one of the formats. `output` is the configured name.

    Raises:
        Unsupported: it is no invoice and no credit note.
        Rejected: it lacks something that an electronic invoice needs.
    """
    if draft.type_code not in (COMMERCIAL_INVOICE, CREDIT_NOTE):
        raise Unsupported(output, f"documents of type {draft.type_code}")
    for profile in settings.profiles:
        if against := objections(draft, PROFILES[profile]):
            raise Rejected(output, f"no electronic invoice ({profile}) of this: {'; '.join(against)}")


def render(output: str, draft: Draft, format_: Format, profile: Profile, *, planned: bool = False) -> bytes:
    """Return the draft in a format. A PDF of what is only `planned` is marked so.

    Raises:
        Rejected: the PDF cannot be typeset.
    """
    try:
        return _RENDERERS[format_](draft, profile, planned)
    except RuntimeError as error:
        raise Rejected(output, "the PDF cannot be typeset") from error


def show(output: str, settings: FilesSettings, draft: Draft, format_: Format, *, planned: bool) -> bytes:
    """Return the draft in a format, whichever are written, or refuse it as `prepare` would. Raises like both above."""
    refuse_unfit(output, settings.model_copy(update={"formats": (format_,)}), draft)
    return render(output, draft, format_, PROFILES[settings.profile], planned=planned)
