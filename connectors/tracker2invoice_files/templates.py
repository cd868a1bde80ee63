"""The templates in which Xero and QuickBooks Online import invoices: a row for each line and each allowance.

Both calculate the tax by themselves, line by line, so that a draft whose tax comes out otherwise is refused. Cells are
safe for spreadsheets like those of our own table.

Sources: the template that Xero hands out under Business, Invoices, Import; Intuit, "Import invoices in batches".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from tracker2invoice.documents.limits import beyond_plain_invoices, cents, decimals, refuse
from tracker2invoice.documents.remarks import remarks, row_text, shortened
from tracker2invoice.documents.table import render_rows
from tracker2invoice.documents.text import cell
from tracker2invoice.errors import Rejected
from tracker2invoice.model.contract import Address
from tracker2invoice.model.invoice import Draft, Line, LineTax
from tracker2invoice.taxcodes import tax_code
from tracker2invoice_files import Dates, FilesSettings, Format

TEMPLATES: tuple[Format, ...] = ("csv-xero", "csv-quickbooks")

_LONGEST_DESCRIPTION = 4000
_PRICE_DECIMALS, _QUANTITY_DECIMALS = 2, 4
_NOWHERE = Address("", "", "", "")


def render_xero(output: str, settings: FilesSettings, draft: Draft) -> bytes:
    """Return the draft in Xero's template for sales invoices. `output` is the configured name.

    Raises:
        Unsupported: the template cannot express it. Rejected: its section or the name of a tax is not set.
    """
    template = settings.xero
    if template is None:
        raise Rejected(output, "nothing is set in its section xero")
    refuse(output, _beyond(draft))
    address = draft.client.address or _NOWHERE
    return render_rows(
        [
            {
                "*ContactName": cell(draft.client.name),
                "EmailAddress": cell(draft.client.email),
                "POAddressLine1": cell(address.street),
                "POAddressLine2": cell(address.extra),
                "POAddressLine3": "",
                "POAddressLine4": "",
                "POCity": cell(address.city),
                "PORegion": "",
                "POPostalCode": cell(address.postcode),
                "POCountry": cell(address.country),
                "*InvoiceNumber": cell(draft.number or draft.reference),
                "Reference": cell(draft.order_reference),
                "*InvoiceDate": _day(draft.issue_date, template.dates),
                "*DueDate": _day(draft.due_date, template.dates),
                "Total": "",
                "InventoryItemCode": "",
                "*Description": cell(text),
                # a deduction is a negative price at Xero
                "*Quantity": f"{abs(row.quantity):f}",
                "*UnitAmount": f"{row.unit_price if row.quantity >= 0 else -row.unit_price:f}",
                "Discount": "",
                "*AccountCode": cell(template.account),
                "*TaxType": cell(tax_code(f"{output}.xero", template.tax, row.tax.category, row.tax.rate)),
                "TaxAmount": "",
                "TrackingName1": "",
                "TrackingOption1": "",
                "TrackingName2": "",
                "TrackingOption2": "",
                "Currency": cell(draft.currency),
                "BrandingTheme": "",
            }
            for row, text in _described(draft)
        ]
    )


def render_quickbooks(output: str, settings: FilesSettings, draft: Draft) -> bytes:
    """Return the draft as QuickBooks Online imports invoices. `output` is the configured name.

    Raises:
        Unsupported: the template cannot express it. Rejected: its section or the name of a tax is not set.
    """
    template = settings.quickbooks
    if template is None:
        raise Rejected(output, "nothing is set in its section quickbooks")
    refuse(output, _beyond(draft) | {"amounts below zero": any(row.net < 0 for row in draft.rows)})
    return render_rows(
        [
            {
                "*InvoiceNo": cell(draft.number or draft.reference),
                "*Customer": cell(draft.client.name),
                "*InvoiceDate": _day(draft.issue_date, template.dates),
                "*DueDate": _day(draft.due_date, template.dates),
                "Terms": "",
                "Location": "",
                "Memo": cell(draft.order_reference),
                "Item(Product/Service)": cell(template.item),
                "ItemDescription": cell(text),
                "ItemQuantity": f"{row.quantity:f}",
                "ItemRate": f"{row.unit_price:f}",
                "*ItemAmount": f"{row.net:f}",
                "*ItemTaxCode": cell(tax_code(f"{output}.quickbooks", template.tax, row.tax.category, row.tax.rate)),
                "ItemTaxAmount": f"{_tax(row):f}",
                "Currency": cell(draft.currency),
                "Service Date": _day(draft.delivery_date, template.dates),
            }
            for row, text in _described(draft)
        ]
    )


def _beyond(draft: Draft) -> dict[str, bool]:
    # the templates have a column for our number
    plain = beyond_plain_invoices(replace(draft, number=None), price_decimals=_PRICE_DECIMALS)
    return {
        "credit notes": draft.is_credit_note,
        **plain,
        f"quantities with more than {_QUANTITY_DECIMALS} decimals": any(
            decimals(row.quantity) > _QUANTITY_DECIMALS for row in draft.rows
        ),
        "VAT that is not that of its lines, each rounded by itself": _is_taxed_otherwise(draft),
    }


def _is_taxed_otherwise(draft: Draft) -> bool:
    wanted: dict[LineTax, Decimal] = {}
    for row in draft.rows:
        wanted[row.tax] = wanted.get(row.tax, Decimal(0)) + _tax(row)
    stated: dict[LineTax, Decimal] = {}
    for one in draft.tax:
        key = LineTax(one.category, one.rate)
        stated[key] = stated.get(key, Decimal(0)) + one.amount
    return wanted != stated


def _tax(row: Line) -> Decimal:
    return cents(row.net * row.tax.rate / 100)


def _described(draft: Draft) -> Iterator[tuple[Line, str]]:
    """Yield each row with its text; the first bears what the template has no column for."""
    for number, row in enumerate(draft.rows):
        text = row_text(draft, row, _LONGEST_DESCRIPTION)
        notes = remarks(draft, _LONGEST_DESCRIPTION) if number == 0 else ()
        yield row, shortened("\n".join((text, *notes)), _LONGEST_DESCRIPTION)


def _day(day: date, form: Dates) -> str:
    return f"{day:%d/%m/%Y}" if form == "DD/MM/YYYY" else f"{day:%m/%d/%Y}"
