"""A few weeks of the simulated year; `python -m tests.year` lives through the whole of it."""

from __future__ import annotations

import pytest
from tests.memory import folder_in_memory
from tests.year.agenda import Size
from tests.year.audit import audit
from tests.year.simulation import live

from tracker2invoice.registry import installed


@pytest.mark.parametrize("seed", [1, 2])
def test_after_weeks_of_faults_and_restores_the_books_and_the_ledger_agree_to_the_cent(seed: int) -> None:
    # a contract for each output
    size = Size(contracts=len(installed("outputs")), milestones=50, days=30, seed=seed)
    with folder_in_memory() as directory, live(size, directory) as year:
        findings = audit(year)
    assert findings.all == ()
    assert year.restores > 0
    assert year.weather.faults.total() > 10
    assert all(count > 0 for count in findings.documents.values())
