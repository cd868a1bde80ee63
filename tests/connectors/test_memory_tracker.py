"""The tracker in memory passes the suite that every tracker passes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tracker2invoice.plugins import Tracker
from tracker2invoice.testing.comment_suite import CommentSuite
from tracker2invoice.testing.label_suite import LabelSuite
from tracker2invoice.testing.memory_tracker import MemoryProjects, MemoryTracker
from tracker2invoice.testing.tracker_suite import TrackerSuite


class TestMemoryTracker(TrackerSuite, CommentSuite, LabelSuite):
    @pytest.fixture
    def world(self) -> MemoryProjects:
        return MemoryProjects(lambda: datetime(2026, 3, 2, 9, 30, tzinfo=UTC))

    @pytest.fixture
    def tracker(self, world: MemoryProjects) -> Tracker:
        return MemoryTracker("github", world)
