"""A machine on which the whole program bills into a real Tryton, for tests and the bench."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.connectors.tryton import Clock
from tests.connectors.tryton_real import RealTryton

from tracker2invoice.testing.sandbox.github import TOKEN
from tracker2invoice_github.twin import start

NET, GROSS = "1187.50", "1413.13"
"""Of each milestone. The tax, 225.625, is one that Tryton by itself would round to 225.62."""

_PROJECT = "acme/portal"


@contextmanager
def billing_machine(tryton: RealTryton, directory: Path, milestones: int) -> Generator[Path]:
    """Start a pretended GitHub where so many milestones are closed; give the configuration that bills each of them."""
    with start(Clock()) as github:
        project = github.add_project(_PROJECT)
        for phase in range(milestones):
            number = github.add_milestone(project, f"Phase {phase}")
            github.add_issue(project, number, f"Work on phase {phase}")
            github.close(project, number)
        config = directory / "tracker2invoice.toml"
        config.write_text(_configuration(tryton, github.sandbox.url, milestones), "utf-8")
        yield config


def _configuration(tryton: RealTryton, github: str, milestones: int) -> str:
    output: dict[str, Any] = {"kind": "tryton", **tryton.settings()}
    taxes, currencies = output.pop("tax"), output.pop("currencies")
    return "\n".join(
        [
            'timezone = "Europe/Berlin"',
            *_section("supplier", {"name": "Northwind Software GmbH", "vat_id": "DE136695976"}),
            'address = { street = "Hauptstr. 1", city = "Berlin", postcode = "10115", country = "DE" }',
            *_section("ledger", {"url": "sqlite:///ledger.db"}),
            *_section("trackers.github", {"kind": "github", "url": github, "token": TOKEN}),
            *_section("outputs.books", output),
            *_section("outputs.books.tax", taxes),
            *_section("outputs.books.currencies", currencies),
            *_section("clients.acme", {"name": "Acme GmbH", "remote.books": tryton.known["client"]}),
            'address = { street = "Ring 2", city = "Hamburg", postcode = "20095", country = "DE" }',
            "[[contracts]]",
            *_lines({"id": "acme-portal", "client": "acme", "projects": [f"github:{_PROJECT}"]}),
            "start = 2026-01-01",
            *_lines({"currency": "EUR", "price": str(milestones * 1187.5), "due": "30 days", "outputs": ["books"]}),
            'tax = { category = "S", rate = "19" }',
            *(_term(number) for number in range(milestones)),
        ]
    )


def _term(number: int) -> str:
    return f'[[contracts.terms]]\nid = "phase-{number}"\nmilestone = "Phase {number}"\namount = "{NET}"'


def _section(name: str, settings: Mapping[str, object]) -> list[str]:
    return [f"[{name}]", *_lines(settings)]


def _lines(settings: Mapping[str, object]) -> list[str]:
    return [f"{json.dumps(key) if ' ' in key else key} = {json.dumps(value)}" for key, value in settings.items()]
