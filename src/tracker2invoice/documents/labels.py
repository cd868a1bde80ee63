"""The words that stand on a document, by language. A new language is a new entry with the same keys."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_ENGLISH = MappingProxyType(
    {
        "title": "Draft invoice",
        "from": "From",
        "to": "Billed to",
        "issued": "Issue date",
        "delivered": "Delivery date",
        "delivered_over": "Delivery period",
        "due": "Due date",
        "amount_due": "Amount due",
        "contract": "Contract",
        "project": "Project",
        "order": "Order reference",
        "reference": "Reference",
        "description": "Description",
        "milestone": "Milestone",
        "basis": "Basis",
        "quantity": "Quantity",
        "unit_price": "Unit price",
        "net": "Net",
        "tax": "VAT",
        "tax_breakdown": "VAT breakdown",
        "tax_base": "Taxable amount",
        "total_net": "Total without VAT",
        "total_tax": "VAT",
        "total_gross": "Total with VAT",
        "prepaid": "Already paid",
        "payment": "Payment",
        "account_holder": "Account holder",
        "iban": "IBAN",
        "bic": "BIC",
        "note": "Note",
        "vat_id": "VAT ID",
        "tax_id": "Tax number",
        "deliverables": "Deliverables",
        "number": "No.",
        "deliverable": "Deliverable",
        "closed": "Closed (UTC)",
        "people": "People",
        "more": "and {count} more",
        "tax_S": "VAT {rate} %",
        "tax_Z": "Zero rated",
        "tax_E": "Exempt from VAT",
        "tax_AE": "Reverse charge",
        "tax_K": "Intra-Community supply",
        "tax_G": "Export outside the EU",
        "tax_O": "Not subject to VAT",
        "unit_C62": "",
        "unit_HUR": "h",
        "unit_DAY": "d",
        "unit_MON": "months",
        "date": "d MMMM y",
        "short_date": "d MMM y",
    }
)

LABELS: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": _ENGLISH})
"""Language code to labels: `tax_…` by category (UNCL5305), `unit_…` by UN/ECE Rec 20, CLDR date patterns."""
