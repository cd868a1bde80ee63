"""What can be wrong with an accounting platform, and a desk at which it is: two clients, one bill for each, one output.

A module beside this one for each platform says how the desk gets into each trouble and out of it again, or why it
cannot.
"""

from __future__ import annotations

import json
import webbrowser
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from click.testing import CliRunner
from tests.cli.browser import Browser
from tests.crash.stage import ADDRESS, HEAD

from tracker2invoice.cli.main import main
from tracker2invoice.registry import load_output, load_tracker
from tracker2invoice.testing.twins import section

Trouble = Literal[
    "wrong tenant",
    "archived contact",
    "unknown tax code",
    "locked period",
    "currency not enabled",
    "invoice number taken",
    "revoked consent",
    "expired refresh token",
    "plan without API",
]

Outcome = Literal["rejected", "held", "waits"]
"""What becomes of the draft in trouble; if they wait, it is all drafts of the output."""

OUTPUT, WELL, ILL = "books", "well", "ill"
ILL_TAX = "S 7"
PROJECT = "acme/portal"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Answer:
    """The exit code and the JSON of a command."""

    code: int
    json: Any

    def action(self, name: str) -> Mapping[str, Any]:
        """Return what `plan` or `run` tells of a bill."""
        actions: list[Mapping[str, Any]] = self.json["actions"]
        return next(one for one in actions if one["contract"] == name)

    def state(self, name: str) -> str:
        """Return how the delivery of a bill stands."""
        (delivery,) = self.action(name)["outputs"]
        found: str = delivery["state"]
        return found


class Desk:
    """A configuration that `begin` and `end` of a case may change, a tracker with two milestones, and the platform.

    `settings` is the section of the output. By `WELL` and `ILL`, `clients` are the ids of the clients there, and
    `contracts` what is special about the contracts.
    """

    def __init__(self, directory: Path, patch: pytest.MonkeyPatch) -> None:
        self.directory, self._patch = directory, patch
        self.now = NOON
        self.twin: Any = None
        self.settings: dict[str, Any] = {}
        self.clients: dict[str, str] = {}
        self.contracts: dict[str, dict[str, Any]] = {}
        self._tracker: Any = None
        self._project = ""

    @classmethod
    @contextmanager
    def set_up(cls, kind: str, directory: Path, patch: pytest.MonkeyPatch) -> Generator[Desk]:
        """Start the tracker and the platform, with nothing wrong."""
        desk, plugin, tracker = cls(directory, patch), load_output(kind), load_tracker("github")
        assert plugin.twin
        assert tracker.twin
        with plugin.twin(desk.clock, directory) as twin, tracker.twin(desk.clock, directory) as desk._tracker:
            desk.twin, desk.settings = twin, {"kind": kind, **twin.settings}
            desk.clients = {WELL: twin.client, ILL: twin.client}
            desk.contracts = {WELL: {}, ILL: {}}
            desk._project = desk._tracker.add_project(PROJECT)
            for name, value in {**twin.environment, **desk._tracker.environment}.items():
                patch.setenv(name, value)
            yield desk

    def clock(self) -> datetime:
        """Return the time of everybody."""
        return self.now

    def close_milestones(self) -> None:
        """Do what bills both."""
        for name in (WELL, ILL):
            self._tracker.close(self._project, self._tracker.add_milestone(self._project, name))

    def set_dates_apart(self) -> date:
        """Have the bill in trouble dated a day before the other one, by where the clients are; return its date."""
        self.contracts[WELL]["timezone"] = "Pacific/Kiritimati"
        return self.now.date()

    def bill_other_tax(self, code: str) -> None:
        """Have the bill in trouble bear another tax, which is called `code` there."""
        self.contracts[ILL]["tax"] = {"category": "S", "rate": "7"}
        self.settings["tax"] = {**self.twin.settings["tax"], ILL_TAX: code}

    def t2i(self, command: str) -> Answer:
        """Let a command of ours run; it shows no traceback and no secret."""
        self._write()
        self._patch.setenv("T2I_NOW", self.now.isoformat())
        self._patch.setenv("T2I_CONFIG", str(self.directory / "tracker2invoice.toml"))
        result = CliRunner().invoke(main, [*command.split(), "--json"], prog_name="t2i")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        told = result.stdout + result.stderr
        assert "Traceback" not in told
        assert [one for one in self._secrets() if one in told] == []
        return Answer(result.exit_code, json.loads(result.stdout))

    def action(self, name: str) -> Mapping[str, Any]:
        """Return what the plan says of a bill now."""
        return self.t2i("plan").action(name)

    def there(self, answer: Answer) -> list[list[str]]:
        """Return in which states documents of both bills of a run are on the platform, but for deleted ones."""
        kept = [one for one in self.twin.documents() if one.state != "deleted"]
        references = (answer.action(name)["reference"] for name in (WELL, ILL))
        return [[one.state for one in kept if one.reference == reference] for reference in references]

    def consent(self) -> None:
        """Consent once more, in a browser, as the words of the program say."""
        browser = Browser()
        self._patch.setattr(webbrowser, "open", browser.open)
        self.settings["redirect_url"] = "http://127.0.0.1:0/callback"
        assert self.t2i(f"auth {OUTPUT} --browser").code == 0
        browser.close()

    def _secrets(self) -> list[str]:
        tokens = getattr(getattr(self.twin, "sandbox", None), "tokens", None)
        return [*self.twin.environment.values(), *(tokens.access if tokens else ())]

    def _write(self) -> None:
        text = HEAD
        text += section("trackers.tracker", {"kind": "github", **self._tracker.settings})
        text += section(f"outputs.{OUTPUT}", self.settings)
        for name, remote in self.clients.items():
            text += section(f"clients.{name}", {"name": f"{name} GmbH", "address": ADDRESS, "remote": {OUTPUT: remote}})
        text += "".join(_contract(name, terms) for name, terms in self.contracts.items())
        (self.directory / "tracker2invoice.toml").write_text(text, "utf-8")


@dataclass(frozen=True, slots=True)
class Case:
    """How a desk gets into a trouble (`begin`), and how a person puts it right (`end`).

    It begins with the milestones closed, the platform used and nothing billed. `beforehand` says whether `check` can
    see it; `command` is what sends a draft again.
    """

    outcome: Outcome
    begin: Callable[[Desk], object]
    end: Callable[[Desk], object]
    beforehand: bool = True
    command: Literal["retry", "reissue"] = "retry"


@dataclass(frozen=True, slots=True)
class CannotBe:
    """Why a platform has no such trouble, and the vendor's page or source that says so."""

    why: str
    source: str


Cases = Mapping[Trouble, Case | CannotBe]


def _contract(name: str, terms: Mapping[str, Any]) -> str:
    fields: dict[str, Any] = {
        "id": name,
        "client": name,
        "projects": [f"tracker:{PROJECT}"],
        "start": "2026-01-01",
        "currency": "EUR",
        "price": "1000.00",
        "tax": {"category": "S", "rate": "19"},
        "due": "30 days",
        "outputs": [OUTPUT],
        **terms,
    }
    term = {"id": "work", "milestone": name, "percent": "100"}
    # two brackets make a list of tables of what `section` writes
    return section("[contracts]", fields) + section("[contracts.terms]", term)
