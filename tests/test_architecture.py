"""The rules that keep the rooms of the house apart, each proven once by a source that breaks it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = "tracker2invoice"
LONGEST = 400

HTTP_CLIENTS = {
    "aiohttp",
    "github",
    "gitlab",
    "http.client",
    "httpx",
    "requests",
    "stripe",
    "urllib.request",
    "urllib3",
}
PURE = {
    "__future__", "abc", "base64", "bisect", "calendar", "collections", "dataclasses", "datetime", "decimal",
    "enum", "fnmatch", "fractions", "functools", "hashlib", "itertools", "json", "math", "operator", "re",
    "string", "types", "typing", "unicodedata", "zoneinfo",
    "babel", "holidays", "pydantic", "stdnum",
    f"{CORE}.errors", f"{CORE}.languages", f"{CORE}.mapping", f"{CORE}.model",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """One module: its dotted name, its text, its syntax tree."""

    name: str
    text: str
    tree: ast.Module

    @property
    def imports(self) -> frozenset[str]:
        """Every module the source imports, inside functions too; `from a import b` counts as `a.b`."""
        return frozenset(name for node in ast.walk(self.tree) for name in imported(node))

    @property
    def calls(self) -> tuple[str, ...]:
        """What is called, as written: `print`, `datetime.now`, `click.echo`."""
        return tuple(ast.unparse(node.func) for node in ast.walk(self.tree) if isinstance(node, ast.Call))


Rule = Callable[[Source], list[str]]


def imported(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (one.name for one in names)
        case ast.ImportFrom(module=str(module), names=names, level=0):
            yield from (f"{module}.{one.name}" for one in names)
        case ast.ImportFrom(level=level) if level:
            yield "a relative import"
        case ast.Call(func=func, args=[ast.Constant(value=str(name)), *_]) if ast.unparse(func).endswith(
            ("import_module", "__import__")
        ):
            yield name
        case _:
            pass


def source(name: str, text: str) -> Source:
    return Source(name, text, ast.parse(text, name))


def read(root: Path, path: Path) -> Source:
    parts = path.relative_to(root).with_suffix("").parts
    return source(".".join(part for part in parts if part != "__init__"), path.read_text())


def under(folder: str) -> list[Source]:
    return [read(ROOT / folder, path) for path in sorted((ROOT / folder).rglob("*.py"))]


def inside(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def among(name: str, packages: set[str]) -> bool:
    return any(inside(name, package) for package in packages)


def core_names_no_connector(module: Source) -> list[str]:
    return [name for name in module.imports if name.startswith(f"{CORE}_")]


def http_has_its_places(module: Source) -> list[str]:
    clients = [] if module.name == f"{CORE}.rest" else [n for n in module.imports if among(n, HTTP_CLIENTS)]
    may_serve = among(module.name, {f"{CORE}.testing.sandbox", f"{CORE}.engine.health", f"{CORE}.oauth.loopback"})
    return clients + [name for name in module.imports if inside(name, "http.server") and not may_serve]


def connectors_stay_apart(module: Source) -> list[str]:
    own = module.name.partition(".")[0]
    rooms = {f"{CORE}.cli", f"{CORE}.engine", f"{CORE}.ledger", f"{CORE}.mapping"}
    others = [name for name in module.imports if name.startswith(f"{CORE}_") and not inside(name, own)]
    return others + [name for name in module.imports if among(name, rooms)]


def model_and_mapping_are_pure(module: Source) -> list[str]:
    if not among(module.name, {f"{CORE}.model", f"{CORE}.mapping"}):
        return []
    return [name for name in module.imports if not among(name, PURE)]


def only_cli_speaks(module: Source) -> list[str]:
    if inside(module.name, f"{CORE}.cli"):
        return []
    spoken = [call for call in module.calls if call in {"print", "click.echo", "click.secho", "sys.stdout.write"}]
    return spoken + [name for name in module.imports if among(name, {"click", "rich"})]


def only_cli_uses_cli(module: Source) -> list[str]:
    if among(module.name, {f"{CORE}.cli", f"{CORE}.__main__"}):
        return []
    return [name for name in module.imports if inside(name, f"{CORE}.cli")]


def nobody_reads_the_time(module: Source) -> list[str]:
    if module.name == f"{CORE}.clock":
        return []
    readers = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns")
    return [call for call in module.calls if call.endswith(readers)] + [
        name for name in module.imports if name in {"time.time", "time.time_ns"}
    ]


DURABLE_OR_OUTSIDE = (
    "fsync", "mkdir", ".commit", "os.replace", "os.rename", "temporary.replace", "requestJson",
    "_http.request", "get_access_token", ".find_project", "tracker.poll", ").deliverables", ").work",
)  # fmt: skip
"""Ends of calls that reach the disk or another system. What only looks, or is part of a marked step, is not listed."""


def boundaries_are_named(module: Source) -> list[str]:
    if among(module.name, {f"{CORE}.cli", f"{CORE}.testing", f"{CORE}.plugins"}):
        return []
    marked = {node for block in ast.walk(module.tree) if is_failpoint(block) for node in ast.walk(block)}
    calls = {node: ast.unparse(node.func) for node in ast.walk(module.tree) if isinstance(node, ast.Call)}
    return [name for node, name in calls.items() if name.endswith(DURABLE_OR_OUTSIDE) and node not in marked]


def is_failpoint(node: ast.AST) -> bool:
    return isinstance(node, ast.With) and any(
        isinstance(item.context_expr, ast.Call) and ast.unparse(item.context_expr.func) == "failpoint"
        for item in node.items
    )


def no_relative_imports(module: Source) -> list[str]:
    return [name for name in module.imports if name == "a relative import"]


def says_what_it_is_for(module: Source) -> list[str]:
    return [] if ast.get_docstring(module.tree) else ["no docstring"]


def can_be_read_at_one_sitting(module: Source) -> list[str]:
    lines = len(module.text.splitlines())
    return [f"{lines} lines"] if lines >= LONGEST else []


CORE_RULES: list[Rule] = [
    core_names_no_connector, http_has_its_places, model_and_mapping_are_pure, only_cli_speaks,
    only_cli_uses_cli, nobody_reads_the_time, boundaries_are_named, no_relative_imports, says_what_it_is_for,
    can_be_read_at_one_sitting,
]  # fmt: skip
CONNECTOR_RULES: list[Rule] = [
    connectors_stay_apart, only_cli_speaks, nobody_reads_the_time, boundaries_are_named, no_relative_imports,
    says_what_it_is_for,
    can_be_read_at_one_sitting,
]  # fmt: skip


def broken(rule: Rule, modules: list[Source]) -> dict[str, list[str]]:
    assert modules, "nothing was looked at"
    return {module.name: problems for module in modules if (problems := rule(module))}


@pytest.mark.parametrize("rule", CORE_RULES, ids=lambda rule: rule.__name__)
def test_the_core_keeps_the_rule(rule: Rule) -> None:
    assert broken(rule, under("src")) == {}


@pytest.mark.parametrize("rule", CONNECTOR_RULES, ids=lambda rule: rule.__name__)
def test_the_connectors_keep_the_rule(rule: Rule) -> None:
    assert broken(rule, under("connectors")) == {}


@pytest.mark.parametrize("folder", ["tests", "bench", "tools"])
def test_the_rest_can_be_read_at_one_sitting(folder: str) -> None:
    assert broken(can_be_read_at_one_sitting, under(folder)) == {}


@pytest.mark.parametrize("folder", ["bench", "tools"])
def test_the_rest_says_what_it_is_for(folder: str) -> None:
    assert broken(says_what_it_is_for, under(folder)) == {}


def test_every_package_says_that_it_is_typed() -> None:
    packages = [
        *(ROOT / "src").iterdir(),
        *(path for path in (ROOT / "connectors").iterdir() if path.is_dir()),
    ]
    assert [path.name for path in packages if path.is_dir() and not (path / "py.typed").is_file()] == []


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [
        (core_names_no_connector, "tracker2invoice.engine.run", "import tracker2invoice_github"),
        (core_names_no_connector, "tracker2invoice.cli.demo", "from tracker2invoice_files import plugin"),
        (core_names_no_connector, "tracker2invoice.settings", "import_module('tracker2invoice_xero')"),
        (http_has_its_places, "tracker2invoice.engine.run", "def f():\n    import requests"),
        (http_has_its_places, "tracker2invoice.engine.run", "from urllib import request"),
        (http_has_its_places, "tracker2invoice.engine.run", "from http.client import HTTPSConnection"),
        (http_has_its_places, "tracker2invoice.engine.health", "import urllib.request"),
        (http_has_its_places, "tracker2invoice.engine.run", "from http.server import HTTPServer"),
        (connectors_stay_apart, "tracker2invoice_xero.output", "from tracker2invoice_github import plugin"),
        (connectors_stay_apart, "tracker2invoice_xero.output", "import tracker2invoice.ledger"),
        (model_and_mapping_are_pure, "tracker2invoice.model.money", "import os"),
        (model_and_mapping_are_pure, "tracker2invoice.mapping.plan", "from pathlib import Path"),
        (model_and_mapping_are_pure, "tracker2invoice.mapping.plan", "from sqlalchemy import select"),
        (model_and_mapping_are_pure, "tracker2invoice.mapping.plan", "import tracker2invoice.ledger"),
        (model_and_mapping_are_pure, "tracker2invoice.model.claim", "from tracker2invoice import engine"),
        (only_cli_speaks, "tracker2invoice.engine.run", "print('done')"),
        (only_cli_speaks, "tracker2invoice.engine.run", "import click"),
        (only_cli_speaks, "tracker2invoice_files.output", "import sys\nsys.stdout.write('x')"),
        (only_cli_uses_cli, "tracker2invoice.engine.run", "from tracker2invoice.cli import wording"),
        (nobody_reads_the_time, "tracker2invoice.rest", "import datetime as d\nx = d.datetime.now()"),
        (nobody_reads_the_time, "tracker2invoice.rest", "import time\nx = time.time()"),
        (nobody_reads_the_time, "tracker2invoice_xero.checks", "from time import time"),
        (nobody_reads_the_time, "tracker2invoice_xero.checks", "from datetime import date\nx = date.today()"),
        (boundaries_are_named, "tracker2invoice.durable", "import os\nos.fsync(1)"),
        (boundaries_are_named, "tracker2invoice.ledger.database", "with f():\n    connection.commit()"),
        (boundaries_are_named, "tracker2invoice.engine.measure", "house.tracker(name).work(milestone)"),
        (no_relative_imports, "tracker2invoice.engine.run", "from ..cli import wording"),
        (says_what_it_is_for, "tracker2invoice.engine.run", "x = 1"),
        (can_be_read_at_one_sitting, "tracker2invoice.engine.run", "x = 1\n" * LONGEST),
    ],
)  # fmt: skip
def test_each_rule_sees_a_source_that_breaks_it(rule: Rule, name: str, text: str) -> None:
    assert rule(source(name, text)) != []


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [
        (http_has_its_places, "tracker2invoice.rest", "import requests"),
        (http_has_its_places, "tracker2invoice.engine.health", "from http.server import HTTPServer"),
        (http_has_its_places, "tracker2invoice.model.claim", "from urllib.parse import quote"),
        (connectors_stay_apart, "tracker2invoice_xero.output", "from tracker2invoice_xero.answers import STATES"),
        (connectors_stay_apart, "tracker2invoice_xero.output", "from tracker2invoice.rest import session"),
        (model_and_mapping_are_pure, "tracker2invoice.ledger.store", "import sqlalchemy"),
        (nobody_reads_the_time, "tracker2invoice.rest", "import time\nx = time.monotonic()"),
        (boundaries_are_named, "tracker2invoice.durable", "with failpoint('x'):\n    os.fsync(1)"),
    ],
)
def test_no_rule_forbids_what_is_allowed(rule: Rule, name: str, text: str) -> None:
    assert rule(source(name, text)) == []
