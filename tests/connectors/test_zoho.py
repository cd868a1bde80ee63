"""The Zoho Books output against the pretended one over HTTP: the shared suite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.connectors.zoho import CUSTOMER, Clock, FarZoho, connected, running

from tracker2invoice.plugins import Output
from tracker2invoice.testing.output_suite import FarSide, OutputSuite


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarZoho]:
    with running(clock) as zoho:
        yield zoho


class TestZohoKeepsTheContractOfOutputs(OutputSuite):
    kind = "zoho"
    client = CUSTOMER
    currencies = ("EUR",)

    @pytest.fixture
    def output(self, far_side: FarZoho, clock: Clock, tmp_path: Path) -> Iterator[Output]:
        with connected(far_side.url, clock, tmp_path, attach_annex=True, create_missing=True) as output:
            yield output

    def test_a_deleted_document_is_still_found_and_not_called_a_draft(self, output: Output, far_side: FarSide) -> None:
        pytest.skip("Zoho keeps no trace of what was deleted")
