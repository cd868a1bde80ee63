"""The documentation says what is there, and its examples run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import get_args

import pytest
from pydantic import TypeAdapter
from tests.statements import house

import tracker2invoice
from tracker2invoice.cli import application, shapes
from tracker2invoice.cli.common import Console
from tracker2invoice.cli.main import COMMANDS
from tracker2invoice.config.agreements import due_of
from tracker2invoice.mapping.due import due_date
from tracker2invoice.model.due import BusinessDays, DueKind, DueRule
from tracker2invoice.registry import installed
from tracker2invoice.settings import Due, DueSettings

ROOT = Path(__file__).resolve().parent.parent
NOT_OURS = {
    ".git",
    ".venv",
    ".hypothesis",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".tryton",
    "__pycache__",
    "dist",
}
FENCE = re.compile(r"^```(\w+)((?: +[\w./=-]+)*) *\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
DUE = re.compile(r"^\| `(.+)` \| (\d{4}-\d\d-\d\d) \| (\d{4}-\d\d-\d\d) \|", re.MULTILINE)
ELSEWHERE = re.compile(r"[a-z]+:|#")

# spelt so that this file does not find itself
MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(?:hom[e]|Users|roo[t]|wor[k])/")
REGISTRY = re.compile(r"pypi[.](?:org|python)|pythonhoste[d]|npmj[s][.]|yarnpk[g]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block that carries a mark: `file=NAME` or `run`."""

    language: str
    mark: str
    text: str


