"""A whole rehearsal on one machine: GitHub and Xero sandboxes with a contract's worth of state, and a configuration.

The demo plays it through; `sandbox` leaves it running for a person.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.github import TOKEN, GitHubSandbox
from tracker2invoice.testing.sandbox.xero import CLIENT_ID, CLIENT_SECRET, XeroSandbox
from tracker2invoice.testing.twins import section, toml

PROJECT = "acme/portal"
ENVIRONMENT = "REHEARSAL_GITHUB_TOKEN", "REHEARSAL_XERO_SECRET"
"""The names of the environment variables that the configuration refers to."""

WORK: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "Design": ("Wireframes for the portal", "Clickable prototype", "Style guide"),
        "Beta": (
            "Log in with company account", "Order history", "Search", "Export to spreadsheet", "Accessibility pass",
        ),
        "Acceptance": ("Load test with 500 users", "Handover and training"),
    }
)  # fmt: skip
"""The milestones of the project, and what was done in each."""

_SUPPLIER = """\
# A rehearsal: nothing here leaves this machine.

timezone = "Europe/Berlin"

[supplier]
name = "Northwind Software GmbH"
address = { street = "Hauptstr. 1", city = "Berlin", postcode = "10115", country = "DE" }
vat_id = "DE136695976"
email = "billing@northwind.example"
iban = "DE02120300000000202051"
bic = "BYLADEM1001"

[ledger]
url = "sqlite:///tracker2invoice.db"

[daemon]
poll = "1 minute"
"""

_FILES = """\
[outputs.files]
kind = "files"
directory = "invoices"
formats = ["pdf", "json", "csv"]
"""

_CONTRACT = """\
[clients.acme]
name = "Acme GmbH"
email = "ap@acme.example"
vat_id = "DE129273398"
address = {{ street = "Ring 2", city = "Hamburg", postcode = "20095", country = "DE" }}
remote = {remote}

[[contracts]]
id = "acme-portal"
title = "Customer portal"
client = "acme"
projects = ["{tracker}:{project}"]
start = {start}
currency = "EUR"
price = "60000.00"
tax = {{ category = "S", rate = "19" }}
due = "30 days"
order_reference = "PO-4711"
outputs = {outputs}
accept = {{ all_issues_closed = true }}

  [[contracts.terms]]
  id = "design"
  milestone = "Design*"
  percent = "30"

  [[contracts.terms]]
  id = "beta"
  milestone = "Beta"
  percent = "50"

  [[contracts.terms]]
  id = "acceptance"
  milestone = "Acceptance"
  percent = "20"
"""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The running sandboxes and where the configuration stands. `environment` is what its secrets refer to."""

    github: GitHubSandbox
    xero: XeroSandbox
    config: Path
    environment: dict[str, str]

    def close(self, title: str) -> None:
        """Close a milestone, as somebody at GitHub does."""
        self.github.github.close_milestone(PROJECT, self._number(title))

    def reopen(self, title: str) -> None:
        """Open a milestone again."""
        self.github.github.reopen_milestone(PROJECT, self._number(title))

    def _number(self, title: str) -> int:
        milestones = self.github.github.repository(PROJECT).milestones
        return next(number for number, one in milestones.items() if one.title == title)


@contextmanager
def rehearsal(directory: Path, clock: Clock, ports: tuple[int, int] = (0, 0)) -> Generator[Rehearsal]:
    """Start both sandboxes with three milestones full of finished work, and write `tracker2invoice.toml` there.

    Raises:
        OSError: a port is taken, or the folder cannot be written.
    """
    with GitHubSandbox(clock, port=ports[0]) as github, XeroSandbox(clock, port=ports[1]) as xero:
        _fill(github)
        contact = xero.books.add_contact("Acme GmbH")
        config = directory / "tracker2invoice.toml"
        tracker = {"kind": "github", "url": github.url, "token": {"env": ENVIRONMENT[0]}}
        books = {
            "kind": "xero",
            "url": xero.url,
            "tenant": xero.tenant,
            "client_id": CLIENT_ID,
            "client_secret": {"env": ENVIRONMENT[1]},
            "account": "200",
            "tax": {"S 19": "OUTPUT2"},
        }
        config.write_text(configuration(tracker, {"books": books}, {"books": contact}, clock), encoding="utf-8")
        yield Rehearsal(github, xero, config, dict(zip(ENVIRONMENT, (TOKEN, CLIENT_SECRET), strict=True)))


def configuration(
    tracker: Mapping[str, object], outputs: Mapping[str, Mapping[str, object]], clients: Mapping[str, str], clock: Clock
) -> str:
    """Return a configuration with one contract, a tracker named after its kind, a folder, and outputs by their names.

    `clients` are the ids of the client by output; empty where an output has none.
    """
    contract = _CONTRACT.format(
        remote=toml({output: client for output, client in clients.items() if client}),
        tracker=tracker["kind"],
        project=PROJECT,
        start=date(clock().year, 1, 1).isoformat(),
        outputs=toml(["files", *outputs]),
    )
    platforms = [section(f"outputs.{name}", settings) for name, settings in outputs.items()]
    return "\n".join([_SUPPLIER, section(f"trackers.{tracker['kind']}", tracker), _FILES, *platforms, contract])


def _fill(github: GitHubSandbox) -> None:
    github.github.add_repository(PROJECT)
    for title, work in WORK.items():
        number = github.github.add_milestone(PROJECT, title)
        for task in work:
            github.github.add_issue(PROJECT, task, number, assignees=("anna",))
    github.github.add_issue(PROJECT, "Apply the style guide", 1, pull=True, merged=True, assignees=("ben",))
