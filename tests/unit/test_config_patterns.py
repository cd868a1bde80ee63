"""Projects that are followed under a name, in the configuration: what may be written, and which contracts meet."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.test_config_problems import contract, said, terms

pytestmark = pytest.mark.usefixtures("strangers_connectors")


@pytest.mark.parametrize(
    ("first", "second", "meet"),
    [
        ("memo:acme/*", "memo:acme/portal", True),
        ("memo:acme/portal", "memo:acme/*", True),
        ("memo:acme/*", "memo:acme/*", True),
        ("memo:acme/*", "memo:ACME/Portal", True),
        ("memo:acme/*", "memo:acme/web/*", True),
        ("memo:acme/web/*", "memo:acme/*", True),
        ("memo:acme/*", "memo:acme2/portal", False),
        ("memo:acme/*", "memo:acme2/*", False),
    ],
)
def test_contracts_that_may_meet_in_a_project_under_a_name_are_checked_against_one_another(
    tmp_path: Path, first: str, second: str, *, meet: bool
) -> None:
    found = said(
        tmp_path,
        ("contracts/0/projects", [first]),
        ("contracts/0/terms", terms("Beta")),
        ("contracts/+", contract("second", projects=[second], terms=terms("Beta"))),
    )
    assert [section for section, _, _ in found] == (["contracts.second"] if meet else [])


@pytest.mark.parametrize("label", ["memo:*", "memo:/*", "memo:acme/por*", "memo:*/portal", "memo:acme*", "memo:a*/*"])
def test_a_star_stands_for_all_projects_under_a_name_and_nothing_else(tmp_path: Path, label: str) -> None:
    ((_, key, words),) = said(tmp_path, ("contracts/0/projects", [label]))
    assert key == "projects[1]"
    assert '"memo:owner/*"' in words
