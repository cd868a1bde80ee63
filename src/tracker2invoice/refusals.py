"""What a person does about the refusals that accounting platforms have in common, worded once for all outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tracker2invoice.errors import Rejected
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Finding
from tracker2invoice.taxcodes import tax_key

RESTORE_CLIENT = "restore the client there"
PIN_ANOTHER_CLIENT = "pin another client there, then `t2i reissue` the reference"
OPEN_PERIOD = "open the period there, or `t2i reissue` the reference, which dates it anew"
ENABLE_CURRENCY = "enable the currency there"


def correct_tax(draft: Draft) -> str:
    """Return which settings may name a tax that the output does not know: those of all taxes of the draft."""
    keys = dict.fromkeys(tax_key(row.tax.category, row.tax.rate) for row in draft.rows)
    return "correct " + " or ".join(f'tax."{key}"' for key in keys)


def client_missing(output: str, pinned: str) -> Rejected:
    """Say that the pinned client is not there. A frozen draft keeps its client; only a new one has another."""
    return Rejected(output, f"client {pinned} is not there: {PIN_ANOTHER_CLIENT}")


def explained(refusal: Rejected, found: Iterable[Finding]) -> Rejected:
    """Add what `check` finds about what a document names, for outputs whose words do not tell refusals apart."""
    steps = [one.next_step for one in found if not one.ok]
    return Rejected(refusal.system, "; ".join([refusal.detail.rstrip("."), *steps]))


def advised(detail: str, steps: Mapping[str, str]) -> str:
    """Return what an output said, with the next step if there is one: `steps` has them by words of the vendor.

    The words are looked for without regard to case; the first that are there count.
    """
    lower = detail.lower()
    step = next((step for words, step in steps.items() if words.lower() in lower), "")
    return f"{detail.rstrip('.')}; {step}" if step else detail
