"""A draft as Xero's request body. Pure: no clock, no network; the same draft gives the same bytes.

Field names follow XeroAPI/Xero-OpenAPI, xero_accounting.yaml 16.1.0, schemas Invoice and LineItem. What Xero
has no field for (the note, a discount for paying early, installments and a late fee, preceding invoices, the time
of delivery, the deliverables, the reason for a tax exemption, how VAT was rounded) stands on lines that have a
description alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal

from tracker2invoice.documents.text import web_link
from tracker2invoice.errors import Rejected, Unsupported
from tracker2invoice.model.invoice import Draft, Line, LineTax
from tracker2invoice.wire import write_json
from tracker2invoice_xero import XeroSettings, tax_key
from tracker2invoice_xero.taxes import tax_overrides

LONGEST_DESCRIPTION = 4000
_LONGEST_REFERENCE = 255
_CENT = Decimal("0.01")
_UNITS = {"C62": "", "HUR": " (hours)", "DAY": " (days)", "MON": " (months)"}
"""What a description says of a unit (UN/ECE Rec 20): a line of Xero has no field for it."""


def to_request(output: str, settings: XeroSettings, draft: Draft) -> bytes:
    """Return the body of `PUT /Invoices` for the draft. `output` is the configured name.

    Raises:
        Unsupported: the draft has a feature that a Xero invoice does not have.
        Rejected: no contact or tax type is configured for it.
    """
    _refuse_unsupported(output, draft)
    fields: dict[str, object] = {
        "Type": "ACCREC",
        "Status": "DRAFT",
        "Contact": {"ContactID": contact_id(output, draft)},
        "Date": draft.issue_date.isoformat(),
        "DueDate": draft.due_date.isoformat(),
        "LineAmountTypes": "Exclusive",
        "CurrencyCode": draft.currency,
        "Reference": _reference(draft),
        "LineItems": [*_priced_lines(output, settings, draft), *_text_lines(draft)],
    }
    link = web_link(draft.why.milestone_url)
    if link and "xero" not in link.lower():
        # Xero refuses a link that holds its own name; the address stands in the description as well
        fields["Url"] = link
    if settings.strict_unique:
        fields["InvoiceNumber"] = draft.reference
    return write_json({"Invoices": [fields]}).encode()


def contact_id(output: str, draft: Draft) -> str:
    """Return the pinned id of the client's contact.

    Raises:
        Rejected: the client has no id configured for this output.
    """
    pinned = draft.client.remote.get(output)
    if not pinned:
        raise Rejected(output, f"client {draft.client.id} has no contact id: set remote.{output}")
    return pinned


def _reference(draft: Draft) -> str:
    return " ".join(filter(None, (draft.order_reference, draft.reference)))


def _refuse_unsupported(output: str, draft: Draft) -> None:
    features = {
        f"document type {draft.type_code}": draft.type_code != "380",
        "a number of our own": draft.number is not None,
        "a prepaid amount": draft.totals.prepaid != 0,
        "amounts smaller than 0.01": any(_finer_than_cents(amount) for amount in _amounts(draft)),
        "unit prices with more than 4 decimals": any(_decimals(line.unit_price) > 4 for line in draft.lines),
        "units other than one, hour, day and month": any(line.unit not in _UNITS for line in draft.lines),
        "a line that is not quantity times unit price": any(_uneven(line) for line in draft.lines),
        f"references of more than {_LONGEST_REFERENCE} characters": len(_reference(draft)) > _LONGEST_REFERENCE,
        "totals that lines and allowances do not add up to": not _adds_up(draft),
    }
    for feature, wanted in features.items():
        if wanted:
            raise Unsupported(output, feature)


def _amounts(draft: Draft) -> Iterator[Decimal]:
    yield from (line.net for line in draft.rows)
    yield from (subtotal.amount for subtotal in draft.tax)


def _adds_up(draft: Draft) -> bool:
    """Whether what Xero makes of the rows, with the tax that is sent along, is what stands on the draft."""
    totals, subtotals = draft.totals, draft.tax
    taxed = {LineTax(one.category, one.rate) for one in subtotals}
    return (
        {row.tax for row in draft.rows} == taxed
        and sum(row.net for row in draft.rows) == totals.net
        and sum(one.amount for one in subtotals) == totals.tax
        and totals.net + totals.tax == totals.gross
    )


def _finer_than_cents(amount: Decimal) -> bool:
    return amount != _cents(amount)


def _uneven(line: Line) -> bool:
    return _cents(line.quantity * line.unit_price) != line.net


def _decimals(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _priced_lines(output: str, settings: XeroSettings, draft: Draft) -> list[dict[str, object]]:
    overrides = tax_overrides(draft.rows, draft.tax)
    return [
        {
            "Description": _description(draft, line),
            # a deduction is a negative price at Xero
            "Quantity": abs(line.quantity),
            "UnitAmount": line.unit_price if line.quantity >= 0 else -line.unit_price,
            "AccountCode": settings.account,
            "TaxType": _tax_type(output, settings, line),
            **({"TaxAmount": overrides[index]} if index in overrides else {}),
        }
        for index, line in enumerate(draft.rows)
    ]


def _description(draft: Draft, line: Line) -> str:
    description = f"{line.description}{_UNITS[line.unit]}"
    # one line needs no explanation beside the others
    return shortened(f"{description}\n{line.basis}" if line.basis and len(draft.rows) > 1 else description)


def _tax_type(output: str, settings: XeroSettings, line: Line) -> str:
    key = tax_key(line.tax.category, line.tax.rate)
    if key not in settings.tax:
        raise Rejected(output, f'no tax type is configured for tax {key}: set tax."{key}"')
    return settings.tax[key]


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)


def _text_lines(draft: Draft) -> list[dict[str, object]]:
    texts = [
        draft.note,
        draft.payment_terms if draft.early_payment or draft.installments or draft.late_fee else "",
        "\n".join(("Preceding invoices:", *map(str, draft.preceding))) if draft.preceding else "",
        _list_of_deliverables(draft),
        *(subtotal.exemption_reason for subtotal in draft.tax),
        draft.tax_note,
    ]
    return [{"Description": shortened(text)} for text in texts if text]


def _list_of_deliverables(draft: Draft) -> str:
    head = [
        f"{draft.why.milestone_title}, delivered {_delivered(draft)}",
        draft.why.milestone_url,
    ]
    items = [
        f"{deliverable.number} {deliverable.title} {deliverable.url}".strip()
        for line in draft.lines
        for deliverable in line.deliverables
    ]
    return fitting([*filter(None, head), *items], LONGEST_DESCRIPTION)


def _delivered(draft: Draft) -> str:
    period = draft.delivery_period
    return f"{period.start} to {period.end}" if period else draft.delivery_date.isoformat()


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


def shortened(text: str, limit: int = LONGEST_DESCRIPTION) -> str:
    """Cut a text that is too long, visibly. The limit counts UTF-16 units, as .NET and thus Xero count."""
    if _units(text) <= limit:
        return text
    return text.encode("utf-16-le")[: 2 * (limit - 1)].decode("utf-16-le", errors="ignore") + "…"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
