"""A stranger's connectors, installed, and an environment without settings of this machine."""

from __future__ import annotations

import os
import sys
from importlib import invalidate_caches
from pathlib import Path

import pytest

CONFIGURATION = Path(__file__).parent / "configuration"


@pytest.fixture
def strangers_connectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the package in `configuration/`, entry points and all, and unset every variable of ours."""
    monkeypatch.setattr(sys, "path", [str(CONFIGURATION), *sys.path])
    invalidate_caches()
    for name in [name for name in os.environ if name.upper().startswith("T2I_")]:
        monkeypatch.delenv(name)
