"""What a newcomer starts before there is a configuration to trust: init, connectors, sandbox, demo."""

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
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tracker2invoice.configfile import load

if TYPE_CHECKING:
    from tests.cli.conftest import T2i

PATIENCE = 30


def test_what_init_writes_without_questions_loads(t2i: T2i) -> None:
    answer = t2i("init")
    configuration = load(Path("tracker2invoice.toml"))
    (contract,) = configuration.contracts
    assert (str(contract.price), contract.projects) == ("60000.00 EUR", ("github:acme/portal",))
    assert configuration.warnings == ()
    assert "GITHUB_TOKEN" in answer.out
    assert answer.code == 0


def test_init_puts_in_what_it_is_given_whatever_characters_are_in_it(t2i: T2i) -> None:
    t2i(
        "init",
        "x.toml",
        "--supplier",
        'A "B" \\ C\n',
        "--client",
        "Müller $x 🏗",
        "--price",
        "1.50",
        "--currency",
        "USD",
    )
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
    try:
        master, slave = pty.openpty()
    except OSError:
        pytest.skip("this machine lends no terminals")
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


def test_a_broken_connector_of_somebody_else_is_a_failed_row(
    t2i: T2i, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = tmp_path / "acme_boards-1.2.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-boards\nVersion: 1.2\n")
    (metadata / "entry_points.txt").write_text("[tracker2invoice.trackers]\nacme = acme_boards_gone:plugin\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
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
    fields = {"kind", "group", "distribution", "version", "state", "summary", "capabilities", "consent"}
    assert set(rows["xero"]) == fields
    assert rows["xero"]["capabilities"]["pins_client"] is True
    assert (rows["github"]["group"], rows["github"]["capabilities"]) == ("trackers", {})
    assert answer.code == 0


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_sandbox_says_where_it_is_and_stops_when_told(
    t2i: T2i, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: signal.Signals
) -> None:
    command = [sys.executable, "-m", "tracker2invoice", "sandbox", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        assert ready
        told = json.loads(process.stdout.readline())
        for name, value in told["environment"].items():
            monkeypatch.setenv(name, value)
        checked = t2i("check", "--config", told["config"])
        process.send_signal(stop)
        assert process.wait(PATIENCE) == 0
    assert checked.code == 0
    assert set(told) == {"github", "xero", "config", "environment"}
    assert Path(told["config"]).resolve() == tmp_path / "rehearsal" / "tracker2invoice.toml"


def test_the_sandbox_leaves_a_configuration_of_yours_alone(t2i: T2i) -> None:
    Path("tracker2invoice.toml").write_text("# mine")
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:  # so that it would not start even if it went on
        answer = t2i("sandbox", ".", "--github-port", taken.getsockname()[1])
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
