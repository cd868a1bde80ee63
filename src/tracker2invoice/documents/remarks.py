"""What accounting platforms have no field for, as text for the lines of an invoice. Pure.

The notes, a discount for paying early, installments and a late fee, preceding invoices, the time of delivery, the
deliverables, the client's reference and number of the contract, the project, the reason for a tax exemption, how VAT
was rounded and converted. Units and how a line came about stand in its text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tracker2invoice.languages.labels import labels
from tracker2invoice.languages.phrases import phrase, worded
from tracker2invoice.model.invoice import Draft, Line, Preceding

UNITS = ("C62", "HUR", "DAY", "MON")
"""The units (UN/ECE Rec 20) that a line's text can name, for platforms whose lines have no field for one."""


def row_text(draft: Draft, row: Line, limit: int) -> str:
    """Return the text of a row of the draft; its unit must be one of `UNITS`."""
    text = row.description
    if row.unit != "C62":
        text = worded(phrase(f"text_{row.unit}", text=text), draft.client.language)
    # one line needs no explanation beside the others
    return shortened(f"{text}\n{row.basis}" if row.basis and len(draft.rows) > 1 else text, limit)


def remarks(draft: Draft, limit: int) -> tuple[str, ...]:
    """Return the texts that follow the rows, each of at most `limit` UTF-16 units; the list of deliverables is one."""
    texts = (*terms(draft), delivered(draft, limit), agreed(draft), *reasons(draft))
    return tuple(shortened(text, limit) for text in texts if text)


def terms(draft: Draft) -> tuple[str, ...]:
    """Return the notes, the payment terms that are more than a due date, and the preceding invoices, as far as any."""
    return _those_there(
        draft.note,
        *supplier_notes(draft),
        draft.payment_terms if draft.early_payment or draft.installments or draft.late_fee else "",
        "\n".join(_preceding(draft)) if draft.preceding else "",
    )


def supplier_notes(draft: Draft) -> tuple[str, ...]:
    """Return the notes that stand on every invoice of the supplier, but for what the payment terms say already."""
    said = {draft.payment_terms, draft.late_fee}
    return tuple(text for text in draft.legal_notes.values() if text not in said)


def _preceding(draft: Draft) -> Iterator[str]:
    language = draft.client.language
    yield f"{labels(language)['preceding']}:"
    for one in draft.preceding:
        yield invoice_named(one, language)


def invoice_named(one: Preceding, language: str) -> str:
    """Return how an invoice is named in a text: its number, or our reference as long as there is none, and its day."""
    day = worded(phrase("preceding_of", day=one.issue_date), language)
    return f"{one.number} {day} ({one.reference})" if one.number else f"{one.reference} {day}"


def ordered(draft: Draft) -> str:
    """Return the client's order number with what it is."""
    return labelled(draft, {"order": draft.order_reference})


def agreed(draft: Draft) -> str:
    """Return the client's reference and number of the contract, and the project, each with what it is."""
    shown = {"contract": draft.contract_reference, "project": draft.project}
    return labelled(draft, {"buyer_reference": draft.client.buyer_reference, **shown})


def labelled(draft: Draft, shown: Mapping[str, str]) -> str:
    """Return those texts that are not empty, a line each, after their labels."""
    names = labels(draft.client.language)
    return "\n".join(f"{names[name]}: {text}" for name, text in shown.items() if text)


def reasons(draft: Draft) -> tuple[str, ...]:
    """Return why there is no tax, and how the tax was rounded and converted, as far as the draft says so."""
    return _those_there(*(subtotal.exemption_reason for subtotal in draft.tax), draft.tax_note)


def delivered(draft: Draft, limit: int) -> str:
    """Return the milestone, when it was delivered, its address and the deliverables; the last ones if there is room."""
    title, period = draft.why.milestone_title, draft.delivery_period
    when = (
        phrase("delivered_between", milestone=title, start=period.start, end=period.end)
        if period
        else phrase("delivered_on", milestone=title, day=draft.delivery_date)
    )
    head = [worded(when, draft.client.language), draft.why.milestone_url]
    items = [
        f"{deliverable.number} {deliverable.title} {deliverable.url}".strip()
        for line in draft.lines
        for deliverable in line.deliverables
    ]
    return fitting([*filter(None, head), *items], limit, draft.client.language)


def _those_there(*texts: str) -> tuple[str, ...]:
    return tuple(filter(None, texts))


def fitting(lines: Sequence[str], limit: int, language: str) -> str:
    """Join the lines; leave out the last ones if there is no room, and say how many."""
    whole = "\n".join(lines)
    if _units(whole) <= limit:
        return whole
    for kept in range(len(lines) - 1, 0, -1):
        text = "\n".join((*lines[:kept], f"… {more(len(lines) - kept, language)}"))
        if _units(text) <= limit:
            return text
    return shortened(whole, limit)


def more(count: int, language: str) -> str:
    """Say that there are so many more."""
    return labels(language)["more"].format(count=count)


def shortened(text: str, limit: int) -> str:
    """Cut a text that is too long, visibly. The limit counts UTF-16 units: no system counts more for a character."""
    if _units(text) <= limit:
        return text
    return text.encode("utf-16-le")[: 2 * (limit - 1)].decode("utf-16-le", errors="ignore") + "…"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
