"""What a poll costs the ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tracker2invoice.engine.observe import observe
from tracker2invoice.failpoints import Moment, listen

if TYPE_CHECKING:
    from tests.engine.conftest import Scene


@pytest.mark.parametrize("projects", [2, 20])
def test_projects_without_news_cost_one_commit_together(scene: Scene, projects: int) -> None:
    """Each commit waits for the disk."""
    names = [f"acme/project-{number}" for number in range(projects)]
    for name in names:
        scene.projects.add_project(name)
    scene.contract = replace(scene.contract, projects=tuple(f"github:{name}" for name in names))
    scene.run()
    passed: Counter[str] = Counter()

    def count(name: str, moment: Moment) -> None:
        passed[name] += moment == "after"

    with scene.house() as house:
        listen(count)
        try:
            observe(house)
        finally:
            listen(None)
    assert passed == {"tracker.poll": 1, "ledger.unchanged": 1}
