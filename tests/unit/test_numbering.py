"""The numbers of invoices: what a pattern makes of them, and that the ledger leaves none out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from tracker2invoice.ledger import schema
from tracker2invoice.ledger.verify import verify
from tracker2invoice.model.numbering import Numbering, Series

if TYPE_CHECKING:
    from tracker2invoice.ledger.store import Ledger

YEARLY = Numbering("RE-{year}-{number:04}")


@pytest.mark.parametrize(
    ("pattern", "number", "text"),
    [
        ("RE-{year}-{number:04}", 7, "RE-2026-0007"),
        ("RE-{year}-{number:04}", 12345, "RE-2026-12345"),
        ("{number}/{year}", 7, "7/2026"),
        ("Invoice #{number:06}", 7, "Invoice #000007"),
    ],
)
def test_a_pattern_makes_a_number(pattern: str, number: int, text: str) -> None:
    assert Numbering(pattern).series(2026).text(number) == text


def test_a_series_goes_on_after_the_last_number_and_begins_anew_in_the_next_year() -> None:
    numbering = Numbering("RE-{year}-{number:04}", last="RE-2026-0056")
    assert [numbering.series(year).first for year in (2026, 2027)] == [57, 1]


def test_without_a_year_one_series_goes_on_for_ever() -> None:
    numbering = Numbering("RE{number}", last="RE56")
    assert numbering.series(2026) == numbering.series(2027) == Series("RE{number}", 57)


@given(st.integers(1, 10**8), st.integers(2000, 9999))
def test_every_number_that_a_pattern_makes_can_be_the_last_one(number: int, year: int) -> None:
    for pattern in ("RE-{year}-{number:04}", "{number}{year}", "A{number:09}.{year}"):
        text = Numbering(pattern).series(year).text(number)
        assert Numbering(pattern, last=text).series(year).first == number + 1


def allotted(
    ledger: Ledger, *documents: str, numbering: Numbering = YEARLY, taken: frozenset[str] = frozenset()
) -> str:
    return " ".join(ledger.allot_number(one, numbering.series(2026), taken, "kim") for one in documents)


def test_documents_get_the_numbers_of_their_series_one_after_the_other(ledger: Ledger) -> None:
    assert allotted(ledger, "T2I-A", "T2I-B", "T2I-A", "T2I-C") == "RE-2026-0001 RE-2026-0002 RE-2026-0001 RE-2026-0003"
    assert ledger.allot_number("T2I-D", YEARLY.series(2027), (), "kim") == "RE-2027-0001"
    assert allotted(ledger, "T2I-E") == "RE-2026-0004"
    assert ledger.numbers() == {
        "T2I-A": "RE-2026-0001",
        "T2I-B": "RE-2026-0002",
        "T2I-C": "RE-2026-0003",
        "T2I-D": "RE-2027-0001",
        "T2I-E": "RE-2026-0004",
    }
    assert [entry.body["by"] for entry in ledger.journal("T2I-B")] == ["kim"]
    assert verify(ledger) == ()


def test_what_somebody_else_gave_is_not_given_again(ledger: Ledger) -> None:
    taken = frozenset({"RE-2026-0001", "RE-2026-0003"})
    assert allotted(ledger, "T2I-A", "T2I-B", taken=taken) == "RE-2026-0002 RE-2026-0004"


def test_two_patterns_never_make_one_number_twice(ledger: Ledger) -> None:
    assert allotted(ledger, "T2I-A", numbering=Numbering("{number:02}")) == "01"
    assert allotted(ledger, "T2I-B", "T2I-C", numbering=Numbering("0{number}")) == "02 03"
    assert allotted(ledger, "T2I-D", numbering=Numbering("{number:02}")) == "04"


def test_a_number_that_was_changed_is_found(ledger: Ledger) -> None:
    allotted(ledger, "T2I-A")
    with ledger.database.write("tampering") as connection:
        connection.execute(update(schema.number).values(number="RE-2026-0009"))
    assert [(fault.table, fault.row) for fault in verify(ledger)] == [("number", "T2I-A")]
