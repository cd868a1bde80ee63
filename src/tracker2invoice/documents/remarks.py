"""What accounting platforms have no field for, as text for the lines of an invoice. Pure.

The note, a discount for paying early, installments and a late fee, preceding invoices, the time of delivery, the
deliverables, the reason for a tax exemption, how VAT was rounded and converted. Units and how a line came about stand
in its text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tracker2invoice.model.invoice import Draft, Line

UNITS: Mapping[str, str] = MappingProxyType({"C62": "", "HUR": " (hours)", "DAY": " (days)", "MON": " (months)"})
"""What a line's text says of a unit (UN/ECE Rec 20), for platforms whose lines have no field for it."""


def row_text(draft: Draft, row: Line, limit: int) -> str:
    """Return the text of a row of the draft; its unit must be one of `UNITS`."""
    text = f"{row.description}{UNITS[row.unit]}"
    # one line needs no explanation beside the others
    return shortened(f"{text}\n{row.basis}" if row.basis and len(draft.rows) > 1 else text, limit)


def remarks(draft: Draft, limit: int) -> tuple[str, ...]:
    """Return the texts that follow the rows, each of at most `limit` UTF-16 units; the list of deliverables is one."""
    texts = (*terms(draft), delivered(draft, limit), *reasons(draft))
    return tuple(shortened(text, limit) for text in texts if text)


def terms(draft: Draft) -> tuple[str, ...]:
    """Return the note, the payment terms that are more than a due date, and the preceding invoices, as far as any."""
    return _those_there(
        draft.note,
        draft.payment_terms if draft.early_payment or draft.installments or draft.late_fee else "",
        "\n".join(("Preceding invoices:", *map(str, draft.preceding))) if draft.preceding else "",
    )


def reasons(draft: Draft) -> tuple[str, ...]:
    """Return why there is no tax, and how the tax was rounded and converted, as far as the draft says so."""
    return _those_there(*(subtotal.exemption_reason for subtotal in draft.tax), draft.tax_note)


def delivered(draft: Draft, limit: int) -> str:
    """Return the milestone, when it was delivered, its address and the deliverables; the last ones if there is room."""
    period = draft.delivery_period
    when = f"{period.start} to {period.end}" if period else draft.delivery_date.isoformat()
    head = [f"{draft.why.milestone_title}, delivered {when}", draft.why.milestone_url]
    items = [
        f"{deliverable.number} {deliverable.title} {deliverable.url}".strip()
        for line in draft.lines
        for deliverable in line.deliverables
    ]
    return fitting([*filter(None, head), *items], limit)


def _those_there(*texts: str) -> tuple[str, ...]:
    return tuple(filter(None, texts))


def fitting(lines: Sequence[str], limit: int) -> str:
    """Join the lines; leave out the last ones if there is no room, and say how many."""
    whole = "\n".join(lines)
    if _units(whole) <= limit:
        return whole
    for kept in range(len(lines) - 1, 0, -1):
        text = "\n".join((*lines[:kept], f"… and {len(lines) - kept} more"))
        if _units(text) <= limit:
            return text
    return shortened(whole, limit)


def shortened(text: str, limit: int) -> str:
    """Cut a text that is too long, visibly. The limit counts UTF-16 units: no system counts more for a character."""
    if _units(text) <= limit:
        return text
    return text.encode("utf-16-le")[: 2 * (limit - 1)].decode("utf-16-le", errors="ignore") + "…"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
