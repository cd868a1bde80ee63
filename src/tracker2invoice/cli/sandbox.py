"""`sandbox`: pretended trackers and platforms on this machine, with a configuration to rehearse against."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import FrameType
from typing import TypeVar

import click

from tracker2invoice.cli import common, session
from tracker2invoice.configfile import DEFAULT_FILE
from tracker2invoice.errors import StorageFailed
from tracker2invoice.registry import load_output, load_tracker
from tracker2invoice.testing.sandbox.chosen import DEEDS, Chosen, Start, chosen
from tracker2invoice.testing.sandbox.rehearsal import PROJECT, Rehearsal, rehearsal

T = TypeVar("T")

_MARK = ".made-by-sandbox"
_PORT = click.IntRange(0, 65535)


@common.command("sandbox")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default="rehearsal")
@click.option("--github-port", type=_PORT, default=0, help="Where GitHub listens; default is any free port.")
@click.option("--xero-port", type=_PORT, default=0, help="Where Xero listens; default is any free port.")
@click.option("--tracker", metavar="KIND", help="Another tracker in the place of GitHub, such as gitlab.")
@click.option("--output", "outputs", metavar="KIND", multiple=True, help="Another output than Xero; can be repeated.")
def command(
    console: common.Console,
    directory: Path,
    github_port: int,
    xero_port: int,
    tracker: str | None,
    outputs: tuple[str, ...],
) -> int:
    """Run a pretended GitHub and Xero, or other connectors, until Ctrl-C; write a configuration to DIRECTORY.

    On loopback only. Nothing is kept when it stops but what was written to DIRECTORY. With --tracker or --output you
    type here what people do over there, such as: close Design.
    """
    done = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        done.set()

    try:
        directory.mkdir(parents=True, exist_ok=True)
        if (directory / DEFAULT_FILE).exists() and not (directory / _MARK).exists():
            return console.refuse(f"{directory} holds a configuration that is not the sandbox's. Name another folder.")
        (directory / _MARK).touch()
        with ExitStack() as stack:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, stop)
            if tracker or outputs:
                stage = stack.enter_context(_chosen(directory, tracker or "github", outputs or ("xero",)))
                _describe_chosen(console, stage)
                threading.Thread(target=_obey, args=(console, stage), daemon=True).start()
            else:
                ports = github_port, xero_port
                _describe(console, stack.enter_context(rehearsal(directory, session.clock(), ports)))
            while not done.wait(0.5):  # a signal is handled only while the main thread is awake
                pass
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is None:
            raise click.UsageError(f"A port cannot be used: {error.strerror}. Name another, or none.") from error
        raise StorageFailed(str(directory), error.strerror or "not usable") from error
    return common.DONE


def _chosen(directory: Path, tracker: str, outputs: Sequence[str]) -> AbstractContextManager[Chosen]:
    starts = {kind: _startable(kind, load_output(kind).twin) for kind in outputs}
    return chosen(directory, session.clock(), (tracker, _startable(tracker, load_tracker(tracker).twin)), starts)


def _startable(kind: str, start: Start[T] | None) -> Start[T]:
    if start is None:
        raise click.UsageError(f"{kind} has no stand-in to rehearse with.")
    return start


def _obey(console: common.Console, stage: Chosen) -> None:
    for line in sys.stdin:
        if line.strip():
            console.say("Done." if stage.act(line) else f"Nobody there can do that. What can be done: {DEEDS}.")


def _describe_chosen(console: common.Console, stage: Chosen) -> None:
    urls = {kind: str(twin.settings["url"]) for kind, twin in stage.outputs.items() if "url" in twin.settings}
    for name, url in urls.items():
        console.say(f"{name}  {url}")
    _say_how_to_begin(console, stage.environment, stage.config)
    console.say("  t2i run")
    console.say(f"Milestones: {', '.join(stage.milestones)}. Type here: {DEEDS}.")
    console.answer_line({"outputs": urls, "config": str(stage.config), "environment": dict(stage.environment)})


def _say_how_to_begin(console: common.Console, environment: Mapping[str, str], config: Path) -> None:
    exports = " ".join(f"{name}={value}" for name, value in environment.items())
    console.say("In another terminal:")
    console.say(f"  export {exports} T2I_CONFIG={config.absolute()}")
    console.say("  t2i check")


def _describe(console: common.Console, running: Rehearsal) -> None:
    console.say(f"GitHub  {running.github.url}  repository {PROJECT}")
    console.say(f"Xero    {running.xero.url}")
    _say_how_to_begin(console, running.environment, running.config)
    order = f'{{"repository": "{PROJECT}", "milestone": 1}}'
    console.say(f"  curl -d '{order}' {running.github.url}/_sandbox/close_milestone")
    console.say("  t2i run")
    console.answer_line(
        {
            "github": running.github.url,
            "xero": running.xero.url,
            "config": str(running.config),
            "environment": running.environment,
        }
    )
