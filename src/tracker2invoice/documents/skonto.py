"""The discount for paying early as XRechnung wants it in the payment terms (BT-20): one line a step, for machines.

The form is that of rule BR-DE-18 of the XRechnung schematron: `#SKONTO#TAGE=14#PROZENT=2.00#`. A line counts from the
invoice date and takes its percentage of what is payable (BT-115), unless it names a base of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tracker2invoice.model.invoice import EarlyPaymentOffer

_LINE = re.compile(r"#SKONTO#TAGE=[0-9]+#PROZENT=[0-9]+\.[0-9]{2}(#BASISBETRAG=-?[0-9]+\.[0-9]{2})?#")
_XML_SPACE = " \t\r\n"
"""What XPath takes for white space; Python would take more."""


def render_skonto(offers: Iterable[EarlyPaymentOffer]) -> str:
    """Return the lines of all steps, each with the line break that the rule wants, also after the last."""
    return "".join(map(_line, offers))


def _line(offer: EarlyPaymentOffer) -> str:
    base = "" if offer.base is None else f"#BASISBETRAG={offer.base:.2f}"
    return f"#SKONTO#TAGE={offer.days}#PROZENT={offer.percent:.2f}{base}#\n"


def breaks_skonto(payment_terms: str) -> bool:
    """Whether the text breaks BR-DE-18: a line begins with `#` and is no discount, or no line break follows the last.

    Text without such a line cannot break it.
    """
    lines = [line.strip(_XML_SPACE) for line in payment_terms.split("\n")]
    marked = [line for line in lines if line.startswith("#")]
    if not all(_LINE.fullmatch(line) for line in marked):
        return True
    rest = re.split(r"#.+#", payment_terms)[-1]
    return bool(marked) and re.match(rf"[{_XML_SPACE}]*\n", rest) is None
