"""The Tryton output against the pretended server over HTTP: the shared suite, creating and finding."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.connectors.tryton import CLIENT, Clock, FarTryton, connected, running

from tracker2invoice.plugins import Output
from tracker2invoice.testing.output_suite import FarSide, OutputSuite


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarTryton]:
    with running(clock) as tryton:
        yield tryton


@pytest.fixture
def output(far_side: FarTryton, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side.url, clock, tmp_path) as output:
        yield output


class TestTrytonKeepsTheContractOfOutputs(OutputSuite):
    client = CLIENT

    def test_a_deleted_document_is_still_found_and_not_called_a_draft(self, output: Output, far_side: FarSide) -> None:
        pytest.skip("Tryton keeps no trace of what was deleted")
