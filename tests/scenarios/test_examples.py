"""What is shipped in `examples/` loads as it is, without a warning, and its README says what it is about."""

from __future__ import annotations

import tomllib

import pytest
from tests.scenarios.stage import EXAMPLES, shipped

NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/tracker2invoice.toml"))


def test_there_is_a_story_for_every_example() -> None:
    assert NAMES == ["construction", "consultancy", "engineering", "software-project"]
    stories = EXAMPLES.parent / "tests" / "scenarios"
    assert [name for name in NAMES if not (stories / f"test_{name.replace('-', '_')}.py").exists()] == []


@pytest.mark.parametrize("name", NAMES)
def test_an_example_loads_without_a_warning(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shipped(name, monkeypatch).warnings == ()


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_of_an_example_names_every_term_and_the_whole_price(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    (contract,) = shipped(name, monkeypatch).contracts
    whole = sum((order.amount for order in contract.change_orders), contract.price)
    assert [term.id for term in contract.terms if f"`{term.id}`" not in page] == []
    assert str(whole.amount) in page


@pytest.mark.parametrize("name", NAMES)
def test_an_example_needs_no_account_but_that_of_its_tracker(name: str) -> None:
    data = tomllib.loads((EXAMPLES / name / "tracker2invoice.toml").read_text(encoding="utf-8"))
    kinds = [one["kind"] for one in (*data["trackers"].values(), *data["outputs"].values())]
    assert kinds in (["github", "files"], ["gitlab", "files"])
