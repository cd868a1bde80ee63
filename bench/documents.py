"""How long a document takes, in a batch on one core: ours, and what other libraries write of the same invoice.

The promise is milliseconds: at most one for UBL or CII of an invoice with one line, 60 for Factur-X. factur-x makes its
XML from a dictionary, drafthorse from objects that are there already, and factur-x puts XML into a PDF that is there;
none is asked for its checks, as we are not.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from tracker2invoice.documents.cii import render_cii
from tracker2invoice.documents.facturx import render_facturx
from tracker2invoice.documents.pdf import render_pdf
from tracker2invoice.documents.preflight import objections
from tracker2invoice.documents.profiles import PROFILES
from tracker2invoice.documents.ubl import render_ubl
from tracker2invoice.model.invoice import Draft
from tracker2invoice.testing.bills import with_all_of_these
from tracker2invoice.testing.samples import sample_draft, with_payment_terms

ROUNDS, BATCH, PAGES = 5, 200, 20
MANY = 1_000
PROMISES = {"UBL": 1.0, "CII": 1.0, "Factur-X": 60.0}
GROWTH = 8.0
EN16931 = PROFILES["en16931"]


def milliseconds(write: Callable[[], object]) -> float:
    """Return the CPU time of one document in a batch, the best of some rounds: a busy machine only adds to it."""
    write()
    return min(_batch(write) for _ in range(ROUNDS)) / BATCH * 1000


def _batch(write: Callable[[], object]) -> float:
    begun = time.process_time()
    for _ in range(BATCH):
        write()
    return time.process_time() - begun


def writers(draft: Draft) -> dict[str, Callable[[], object]]:
    """Return what is measured, by name; what is not installed is left out."""
    ours: dict[str, Callable[[], object]] = {
        "UBL": lambda: render_ubl(draft, EN16931),
        "CII": lambda: render_cii(draft, EN16931),
        "pre-flight": lambda: objections(draft, EN16931),
    }
    return ours | _of_others(draft)


def _of_others(draft: Draft) -> dict[str, Callable[[], object]]:
    try:
        factur_x: Any = import_module("facturx")
        drafthorse: Any = import_module("drafthorse.models.document")
    except ImportError:
        return {}
    plain = factur_x.parse_ubl_cii_xml(render_ubl(draft, EN16931), check_xsd=False)
    built = drafthorse.Document.parse(render_cii(draft, EN16931))
    unchecked = {"check_xsd": False, "check_schematron": False}
    return {
        "factur-x: UBL": lambda: factur_x.generate_ubl_xml(dict(plain), **unchecked),
        "factur-x: CII": lambda: factur_x.generate_cii_xml(dict(plain), **unchecked),
        "drafthorse: CII": lambda: built.serialize(schema=None),
    }


def paged() -> dict[str, float]:
    """Return the milliseconds of documents with pages, each of another draft: the renderer remembers."""
    drafts = [sample_draft(title=f"Milestone {number}", milestone_id=str(number)) for number in range(PAGES)]
    found = {"PDF": _each(render_pdf, drafts), "Factur-X": _each(_factur_x, drafts)}
    try:
        factur_x: Any = import_module("facturx")
    except ImportError:
        return found
    parts = [(render_pdf(draft), render_cii(draft, EN16931)) for draft in drafts]
    unchecked = {"flavor": "factur-x", "level": "en16931", "check_xsd": False, "check_schematron": False}
    return found | {"factur-x: into PDF": _each(lambda part: factur_x.generate_from_binary(*part, **unchecked), parts)}


def _factur_x(draft: Draft) -> bytes:
    return render_facturx(draft, EN16931)


def _each(write: Callable[[Any], object], inputs: Sequence[object]) -> float:
    begun = time.process_time()
    for one in inputs:
        write(one)
    return (time.process_time() - begun) / len(inputs) * 1000


def grown() -> float:
    """Return by how many MiB the process grows over many documents, after the first hundred."""
    draft = sample_draft()
    peaks: list[int] = []
    for number in range(MANY + 100):
        render_ubl(draft, EN16931)
        render_cii(draft, EN16931)
        if number == 100:
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peaks[0]) / 1024


def main() -> None:
    """Print the table.

    Raises:
        SystemExit: a document takes longer than promised, or the process grows.
    """
    short, long = sample_draft(), with_all_of_these(with_payment_terms(sample_draft()))
    print(f"documents, CPU milliseconds each, best of {ROUNDS} batches")
    print(f"  {'':<18}{'one line':>10}{'six lines, deductions, two rates':>36}")
    for name, write in writers(short).items():
        print(f"  {name:<18}{milliseconds(write):>10.2f}{milliseconds(writers(long)[name]):>36.2f}")
    pages = paged()
    for name, value in pages.items():
        print(f"  {name:<18}{value:>10.1f}")
    growth = grown()
    print(f"  {MANY:,} documents in both syntaxes: {growth:.1f} MiB more")
    measured = pages | {name: milliseconds(writers(short)[name]) for name in ("UBL", "CII")}
    slow = [name for name, most in PROMISES.items() if measured[name] > most]
    if slow or growth > GROWTH:
        raise SystemExit(f"slower than promised: {', '.join(slow)}" if slow else f"grew by {growth:.1f} MiB")


if __name__ == "__main__":
    main()
