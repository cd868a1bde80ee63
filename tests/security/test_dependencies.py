"""What we depend on: pinned by hash, from the index alone, and no more than the code imports. Needs no network."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LOCK: list[dict[str, Any]] = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OTHERS = [one for one in LOCK if one["name"] != "tracker2invoice"]
NO_IMPORTS = {"tzdata", "psycopg"}
"""Data for `zoneinfo`, and the driver that SQLAlchemy loads by the name in a ledger's address."""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported() -> set[str]:
    """Return the distributions whose modules our sources import, inside functions too."""
    sources = [*(ROOT / "src").rglob("*.py"), *(ROOT / "connectors").rglob("*.py")]
    nodes = [node for path in sources for node in ast.walk(ast.parse(path.read_text()))]
    names = {one.name for node in nodes if isinstance(node, ast.Import) for one in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    roots = {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names)
    owners = packages_distributions()
    return {normal(owner) for root in roots if not root.startswith("tracker2invoice") for owner in owners[root]}


def declared() -> set[str]:
    extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
    return {normal(Requirement(line).name) for line in (*PROJECT["dependencies"], *extras)}


def test_every_archive_is_pinned_by_its_hash() -> None:
    archives = [archive for one in OTHERS for archive in (*one.get("wheels", ()), *filter(None, [one.get("sdist")]))]
    assert len(archives) > len(OTHERS)
    assert [one["url"] for one in archives if not re.fullmatch(r"sha256:[0-9a-f]{64}", one.get("hash", ""))] == []


def test_every_package_has_a_version_and_comes_from_the_index() -> None:
    assert {tuple(one["source"]) for one in OTHERS} == {("registry",)}
    assert [one["name"] for one in OTHERS if not one.get("version")] == []
    assert len({one["source"]["registry"] for one in OTHERS}) == 1


def test_the_code_imports_what_is_declared_and_nothing_else_is() -> None:
    with_pytest = imported() - {"pytest"}  # the conformance suites, which only tests import
    borrowed = {"pydantic-core", "python-dotenv", "pyjwt", "urllib3"}
    assert with_pytest - declared() <= borrowed
    assert declared() - with_pytest == NO_IMPORTS


def test_what_is_borrowed_from_a_dependency_is_certain_to_be_there() -> None:
    needs = {one["name"]: {two["name"] for two in one.get("dependencies", ())} for one in LOCK}
    assert "pydantic-core" in needs["pydantic"]
    assert "python-dotenv" in needs["pydantic-settings"]
    assert "pyjwt" in needs["pygithub"]
    assert "urllib3" in needs["requests"]


def test_the_audit_reads_the_lock_and_is_no_part_of_the_tests() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (target,) = re.findall(r"^audit:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert "uv" in target
    assert not re.search(r"^(test|check|static):.*audit", makefile, re.MULTILINE)
