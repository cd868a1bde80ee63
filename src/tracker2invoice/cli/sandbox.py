"""`sandbox`: a pretended GitHub and Xero on this machine, with a configuration to rehearse against."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import FrameType

import click

from tracker2invoice.cli import common, session
from tracker2invoice.configfile import DEFAULT_FILE
from tracker2invoice.errors import StorageFailed
from tracker2invoice.testing.sandbox.rehearsal import PROJECT, Rehearsal, rehearsal

_MARK = ".made-by-sandbox"
_PORT = click.IntRange(0, 65535)


@common.command("sandbox")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default="rehearsal")
@click.option("--github-port", type=_PORT, default=0, help="Where GitHub listens; default is any free port.")
@click.option("--xero-port", type=_PORT, default=0, help="Where Xero listens; default is any free port.")
def command(console: common.Console, directory: Path, github_port: int, xero_port: int) -> int:
    """Run a pretended GitHub and Xero until Ctrl-C, and write a configuration for them to DIRECTORY.

    On loopback only. Nothing is kept when it stops but what was written to DIRECTORY.
    """
    done = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        done.set()

    try:
        directory.mkdir(parents=True, exist_ok=True)
        if (directory / DEFAULT_FILE).exists() and not (directory / _MARK).exists():
            return console.refuse(f"{directory} holds a configuration that is not the sandbox's. Name another folder.")
        (directory / _MARK).touch()
        with rehearsal(directory, session.clock(), (github_port, xero_port)) as running:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, stop)
            _describe(console, running)
            while not done.wait(0.5):  # a signal is handled only while the main thread is awake
                pass
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is None:
            raise click.UsageError(f"A port cannot be used: {error.strerror}. Name another, or none.") from error
        raise StorageFailed(str(directory), error.strerror or "not usable") from error
    return common.DONE


def _describe(console: common.Console, running: Rehearsal) -> None:
    exports = " ".join(f"{name}={value}" for name, value in running.environment.items())
    console.say(f"GitHub  {running.github.url}  repository {PROJECT}")
    console.say(f"Xero    {running.xero.url}")
    console.say("In another terminal:")
    console.say(f"  export {exports} T2I_CONFIG={running.config.absolute()}")
    console.say("  t2i check")
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
