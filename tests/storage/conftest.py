"""A workshop whose whole life can be lived, and one that has lived it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.engine.conftest import Clock
from tests.storage.restoring import live
from tests.storage.story import Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, Clock())


@pytest.fixture
def lived(workshop: Workshop) -> Workshop:
    live(workshop)
    return workshop
