"""What every command shares: its options, where its words go, its exit code."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click

from tracker2invoice.errors import FixConfig, PlanChanged, Tracker2InvoiceError

DONE, FAILED, USAGE, HELD = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Console:
    """Machines read stdout when they asked for JSON, people then read stderr; otherwise people read stdout."""

    as_json: bool
    config: Path | None

    def say(self, text: str = "") -> None:
        """Tell a person something."""
        click.echo(text, err=self.as_json)

    def warn(self, text: str) -> None:
        """Tell a person something that is wrong."""
        click.echo(text, err=True)

    def answer(self, value: object) -> None:
        """Give a machine its answer, if it asked for one."""
        if self.as_json:
            click.echo(json.dumps(value, ensure_ascii=False, indent=2))

    def answer_line(self, value: object) -> None:
        """Give a machine one answer of many, on a line of its own."""
        if self.as_json:
            click.echo(json.dumps(value, ensure_ascii=False))

    @property
    def watched(self) -> bool:
        """Whether a person sees what is written to stderr as it comes."""
        return sys.stderr.isatty()


def command(name: str) -> Callable[[Callable[..., int | None]], click.Command]:
    """Make a click command that takes `--config` and `--json`, and turns expected errors into sentences.

    The decorated function gets a `Console` first and returns its exit code (None is 0).
    """

    def decorate(function: Callable[..., int | None]) -> click.Command:
        @click.command(name)
        @click.option("--config", type=click.Path(path_type=Path), envvar="T2I_CONFIG", help="The configuration file.")
        @click.option("--json", "as_json", is_flag=True, help="Answer in JSON on stdout.")
        @functools.wraps(function)
        def wrapped(config: Path | None, *, as_json: bool, **options: Any) -> NoReturn:
            console = Console(as_json, config)
            try:
                code = function(console, **options)
            except Tracker2InvoiceError as error:
                code = tell(console, error)
            except BrokenPipeError:
                code = DONE
            sys.exit(code or DONE)

        return wrapped

    return decorate


def tell(console: Console, error: Tracker2InvoiceError) -> int:
    """Word an error for a person, and as JSON if asked; return the exit code it deserves."""
    from tracker2invoice.cli.wording import sentence

    words = sentence(error)
    console.warn(words)
    console.answer({"error": type(error).__name__, "message": words})
    return exit_code(error)


def exit_code(error: Tracker2InvoiceError) -> int:
    """2 where a person has to change the configuration, 3 where a person has to look, else 1."""
    if isinstance(error, FixConfig):
        return USAGE
    return HELD if isinstance(error, PlanChanged) else FAILED
