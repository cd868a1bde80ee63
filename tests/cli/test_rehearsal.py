"""`sandbox` with other connectors than GitHub and Xero: any that is installed, and what people do over there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from subprocess import PIPE
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import FrozenClock

from tracker2invoice.configfile import load
from tracker2invoice.engine.house import open_house
from tracker2invoice.engine.reconcile import reconcile
from tracker2invoice.engine.run import Report, run
from tracker2invoice.registry import installed, load_output, load_tracker
from tracker2invoice.testing.sandbox.chosen import Chosen, chosen

if TYPE_CHECKING:
    from tests.cli.conftest import T2i

PLATFORMS = [one.kind for one in installed("outputs") if one.kind != "files"]
PATIENCE = 30


def start(plugin: Any) -> Any:
    assert plugin.twin
    return plugin.twin


@pytest.fixture(params=[one.kind for one in installed("trackers")])
def stage(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Chosen]:
    tracker = request.param, start(load_tracker(request.param))
    outputs = {kind: start(load_output(kind)) for kind in PLATFORMS}
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with chosen(tmp_path, clock, tracker, outputs) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


def test_every_connector_can_be_rehearsed_with_from_a_closed_milestone_to_the_payment(
    stage: Chosen, clock: FrozenClock
) -> None:
    def report() -> Report:
        clock.advance(timedelta(hours=1))
        with open_house(load(stage.config), clock) as house:
            return run(house)

    assert report().troubles == ()
    assert stage.act("close Design")
    billed = report()
    assert billed.troubles == ()
    (reference,) = (one.reference for one in billed.plan.actions if one.kind == "bill")
    assert {kind: [one.state for one in twin.documents()] for kind, twin in stage.outputs.items()} == {
        kind: ["draft"] for kind in PLATFORMS
    }
    assert stage.act(f"sent {reference}")
    with open_house(load(stage.config), clock) as house:
        found = reconcile(house)
    assert found.troubles == ()
    assert not stage.act("close Nothing")
    assert not stage.act("paid T2I-AAAAAAAAAAAA")
    assert not stage.act(f"burn {reference}")


def test_what_people_do_over_there_is_typed_into_the_sandbox(
    t2i: T2i, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = ["--tracker", "gitlab", "--output", "odoo", "--output", "plaintext"]
    command = [sys.executable, "-m", "tracker2invoice", "sandbox", "--json", *chosen]
    with subprocess.Popen(command, text=True, stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        told = json.loads(process.stdout.readline())
        for name, value in told["environment"].items():
            monkeypatch.setenv(name, value)
        process.stdin.write("explode\nclose Design\n")
        process.stdin.flush()
        lines = iter(process.stderr.readline, "")
        assert next(line for line in lines if line.startswith("Nobody there can do that"))
        assert next(lines) == "Done.\n"
        answer = t2i("run", "--config", told["config"], "--json")
        process.terminate()
        assert process.wait(PATIENCE) == 0
    (bill,) = (one for one in answer.json["actions"] if one["action"] == "bill")
    assert {one["output"]: one["state"] for one in bill["outputs"]} == {
        "files": "delivered",
        "odoo": "delivered",
        "plaintext": "delivered",
    }
    assert Path(told["config"]).resolve() == tmp_path / "rehearsal" / "tracker2invoice.toml"


def test_a_connector_that_nobody_has_installed_is_named(t2i: T2i) -> None:
    answer = t2i("sandbox", "--output", "nope")
    assert "No installed package provides output kind 'nope'" in answer.err
    assert answer.code == 2
