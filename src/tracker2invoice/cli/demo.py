"""`demo`: the whole way in one go, against sandboxes on this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from tracker2invoice.cli import common, session, tables
from tracker2invoice.configfile import Configuration, load
from tracker2invoice.engine.bill import make_plan
from tracker2invoice.engine.house import open_house
from tracker2invoice.engine.run import Report, run
from tracker2invoice.engine.standing import ContractStanding, standings
from tracker2invoice.errors import StorageFailed
from tracker2invoice.ledger.verify import verify
from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.rehearsal import Rehearsal, rehearsal

_MARK = ".made-by-demo"


@common.command("demo")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default="demo")
def command(console: common.Console, directory: Path) -> int:
    """Close milestones in a pretended GitHub; watch drafts arrive in a pretended Xero and in a folder.

    Writes to DIRECTORY (./demo), which it empties first if an earlier demo made it. Needs no account and no network.
    """
    clock = session.clock()
    try:
        if _is_foreign(directory):
            return console.refuse(f"{directory} is there already and was not made by a demo. Name another folder.")
        _empty(directory)
        with rehearsal(directory, clock) as stage, _environment(stage.environment):
            Play(console, stage, load(stage.config), clock).perform()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StorageFailed(str(directory), error.strerror or "not writable") from error
    return common.DONE


class Play:
    """The scenes, one after the other, on one ledger."""

    def __init__(self, console: common.Console, stage: Rehearsal, configuration: Configuration, clock: Clock) -> None:
        self._console, self._stage = console, stage
        self._configuration, self._clock = configuration, clock

    def perform(self) -> None:
        """Play every scene and show how things stand in the end."""
        stage = self._stage
        self._scene("Nothing is closed yet", lambda: None)
        self._scene("Somebody closes the milestone Design", lambda: stage.close("Design"))
        self._scene("The same run again: nothing is billed twice", lambda: None)
        self._scene("Design is reopened, although it was billed", lambda: stage.reopen("Design"))
        self._scene("Design is closed again, and Beta too", self._close_both)
        self._finale()

    def _close_both(self) -> None:
        self._stage.close("Design")
        self._stage.close("Beta")

    def _scene(self, title: str, happen: Callable[[], None]) -> Report:
        happen()
        with open_house(self._configuration, self._clock) as house:
            report = run(house)
        self._console.say(f"\n▸ {title}")
        tables.actions(self._console, report.plan.actions, report.claims)
        return report

    def _finale(self) -> None:
        with open_house(self._configuration, self._clock) as house:
            claims = house.ledger.claims()
            (standing,) = standings(house.configuration.contracts, make_plan(house), claims)
            faults = verify(house.ledger)
        drafts = self._stage.xero.books.invoices
        files = sorted((self._configuration.directory / "invoices").iterdir())
        self._console.say("\n▸ How the contract stands")
        self._table(standing)
        self._console.say(f"\nDrafts in Xero: {len(drafts)}.  Ledger: {'intact' if not faults else 'DAMAGED'}.")
        self._console.say("Open these:")
        for file in files:
            self._console.say(f"  {os.path.relpath(file)}")
        self._console.answer({"files": [str(file) for file in files], "drafts": len(drafts), "intact": not faults})

    def _table(self, standing: ContractStanding) -> None:
        rows = [(term.id, term.state, str(term.amount), term.milestone) for term in standing.terms]
        rows += [
            ("", "billed", str(standing.billed), ""),
            ("", "open", str(standing.open), ""),
            ("", "price", str(standing.contract.price), ""),
        ]
        tables.show(self._console, ("term", "state", ">net", "milestone"), rows)


def _is_foreign(directory: Path) -> bool:
    return directory.exists() and not (directory / _MARK).exists() and any(directory.iterdir())


@contextmanager
def _environment(secrets: Mapping[str, str]) -> Generator[None]:
    """Set what the demo's configuration refers to, and hide settings that would lead it to a ledger in use."""
    before = dict(os.environ)
    for name in [name for name in before if name.startswith("T2I_") and name != "T2I_NOW"]:
        del os.environ[name]
    os.environ.update(secrets)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _empty(directory: Path) -> None:
    if directory.exists():
        shutil.rmtree(directory)
    directory.mkdir(parents=True)
    (directory / _MARK).touch()
