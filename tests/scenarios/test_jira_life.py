"""A contract whose milestones are versions and epics of Jira, told with the command line against the sandbox.

10000.00 EUR net: Design, a version, 30 %; Beta and Acceptance, epics, 50 and 20 %.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.scenarios.life import HELD, Life, begun, code_of

from tracker2invoice.testing.sandbox.jira import EMAIL, TOKEN, JiraSandbox
from tracker2invoice.testing.sandbox.jira_state import DONE, EPIC

VERSIONS, EPICS = "jira:PORTAL", "jira:PORTAL/epics"
CONTRACT = """
projects = ["jira:PORTAL", "jira:PORTAL/epics"]
accept = { all_issues_closed = true }
terms = [
  { id = "design", milestone = "Design*", percent = "30" },
  { id = "beta", milestone = "Beta*", percent = "50" },
  { id = "acceptance", milestone = "Acceptance", percent = "20" },
]
"""


@pytest.fixture
def life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life[JiraSandbox]]:
    email = f'email = "{EMAIL}"'
    with begun(JiraSandbox, "jira", TOKEN, CONTRACT, tmp_path, monkeypatch, email) as one:
        yield one


def test_versions_and_epics_are_billed_once_through_all_that_happens_to_them(life: Life[JiraSandbox]) -> None:
    jira = life.sandbox.jira
    portal, shop = jira.add_project("Customer portal", "PORTAL"), jira.add_project("Shop", "SHOP")
    design = jira.add_version(portal, "Design", "2026-01-31")
    beta, acceptance = (jira.add_issue(portal, title, type=EPIC) for title in ("Beta", "Acceptance"))
    task = jira.add_issue(portal, "Screens", version=design)
    assert all(one["ok"] for one in life.t2i("check")["findings"])
    assert set(map(code_of, life.run().values())) == {"not-closed"}

    life.on(1, 20)
    jira.release_version(design)
    assert life.run()["design"] == "items-open: closed, but 1 item in it still open"
    jira.move_issue(task, DONE)
    assert "closed between 2026-01-12T08:00:00Z and 2026-01-20T08:00:00Z" in life.run()["design"]

    life.on(2, 20)
    jira.move_issue(beta, DONE, by="Mia Krystof")
    life.on(2, 21)
    assert "closed 2026-02-20T08:00:00Z by Mia Krystof" in life.run()["beta"]
    jira.rename_issue(beta, "Beta, as agreed")
    jira.rename_project(portal, "Gate", "GATE")
    assert {term: code_of(reason) for term, reason in life.run().items()} == {
        "design": "already-billed", "beta": "already-billed", "acceptance": "not-closed",
    }  # fmt: skip

    jira.unrelease_version(design)
    assert code_of(life.run(code=HELD)["design"]) == "reopened-after-billing"
    jira.move_issue(acceptance, DONE)
    jira.move_to_project(acceptance, shop)
    assert code_of(life.run(code=HELD)["acceptance"]) == "milestone-gone"
    jira.move_to_project(acceptance, portal)
    jira.delete_issue(beta)
    last = life.run(code=HELD)
    assert last["beta"].endswith("the tracker no longer has the milestone")
    assert code_of(last["acceptance"]) == "accepted"

    assert life.told(VERSIONS, "Design") == ["seen", "closed", "changed", "reopened"]
    assert life.told(EPICS, "Beta, as agreed") == ["seen", "closed", "changed", "gone"]
    assert life.told(EPICS, "Acceptance") == ["seen", "changed", "gone", "seen"]
    assert len(life.nets()) == 3
