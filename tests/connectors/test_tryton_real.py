"""The Tryton output against a real server of Tryton, and the pretended one beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.connectors.tryton import Clock
from tests.connectors.tryton_real import RealTryton, is_installed, passing, serving

from tracker2invoice.plugins import Context, Output
from tracker2invoice.testing.output_suite import FarSide, OutputSuite
from tracker2invoice_tryton import TrytonSettings, plugin

pytestmark = pytest.mark.skipif(not is_installed(), reason="no real Tryton here: make tryton installs it into .tryton")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tryton")


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[str]:
    with serving(folder) as address:
        yield address


@pytest.fixture
def far_side(server: str, folder: Path) -> Iterator[RealTryton]:
    with passing(server, folder) as tryton:
        yield tryton


@pytest.fixture
def output(far_side: RealTryton, tmp_path: Path) -> Iterator[Output]:
    settings = TrytonSettings.model_validate(far_side.settings())
    with closing(plugin.connect(settings, Context("books", tmp_path, Clock()))) as output:
        yield output


class TestARealTrytonKeepsTheContractOfOutputs(OutputSuite):
    client = "2/2"

    def test_a_deleted_document_is_still_found_and_not_called_a_draft(self, output: Output, far_side: FarSide) -> None:
        pytest.skip("Tryton keeps no trace of what was deleted")
