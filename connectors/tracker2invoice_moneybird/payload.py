"""A draft as the body of a request to Moneybird. Pure: the same draft gives the same bytes.

Field names follow moneybird/openapi, openapi.yml v2-20260821, `POST /sales_invoices` and details_attributes. What it
has no field for (`tracker2invoice.documents.remarks`), and the order reference, stand on lines without a price: the
field `reference` holds ours alone, for it can be searched for only as a whole. The tax is calculated there, and nothing
says whether line by line or by tax rate (sales_invoice_response, `tax_totals`). A credit note is an invoice of negative
amounts (helpcenter.moneybird.nl, article 207101). `duplicate_creditinvoice` is no way to one: it takes back a whole
invoice and copies its reference.
"""

from __future__ import annotations

from tracker2invoice.documents.limits import beyond_own_tax, beyond_plain_invoices, refuse
from tracker2invoice.documents.remarks import ordered, remarks, row_text, shortened
from tracker2invoice.errors import Rejected
from tracker2invoice.model.invoice import Draft, Line
from tracker2invoice.taxcodes import tax_code
from tracker2invoice.wire import write_json
from tracker2invoice_moneybird import MoneybirdSettings

LONGEST_DESCRIPTION = 4000
"""Of one line: a longer text fills a page."""


def to_request(output: str, settings: MoneybirdSettings, draft: Draft) -> bytes:
    """Return the body of `POST /sales_invoices` for the draft. `output` is the configured name.

    Raises:
        Unsupported: the draft has a feature that an invoice there does not have.
        Rejected: no contact or tax rate is configured for it.
    """
    _refuse_unsupported(output, draft)
    sign = -1 if draft.is_credit_note else 1
    fields: dict[str, object] = {
        "contact_id": contact_id(output, draft),
        "reference": draft.reference,
        "invoice_date": draft.issue_date.isoformat(),
        "first_due_interval": (draft.due_date - draft.issue_date).days,
        "currency": draft.currency,
        "prices_are_incl_tax": False,
        "discount": "0",
        "details_attributes": [
            *(_priced(output, settings, draft, row, sign) for row in draft.rows),
            *(_text(output, settings, draft, text) for text in _texts(draft)),
        ],
    }
    return write_json({"sales_invoice": fields}).encode()


def contact_id(output: str, draft: Draft) -> str:
    """Return the pinned id of the client's contact.

    Raises:
        Rejected: the client has no id configured for this output.
    """
    pinned = draft.client.remote.get(output)
    if not pinned:
        raise Rejected(output, f"client {draft.client.id} has no contact id: set remote.{output}")
    return pinned


def _refuse_unsupported(output: str, draft: Draft) -> None:
    own = {"a due date before the issue date": draft.due_date < draft.issue_date}
    plain = beyond_plain_invoices(draft, price_decimals=2, credit_notes=True)
    refuse(output, plain | own | beyond_own_tax(draft))


def _priced(output: str, settings: MoneybirdSettings, draft: Draft, row: Line, sign: int) -> dict[str, object]:
    return {
        "description": row_text(draft, row, LONGEST_DESCRIPTION),
        # what is deducted, and all of a credit note, has a negative amount
        "amount": format(sign * row.quantity, "f"),
        "price": format(row.unit_price, "f"),
        **_booked(output, settings, row),
    }


def _text(output: str, settings: MoneybirdSettings, draft: Draft, text: str) -> dict[str, object]:
    # without a tax rate of ours it would have the default one, and that would stand on the invoice
    return {"description": text, "amount": "1", "price": "0", **_booked(output, settings, draft.rows[0])}


def _booked(output: str, settings: MoneybirdSettings, row: Line) -> dict[str, object]:
    rate = tax_code(output, settings.tax, row.tax.category, row.tax.rate)
    return {"tax_rate_id": rate, "ledger_account_id": settings.account}


def _texts(draft: Draft) -> tuple[str, ...]:
    order = (shortened(ordered(draft), LONGEST_DESCRIPTION),)
    return (*(order if draft.order_reference else ()), *remarks(draft, LONGEST_DESCRIPTION))
