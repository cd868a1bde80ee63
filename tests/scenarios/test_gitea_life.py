"""A contract whose milestones are in Gitea, told with the command line against the sandbox.

10000.00 EUR net: Design 30 %, Beta 50 %, and advice by the hour at 100.00 up to 2000.00.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.scenarios.life import HELD, Life, begun, code_of

from tracker2invoice.testing.sandbox.gitea import TOKEN, GiteaSandbox

PORTAL = "gitea:acme/portal"
CONTRACT = """
projects = ["gitea:acme/portal"]
accept = { all_issues_closed = true }
terms = [
  { id = "design", milestone = "Design*", percent = "30" },
  { id = "beta", milestone = "Beta*", percent = "50" },
  { id = "advice", milestone = "Advice", rates = { default = "100.00" }, not_to_exceed = "2000.00" },
]
"""


@pytest.fixture
def life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life[GiteaSandbox]]:
    with begun(GiteaSandbox, "gitea", TOKEN, CONTRACT, tmp_path, monkeypatch) as one:
        yield one


def test_milestones_are_billed_once_through_all_that_happens_to_them(life: Life[GiteaSandbox]) -> None:
    gitea = life.sandbox.gitea
    portal = gitea.add_repository("acme/portal")
    design, beta, advice = (gitea.add_milestone(portal, title) for title in ("Design", "Beta", "Advice"))
    talk = gitea.add_issue(portal, "How to go on", advice)
    assert all(one["ok"] for one in life.t2i("check")["findings"])
    assert set(map(code_of, life.run().values())) == {"not-closed"}

    life.on(1, 20)
    gitea.close_milestone(portal, design)
    life.on(1, 21)
    assert "closed 2026-01-20T08:00:00Z" in life.run()["design"]
    gitea.log_time(portal, talk, "mia", 2 * 3600 + 1200)
    gitea.log_time(portal, talk, "ben", 2 * 1200)
    gitea.close_milestone(portal, advice)
    assert code_of(life.run()["advice"]) == "accepted"
    assert life.nets() == ["300.00", "3000.00"]

    life.on(2, 1)
    gitea.rename_milestone(portal, design, "Design, as agreed")
    gitea.rename_repository(portal, "acme/gate")
    other = gitea.add_repository("acme/portal")
    gitea.close_milestone(other, gitea.add_milestone(other, "Beta"))
    assert {term: code_of(reason) for term, reason in life.run().items()} == {
        "design": "already-billed", "beta": "not-closed", "advice": "already-billed",
    }  # fmt: skip

    gitea.reopen_milestone(portal, design)
    assert code_of(life.run(code=HELD)["design"]) == "reopened-after-billing"
    gitea.delete_milestone(portal, advice)
    gitea.close_milestone(portal, beta)
    last = life.run(code=HELD)
    assert last["advice"].endswith("the tracker no longer has the milestone")
    assert code_of(last["beta"]) == "accepted"

    assert life.told(PORTAL, "Design, as agreed") == ["seen", "closed", "changed", "reopened"]
    assert life.told(PORTAL, "Advice") == ["seen", "closed", "changed", "gone"]
    assert life.nets() == ["300.00", "3000.00", "5000.00"]
