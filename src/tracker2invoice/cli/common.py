"""What every command shares: its options, where its words go, its exit code."""

from __future__ import annotations

import functools
import io
import json
import os
import re
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click

from tracker2invoice.errors import FixConfig, PlanChanged, Tracker2InvoiceError

DONE, FAILED, USAGE, HELD = 0, 1, 2, 3

# the json module escapes the control characters below U+0020 itself; all others stand within strings alone
_STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")


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
            click.echo(json_text(value, indent=2, ensure_ascii=not _is_unicode(sys.stdout)))

    def refuse(self, words: str) -> int:
        """Say why nothing was done, to a person and to a machine; return the exit code for it."""
        self.warn(words)
        self.answer({"error": "UsageError", "message": words})
        return USAGE

    def answer_line(self, value: object) -> None:
        """Give a machine one answer of many, on a line of its own."""
        if self.as_json:
            click.echo(json_text(value, ensure_ascii=not _is_unicode(sys.stdout)))

    @property
    def watched(self) -> bool:
        """Whether a person sees what is written to stderr as it comes."""
        return sys.stderr.isatty()


def command(name: str) -> Callable[[Callable[..., int | None]], click.Command]:
    """Make a click command that takes `--config` and `--json`, and turns expected errors into sentences.

    The decorated function gets a `Console` first and returns its exit code (None is 0).
    """

    def decorate(function: Callable[..., int | None]) -> click.Command:
        @functools.wraps(function)
        def wrapped(config: Path | None, *, as_json: bool, **options: Any) -> NoReturn:
            _survive_any_text()
            console = Console(as_json, config)
            try:
                code = function(console, **options)
                sys.stdout.flush()
            except Tracker2InvoiceError as error:
                code = tell(console, error)
            except click.UsageError as error:
                console.answer({"error": "UsageError", "message": error.format_message()})
                raise
            except BrokenPipeError:
                code = _nobody_reads()
            sys.exit(code or DONE)

        made = click.command(name)(wrapped)
        made.params += _common_options()
        return made

    return decorate


def _common_options() -> tuple[click.Option, ...]:
    return (
        click.Option(
            ["--config"],
            type=click.Path(path_type=Path),
            envvar="T2I_CONFIG",
            metavar="FILE",
            help="The configuration file; default is T2I_CONFIG, else tracker2invoice.toml here.",
        ),
        click.Option(["--json", "as_json"], is_flag=True, help="Answer in JSON on stdout."),
    )


def _survive_any_text() -> None:
    """Let no character that the terminal or the pipe cannot take end a run that has done its work."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _is_unicode(stream: Any) -> bool:
    return str(getattr(stream, "encoding", "")).lower().startswith("utf")


def json_text(value: object, *, indent: int | None = None, ensure_ascii: bool = False) -> str:
    """Return JSON that a person can look at: what steers a terminal or turns the reading direction is escaped."""
    return harmless(json.dumps(value, ensure_ascii=ensure_ascii, indent=indent))


def harmless(text: str) -> str:
    """Return the text with what steers a terminal or turns the reading direction escaped; line breaks stay."""
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def plain(text: str, limit: int = 200) -> str:
    """Return one line without control, format or surrogate characters, at most `limit` long."""
    kept = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in text[: limit * 2])
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _nobody_reads() -> int:
    # the interpreter flushes once more at its end, and would fail again (docs.python.org/3/library/signal.html)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE


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
