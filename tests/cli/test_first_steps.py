"""From nothing to a first plan: init, check, connectors, sandbox, demo, and help before any of them."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import click
import pytest

from tracker2invoice.cli.main import COMMANDS, main
from tracker2invoice.configfile import load

if TYPE_CHECKING:
    from tests.cli.conftest import T2i, World

HEAVY = {"sqlalchemy", "github", "pydantic", "requests", "rich", "alembic", "apscheduler", "typst"}
PATIENCE = 30


def every_command() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(main)
    for name in COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {below}", one) for below, one in command.commands.items())


@pytest.mark.parametrize(("name", "command"), list(every_command()), ids=lambda value: str(value).replace(" ", "-"))
def test_every_option_of_a_command_is_explained(t2i: T2i, name: str, command: click.Command) -> None:
    answer = t2i(*name.split(), "--help")
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert [one.name for one in options if not (one.help or "").strip()] == []
    assert [one.opts[0] for one in options if one.opts[0] not in answer.out] == []
    assert command.help
    assert answer.code == 0


@pytest.mark.parametrize(("name", "command"), list(every_command()), ids=lambda value: str(value).replace(" ", "-"))
def test_every_command_takes_config_and_json(name: str, command: click.Command) -> None:
    names = {one.name for one in command.params}
    assert isinstance(command, click.Group) or names >= {"config", "as_json"}


def test_the_table_of_commands_says_what_each_is_for(t2i: T2i) -> None:
    words = t2i("--help").words
    assert [name for name, help_line in COMMANDS.items() if f"{name} {help_line}" not in words] == []


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_import_nothing_heavy(option: str) -> None:
    script = dedent(f"""
        import json, sys
        from tracker2invoice.cli.main import main
        try:
            main(["{option}"])
        except SystemExit as end:
            print("\\n" + json.dumps([end.code, sorted(sys.modules)]))
    """)
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=60)
    code, modules = json.loads(done.stdout.splitlines()[-1])
    assert HEAVY & set(modules) == set()
    assert code == 0


@pytest.mark.parametrize(
    "mistyped", [("plna",), ("plan", "--jsno"), ("plan", "surplus"), ("--config", "x", "plan")], ids=" ".join
)
def test_a_mistyped_command_line_is_answered_with_2_and_where_help_is(t2i: T2i, mistyped: tuple[str, ...]) -> None:
    answer = t2i(*mistyped)
    assert "--help" in answer.err
    assert (answer.code, answer.out) == (2, "")


def test_what_init_writes_without_questions_loads(t2i: T2i) -> None:
    answer = t2i("init")
    configuration = load(Path("tracker2invoice.toml"))
    (contract,) = configuration.contracts
    assert (str(contract.price), contract.projects) == ("60000.00 EUR", ("github:acme/portal",))
    assert configuration.warnings == ()
    assert "GITHUB_TOKEN" in answer.out
    assert answer.code == 0


def test_init_puts_in_what_it_is_given_whatever_characters_are_in_it(t2i: T2i) -> None:
    t2i("init", "x.toml", "--supplier", 'A "B" \\ C\n', "--client", "Müller $x 🏗", "--price", "1.50", "--currency", "USD")
    (contract,) = load(Path("x.toml")).contracts
    assert contract.supplier.name.strip() == 'A "B" \\ C'
    assert contract.client.name == "Müller $x 🏗"
    assert str(contract.price) == "1.50 USD"


def test_init_says_at_once_what_is_wrong_with_what_it_was_given(t2i: T2i) -> None:
    answer = t2i("init", "--price", "60,000", "--timezone", "Berlin")
    assert "price" in answer.err
    assert "timezone" in answer.err
    assert answer.code == 2


def test_init_never_overwrites(t2i: T2i) -> None:
    Path("tracker2invoice.toml").write_text("# mine")
    answer = t2i("init")
    assert "nothing was changed" in answer.err
    assert Path("tracker2invoice.toml").read_text() == "# mine"
    assert answer.code == 2


@pytest.mark.parametrize("how", ["--config", "T2I_CONFIG"])
def test_init_writes_where_the_other_commands_will_look(t2i: T2i, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    if how == "T2I_CONFIG":
        monkeypatch.setenv("T2I_CONFIG", "there.toml")
    t2i("init", *(("--config", "there.toml") if how == "--config" else ()))
    assert Path("there.toml").exists()
    assert not Path("tracker2invoice.toml").exists()


def test_init_in_a_folder_that_is_not_there_says_so(t2i: T2i) -> None:
    answer = t2i("init", "no/such/t2i.toml")
    assert "no/such/t2i.toml cannot be written" in answer.err
    assert answer.code == 1


def test_init_asks_a_person_at_a_terminal(tmp_path: Path) -> None:
    """The answers to client, project and price; the others stay at what is proposed."""
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "tracker2invoice", "init", "asked.toml"]
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, cwd=tmp_path) as process:
        os.close(slave)
        os.write(master, b"\nBeispiel AG\nbeispiel/laden\n\n900.00\n")
        assert process.wait(PATIENCE) == 0
    os.close(master)
    (contract,) = load(tmp_path / "asked.toml").contracts
    assert contract.client.name == "Beispiel AG"
    assert contract.projects == ("github:beispiel/laden",)
    assert str(contract.price) == "900.00 EUR"


def findings(world: World) -> tuple[int, dict[str, tuple[bool, str]]]:
    """Return the exit code of `check`, and whether each thing is all right with its next step."""
    answer = world.t2i("check", "--json")
    for one in answer.json["findings"]:
        assert set(one) == {"ok", "where", "what", "next_step"}
        assert one["ok"] or one["next_step"], "a failure without a next step"
    return answer.code, {f"{one['where']} {one['what']}": (one["ok"], one["next_step"]) for one in answer.json["findings"]}


def failed(world: World) -> dict[str, str]:
    code, found = findings(world)
    assert code == 1
    return {what: next_step for what, (ok, next_step) in found.items() if not ok}


def test_check_is_content_with_a_complete_configuration(world: World) -> None:
    code, found = findings(world)
    assert [what for what, (ok, _) in found.items() if not ok] == []
    for part in ("configuration", "ledger", "acme/portal", "account 200", "client acme", "currency EUR", "invoices"):
        assert any(part in what for what in found), part
    assert code == 0


def test_check_changes_nothing_over_there(world: World) -> None:
    world.t2i("check")
    methods = {one.method for one in world.stage.github.requests}
    methods |= {one.method for one in world.stage.xero.requests if one.path != "/connect/token"}
    assert methods == {"GET"}
    assert world.stage.xero.books.invoices == {}


def test_check_names_a_wrong_token_and_goes_on(world: World) -> None:
    world.patch.setenv("REHEARSAL_GITHUB_TOKEN", "ghp_SENTINELsentinelSENTINEL")
    ((what, next_step),) = failed(world).items()
    assert what.startswith("trackers.github ")
    assert "renew the token" in next_step


def test_check_names_a_missing_variable_of_either_side(world: World) -> None:
    world.patch.delenv("REHEARSAL_GITHUB_TOKEN")
    world.patch.delenv("REHEARSAL_XERO_SECRET")
    steps = " ".join(failed(world).values())
    assert "environment variable REHEARSAL_GITHUB_TOKEN" in steps
    assert "environment variable REHEARSAL_XERO_SECRET" in steps


def test_check_names_the_repository_that_is_not_there(world: World) -> None:
    world.configure('projects = ["github:acme/portal"]', 'projects = ["github:acme/portal", "github:acme/potral"]')
    ((what, next_step),) = failed(world).items()
    assert "acme/potral" in what
    assert "correct the name" in next_step


def test_check_names_the_missing_permission(world: World) -> None:
    world.stage.github.fail(403, path="/issues")
    ((what, next_step),) = failed(world).items()
    assert "acme/portal" in what
    assert "Issues: read" in next_step
    assert "single sign-on must have authorised the token" in world_words(world, 403)


def world_words(world: World, status: int) -> str:
    """Return what a person reads of `check` when issues are refused."""
    world.stage.github.fail(status, path="/issues")
    return world.t2i("check").words


def test_check_names_the_missing_xero_account(world: World) -> None:
    world.configure('account = "200"', 'account = "299"')
    ((what, next_step),) = failed(world).items()
    assert "account 299" in what
    assert "revenue account" in next_step


def test_check_names_a_wrong_xero_secret(world: World) -> None:
    world.patch.setenv("REHEARSAL_XERO_SECRET", "ghp_SENTINELsentinelSENTINEL")
    ((what, next_step),) = failed(world).items()
    assert what.startswith("outputs.books ")
    assert "client_secret" in next_step


def test_check_names_hosts_that_cannot_be_reached(world: World) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    text = world.config.read_text()
    world.config.write_text(text.replace(world.stage.github.url, nobody).replace(world.stage.xero.url, nobody))
    assert {what.split()[0] for what in failed(world)} == {"trackers.github", "outputs.books"}


def test_a_broken_connector_of_somebody_else_is_a_failed_row(
    t2i: T2i, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = tmp_path / "acme_boards-1.2.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-boards\nVersion: 1.2\n")
    (metadata / "entry_points.txt").write_text("[tracker2invoice.trackers]\nacme = acme_boards_gone:plugin\n")
    monkeypatch.syspath_prepend(tmp_path)
    spoken, machine = t2i("connectors"), t2i("connectors", "--json")
    rows = {one["kind"]: one for one in machine.json["connectors"]}
    assert rows["acme"]["state"] == "FAILED"
    assert "Update or uninstall the package" in rows["acme"]["summary"]
    assert {rows[kind]["state"] for kind in ("github", "files", "xero")} == {"ok"}
    assert re.search(r"acme +tracker +acme-boards 1\.2 +FAILED", spoken.out)
    assert (spoken.code, machine.code) == (1, 1)


def test_connectors_tells_scripts_what_each_output_can_do(t2i: T2i) -> None:
    answer = t2i("connectors", "--json")
    rows = {one["kind"]: one for one in answer.json["connectors"]}
    assert set(rows["xero"]) == {"kind", "group", "distribution", "version", "state", "summary", "capabilities"}
    assert rows["xero"]["capabilities"]["pins_client"] is True
    assert (rows["github"]["group"], rows["github"]["capabilities"]) == ("trackers", {})
    assert answer.code == 0


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_sandbox_says_where_it_is_and_stops_when_told(tmp_path: Path, t2i: T2i, stop: signal.Signals) -> None:
    command = [sys.executable, "-m", "tracker2invoice", "sandbox", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        assert ready
        told = json.loads(process.stdout.readline())
        done = subprocess.run(
            [sys.executable, "-m", "tracker2invoice", "check", "--config", told["config"]],
            check=False,
            env=os.environ | told["environment"],
            capture_output=True,
            timeout=60,
        )
        process.send_signal(stop)
        assert process.wait(PATIENCE) == 0
    assert done.returncode == 0
    assert set(told) == {"github", "xero", "config", "environment"}
    assert Path(told["config"]).resolve() == tmp_path / "rehearsal" / "tracker2invoice.toml"


def test_the_sandbox_leaves_a_configuration_of_yours_alone(t2i: T2i) -> None:
    Path("tracker2invoice.toml").write_text("# mine")
    answer = t2i("sandbox", ".")
    assert "Name another folder" in answer.err
    assert Path("tracker2invoice.toml").read_text() == "# mine"
    assert answer.code == 2


def test_the_sandbox_says_that_a_port_is_taken(t2i: T2i) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        answer = t2i("sandbox", "--github-port", taken.getsockname()[1])
    assert "A port cannot be used" in answer.err
    assert answer.code == 2
    assert t2i("sandbox", "--xero-port", 65536).code == 2


def test_the_demo_goes_the_whole_way_and_leaves_its_documents(t2i: T2i, tmp_path: Path) -> None:
    answer = t2i("demo", "show", "--json")
    files = [Path(one) for one in answer.json["files"]]
    assert {one.suffix for one in files} == {".pdf", ".json", ".csv"}
    assert [one for one in files if one.stat().st_size == 0 or tmp_path / "show" not in one.resolve().parents] == []
    assert (answer.json["drafts"], answer.json["intact"]) == (2, True)
    for scene in ("Somebody closes the milestone Design", "nothing is billed twice", "48000.00 EUR", "Ledger: intact"):
        assert scene in answer.err
    assert answer.code == 0


def test_the_demo_can_be_given_again_and_takes_an_empty_folder(t2i: T2i) -> None:
    Path("empty").mkdir()
    assert [t2i("demo", "empty").code for _ in range(2)] == [0, 0]


def test_the_demo_leaves_a_folder_of_yours_alone(t2i: T2i) -> None:
    Path("thesis").mkdir()
    Path("thesis/chapter-1").write_text("It was")
    answer = t2i("demo", "thesis")
    assert "Name another folder" in answer.err
    assert [one.name for one in Path("thesis").iterdir()] == ["chapter-1"]
    assert answer.code == 2


def test_the_demo_stays_away_from_a_ledger_that_the_environment_names(
    t2i: T2i, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("T2I_LEDGER__URL", f"sqlite:///{tmp_path}/in-use.db")
    assert t2i("demo").code == 0
    assert not (tmp_path / "in-use.db").exists()
    assert os.environ["T2I_LEDGER__URL"].endswith("in-use.db")
