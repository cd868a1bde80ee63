"""The section of exchange rates: for VAT in another currency than that of the invoice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from tracker2invoice.config.section import Section
from tracker2invoice.config.types import Price, Text
from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.model.rates import Published

_PERIOD = re.compile(r"\d{4}-\d{2}(-\d{2})?", re.ASCII)


def _pair(value: str) -> str:
    one, _, other = value.partition("/")
    if one not in MINOR_UNITS or other not in MINOR_UNITS or one == other:
        raise ValueError('write two currencies, of which one unit of the first is worth so much: "USD/GBP"')
    return value


def _period(value: str) -> str:
    try:
        date.fromisoformat(value if len(value) > len("2026-02") else f"{value}-01")
    except ValueError:
        value = ""
    if not _PERIOD.fullmatch(value):
        raise ValueError("write a day or a month: 2026-02-27 or 2026-02")
    return value


Pair = Annotated[str, AfterValidator(_pair)]
RatePeriod = Annotated[str, AfterValidator(_period)]


class RatesSettings(Section):
    """Exchange rates: those of the European Central Bank in the file that it publishes, and `own` by pair and period.

    `source` is who published one's own. A pair that has any takes no others.
    """

    ecb: Path | None = Field(default=None, examples=["eurofxref-hist.csv"])
    own: dict[Pair, dict[RatePeriod, Price]] = Field(
        default_factory=dict[str, dict[str, Price]], examples=[{"USD/GBP": {"2026-02": "0.7412"}}]
    )
    source: Text | None = Field(default=None, examples=["HM Revenue & Customs"])

    @model_validator(mode="after")
    def _says_whose_they_are(self) -> Self:
        if self.own and self.source is None:
            raise ValueError('own rates stand on the invoice with who published them; write source = "…" too')
        return self


def own_rates(settings: RatesSettings) -> Iterator[Published]:
    """Yield the rates that stand in the configuration, pair by pair."""
    for pair, by_period in settings.own.items():
        one, _, other = pair.partition("/")
        worth = {period: {other: value} for period, value in by_period.items()}
        yield Published(settings.source or "", one, worth)
