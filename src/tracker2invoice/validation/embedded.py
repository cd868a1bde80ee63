"""Finds the invoice that is attached to a PDF, as Factur-X and ZUGFeRD do it (ISO 32000-1, 7.11.4).

An embedded file is a stream of its own, so that it is found without following the structure of the PDF. Nothing is
unpacked beyond a bound.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from tracker2invoice.validation.reading import Unreadable

_FILE = re.compile(rb"/EmbeddedFile\b")
_STREAM = re.compile(rb"\bstream\r?\n")
_WIDEST = 4000
"""Bytes of a dictionary on either side of its type."""

_MOST = 100


def attached_invoice(pdf: bytes, largest: int) -> bytes:
    """Return the Cross Industry Invoice that is attached, of at most `largest` bytes.

    Raises:
        Unreadable: there is none, there are several, or it is encrypted or too large.
    """
    if b"/Encrypt" in pdf:
        raise Unreadable("the PDF is encrypted")
    found = [one for one in _attachments(pdf, largest) if b"CrossIndustryInvoice" in one]
    if len(found) != 1:
        raise Unreadable("the PDF has several invoices in it" if found else "the PDF has no electronic invoice in it")
    return found[0]


def _attachments(pdf: bytes, largest: int) -> Iterator[bytes]:
    for number, found in enumerate(_FILE.finditer(pdf)):
        if number == _MOST:
            raise Unreadable(f"the PDF has more than {_MOST} attachments")
        stream = _STREAM.search(pdf, found.end(), found.end() + _WIDEST)
        if stream is None:
            continue
        begin = max(0, found.start() - _WIDEST)
        dictionary = pdf[max(begin, pdf.rfind(b" obj", begin, found.start())) : stream.start()]
        if b"/FlateDecode" in dictionary:
            yield _unpacked(pdf, stream.end(), largest)
        elif b"/Filter" not in dictionary:
            yield pdf[stream.end() : pdf.find(b"endstream", stream.end())]


def _unpacked(pdf: bytes, start: int, largest: int) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(memoryview(pdf)[start:], largest)
    except zlib.error:
        return b""
    if not unpacking.eof:
        raise Unreadable("an attachment of the PDF is cut off, or too large")
    return content
