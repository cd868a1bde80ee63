"""The file of rates is read as the European Central Bank publishes it, and not at all if it is something else."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tracker2invoice.engine.rates import ecb_rates, read_rates
from tracker2invoice.model.rates import Published
from tracker2invoice.testing.samples import SUPPLIER, sample_contract

if TYPE_CHECKING:
    from tests.engine.conftest import Scene

FILE = b"""Date,USD,JPY,CYP,PLN,
2026-02-27,1.0842,162.55,N/A,4.2185,
2026-02-26,1.0800,161.30,N/A,N/A,
2026-02-25,1.0791,160.02,0.5842,4.2000,
"""


@pytest.fixture
def polish(scene: Scene) -> Scene:
    scene.contract = replace(sample_contract(), supplier=replace(SUPPLIER, tax_currency="PLN"))
    return scene


def test_the_wanted_currencies_are_read_and_a_day_without_one_has_none() -> None:
    assert ecb_rates(FILE, ("EUR", "PLN")) == Published(
        "European Central Bank",
        "EUR",
        {"2026-02-27": {"PLN": Decimal("4.2185")}, "2026-02-26": {}, "2026-02-25": {"PLN": Decimal("4.2000")}},
    )


@pytest.mark.parametrize("cut", [1, 2, 5, 8, 20])
def test_a_file_that_was_cut_off_is_no_source_of_rates(cut: int) -> None:
    """Of 4.2000 the digits in front would be a rate, too."""
    with pytest.raises(ValueError, match="row 4"):
        ecb_rates(FILE[: -1 - cut], ("PLN",))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not the file"),
        (b"<html>404</html>", "is not the file"),
        (b"PK\x03\x04", "is not the file"),
        (FILE.replace(b"1.0842", b"1,0842"), "row 2"),
        (FILE.replace(b"4.2185", b"-"), "row 2"),
        (FILE.replace(b"4.2185", b"0"), "row 2"),
        (FILE.replace(b"2026-02-26", b"26/02/2026"), "row 3"),
    ],
)
def test_what_is_not_that_file_is_refused_and_the_row_is_named(content: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ecb_rates(content, ("USD", "PLN"))


def test_a_run_takes_the_file_as_it_is_then(polish: Scene) -> None:
    configuration = replace(polish.configuration, ecb_rates=Path("eurofxref-hist.csv"))
    missing = read_rates(configuration)
    assert missing.trouble == "eurofxref-hist.csv cannot be read, No such file or directory"
    (polish.directory / "eurofxref-hist.csv").write_bytes(FILE)
    found = read_rates(configuration).rate("EUR", "PLN", date(2026, 3, 1))
    assert found
    assert found.value == Decimal("4.2185")


def test_a_pipe_in_the_place_of_the_file_is_not_waited_for(polish: Scene) -> None:
    os.mkfifo(polish.directory / "eurofxref-hist.csv")
    rates = read_rates(replace(polish.configuration, ecb_rates=Path("eurofxref-hist.csv")))
    assert rates.trouble == "eurofxref-hist.csv cannot be read, not an ordinary file"


def test_rates_of_ones_own_hold_whatever_became_of_the_file(polish: Scene) -> None:
    own = Published("a bank", "EUR", {"2026-03": {"PLN": Decimal("4.3")}})
    configuration = replace(polish.configuration, ecb_rates=Path("eurofxref-hist.csv"), own_rates=(own,))
    rates = read_rates(configuration)
    found = rates.rate("EUR", "PLN", date(2026, 3, 1))
    assert found
    assert (found.value, found.source) == (Decimal("4.3"), "a bank")
    assert rates.trouble
