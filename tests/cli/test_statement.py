"""`t2i statement`: who asks for a contract gets its application, in the form that was asked for, or a refusal."""

from __future__ import annotations

import csv
import io
import os
import pty
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.statements import euro, house

from tracker2invoice.cli import application, tables
from tracker2invoice.cli.common import Console

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Answer, World

LINES = ["1", "2", "2a", "3", "4", "5a", "5b", "5", "6", "7", "8", "9"]


@pytest.fixture
def billed(world: World) -> World:
    """Design billed on the 23rd, Beta on the 25th of November."""
    world.stage.close("Design")
    world.t2i("run")
    world.advance(days=2)
    world.stage.close("Beta")
    world.t2i("run")
    return world


def numbers(answer: Answer) -> list[int]:
    return [one["number"] for one in answer.json["applications"]]


def test_the_latest_application_is_shown_with_its_lines_and_its_sheet(billed: World) -> None:
    answer = billed.t2i("statement", "acme-portal")
    assert (answer.code, answer.err) == (0, "")
    for words in (
        "Progress statement Customer portal: application 2, period to 2026-11-25",
        "3 Contract sum to date (1 + 2 + 2a) 60,000.00",
        "6 Total earned less retainage (4 - 5) 48,000.00",
        "7 Less previous certificates for payment (line 6 of the one before) 18,000.00",
        "8 Current payment due (6 - 7) 30,000.00",
        "Invoices of this period ask for 30,000.00",
        "design 18,000.00 18,000.00 0.00 0.00 18,000.00 100.0 0.00 0.00",
        "beta 30,000.00 0.00 30,000.00 0.00 30,000.00 100.0 0.00 0.00",
        "Total 60,000.00 18,000.00 30,000.00 0.00 48,000.00 80.0 12,000.00 0.00",
    ):
        assert words in answer.words


def test_no_title_of_a_milestone_stands_on_it(billed: World) -> None:
    billed.stage.github.github.rename_milestone("acme/portal", 1, "Secret project name")
    billed.t2i("run")
    for form in ("table", "csv", "html"):
        assert "Secret" not in billed.t2i("statement", "acme-portal", "--all", "--format", form).out


def test_until_leaves_out_what_was_billed_later(billed: World) -> None:
    for day, number in (("2026-11-25", 2), ("2026-11-24", 1), ("2026-11-23", 1), ("2026-11-22", 0)):
        answer = billed.t2i("statement", "acme-portal", "--until", day, "--json")
        assert numbers(answer) == [number]
    assert answer.json["applications"][0]["period_to"] == "2026-11-22"


def test_all_shows_one_row_for_each_application(billed: World) -> None:
    answer = billed.t2i("statement", "acme-portal", "--all")
    rows = [line.split() for line in answer.out.splitlines() if "2026-11-" in line]
    assert [row[:2] for row in rows] == [["1", "2026-11-23"], ["2", "2026-11-25"]]
    assert rows[1][2:] == [
        "60,000.00", "0.00", "0.00", "60,000.00", "48,000.00", "0.00", "48,000.00", "18,000.00", "30,000.00",
        "12,000.00", "30,000.00",
    ]  # fmt: skip
    assert numbers(billed.t2i("statement", "acme-portal", "--all", "--json")) == [1, 2]


def test_with_nothing_billed_it_is_the_statement_of_today_in_the_contracts_time_zone(world: World) -> None:
    world.advance(hours=11, minutes=30)
    answer = world.t2i("statement", "acme-portal")
    assert answer.code == 0
    assert "nothing billed yet, period to 2026-11-24" in answer.words
    assert "9 Balance to finish, including retainage (3 - 6) 60,000.00" in answer.words


def test_the_json_has_its_promised_shape(billed: World) -> None:
    answer = billed.t2i("statement", "acme-portal", "--json")
    assert (answer.json["contract"], answer.json["client"], answer.json["currency"]) == ("acme-portal", "acme", "EUR")
    (one,) = answer.json["applications"]
    assert (one["number"], one["period_to"], one["asked"]) == (2, "2026-11-25", "30000.00")
    assert list(one["lines"]) == LINES
    assert one["lines"]["9"] == "12000.00"
    assert one["advances"] == {"billed": "0.00", "drawn": "0.00", "left": "0.00"}
    assert one["change_orders"] == []
    assert [item["term"] for item in one["items"]] == ["design", "beta", "acceptance"]
    assert one["items"][1] == {
        "kind": "term",
        "term": "beta",
        "description": "",
        "scheduled": "30000.00",
        "previous": "0.00",
        "this_period": "30000.00",
        "stored": "0.00",
        "completed": "30000.00",
        "percent": "100.00",
        "balance": "0.00",
        "retainage": "0.00",
    }
    assert one["total"]["completed"] == one["lines"]["4"]
    assert "Progress statement" in answer.err


