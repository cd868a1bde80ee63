"""Examples come to life: a test asks for the one that it tells about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scenarios.stage import Life, shipped


@pytest.fixture
def life_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Life]:
    return lambda name: Life(shipped(name, monkeypatch), tmp_path)
