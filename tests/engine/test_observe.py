"""What a poll costs the ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tracker2invoice.engine.observe import observe
from tracker2invoice.failpoints import Moment, listen
from tracker2invoice.plugins import Observed, ProjectCursor

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


def test_a_reading_that_was_overtaken_by_another_process_changes_nothing(scene: Scene) -> None:
    """Or a milestone that was closed and billed meanwhile would look open, and its bill wrong."""
    number = scene.milestone("Design")
    scene.run()
    with scene.house() as house, scene.house() as other:
        seen = scene.projects.by_id[scene.project].milestones[number]
        scene.projects.rename(scene.project, number, "Design, first draft")
        slow = house.tracker("github")
        polled = list(slow.poll([asked := ProjectCursor(scene.project, house.ledger.cursors("github")[scene.project])]))
        scene.projects.close(scene.project, number)
        observe(other)
        (reading,) = polled
        assert isinstance(reading, Observed)
        assert house.ledger.record_observed(reading, asked) == ()
        (milestone,) = house.ledger.milestones()
    assert seen.state == "open"
    assert milestone.state == "closed"
    assert [action.term for action in scene.run().plan.of_kind("bill")] == ["design"]