def tracked() -> list[Path]:
    """Every file of the project, as git sees it; in an unpacked archive, every file that is not a cache."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
        names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
        return [ROOT / name for name in names if name and (ROOT / name).is_file()]
    files = (path for path in ROOT.rglob("*") if path.is_file())
    return [path for path in files if NOT_OURS.isdisjoint(path.relative_to(ROOT).parts)]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


PAGES = {name(path): path for path in tracked() if path.suffix == ".md"}


def marked(text: str) -> Iterator[Block]:
    for language, marks, body in FENCE.findall(text):
        for mark in marks.split():
            assert mark == "run" or mark.startswith("file="), f"unknown mark {mark!r}"
            yield Block(language, mark, body)


def follow(block: Block, folder: Path) -> None:
    """Do what the mark of a block says, in `folder`."""
    if block.mark.startswith("file="):
        path = folder / block.mark.removeprefix("file=")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text)
        return
    match block.language:
        case "sh":
            run(["sh", "-euc", block.text], folder)
        case "python":
            run([sys.executable, "-c", block.text], folder)
        case "toml":
            tomllib.loads(block.text)
        case "json":
            json.loads(block.text)
        case _:
            pytest.fail(f"nobody knows how to run {block.language}")


def run(command: list[str], folder: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("T2I_", "PYTEST_"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    done = subprocess.run(
        command,
        check=False,
        cwd=folder,
        env=environment | {"PATH": path, "PYTHONPATH": str(folder), "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"


def test_every_block_of_a_page_has_an_end() -> None:
    marks = {page: re.findall("^```.*|.+```$", path.read_text(), re.MULTILINE) for page, path in PAGES.items()}
    assert [page for page, found in marks.items() if any(end != "```" for end in found[1::2])] == []


@pytest.mark.parametrize("page", [page for page, path in PAGES.items() if any(marked(path.read_text()))])
def test_the_marked_examples_of_a_page_run(page: str, tmp_path: Path) -> None:
    for block in marked(PAGES[page].read_text()):
        follow(block, tmp_path)


WORKED = DUE.findall(PAGES["docs/configuration.md"].read_text())


def rule_of(due: str) -> DueRule:
    return due_of(TypeAdapter[DueSettings](Due).validate_python(tomllib.loads(f"due = {due}")["due"]))


@pytest.mark.parametrize(("due", "issued", "day"), WORKED)
def test_the_worked_examples_of_due_dates_are_right(due: str, issued: str, day: str) -> None:
    assert due_date(date.fromisoformat(issued), rule_of(due)).isoformat() == day


def test_every_rule_and_every_convention_has_a_worked_example() -> None:
    rules = [rule_of(due) for due, _, _ in WORKED]
    assert {rule.kind for rule in rules} == set(get_args(DueKind))
    assert {rule.business_days for rule in rules} == set(get_args(BusinessDays))


def test_some_examples_are_marked() -> None:
    languages = {block.language for path in PAGES.values() for block in marked(path.read_text()) if block.mark == "run"}
    assert languages >= {"sh"}


@pytest.mark.parametrize("page", PAGES)
def test_relative_links_lead_somewhere(page: str) -> None:
    prose = CODE.sub("", PAGES[page].read_text())
    links = [link.partition("#")[0] for link in LINK.findall(prose) if not ELSEWHERE.match(link)]
    assert [link for link in links if not (PAGES[page].parent / link).exists()] == []


def test_every_connector_has_its_page_and_stands_in_the_readme() -> None:
    ours = {
        one.kind
        for group in ("trackers", "outputs")
        for one in installed(group)
        if one.distribution == "tracker2invoice"
    }
    readme = PAGES["README.md"].read_text()
    assert ours >= {"github", "files", "xero"}
    assert [kind for kind in sorted(ours) if f"docs/connectors/{kind}.md" not in PAGES] == []
    assert [kind for kind in sorted(ours) if f"docs/connectors/{kind}.md" not in readme] == []


def test_no_page_describes_a_connector_that_is_gone() -> None:
    ours = {one.kind for group in ("trackers", "outputs") for one in installed(group)}
    pages = {Path(page).stem for page in PAGES if page.startswith("docs/connectors/")} - {"index", "matrix"}
    assert pages - ours == set()


def test_every_command_stands_in_the_page_of_the_command_line() -> None:
    page = PAGES["docs/cli.md"].read_text()
    assert [command for command in COMMANDS if not re.search(rf"`{command}\b", page)] == []


def test_the_page_of_the_statement_shows_what_a_terminal_shows(capsys: pytest.CaptureFixture[str]) -> None:
    contract, applications = house()
    application.show(Console(as_json=False, config=None), contract, applications[-1])
    shown = "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines())
    assert f"```text\n{shown}\n```" in PAGES["docs/statement.md"].read_text()


def test_the_json_of_the_statement_in_the_documentation_is_that_of_its_page() -> None:
    _, applications = house()
    shape = shapes.application(applications[-1])
    examples = [json.loads(text) for _, _, text in FENCE.findall(PAGES["docs/cli.md"].read_text()) if '"lines"' in text]
    (told,) = examples[0]["applications"]
    assert told.keys() == shape.keys()
    assert all(told[name] == shape[name] for name in ("number", "period_to", "lines", "asked", "advances", "total"))
    assert told["items"][0] in shape["items"]
    assert told["change_orders"][0] in shape["change_orders"]


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, waiting = set[Path](), [PAGES["README.md"]]
    while waiting:
        page = waiting.pop()
        if page in seen or not page.exists():
            continue
        seen.add(page)
        links = [link.partition("#")[0] for link in LINK.findall(page.read_text()) if not ELSEWHERE.match(link)]
        targets = [(page.parent / link).resolve() for link in links]
        waiting += [target for target in targets if target.suffix == ".md"]
        waiting += [inner for target in targets if target.is_dir() for inner in target.glob("*.md")]
    assert sorted(page for page, path in PAGES.items() if path not in seen) == []


def test_the_example_configuration_is_mentioned() -> None:
    assert "config.example.toml" in PAGES["README.md"].read_text()


def test_the_changelog_has_the_current_version_at_its_head() -> None:
    versions = re.findall(r"^## (\S+)", PAGES["CHANGELOG.md"].read_text(), re.MULTILINE)
    assert versions[0] == tracker2invoice.__version__


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    assert [name(path) for path in tracked() if path.name != "uv.lock" and MACHINE_PATH.search(text_of(path))] == []


def test_only_the_lock_file_says_where_packages_come_from() -> None:
    assert [name(path) for path in tracked() if path.name != "uv.lock" and REGISTRY.search(text_of(path))] == []


@pytest.mark.parametrize("text", ["see /wor" + "k/main", "(/hom" + "e/ann/x)", "cd /roo" + "t/x"])
def test_a_folder_of_somebodys_machine_is_recognised(text: str) -> None:
    assert MACHINE_PATH.search(text)


@pytest.mark.parametrize("text", ["https://example.com/wor" + "k/1", "docs/wor" + "k/x", "a/hom" + "e/b"])
def test_a_path_of_a_url_is_no_folder_of_a_machine(text: str) -> None:
    assert not MACHINE_PATH.search(text)


def test_a_block_that_fails_is_seen(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="echo lost"):
        follow(Block("sh", "run", "echo lost\nfalse\n"), tmp_path)
    with pytest.raises(tomllib.TOMLDecodeError):
        follow(Block("toml", "run", "a = "), tmp_path)
