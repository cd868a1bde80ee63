"""VAT as it stands on a document: category, rate and, where there is none, the reason."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

TaxCategory = Literal["S", "Z", "E", "AE", "K", "G", "O"]


@dataclass(frozen=True, slots=True)
class Tax:
    """A VAT category (EN 16931 BT-118, code list UNCL5305) with its rate in percent (BT-119)."""

    category: TaxCategory
    rate: Decimal
    exemption_reason: str = ""


VAT_LATER = "Advance outside VAT; the invoice for the work bears the whole VAT"
"""Why an advance bears no VAT where the contract does not word it."""

TaxRounding = Literal["document", "line"]
"""Where VAT is rounded: once for the sum of a category and rate (EN 16931 BR-CO-17), or in each line."""

HELD_BACK = Tax("E", Decimal(0), "VAT is due on the whole work at once, whatever is held back of it")
"""The tax of what is held back and paid out later: an XRechnung example has warranty retainage as an allowance of E."""
