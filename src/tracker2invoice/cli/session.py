"""Opens what a command needs, and shows long work to a person who watches."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

import click

from tracker2invoice.cli.common import Console
from tracker2invoice.cli.wording import problem
from tracker2invoice.clock import system_clock
from tracker2invoice.configfile import Configuration, load
from tracker2invoice.engine.house import House, open_house
from tracker2invoice.plugins import Clock


def configuration(console: Console) -> Configuration:
    """Load the configuration; its warnings go to stderr.

    Raises:
        ConfigInvalid: with everything that is wrong.
    """
    loaded = load(console.config)
    for warning in loaded.warnings:
        console.warn(f"warning: {problem(warning).strip()}")
    return loaded


def clock() -> Clock:
    """Return the clock of this process.

    Raises:
        click.UsageError: `T2I_NOW` is no instant.
    """
    try:
        return system_clock()
    except ValueError as error:
        raise click.UsageError(
            "T2I_NOW is not an instant such as 2026-11-23T09:00:00Z. Correct or unset it."
        ) from error


@contextmanager
def house(console: Console) -> Generator[House]:
    """Load the configuration and open the ledger.

    Raises:
        FixConfig, Stop: before anything was done.
    """
    with open_house(configuration(console), clock()) as opened:
        yield opened


@contextmanager
def progress(console: Console, what: str) -> Generator[Callable[[int], None]]:
    """Yield a counter that moves a bar on stderr if a person watches."""
    if not console.watched:
        yield lambda _: None
        return
    from rich.console import Console as Terminal
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Terminal(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda count: bar.advance(task, count)
