"""Configurations, contracts, plans and secrets as somebody else may have made them: refused in words, within bounds.

Each group is read by one process that may use little memory and processor time, so that what has no end is noticed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.security.conftest import Desk

MEGABYTES, SECONDS = 1000, 60

LIMITED = f"""
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({MEGABYTES} * 2**20, {MEGABYTES} * 2**20))
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
from click.testing import CliRunner
from tracker2invoice.cli.main import main
for command in json.load(sys.stdin):
    done = CliRunner().invoke(main, command)
    print(json.dumps([done.exit_code, repr(done.exception), done.output]), flush=True)
"""

GOOD = """\
timezone = "Europe/Berlin"
supplier = { name = "Northwind Software GmbH" }
trackers.github = { kind = "github", token = { env = "NOWHERE" } }
outputs.files = { kind = "files", directory = "invoices" }
clients.acme = { name = "Acme GmbH" }
"""

CONTRACT = """\
id = "c%d"
client = "acme"
projects = ["github:acme/portal-%d"]
start = 2026-01-01
currency = "EUR"
price = "60000.00"
tax = { category = "S", rate = "19" }
due = "30 days"
outputs = ["files"]
terms = [{ id = "design", milestone = "Design", percent = "100" }]
"""

Make = Callable[[Path], None]
Prepare = Callable[[Path], tuple[Path, list[str]]]
"""Takes an empty folder; returns where the hostile file belongs, and the command that will read it."""


def limited(commands: list[list[str]]) -> list[tuple[int, str, str]]:
    """Run commands one after the other in a process with limits; return code, exception and words of each."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED],
        check=True,
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        timeout=10 * SECONDS,
        env={name: value for name, value in os.environ.items() if not name.startswith("T2I_")},
    )
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(200 * 2**20)


def writing(content: str | bytes) -> Make:
    data = content.encode() if isinstance(content, str) else content

    def write(path: Path) -> None:
        path.write_bytes(data)

    return write


ANY: dict[str, Make] = {
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path),
    "200 MB": huge,
}

TOML: Mapping[str, Make] = ANY | {
    "no text": writing(b"\xff\xfe\x00"),
    "deep lists": writing("a = " + "[" * 100_000),
    "deep tables": writing("a = " + "{a=" * 100_000),
    "a long dotted key": writing("a" + ".a" * 100_000 + " = 1"),
    "a long dotted header": writing("[a" + ".a" * 100_000 + "]"),
    "many deep headers": writing("".join(f"[b{n}{'.a' * 150}]\n" for n in range(1000))),
    "a number without end": writing("a = " + "9" * 100_000),
    "a key twice": writing(f'{GOOD}timezone = "UTC"\n'),
    "not a number": writing(GOOD + "[[contracts]]\n" + (CONTRACT % (1, 1)).replace('"60000.00"', "nan")),
    "no end": writing(GOOD + "[[contracts]]\n" + (CONTRACT % (1, 1)).replace('"60000.00"', "inf")),
    "wrong types": writing("timezone = 1\nsupplier = []\noutputs = 2\nclients = true\ncontracts = { a = 1 }\n"),
    "a key that steers the terminal": writing(GOOD + '"\\u001b[2J\\r\\n  forged: all is well" = 1\n'),
    "100,000 contracts": writing(GOOD + "".join(f"[[contracts]]\n{CONTRACT % (n, n)}" for n in range(100_000))),
}

_OPENING = '{"plan_hash": "a", "as_of": "2026-11-23T12:00:00Z", "actions": ['

PLAN: Mapping[str, Make] = ANY | {
    "deep lists": writing("[" * 1_000_000),
    "10 million lists": writing(_OPENING + "[]," * 10**7 + "[]]}"),
    "10 million texts": writing(_OPENING + '"ab",' * 10**7 + "0]}"),
    "a key twice": writing('{"plan_hash": "a", "plan_hash": "b", "as_of": "2026-11-23T12:00:00Z", "actions": []}'),
    "not a number": writing('{"plan_hash": NaN, "as_of": "2026-11-23T12:00:00Z", "actions": []}'),
    "no actions": writing('{"plan_hash": "a", "as_of": "2026-11-23T12:00:00Z"}'),
    "actions of another kind": writing('{"plan_hash": "a", "as_of": "2026-11-23T12:00:00Z", "actions": [7]}'),
    "no end": writing('{"plan_hash": "a", "as_of": Infinity, "actions": []}'),
    "a number without end": writing('{"plan_hash": "a", "as_of": ' + "9" * 100_000 + "}"),
}  # fmt: skip


def read_all(
    folder: Path, makes: Mapping[str, Make], prepare: Callable[[Path], tuple[Path, list[str]]]
) -> dict[str, Any]:
    """Make each file in a folder of its own, have it read, and return what came of each."""
    commands: list[list[str]] = []
    for number, make in enumerate(makes.values()):
        place = folder / str(number)
        place.mkdir()
        path, command = prepare(place)
        make(path)
        commands.append(command)
    return dict(zip(makes, limited(commands), strict=True))


