"""Text that comes from outside is shown as text; a terminal or pipe that cannot take it stops no run."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import re

    from tests.cli.conftest import World

HOSTILE = {
    "escape": "Design \x1b[31mred\x1b[0m \x1b]0;title\x07",
    "control": "Design\r\x00\x08\x7f\x9b2J done",
    "markup": "Design [red]x[/red] [link=http://evil.example]y[/link] [/]",
    "direction": "Design \u202egnp.exe\u2066",
    "long": "Design " + "x" * 10_000,
    "wide": "Design " + "🏗" * 300,
    "line ends": "Design\n\u2028bill  other-contract",
}


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_is_shown_harmlessly(world: World, plain_words: re.Pattern[str], title: str) -> None:
    number = world.stage.github.github.add_milestone("acme/portal", HOSTILE[title])
    world.configure('milestone = "Design*"', f"milestone = {{ number = {number} }}")
    world.stage.github.github.close_milestone("acme/portal", number)
    for command in (("plan",), ("run",), ("status",), ("explain", "github:acme/portal", str(number)), ("plan",)):
        answer = world.t2i(*command)
        assert plain_words.findall(answer.out + answer.err) == [], command
        assert len(answer.out) < 20_000
        assert answer.code in (0, 3), command
    assert world.t2i("plan", "--json").json["actions"] != []


def test_markup_in_a_title_is_text(world: World) -> None:
    world.stage.github.github.rename_milestone("acme/portal", 1, "Design [red]x[/red]")
    assert "Design [red]x[/red]" in world.t2i("plan").words


def test_what_a_person_types_is_shown_harmlessly(world: World, plain_words: re.Pattern[str]) -> None:
    reference = world.reference("design")
    world.stage.close("Design")
    for command in (
        ("hold", reference, "--by", "ann\x1b[2J", "--note", "a\x07\nb"),
        ("approve", "T2I\x1b[31m"),
        ("explain", "github:acme/portal", "Design"),
        ("status",),
    ):
        answer = world.t2i(*command)
        assert plain_words.findall(answer.out + answer.err) == [], command


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_terminal_that_knows_few_characters_ends_no_run(world: World, encoding: str) -> None:
    world.stage.github.github.rename_milestone("acme/portal", 1, "Design → 設計 🏗")
    world.stage.close("Design → 設計 🏗")
    assert world.t2i("plan", encoding=encoding).code == 0
    answer = world.t2i("run", "--json", encoding=encoding)
    assert answer.json["actions"][0]["milestone"]["title"] == "Design → 設計 🏗"
    assert answer.code == 0


def test_a_reader_that_goes_away_is_no_error(world: World) -> None:
    world.stage.close("Design")
    command = [sys.executable, "-m", "tracker2invoice", "run", "--json"]
    # without a buffer nothing is left to be flushed when the interpreter ends
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=buffered) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        words = process.stderr.read().decode()
        assert process.wait(30) == 0
    assert "BrokenPipe" not in words
    assert len(world.stage.xero.books.invoices) == 1
