"""A draft as the parameters of Stripe's two requests. Pure: the same draft gives the same bytes.

The first one creates the invoice without lines, the second one adds all lines at once. Parameters:
docs.stripe.com/api/invoices/create and docs.stripe.com/api/invoices/add_lines. A line is an amount with a text, for a
quantity with a price would need a product of its own. Quantities stand in the text, and the deliverables in that of the
first line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from tracker2invoice.documents.limits import beyond_plain_invoices, refuse
from tracker2invoice.documents.remarks import delivered, labelled, reasons, row_text, shortened, terms
from tracker2invoice.errors import Rejected
from tracker2invoice.languages.labels import labels
from tracker2invoice.model.invoice import Draft, Line
from tracker2invoice.taxcodes import tax_code
from tracker2invoice.wire import write_json
from tracker2invoice_stripe import StripeSettings
from tracker2invoice_stripe.amounts import AMBIGUOUS, is_countable, to_instant, to_units
from tracker2invoice_stripe.taxes import tax_amounts

if TYPE_CHECKING:
    from stripe.params import InvoiceAddLinesParamsLine, InvoiceCreateParams, InvoiceCreateParamsCustomField

REFERENCE, LINE = "t2i_ref", "t2i_line"
"""Our names in the metadata of an invoice and of its lines."""

MOST_LINES = 250
LONGEST_MEMO, LONGEST_TEXT = 1500, 5000
LONGEST_FIELD = 140
_PRICE_DECIMALS = 6
_CUSTOMER = re.compile(r"cus_\w+", re.ASCII)


class Requests(BaseModel):
    """The parameters of both requests, as they are frozen before the first one is sent."""

    invoice: dict[str, Any]
    lines: list[dict[str, Any]]


def to_requests(output: str, settings: StripeSettings, draft: Draft) -> bytes:
    """Return the parameters of both requests. `output` is the configured name.

    Raises:
        Unsupported: the draft has a feature that an invoice of Stripe does not have.
        Rejected: no customer or tax rate is configured for it.
    """
    _refuse_unsupported(output, draft)
    invoice: InvoiceCreateParams = {
        "customer": customer_id(output, draft),
        "currency": draft.currency.lower(),
        "collection_method": "send_invoice",
        "auto_advance": False,
        "automatic_tax": {"enabled": False},
        # without these, what is pending and what the customer gets off would come upon the invoice
        "pending_invoice_items_behavior": "exclude",
        "discounts": "",
        "effective_at": to_instant(draft.issue_date),
        "custom_fields": _custom_fields(draft),
        "metadata": {REFERENCE: draft.reference},
    }
    if draft.due_date == draft.issue_date:
        # an instant of today may have passed, and Stripe takes none that has
        invoice["days_until_due"] = 0
    else:
        invoice["due_date"] = to_instant(draft.due_date)
    if memo := _memo(draft):
        invoice["description"] = memo
    lines = [dict(line) for line in _lines(output, settings, draft)]
    return write_json({"invoice": dict(invoice), "lines": lines}).encode()


def customer_id(output: str, draft: Draft) -> str:
    """Return the pinned id of the client's customer.

    Raises:
        Rejected: the client has no id configured for this output.
    """
    pinned = draft.client.remote.get(output, "")
    if not is_customer_id(pinned):
        raise Rejected(output, f"client {draft.client.id} has no customer id (cus_…): set remote.{output}")
    return pinned


def is_customer_id(text: str) -> bool:
    """Say whether a text can be the id of a customer."""
    return _CUSTOMER.fullmatch(text) is not None


def _refuse_unsupported(output: str, draft: Draft) -> None:
    amounts = [*(row.net for row in draft.rows), *(one.amount for one in draft.tax)]
    refuse(
        output,
        {"credit notes, which Stripe issues at once": draft.is_credit_note}
        | beyond_plain_invoices(draft, price_decimals=_PRICE_DECIMALS)
        | {
            f"amounts in {draft.currency}": draft.currency in AMBIGUOUS,
            f"fractions of 1 {draft.currency}": not all(is_countable(amount, draft.currency) for amount in amounts),
            "a total below nothing, which Stripe takes for credit": draft.totals.gross < 0,
            f"more than {MOST_LINES} lines": len(draft.rows) > MOST_LINES,
            f"order references of more than {LONGEST_FIELD} characters": len(draft.order_reference) > LONGEST_FIELD,
            f"a note and terms of more than {LONGEST_MEMO} characters": len(_memo(draft)) > LONGEST_MEMO,
        },
    )


def _custom_fields(draft: Draft) -> list[InvoiceCreateParamsCustomField]:
    shown = {
        "order": draft.order_reference,
        "contract": draft.contract_reference,
        "project": draft.project,
        "reference": draft.reference,
    }
    names = labels(draft.client.language)
    return [{"name": names[name], "value": shortened(text, LONGEST_FIELD)} for name, text in shown.items() if text]


def _memo(draft: Draft) -> str:
    # there are four custom fields, and no fifth one for what the client wants to read
    wanted = labelled(draft, {"buyer_reference": draft.client.buyer_reference})
    return "\n\n".join(filter(None, (wanted, *terms(draft), *reasons(draft))))


def _lines(output: str, settings: StripeSettings, draft: Draft) -> list[InvoiceAddLinesParamsLine]:
    taxes = tax_amounts(draft)
    lines: list[InvoiceAddLinesParamsLine] = []
    for index, row in enumerate(draft.rows):
        line: InvoiceAddLinesParamsLine = {
            "amount": to_units(row.net, draft.currency),
            "description": _text(draft, row, is_first=index == 0),
            "discountable": False,
            "metadata": {LINE: str(index + 1)},
        }
        rate = tax_code(output, settings.tax, row.tax.category, row.tax.rate)
        if taxes is None:
            line["tax_rates"] = [rate]
        else:
            line["tax_amounts"] = [
                {
                    "amount": taxes[index],
                    "taxable_amount": line["amount"],
                    "tax_rate_data": _rate_data(settings, row),
                }
            ]
        lines.append(line)
    return lines


def _rate_data(settings: StripeSettings, row: Line) -> Any:
    # the library's type wants a float, but a decimal is what is written
    return {"display_name": settings.tax_name, "percentage": row.tax.rate, "inclusive": False}


def _text(draft: Draft, row: Line, *, is_first: bool) -> str:
    counted = "" if abs(row.quantity) == 1 else f"\n{abs(row.quantity):f} x {row.unit_price:f}"
    text = f"{row_text(draft, row, LONGEST_TEXT)}{counted}"
    if not is_first:
        return shortened(text, LONGEST_TEXT)
    room = LONGEST_TEXT - len(text.encode("utf-16-le")) // 2 - 2
    return shortened(f"{text}\n\n{delivered(draft, max(room, 0))}" if room > 0 else text, LONGEST_TEXT)
