"""The time of delivery on an invoice: a day, or the period until then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tracker2invoice.mapping.delivery import delivery_period
from tracker2invoice.model.invoice import Period
from tracker2invoice.testing.samples import sample_contract, sample_milestone

CONTRACT = replace(sample_contract(), start=date(2026, 1, 1), delivery="period")
CLOSED = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("created", "start"),
    [
        pytest.param(datetime(2026, 2, 10, 8, tzinfo=UTC), date(2026, 2, 10), id="created after the start"),
        pytest.param(datetime(2025, 11, 1, 8, tzinfo=UTC), date(2026, 1, 1), id="created before the start"),
        pytest.param(datetime(2026, 1, 31, 23, 30, tzinfo=UTC), date(2026, 2, 1), id="a day of the time zone"),
        pytest.param(None, date(2026, 1, 1), id="nobody knows"),
        pytest.param(datetime(2026, 5, 1, 8, tzinfo=UTC), date(2026, 3, 1), id="created after it was closed"),
    ],
)
def test_the_period_runs_from_the_creation_or_the_start_to_the_closing(created: datetime | None, start: date) -> None:
    milestone = replace(sample_milestone(), created_at=created)
    assert delivery_period(CONTRACT, [(milestone, CLOSED)]) == Period(start, date(2026, 3, 1))


def test_a_milestone_from_before_the_start_was_delivered_on_the_day_it_was_closed() -> None:
    early = datetime(2025, 12, 1, 9, tzinfo=UTC)
    assert delivery_period(CONTRACT, [(sample_milestone(), early)]) == Period(date(2025, 12, 1), date(2025, 12, 1))


def test_a_contract_that_names_the_day_alone_has_no_period() -> None:
    assert delivery_period(sample_contract(), [(sample_milestone(), CLOSED)]) is None