@pytest.fixture(scope="module")
def configurations(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    def prepare(place: Path) -> tuple[Path, list[str]]:
        return place / "hostile.toml", ["status", "--config", str(place / "hostile.toml")]

    return read_all(tmp_path_factory.mktemp("configurations"), TOML, prepare)


@pytest.fixture(scope="module")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    def prepare(place: Path) -> tuple[Path, list[str]]:
        (place / "good.toml").write_text(GOOD)
        (place / "contracts").mkdir()
        return place / "contracts" / "hostile.toml", ["status", "--config", str(place / "good.toml")]

    return read_all(tmp_path_factory.mktemp("contracts"), TOML, prepare)


@pytest.fixture(scope="module")
def dotenvs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    def prepare(place: Path) -> tuple[Path, list[str]]:
        (place / "good.toml").write_text(GOOD)
        return place / ".env", ["status", "--config", str(place / "good.toml")]

    return read_all(tmp_path_factory.mktemp("dotenvs"), ANY | {"no text": writing(b"\xff\xfe\x00")}, prepare)


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    def prepare(place: Path) -> tuple[Path, list[str]]:
        (place / "good.toml").write_text(GOOD)
        return place / "hostile.json", ["apply", str(place / "hostile.json"), "--config", str(place / "good.toml")]

    return read_all(tmp_path_factory.mktemp("plans"), PLAN, prepare)


def refused(answer: Any, name: str) -> None:
    code, exception, words = answer
    assert exception == "SystemExit(2)", words[:2000]
    assert code == 2
    assert name in words
    assert "Traceback" not in words
    assert "\x1b" not in words
    assert "\n  forged" not in words
    assert len(words) < 20_000


@pytest.mark.parametrize("what", TOML)
def test_a_configuration_that_is_none_is_named_and_refused(configurations: dict[str, Any], what: str) -> None:
    refused(configurations[what], "hostile.toml")


@pytest.mark.parametrize("what", TOML)
def test_a_contract_file_that_is_none_is_named_and_refused(contracts: dict[str, Any], what: str) -> None:
    refused(contracts[what], "hostile.toml")


@pytest.mark.parametrize("what", [*ANY, "no text"])
def test_an_env_file_that_is_none_is_named_and_refused(dotenvs: dict[str, Any], what: str) -> None:
    refused(dotenvs[what], ".env")


@pytest.mark.parametrize("what", PLAN)
def test_a_plan_that_is_none_is_named_and_refused(plans: dict[str, Any], what: str) -> None:
    refused(plans[what], "hostile.json")


def test_variables_of_an_env_file_that_refer_to_each_other_do_not_multiply(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(GOOD)
    tenfold = [f"V{n}=" + f"${{V{n - 1}}}" * 10 for n in range(1, 10)]
    (tmp_path / ".env").write_text("\n".join(["V0=ha", *tenfold, "T2I_SUPPLIER__PHONE=${V9}"]))
    ((code, _, words),) = limited([["status", "--config", str(tmp_path / "good.toml")]])
    assert code == 0, words[:2000]


def test_a_setting_nested_without_end_in_a_variable_is_refused(desk: Desk) -> None:
    desk.patch.setenv("T2I_OUTPUTS__FILES__FORMATS", "[" * 100_000)
    answer = desk.t2i("status")
    assert "[outputs.files] formats: write a list" in answer.words
    assert answer.code == 2


@pytest.mark.parametrize("what", [*ANY, "100 kB"])
def test_what_is_no_secret_file_holds_no_secret(desk: Desk, what: str) -> None:
    (ANY | {"100 kB": writing("x" * 100_000)})[what](desk.directory / "token")
    desk.configure('token = { env = "REHEARSAL_GITHUB_TOKEN" }', 'token = { file = "token" }')
    answer = desk.t2i("check", "--json")
    (wrong,) = (finding for finding in answer.json["findings"] if not finding["ok"])
    assert f"There is no secret in the file {desk.directory / 'token'}" in wrong["next_step"]
    assert answer.code == 1


def test_a_plan_whose_lines_were_changed_is_not_carried_out(desk: Desk) -> None:
    desk.stage.close("Design")
    desk.t2i("plan", "--out", "plan.json")
    saved = Path("plan.json").read_text()
    for old, new in (
        ('"amount": "18000.00"', '"amount": "18.00"'), ('"title": "Design"', '"title": "Nothing"'),
        ('"output": "books"', '"output": "files"'), ('"reason": "accepted', '"reason": "asked for by your boss'),
    ):  # fmt: skip
        assert old in saved
        Path("plan.json").write_text(saved.replace(old, new))
        answer = desk.t2i("apply", "plan.json")
        assert "nothing was billed" in answer.err
        assert answer.code == 3
    assert list(desk.stage.xero.books.invoices) == []
    Path("plan.json").write_text(saved)
    assert desk.t2i("apply", "plan.json").code == 0


@pytest.mark.parametrize("what", ["a pipe", "a device", "a link"])
def test_a_plan_is_saved_to_an_ordinary_file_or_not_at_all(desk: Desk, what: str) -> None:
    precious = Path("precious.txt")
    precious.write_text("keep me")
    if what == "a link":
        Path("plan.json").symlink_to(precious)
    else:
        ANY[what](Path("plan.json"))
    answer = desk.t2i("plan", "--out", "plan.json")
    assert "plan.json cannot be written" in answer.err
    assert answer.code == 1
    assert precious.read_text() == "keep me"


def test_invoices_go_where_they_should_and_through_no_link(desk: Desk) -> None:
    elsewhere = desk.directory.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious.txt").write_text("keep me")
    reference = desk.reference("design")
    (desk.directory / "invoices").mkdir()
    for name in (f"{reference}.json", f".{reference}.json.part", f"{reference}.csv"):
        (desk.directory / "invoices" / name).symlink_to(elsewhere / "precious.txt")
    desk.stage.close("Design")
    assert desk.t2i("run").code == 0
    assert [(path.name, path.read_text()) for path in elsewhere.iterdir()] == [("precious.txt", "keep me")]
    written = sorted((desk.directory / "invoices").iterdir())
    assert [path.name for path in written] == [f"{reference}.csv", f"{reference}.json"]
    assert not any(path.is_symlink() for path in written)
