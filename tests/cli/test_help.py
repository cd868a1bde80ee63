"""Help, and what a mistyped command line gets: explained options, exit code 2, and no waiting for imports."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from textwrap import dedent
from typing import TYPE_CHECKING

import click
import pytest

from tracker2invoice.cli.main import COMMANDS, main

if TYPE_CHECKING:
    from tests.cli.conftest import T2i

HEAVY = {"sqlalchemy", "github", "pydantic", "requests", "rich", "alembic", "apscheduler", "typst"}


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
