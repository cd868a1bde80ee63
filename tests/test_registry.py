"""Strangers' connectors stand beside ours: found with no change to us, and harmless when they are broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tracker2invoice.errors import BrokenConnector, NoSuchConnector
from tracker2invoice.plugins import OutputPlugin, TrackerPlugin
from tracker2invoice.registry import installed, load_output, load_tracker

HEAVY = ("alembic", "apscheduler", "github", "gitlab", "requests", "sqlalchemy", "stripe", "typst")
GOOD = dedent("""
    from pydantic import BaseModel
    from tracker2invoice.plugins import TrackerPlugin

    class Settings(BaseModel):
        url: str

    def connect(settings, context):
        raise NotImplementedError

    plugin = TrackerPlugin("Acme boards", Settings, connect)
""")


def distribution(site: Path, name: str, points: dict[str, dict[str, str]], **modules: str) -> None:
    """Put an installed package into `site`, as pip would leave it: its modules and its metadata."""
    metadata = site / f"{name}-1.2.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    lines = [
        f"[tracker2invoice.{group}]\n" + "".join(f"{kind} = {value}\n" for kind, value in kinds.items())
        for group, kinds in points.items()
    ]
    (metadata / "entry_points.txt").write_text("\n".join(lines))
    for module, text in modules.items():
        (site / f"{module}.py").write_text(text)


def in_a_process(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("T2I_")}
    return subprocess.run(
        [sys.executable, *arguments],
        check=False,
        env=environment | {"PYTHONPATH": str(site)},
        cwd=site,
        capture_output=True,
        text=True,
        timeout=60,
    )


def listed(site: Path) -> tuple[int, dict[str, dict[str, Any]]]:
    """Run `tracker2invoice connectors --json`; return its exit code and its rows by kind."""
    done = in_a_process(site, "-m", "tracker2invoice", "connectors", "--json")
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, {row["kind"]: row for row in json.loads(done.stdout)["connectors"]}


def test_every_connector_of_ours_loads_as_what_its_group_says() -> None:
    assert {one.kind for one in installed("trackers")} >= {"github"}
    assert {one.kind for one in installed("outputs")} >= {"files", "xero"}
    for one in installed("trackers"):
        assert isinstance(load_tracker(one.kind), TrackerPlugin)
    for one in installed("outputs"):
        assert isinstance(load_output(one.kind), OutputPlugin)


def test_a_strangers_connector_is_listed_and_loads_with_no_change_to_us(tmp_path: Path) -> None:
    distribution(tmp_path, "acme-boards", {"trackers": {"acme": "acme_boards:plugin"}}, acme_boards=GOOD)
    code, rows = listed(tmp_path)
    assert code == 0
    assert rows["acme"]["state"] == "ok"
    assert (rows["acme"]["distribution"], rows["acme"]["version"]) == ("acme-boards", "1.2")
    assert rows["acme"]["summary"] == "Acme boards"


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ("acme_boards:plugin", "raise RuntimeError('half installed')"),
        ("acme_boards:plugin", "import sys\nsys.exit('no licence')"),
        ("acme_boards:plugin", "plugin = 'not a plugin'"),
        ("acme_boards:plugin", "x = 1"),
        ("acme_boards:plugin", "def broken(:"),
        ("no_such_module:plugin", ""),
    ],
    ids=["raises", "exits", "wrong type", "no such name", "syntax error", "no such module"],
)
def test_a_broken_connector_is_a_failed_row_and_harms_no_other(tmp_path: Path, value: str, source: str) -> None:
    distribution(tmp_path, "acme-boards", {"trackers": {"acme": value}}, acme_boards=source)
    code, rows = listed(tmp_path)
    assert code == 1
    assert rows["acme"]["state"] == "FAILED"
    assert "acme-boards" in rows["acme"]["summary"]
    assert {row["state"] for kind, row in rows.items() if kind != "acme"} == {"ok"}


def test_an_output_registered_as_a_tracker_is_refused(tmp_path: Path) -> None:
    distribution(tmp_path, "acme-boards", {"outputs": {"acme": "acme_boards:plugin"}}, acme_boards=GOOD)
    _, rows = listed(tmp_path)
    assert rows["acme"]["state"] == "FAILED"
    assert "OutputPlugin" in rows["acme"]["summary"]


def test_two_packages_that_provide_one_name_are_both_named_and_neither_is_used(tmp_path: Path) -> None:
    distribution(tmp_path, "mimic", {"trackers": {"github": "mimic:plugin"}}, mimic=GOOD)
    code, rows = listed(tmp_path)
    assert code == 1
    assert rows["github"]["state"] == "FAILED"
    for owner in ("mimic", "tracker2invoice"):
        assert owner in rows["github"]["summary"]
    assert rows["files"]["state"] == "ok"


def test_listing_names_imports_no_connector(tmp_path: Path) -> None:
    distribution(tmp_path, "acme-boards", {"trackers": {"acme": "acme_boards:plugin"}}, acme_boards=GOOD)
    script = dedent("""
        import json, sys
        from tracker2invoice.registry import installed
        kinds = [one.kind for group in ("trackers", "outputs") for one in installed(group)]
        print(json.dumps([kinds, sorted(sys.modules)]))
    """)
    kinds, modules = json.loads(in_a_process(tmp_path, "-c", script).stdout)
    assert {"acme", "github", "files", "xero"} <= set(kinds)
    assert [name for name in modules if name.startswith(("tracker2invoice_", "acme"))] == []


@pytest.mark.parametrize("group", ["tracker", "output"])
def test_loading_a_connector_imports_no_heavy_library(tmp_path: Path, group: str) -> None:
    script = dedent(f"""
        import json, sys
        from tracker2invoice.registry import installed, load_{group}
        for one in installed("{group}s"):
            load_{group}(one.kind)
        print(json.dumps(sorted(sys.modules)))
    """)
    done = in_a_process(tmp_path, "-c", script)
    assert [name for name in json.loads(done.stdout) if name in HEAVY] == []


def test_a_misspelt_name_tells_what_is_installed() -> None:
    with pytest.raises(NoSuchConnector) as caught:
        load_tracker("gihub")
    assert caught.value.kind == "gihub"
    assert "github" in caught.value.installed


def test_a_tracker_is_not_found_among_the_outputs() -> None:
    with pytest.raises(NoSuchConnector):
        load_output("github")


def test_a_broken_connector_says_whose_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distribution(tmp_path, "acme-boards", {"trackers": {"acme": "acme_gone:plugin"}})
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(BrokenConnector) as caught:
        load_tracker("acme")
    assert (caught.value.kind, caught.value.distribution) == ("acme", "acme-boards")
