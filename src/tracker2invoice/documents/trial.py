"""Whether the renderer takes a look: it is tried on invented documents before one for a client depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from tracker2invoice.documents.pdf import place_of, render_pdf, warnings
from tracker2invoice.model.invoice import CREDIT_NOTE, Draft
from tracker2invoice.model.look import Look
from tracker2invoice.testing.bills import with_all_of_these
from tracker2invoice.testing.samples import sample_draft, with_payment_terms, with_preceding


@cache
def refusal(look: Look) -> str:
    """Return why the renderer does not take the look, by its setting; empty if it takes it."""
    try:
        render_pdf(sample_draft(), look=replace(look, template=None))
    except RuntimeError as error:
        return f"supplier.logo: {error}"
    return f"supplier.template: {words}" if look.template and (words := _refusal(look)) else ""


def _refusal(look: Look) -> str:
    try:
        return "; ".join(dict.fromkeys(words for draft in samples() for words in warnings(draft, look)))
    except RuntimeError as error:
        return f"{error}{place_of(error, look)}"


def samples() -> Iterator[Draft]:
    """Yield documents that have every block, only a few of them, another direction of reading, and a QR-bill."""
    everything = with_preceding(with_payment_terms(with_all_of_these(sample_draft())))
    yield replace(everything, note="A note.")
    yield replace(sample_draft(deliverables=()), type_code=CREDIT_NOTE, number="2026-0001")
    yield replace(everything, client=replace(everything.client, languages=("ar", "en")))
    swiss = sample_draft("CHF")
    yield replace(swiss, supplier=replace(swiss.supplier, iban="CH5800791123000889012"))
