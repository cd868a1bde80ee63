"""Judges the JSON and the CSV that this program writes, by what they promise and by the sums in them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any, NoReturn

from pydantic import ValidationError

from tracker2invoice.config.plain import is_list, is_table
from tracker2invoice.documents.arithmetic import LINE_TOLERANCE, faults
from tracker2invoice.documents.text import cell
from tracker2invoice.model.invoice import REFERENCE, Draft
from tracker2invoice.validation.faults import Fault
from tracker2invoice.validation.reading import Unreadable, decimal

_SCHEMA = "invoice.schema.json"
_MOST_VALUES = 500_000
"""An invoice of ten thousand deliverables has a seventh of this; each value takes more memory than room in the file."""

_LINE_NUMBERS = ("quantity", "unit_price", "line_net", "tax_rate")
_TOTALS = ("total_net", "total_tax", "total_gross", "prepaid", "payable")
_TEXTS = ("supplier", "client", "contract_title", "project", "milestone", "description", "payment_terms", "basis")
_COLUMNS = ("reference", "line", "currency", "issue_date", "due_date", *_LINE_NUMBERS, *_TOTALS, *_TEXTS)


def json_faults(content: bytes) -> Iterator[Fault]:
    """Yield what the invoice document has against it.

    Raises:
        Unreadable: it is no JSON object, or a huge one.
    """
    if content.count(b",") > _MOST_VALUES:
        raise Unreadable("it has more values than any invoice")
    try:
        document: Any = json.loads(
            content.decode(), object_pairs_hook=_once, parse_constant=_refuse, parse_float=_refuse
        )
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is no JSON, names something twice, or has a number that is no text") from error
    try:
        draft = Draft.from_bytes(content)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False):
            yield Fault(_SCHEMA, (), ".".join(map(str, one["loc"])) or "document", one["msg"])
        return
    yield from (_differs(place) for place in _spelt_otherwise(document, draft.to_dict()))
    if not REFERENCE.fullmatch(draft.reference):
        yield _differs("reference")
    if draft.lines:
        yield from (Fault("sums", (), "document", words) for words in _sums(draft))
    else:
        yield Fault(_SCHEMA, ("BG-25",), "lines", "it has no lines")


def _sums(draft: Draft) -> Sequence[str]:
    try:
        return faults(draft)
    except (ArithmeticError, ValueError, KeyError):
        return ("it has an unknown currency, or amounts that its currency cannot have",)


def csv_faults(content: bytes) -> Iterator[Fault]:
    """Yield what the table of an invoice, or of several one after the other, has against it.

    Raises:
        Unreadable: it has not the columns of an invoice.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (ValueError, csv.Error) as error:
        raise Unreadable("it is no table of cells in quotes, in UTF-8") from error
    if not rows or not set(_COLUMNS) <= rows[0].keys():
        raise Unreadable("it has not the columns of an invoice")
    for number, row in enumerate(rows, start=2):
        yield from _row(f"row {number}", row)
    if all(decimal(row[name] or "") is not None for row in rows for name in (*_LINE_NUMBERS, *_TOTALS)):
        for reference, own in groupby(rows, key=lambda row: row["reference"]):
            yield from _table(reference, list(own))


def _row(place: str, row: Mapping[str | None, Any]) -> Iterator[Fault]:
    if None in row or None in row.values():
        yield Fault("RFC 4180", (), place, "it has not as many cells as there are columns")
        return
    for name in (*_LINE_NUMBERS, *_TOTALS):
        if decimal(row[name]) is None:
            yield Fault(name, (), place, f"{name} is no decimal number")
    for name in _TEXTS:
        if cell(row[name]) != row[name]:
            yield Fault(name, (), place, f"{name} could be taken for a formula, or has characters that steer")


def _table(reference: str, rows: Sequence[Mapping[str, str]]) -> Iterator[Fault]:
    totals = {name: Decimal(rows[0][name]) for name in _TOTALS}
    for row in rows:
        quantity, price, net = (Decimal(row[name]) for name in _LINE_NUMBERS[:3])
        if abs(quantity * price - net) > LINE_TOLERANCE:
            yield Fault("line_net", ("BT-131",), f"line {row['line']}", "it is not its quantity times its price")
        if any(Decimal(row[name]) != amount for name, amount in totals.items()):
            yield Fault("totals", (), f"line {row['line']}", "its totals are not those of the first line")
    if len({row["line"] for row in rows}) < len(rows):
        yield Fault("line", ("BT-126",), reference, "two lines have the same number")
    if sum(Decimal(row["line_net"]) for row in rows) != totals["total_net"]:
        yield Fault("total_net", ("BT-109",), reference, "the lines do not come to the total without VAT")
    if totals["total_net"] + totals["total_tax"] != totals["total_gross"]:
        yield Fault("total_gross", ("BT-112",), reference, "net and VAT do not come to the total with VAT")
    if totals["total_gross"] - totals["prepaid"] != totals["payable"]:
        yield Fault("payable", ("BT-115",), reference, "the total less what was paid is not what is payable")


def _spelt_otherwise(document: Any, own: Any, place: str = "") -> Iterator[str]:
    """Yield where the document says the same in another way, such as an amount that is no text."""
    if is_table(document) and is_table(own):
        for name in sorted(document.keys() & own.keys()):
            yield from _spelt_otherwise(document[name], own[name], f"{place}.{name}".lstrip("."))
    elif is_list(document) and is_list(own):
        for number, (one, other) in enumerate(zip(document, own, strict=True)):
            yield from _spelt_otherwise(one, other, f"{place}.{number}")
    elif document != own or type(document) is not type(own):
        yield place


def _differs(place: str) -> Fault:
    return Fault(_SCHEMA, (), place, "it is not written as the schema says")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError
    return fields


def _refuse(_number: str) -> NoReturn:
    raise ValueError
