"""Reads the exchange rates that VAT in a second currency is converted with. Nothing is fetched.

The file is `eurofxref-hist.csv`, as the European Central Bank publishes it with its euro foreign exchange reference
rates: a row for each day, the newest first, with what one euro was worth in each currency, or `N/A`. Each row ends with
a comma, so that one which was cut off has too few cells.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal

from tracker2invoice.configfile import Configuration
from tracker2invoice.intake import MEGABYTE, read_ordinary
from tracker2invoice.model.money import parse_decimal
from tracker2invoice.model.rates import Published, Rates

LARGEST = 16 * MEGABYTE
"""Bytes of the file; that of 27 years has two million."""

_NO_RATE = "N/A"


def read_rates(configuration: Configuration) -> Rates:
    """Return all rates that are configured; what is wrong with the file is said in `trouble`."""
    path = configuration.ecb_rates
    if path is None:
        return Rates(configuration.own_rates)
    try:
        content = read_ordinary(configuration.directory / path.expanduser(), LARGEST)
        return Rates((*configuration.own_rates, ecb_rates(content, _currencies(configuration))))
    except OSError as error:
        return Rates(configuration.own_rates, f"{path.name} cannot be read, {error.strerror}")
    except ValueError as error:
        return Rates(configuration.own_rates, f"{path.name} {error}")


def ecb_rates(content: bytes, currencies: Collection[str]) -> Published:
    """Return the rates of these currencies from the file of the European Central Bank.

    Raises:
        ValueError: it is no such file, or was cut off; the message says where.
    """
    header, *rows = content.decode("ascii", errors="replace").splitlines() or [""]
    names = header.split(",")
    if names[0] != "Date" or names[-1]:
        raise ValueError("is not the file eurofxref-hist.csv of the European Central Bank")
    columns = {name: number for number, name in enumerate(names) if name in currencies}
    return Published("European Central Bank", "EUR", dict(_days(rows, len(names), columns)))


def _days(rows: Collection[str], width: int, columns: Mapping[str, int]) -> Iterator[tuple[str, Mapping[str, Decimal]]]:
    for number, row in enumerate(rows, start=2):
        cells = row.split(",")
        try:
            if len(cells) != width:
                raise ValueError
            day = date.fromisoformat(cells[0]).isoformat()
            yield day, {name: _worth(cells[at]) for name, at in columns.items() if cells[at] != _NO_RATE}
        except ValueError:
            raise ValueError(f"cannot be read in row {number}; fetch it anew") from None


def _worth(cell: str) -> Decimal:
    worth = parse_decimal(cell)
    if worth <= 0:
        raise ValueError
    return worth


def _currencies(configuration: Configuration) -> frozenset[str]:
    contracts = configuration.contracts
    return frozenset(name for one in contracts for name in (one.currency, one.supplier.tax_currency))
