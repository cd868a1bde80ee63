"""The pretended Tryton answers as the real one did, which answers so to this day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.connectors.tryton import KNOWN, Clock, FarTryton, running
from tests.connectors.tryton_answers import FILE, STORIES, told, told_by
from tests.connectors.tryton_real import RealTryton

from tracker2invoice.testing.sandbox.tryton import DATABASE

RECORDED: dict[str, Any] = json.loads(FILE.read_text())


@pytest.fixture
def pretended() -> Iterator[FarTryton]:
    with running(Clock()) as tryton:
        yield tryton


@pytest.mark.parametrize("name", list(STORIES))
def test_the_pretended_one_answers_as_was_recorded(pretended: FarTryton, name: str) -> None:
    assert told(pretended.url, DATABASE, KNOWN, STORIES[name]) == RECORDED[name]


@pytest.mark.parametrize("name", list(STORIES))
def test_the_real_one_answers_as_was_recorded(real_tryton: RealTryton, name: str) -> None:
    assert told_by(real_tryton, name) == RECORDED[name]
