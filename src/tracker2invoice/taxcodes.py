"""What a contract's tax is called in an output: the setting `tax` of connectors, as in `{ "S 19" = "OUTPUT2" }`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

from tracker2invoice.errors import Rejected

_TAX = re.compile(r"(S|Z|E|AE|K|G|O) (\d{1,3}(?:\.\d{1,4})?)")


def tax_key(category: str, rate: Decimal) -> str:
    """Return how a tax is called in the settings: `S 19`, `S 7.7`, `AE 0`."""
    digits = format(rate, "f")
    return f"{category} {digits.rstrip('0').rstrip('.') if '.' in digits else digits}"


def tax_code(output: str, codes: Mapping[str, str], category: str, rate: Decimal) -> str:
    """Return what the tax is called in the output with that configured name.

    Raises:
        Rejected: the settings do not say.
    """
    key = tax_key(category, rate)
    if key not in codes:
        raise Rejected(output, f'nothing is configured for tax {key}: set tax."{key}"')
    return codes[key]


def _under_their_keys(codes: dict[str, str]) -> dict[str, str]:
    keyed: dict[str, str] = {}
    for name, code in codes.items():
        parts = _TAX.fullmatch(name)
        if not parts:
            raise ValueError('name a tax by category and rate, as in "S 19"')
        keyed[tax_key(parts[1], Decimal(parts[2]))] = code
    return keyed


TaxCodes = Annotated[
    Mapping[str, Annotated[str, Field(min_length=1)]],
    AfterValidator(_under_their_keys),
    Field(default_factory=dict[str, str]),
]
"""The setting: a tax by category and rate, and its name or id over there."""
