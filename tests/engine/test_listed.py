"""What a document lists as delivered when a term goes on in the same milestone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

from tests.engine.conftest import Scene

from tracker2invoice.model.term import Match, Term


def listed(scene: Scene) -> list[list[str]]:
    """Return the titles on each document, in the order in which they came."""
    drafts = (entry.draft for entry in scene.books.entries)
    return [[one.title for line in draft.lines for one in line.deliverables] for draft in drafts]


def test_what_one_bill_of_a_term_lists_no_later_one_lists_again(scene: Scene) -> None:
    build = Term("build", Match("title", "Build"), percent=Fraction(100), progress="issues", monthly=True)
    scene.contract = replace(scene.contract, terms=(build,))
    number, month = scene.milestone("Build"), iter(range(2, 5))
    for title in ("Log in", "Report"):
        scene.clock.now = datetime(2026, next(month), 20, tzinfo=UTC)
        scene.projects.add_issue(scene.project, number, title)
        scene.projects.add_issue(scene.project, number, f"more than {title}", done=False)
        scene.clock.now = datetime(2026, scene.clock.now.month + 1, 1, 9, tzinfo=UTC)
        scene.projects.add_issue(scene.project, number, f"after {title}")
        scene.run()
    assert listed(scene) == [["Log in"], ["after Log in", "Report"]]


def test_terms_of_one_milestone_list_what_was_delivered_each(scene: Scene) -> None:
    both = (
        Term(name, Match("title", "Build"), percent=Fraction(50), shares_milestone=True) for name in ("build", "bonus")
    )
    scene.contract = replace(scene.contract, terms=tuple(both))
    number = scene.milestone("Build")
    scene.projects.add_issue(scene.project, number, "Log in")
    scene.projects.close(scene.project, number)
    scene.run()
    assert listed(scene) == [["Log in"], ["Log in"]]
