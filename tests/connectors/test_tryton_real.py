"""The Tryton output against a real server of Tryton: the shared suite, and what becomes of the amounts there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.connectors.tryton import Clock
from tests.connectors.tryton_real import RealTryton

from tracker2invoice.plugins import Context, Output
from tracker2invoice.testing.output_suite import FarSide, OutputSuite
from tracker2invoice_tryton import TrytonSettings, plugin


@pytest.fixture
def far_side(real_tryton: RealTryton) -> RealTryton:
    return real_tryton


@pytest.fixture
def output(far_side: RealTryton, tmp_path: Path) -> Iterator[Output]:
    settings = TrytonSettings.model_validate(far_side.settings())
    with closing(plugin.connect(settings, Context("books", tmp_path, Clock()))) as output:
        yield output


class TestARealTrytonKeepsTheContractOfOutputs(OutputSuite):
    client = "2/2"

    def test_a_deleted_document_is_still_found_and_not_called_a_draft(self, output: Output, far_side: FarSide) -> None:
        pytest.skip("Tryton keeps no trace of what was deleted")
