"""What keeps a PDF from being archived and read aloud, judged by the rules of PDF/A-3a and PDF/UA-1."""

from __future__ import annotations

import re

import page

_PROFILES = (page.ValidationProfile.PDF_A_3A, page.ValidationProfile.PDF_UA_1)
_STREAM = re.compile(rb"/Length (\d+)(?: */[^>]*)?>>\s*stream\r?\n")


def faults(pdf: bytes) -> list[str]:
    """Return the rules that it breaks.

    The checker takes a carriage return that ends the data of a stream for a part of the line break after it, and then
    the length for wrong; so where it doubts lengths, they are counted here (ISO 32000-1, 7.3.8.1).
    """
    reports = [page.validate_pdf_bytes(pdf, profile=profile) for profile in _PROFILES]
    broken = [failure.rule_id for report in reports for failure in report.failures]
    return [rule for rule in broken if not rule.endswith("STREAM-LENGTH-001") or not _lengths_are_right(pdf)]


def _lengths_are_right(pdf: bytes) -> bool:
    ends = [found.end() + int(found[1]) for found in _STREAM.finditer(pdf)]
    all_found = len(ends) == len(re.findall(rb"\bstream\r?\n", pdf))
    return all_found and all(re.match(rb"\r?\nendstream", pdf[end : end + 12]) for end in ends)
