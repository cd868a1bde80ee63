"""Bad input of every kind: a sentence with the next step, an honest exit code, never a traceback, never a secret."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import T2i, World

COMMANDS = [("plan",), ("run",), ("status",), ("check",), ("ledger", "verify"), ("ledger", "migrate"), ("daemon",)]
as_a_user = pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
SENTINEL = "ghp_SENTINELsentinelSENTINEL"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_a_configuration_every_command_says_how_to_get_one(t2i: T2i, command: tuple[str, ...]) -> None:
    answer = t2i(*command)
    assert "`t2i init`" in answer.err
    assert (answer.code, answer.out) == (2, "")


def test_the_configuration_asked_for_is_the_one_that_is_missed(t2i: T2i) -> None:
    answer = t2i("plan", "--config", "other.toml", "--json")
    assert "other.toml there is no such file" in answer.err
    assert answer.json["error"] == "ConfigInvalid"
    assert answer.code == 2


BROKEN: dict[str, tuple[str, str, str]] = {
    "not TOML": ('currency = "EUR"', "currency = EUR", "not TOML at line"),
    "token unquoted": ('token = { env = "REHEARSAL_GITHUB_TOKEN" }', f"token = {SENTINEL}", "not TOML at line"),
    "token of a wrong type": ('token = { env = "REHEARSAL_GITHUB_TOKEN" }', f'token = ["{SENTINEL}"]', "token"),
    "token beside an unknown key": ("\ntoken = {", f'\ntoken = {{ value = "{SENTINEL}",', "unknown key"),
    "token as a kind": ('kind = "github"', f'kind = "{SENTINEL}"', "[trackers.github]"),
    "unknown key": ('order_reference = "PO-4711"', 'ordr_reference = "PO-4711"', "did you mean 'order_reference'?"),
    "unknown section": ("[daemon]", "[deamon]", "did you mean 'daemon'?"),
    "unknown output": ('outputs = ["files", "books"]', 'outputs = ["files", "boks"]', "outputs"),
    "unknown client": ('client = "acme"\n', 'client = "amce"\n', "client"),
    "text for a date": ("start = 2026-01-01", 'start = "soon"', "start"),
    "number for a list": ('projects = ["github:acme/portal"]', "projects = 7", "write a list"),
    "a float as price": ('price = "60000.00"', "price = 60000.00", "write the number in quotes"),
    "over 100 %": ('percent = "50"', 'percent = "51"', "terms"),
    "unknown time zone": ('timezone = "Europe/Berlin"', 'timezone = "Europe/Bern"', "unknown time zone"),
    "unknown connector": ('kind = "xero"', 'kind = "xreo"', "xero"),
}


@pytest.mark.parametrize("mistake", BROKEN)
def test_a_mistake_in_the_configuration_is_named_with_its_place_and_cure(world: World, mistake: str) -> None:
    old, new, words = BROKEN[mistake]
    world.configure(old, new)
    answer = world.t2i("run")
    assert words in answer.err
    assert "tracker2invoice.toml" in answer.err
    assert (answer.code, answer.out) == (2, "")


def test_all_mistakes_are_named_at_once(world: World) -> None:
    for old, new, _ in (BROKEN["unknown key"], BROKEN["text for a date"], BROKEN["unknown time zone"]):
        world.configure(old, new)
    answer = world.t2i("plan")
    assert answer.err.startswith("3 problems in the configuration:")
    assert answer.err.count("\n  ") == 3


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"a = " + b"[" * 50_000], ids=["no text", "empty", "nested"])
def test_a_configuration_file_may_hold_anything(t2i: T2i, content: bytes) -> None:
    Path("tracker2invoice.toml").write_bytes(content)
    answer = t2i("plan")
    assert "problem" in answer.err
    assert answer.code == 2


def test_a_folder_is_no_configuration(t2i: T2i, tmp_path: Path) -> None:
    answer = t2i("plan", "--config", tmp_path)
    assert "check that it is a file" in answer.err
    assert answer.code == 2


def test_a_setting_of_the_environment_that_does_not_exist_is_named(world: World) -> None:
    world.patch.setenv("T2I_LEGDER__URL", f"sqlite:///{SENTINEL}.db")
    answer = world.t2i("plan")
    assert "T2I_LEGDER__URL: no such setting" in answer.err
    assert answer.code == 2


def test_a_token_in_the_file_works_with_a_warning_that_does_not_show_it(world: World) -> None:
    world.configure('token = { env = "REHEARSAL_GITHUB_TOKEN" }', f'token = "{SENTINEL}"')
    answer = world.t2i("status", "--json")
    assert "warning" in answer.err
    assert answer.json["contracts"] != []


def test_a_clock_that_is_none_is_a_usage_error(world: World) -> None:
    for wrong in ("noon", "2026-11-23T12:00:00"):
        world.patch.setenv("T2I_NOW", wrong)
        answer = world.t2i("plan")
        assert "T2I_NOW" in answer.err
        assert answer.code == 2


def trouble(world: World, code: int = 2) -> str:
    """Run; return what a person reads of the only trouble, which must not have billed anything."""
    world.stage.close("Design")
    answer = world.t2i("run", "--json")
    (only,) = answer.json["troubles"]
    assert only["message"].split()[0] in answer.err
    assert answer.code == code
    assert list(world.stage.xero.books.invoices) == []
    message: str = only["message"]
    return message


def test_a_missing_variable_is_named(world: World) -> None:
    world.patch.delenv("REHEARSAL_GITHUB_TOKEN")
    assert "environment variable REHEARSAL_GITHUB_TOKEN. Set it" in trouble(world)


def test_a_wrong_token_is_refused_in_words(world: World) -> None:
    world.patch.setenv("REHEARSAL_GITHUB_TOKEN", SENTINEL)
    assert "Renew the token or grant the permission" in trouble(world)


@pytest.mark.parametrize("token", ["ghp SENTINEL\nsentinel", "ghp_é", "x" * 100_000], ids=["lines", "accent", "long"])
def test_a_token_that_cannot_be_one_never_shows(world: World, token: str) -> None:
    world.patch.setenv("REHEARSAL_GITHUB_TOKEN", token)
    world.stage.close("Design")
    answer = world.t2i("run")
    assert token not in answer.out + answer.err
    assert "SENTINEL" not in answer.out + answer.err
    assert answer.code in (1, 2)


def test_a_wrong_xero_secret_is_refused_in_words(world: World) -> None:
    world.patch.setenv("REHEARSAL_XERO_SECRET", SENTINEL)
    assert "books" in trouble(world)


def test_a_repository_that_is_not_there_is_named(world: World) -> None:
    world.configure('projects = ["github:acme/portal"]', 'projects = ["github:acme/potral"]')
    assert "Correct the name" in trouble(world)
    assert "project-unknown" in world.t2i("plan").out


def test_a_missing_permission_is_named(world: World) -> None:
    world.stage.github.fail(403, times=9, path="/repos")
    assert "grant the permission" in trouble(world)


def test_a_dead_host_loses_nothing(world: World) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    alive = world.stage.github.url
    world.configure(alive, nobody)
    assert "Nothing is lost" in trouble(world, code=1)
    world.configure(nobody, alive)
    assert world.t2i("run").code == 0
    assert len(world.stage.xero.books.invoices) == 1


def test_a_secret_in_an_address_does_not_show(world: World) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        nobody = f"http://ann:{SENTINEL}@127.0.0.1:{taken.getsockname()[1]}"
    world.configure(world.stage.github.url, nobody)
    assert world.t2i("run").code in (1, 2)
    assert world.t2i("check").code in (1, 2)


def test_a_folder_for_invoices_that_is_a_file_is_named(world: World) -> None:
    world.invoices.write_text("not a folder")
    world.stage.close("Design")
    answer = world.t2i("run")
    assert "invoices" in answer.err
    assert "permissions" in answer.err
    assert answer.code == 1
    world.invoices.unlink()
    assert world.t2i("run").code == 0
    assert len(list(world.invoices.iterdir())) == 1


@as_a_user
def test_a_read_only_folder_for_invoices_is_named(world: World) -> None:
    world.invoices.mkdir(mode=0o500)
    world.stage.close("Design")
    answer = world.t2i("run")
    assert "permissions" in answer.err
    assert answer.code == 1


@as_a_user
def test_a_read_only_ledger_is_named(world: World) -> None:
    world.t2i("plan")
    world.database.chmod(0o400)
    world.stage.close("Design")
    answer = world.t2i("run")
    assert "tracker2invoice.db cannot be written" in answer.err
    assert answer.code == 1


def test_a_text_file_is_no_ledger(world: World) -> None:
    world.database.write_text("Dear Sir or Madam,\n" * 100)
    for command in ("run", "status"):
        answer = world.t2i(command)
        assert "The ledger cannot be trusted" in answer.err
        assert answer.code == 1
    assert world.database.read_text().startswith("Dear Sir")


def test_a_ledger_of_another_program_is_left_alone(world: World) -> None:
    statement(world.database, "CREATE TABLE bookmarks (url TEXT)")
    answer = world.t2i("run")
    assert "tables without a revision: bookmarks" in answer.err
    assert answer.code == 1


@pytest.mark.parametrize("command", ["run", "status", "check"])
def test_a_ledger_of_a_later_version_asks_for_an_upgrade(world: World, command: str) -> None:
    world.t2i("plan")
    statement(world.database, "UPDATE alembic_version SET version_num = '9999'")
    answer = world.t2i(command)
    assert "Upgrade the program; nothing was changed" in answer.err
    assert answer.code == 1


@pytest.mark.parametrize("place", ["no/such/folder/ledger.db", "."], ids=["no folder", "a folder"])
def test_a_ledger_that_cannot_be_written_is_named(world: World, place: str) -> None:
    world.configure("sqlite:///tracker2invoice.db", f"sqlite:///{place}")
    answer = world.t2i("run", "--json")
    assert "cannot be written" in answer.err
    assert answer.json["error"] == "StorageFailed"
    assert answer.code == 1


def test_a_ledger_elsewhere_does_not_show_its_password(world: World) -> None:
    world.configure("sqlite:///tracker2invoice.db", f"postgresql://ann:{SENTINEL}@127.0.0.1:1/ledger?connect_timeout=1")
    answer = world.t2i("status")
    assert "PostgreSQL database ledger" in answer.err
    assert answer.code == 1


PLANS = {
    "empty": "",
    "text": "Dear Sir",
    "binary": "\x00\x01",
    "a list": "[]",
    "null": "null",
    "half": '{"plan_hash": "a',
    "no hash": '{"as_of": "2026-11-23T12:00:00Z"}',
    "wrong types": '{"plan_hash": 7, "as_of": "2026-11-23T12:00:00Z"}',
    "no instant": '{"plan_hash": "a", "as_of": "noon"}',
    "no offset": '{"plan_hash": "a", "as_of": "2026-11-23T12:00:00"}',
    "number": '{"plan_hash": "a", "as_of": 7}',
    "nested": "[" * 200_000,
    "nested in a plan": '{"plan_hash": "a", "as_of": "2026-11-23T12:00:00Z", "actions": ' + '{"a":' * 200_000,
    "huge number": '{"plan_hash": "a", "as_of": ' + "9" * 10_000 + "}",
}


@pytest.mark.parametrize("content", PLANS)
def test_what_is_no_plan_is_not_applied(world: World, content: str) -> None:
    Path("plan.json").write_text(PLANS[content])
    answer = world.t2i("apply", "plan.json")
    assert "plan.json is not a plan. Make one with: t2i plan --out plan.json" in answer.words
    assert answer.code == 2


@pytest.mark.parametrize("as_of", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z"])
def test_a_plan_from_the_end_of_time_is_not_applied(world: World, as_of: str) -> None:
    world.stage.close("Design")
    Path("plan.json").write_text(json.dumps({"plan_hash": "a", "as_of": as_of}))
    assert world.t2i("apply", "plan.json").code in (2, 3)
    assert list(world.stage.xero.books.invoices) == []


def test_a_plan_that_is_not_there_or_a_folder_is_named(world: World) -> None:
    Path("folder").mkdir()
    for name in ("missing.json", "folder"):
        answer = world.t2i("apply", name)
        assert name in answer.err
        assert answer.code == 2


def test_a_plan_that_cannot_be_saved_is_named(world: World) -> None:
    answer = world.t2i("plan", "--out", "no/such/plan.json")
    assert "no/such/plan.json cannot be written" in answer.err
    assert answer.code == 1


def statement(database: Path, text: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(text)