@pytest.mark.parametrize(("form", "begins"), [("csv", '"contract",'), ("html", "<!DOCTYPE html>"), ("pdf", "%PDF-")])
def test_a_file_is_written_in_the_form_that_its_name_says(
    billed: World, tmp_path: Path, form: str, begins: str
) -> None:
    out = tmp_path / f"statement.{form}"
    answer = billed.t2i("statement", "acme-portal", "--out", out, "--json")
    assert (answer.code, numbers(answer)) == (0, [2])
    assert answer.err == f"Wrote {out}.\n"
    assert out.read_bytes().startswith(begins.encode())
    assert out.stat().st_mode & 0o777 == 0o600


def test_the_chosen_form_counts_more_than_the_name_of_the_file(billed: World, tmp_path: Path) -> None:
    out = tmp_path / "statement.txt"
    billed.t2i("statement", "acme-portal", "--format", "csv", "--out", out)
    assert out.read_text().startswith('"contract",')


def test_a_form_without_a_file_goes_to_stdout_and_nothing_else_does(billed: World) -> None:
    answer = billed.t2i("statement", "acme-portal", "--all", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(answer.out, newline="")))
    assert [(row["application"], row["item"], row["line_8"]) for row in rows[::3]] == [
        ("1", "design", "18000.00"),
        ("2", "design", "30000.00"),
    ]
    assert answer.err == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("acme-potral",), "did you mean 'acme-portal'?"),
        (("lake",), "configured: acme-portal"),
        (("acme\x07",), "configured: acme-portal"),
        (("acme-portal", "--out", "statement.txt"), "ends with .csv, .html or .pdf"),
        (("acme-portal", "--out", "statement.csv", "--format", "table"), "ends with .csv, .html or .pdf"),
    ],
    ids=["near miss", "unknown", "hostile", "unknown ending", "table"],
)
def test_what_makes_no_sense_is_refused_with_what_would(world: World, arguments: tuple[str, ...], words: str) -> None:
    answer = world.t2i("statement", *arguments, "--json")
    assert answer.code == 2
    assert words in answer.err
    assert "\x07" not in answer.err
    assert answer.json["error"] == "UsageError"
    assert not (world.directory.parent / "statement.csv").exists()


def test_json_and_another_form_on_one_stdout_are_refused(world: World) -> None:
    answer = world.t2i("statement", "acme-portal", "--format", "html", "--json")
    assert (answer.code, answer.json["error"]) == (2, "UsageError")
    assert "--out" in answer.err


def test_a_pdf_is_not_written_to_a_terminal(world: World) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tracker2invoice", "statement", "acme-portal", "--format", "pdf"]
    done = subprocess.run(command, check=False, stdout=theirs, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 2
    assert "--out" in done.stderr


@pytest.mark.parametrize("kind", ["link", "folder", "missing"])
def test_a_file_that_is_no_ordinary_one_is_left_alone(world: World, tmp_path: Path, kind: str) -> None:
    target = tmp_path / "target.csv"
    target.write_text("mine")
    out = {"link": tmp_path / "link.csv", "folder": tmp_path, "missing": tmp_path / "no" / "x.csv"}[kind]
    if kind == "link":
        out.symlink_to(target)
    answer = world.t2i("statement", "acme-portal", "--format", "csv", "--out", out)
    assert answer.code in (1, 2)
    assert target.read_text() == "mine"


def test_neither_trackers_nor_outputs_are_asked(billed: World) -> None:
    asked = len(billed.stage.github.requests), len(billed.stage.xero.requests)
    assert billed.t2i("statement", "acme-portal").code == 0
    assert (len(billed.stage.github.requests), len(billed.stage.xero.requests)) == asked


def test_the_statement_changes_nothing(billed: World) -> None:
    before = billed.t2i("ledger", "verify", "--json").json["entries"]
    billed.t2i("statement", "acme-portal", "--all")
    assert billed.t2i("ledger", "verify", "--json").json["entries"] == before


def test_no_figure_is_broken_however_narrow_the_terminal_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tables, "WIDE", 40)
    contract, (*_, last) = house()
    words, wide = "Foundation" + " and more" * 10, euro("-987654321012.00")
    wordy = replace(last, items=tuple(replace(item, description=words, scheduled=wide) for item in last.items))
    application.show(Console(as_json=False, config=None), contract, wordy)
    application.show_all(Console(as_json=False, config=None), contract, [last])
    shown = capsys.readouterr().out.split()
    figures = ("Foundation", "-5,925,925,926,072.00", "45,000.00", "-450.00", "262,950.00", "119,700.00", "2026-04-01")
    assert [figure for figure in figures if figure not in shown] == []


def test_change_orders_stand_between_the_lines_and_the_sheet(capsys: pytest.CaptureFixture[str]) -> None:
    contract, applications = house()
    application.show(Console(as_json=False, config=None), contract, applications[-1])
    words = " ".join(capsys.readouterr().out.split())
    orders = "CO-1 20 Mar 2026 Second bathroom 15,000.00 0.00 CO-2 25 Mar 2026 No skirting boards 0.00 2,500.00"
    assert words.index("Invoices of this period") < words.index(orders) < words.index("A Item B Description")
