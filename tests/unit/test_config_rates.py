"""Exchange rates in the configuration, and the currency that VAT has to be told in."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from tests.unit.test_settings import GOOD, SHORTEST, loaded, warned

from tracker2invoice.model.rates import Published

pytestmark = pytest.mark.usefixtures("strangers_connectors")


def test_rates_of_ones_own_are_read_by_pair_day_and_month(tmp_path: Path) -> None:
    rates = """
[rates]
ecb = "eurofxref-hist.csv"
source = "HM Revenue & Customs"
own = { "USD/GBP" = { 2026-02 = "0.7412", 2026-03-02 = "0.7405" } }
"""
    configuration = loaded(tmp_path, GOOD + rates)
    worth = {"2026-02": {"GBP": Decimal("0.7412")}, "2026-03-02": {"GBP": Decimal("0.7405")}}
    assert configuration.own_rates == (Published("HM Revenue & Customs", "USD", worth),)
    assert configuration.ecb_rates == Path("eurofxref-hist.csv")


@pytest.mark.parametrize(
    ("country", "currency", "wanted"),
    [("PL", "EUR", "PLN"), ("DE", "USD", "EUR"), ("SE", "SEK", ""), ("US", "EUR", "")],
)
def test_vat_that_the_law_wants_in_another_currency_too_is_warned_about(
    tmp_path: Path, country: str, currency: str, wanted: str
) -> None:
    address = f'{{ street = "s", city = "c", postcode = "p", country = "{country}" }}'
    text = SHORTEST.replace('{ name = "Northwind" }', f'{{ name = "Northwind", address = {address} }}')
    text = text.replace('"JPY"', f'"{currency}"').replace('{ category = "Z" }', '{ category = "S", rate = "20" }')
    words = f'VAT of contracts in other currencies is wanted in {wanted} too; write tax_currency = "{wanted}"'
    assert warned(loaded(tmp_path, text)) == ({("supplier", "tax_currency", words)} if wanted else set())
    said = text.replace('"Northwind",', f'"Northwind", tax_currency = "{wanted or currency}",')
    assert warned(loaded(tmp_path, said)) == set()
