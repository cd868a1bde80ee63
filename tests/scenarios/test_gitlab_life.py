"""A contract whose milestones live in GitLab, told with the command line against the sandbox.

10000.00 EUR net: Design 30 %, Beta 20 %, and advice by the hour, anna at 120.00 and everybody else at 90.00.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.scenarios.life import HELD, Life, begun, code_of

from tracker2invoice.testing.sandbox.gitlab import TOKEN, GitLabSandbox

PORTAL = "acme/web/portal"
REFUSED = 2
CONTRACT = """
projects = ["gitlab:acme/web/portal"]
terms = [
  { id = "design", milestone = "Design*", percent = "30" },
  { id = "beta", milestone = "Beta", percent = "20" },
  { id = "advice", milestone = "Advice", rates = { default = "90.00", people.anna = "120" }, not_to_exceed = "500" },
]
"""


@pytest.fixture
def life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life[GitLabSandbox]]:
    with begun(GitLabSandbox, "gitlab", TOKEN, CONTRACT, tmp_path, monkeypatch) as one:
        yield one


def test_a_milestone_is_billed_once_and_its_story_is_told(life: Life[GitLabSandbox]) -> None:
    state = life.sandbox.gitlab
    state.add_project(PORTAL)
    for title in ("Design", "Beta", "Advice"):
        state.add_milestone(PORTAL, title)
    state.add_item(PORTAL, "Wireframes", 1)
    assert all(one["ok"] for one in life.t2i("check")["findings"])
    assert set(map(code_of, life.run().values())) == {"not-closed"}

    life.on(1, 20)
    state.close_milestone(PORTAL, 1, by="ben")
    life.on(1, 21)
    assert "closed 2026-01-20T08:00:00Z by ben" in life.run()["design"]
    state.reopen_milestone(PORTAL, 1)
    assert code_of(life.run(code=HELD)["design"]) == "reopened-after-billing"
    state.rename_milestone(PORTAL, 1, "Design and concept")
    life.run(code=HELD)
    state.rename(PORTAL, "acme/gate")
    life.run(code=HELD)
    state.delete_milestone("acme/gate", 1)
    life.run(code=HELD)

    story = life.t2i("explain", f"gitlab:{PORTAL}", "Design and concept")["journal"]
    assert life.told(f"gitlab:{PORTAL}", "Design and concept") == [
        "seen", "closed", "reopened", "changed", "changed", "gone",
    ]  # fmt: skip
    assert "/acme/gate/-/milestones/1" in str(story)
    assert life.nets() == ["3000.00"]


def test_hours_are_billed_to_the_cent_by_who_worked_them(life: Life[GitLabSandbox]) -> None:
    state = life.sandbox.gitlab
    state.add_project(PORTAL)
    state.add_item(PORTAL, "Review", state.add_milestone(PORTAL, "Advice"))
    state.add_item(PORTAL, "A fix", 1, kind="merge_request", state="merged")
    # 1 h 20 min x 120.00 + (50 - 10) min x 90.00
    state.spend(PORTAL, 1, "anna", 4800, "2026-01-09T09:00:00+00:00")
    state.spend(PORTAL, 1, "ben", 3000, "2026-01-09T09:00:00+00:00")
    state.spend(PORTAL, 1, "ben", -600, "2026-01-10T09:00:00+00:00", "merge_request")
    state.close_milestone(PORTAL, 1)
    life.sandbox.offer_graphql(False)
    assert "only GraphQL tells who worked when" in life.run(code=REFUSED)["advice"]
    life.sandbox.offer_graphql(True)
    life.run()
    assert life.nets() == ["220.00"]


def test_a_group_is_followed_with_what_is_made_in_it_later_and_nobody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = CONTRACT.replace(f"gitlab:{PORTAL}", "gitlab:acme/*")
    with begun(GitLabSandbox, "gitlab", TOKEN, everything, tmp_path, monkeypatch) as life:
        state = life.sandbox.gitlab
        state.add_project(PORTAL)
        assert all(one["ok"] for one in life.t2i("check")["findings"])
        life.run()
        for path, title in (("acme/new/shop", "Design"), ("globex/shop", "Beta")):
            state.add_project(path)
            state.close_milestone(path, state.add_milestone(path, title))
        state.share("globex/shop", "acme")
        life.on(1, 20)
        assert {term: code_of(reason) for term, reason in life.run().items()} == {
            "design": "accepted", "beta": "milestone-missing", "advice": "milestone-missing",
        }  # fmt: skip
        assert life.told("gitlab:acme/new/shop", "Design") == ["seen"]
        assert life.nets() == ["3000.00"]
