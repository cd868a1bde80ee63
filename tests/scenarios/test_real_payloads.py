"""Milestones as GitHub really answered them, billed the whole way: observed, planned, claimed, delivered, approved.

The recordings are other projects' and are not shipped: without the folder these tests are skipped.
"""

from __future__ import annotations

import glob
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tracker2invoice.configfile import Configuration, load
from tracker2invoice.engine.decide import approve
from tracker2invoice.engine.house import open_house
from tracker2invoice.engine.run import Report, run
from tracker2invoice.ledger.verify import verify
from tracker2invoice.mapping.actions import Action
from tracker2invoice.model.invoice import Draft
from tracker2invoice.testing.sandbox.server import Answer, Request, Sandbox
from tracker2invoice.testing.sandbox.xero import CLIENT_ID, CLIENT_SECRET, XeroSandbox
from tracker2invoice.testing.sandbox.xero_books import Fields

BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[3] / "shared" / "samples"
RECORDED = Path(os.environ.get("TRACKER_SAMPLES", BESIDE_THE_CHECKOUT)) / "github" / "distinct_milestones.json"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NET, GROSS = Decimal("1000.00"), Decimal("1190.00")

Raw = dict[str, Any]

pytestmark = pytest.mark.skipif(not RECORDED.is_file(), reason="no recorded payloads here")

CONFIG = """\
timezone = "Europe/Berlin"
supplier = {{ name = "Northwind Software GmbH" }}
trackers.github = {{ kind = "github", url = "{github}", token = {{ env = "RECORDED_TOKEN" }} }}
outputs.files = {{ kind = "files", directory = "invoices" }}
clients.acme = {{ name = "Acme GmbH", remote = {{ books = "{contact}" }} }}

[outputs.books]
kind = "xero"
url = "{xero}"
tenant = "{tenant}"
client_id = "{client_id}"
client_secret = {{ env = "RECORDED_SECRET" }}
tax = {{ "S 19" = "OUTPUT2" }}
"""

CONTRACT = """
[[contracts]]
id = "contract-{number}"
client = "acme"
projects = ["github:recorded/repository-{number}"]
start = 2000-01-01
currency = "EUR"
price = "{price}"
tax = {{ category = "S", rate = "19" }}
due = "30 days"
outputs = ["files", "books"]
"""

TERM = """
  [[contracts.terms]]
  id = "term-{number}"
  milestone = {match}
  amount = "1000.00"
"""


class Recorded(Sandbox):
    """`recorded/repository-1` has the first group of milestones, and so on; none of them has issues."""

    def __init__(self, groups: list[list[Raw]]) -> None:
        super().__init__()
        self._groups = groups

    def handle(self, request: Request) -> Answer:
        name, _, listing = request.path.replace("/repos/recorded/repository-", "/repositories/")[14:].partition("/")
        match listing:
            case "milestones":
                return Answer(200, self._groups[int(name) - 1])
            case "issues":
                return Answer(200, [])
            case _:
                full_name = f"recorded/repository-{name}"
                page = f"https://github.example/{full_name}"
                return Answer(200, {"id": int(name), "full_name": full_name, "html_url": page})


def grouped(entries: list[Raw]) -> list[list[Raw]]:
    """Return one group per source; a milestone that was recorded there twice stands in another group."""
    groups: dict[tuple[str, int], dict[int, Raw]] = {}
    for entry in entries:
        raw, turn = entry["milestone"], 0
        while raw["id"] in groups.setdefault((entry["source"], turn), {}):
            turn += 1
        groups[entry["source"], turn][raw["id"]] = raw
    return [list(group.values()) for group in groups.values()]


def contract(number: int, group: list[Raw]) -> str:
    titles = Counter(raw["title"] for raw in group)
    terms = [
        TERM.format(number=index, match=by_number(raw) if titles[raw["title"]] > 1 else by_title(raw))
        for index, raw in enumerate(group)
    ]
    return CONTRACT.format(number=number, price=NET * len(group)) + "".join(terms)


def by_title(raw: Raw) -> str:
    return f"{{ glob = {json.dumps(glob.escape(raw['title']))} }}"


def by_number(raw: Raw) -> str:
    return f"{{ number = {raw['number']} }}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: the first run, the run after everything held was approved, one more, and what is where."""

    groups: list[list[Raw]]
    reports: tuple[Report, Report, Report]
    drafts: list[Draft]
    invoices: list[Fields]
    files: Path
    faults: int

    def actions(self, state: str) -> list[tuple[Raw, Action]]:
        """Return what the first run said about each milestone in that state."""
        said = {one.milestone.key: one for one in self.reports[0].plan.actions if one.milestone}
        return [
            (raw, said[f"github:{number}:{raw['id']}"])
            for number, group in enumerate(self.groups, 1)
            for raw in group
            if raw["state"] == state
        ]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    groups = grouped(json.loads(RECORDED.read_text(encoding="utf-8")))
    directory = tmp_path_factory.mktemp("recorded")
    with Recorded(groups) as github, XeroSandbox(lambda: NOON) as xero, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("T2I_")]:
            patch.delenv(name)
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setenv("RECORDED_TOKEN", "any")
        patch.setenv("RECORDED_SECRET", CLIENT_SECRET)
        text = CONFIG.format(
            github=github.url,
            xero=xero.url,
            tenant=xero.tenant,
            client_id=CLIENT_ID,
            contact=xero.books.add_contact("Acme GmbH"),
        )
        path = directory / "tracker2invoice.toml"
        contracts = [contract(number, group) for number, group in enumerate(groups, 1)]
        path.write_text(text + "".join(contracts), encoding="utf-8")
        yield played(load(path), groups, xero)


def played(configuration: Configuration, groups: list[list[Raw]], xero: XeroSandbox) -> Outcome:
    with open_house(configuration, lambda: NOON) as house:
        first = run(house)
        for action in first.plan.of_kind("hold"):
            approve(house.ledger, action.reference, "anna")
        reports = (first, run(house), run(house))
        drafts = [house.ledger.draft(claim.reference) for claim in house.ledger.claims()]
        faults = len(verify(house.ledger))
    return Outcome(groups, reports, drafts, xero.books.invoices, configuration.directory / "invoices", faults)


def test_nothing_fails(outcome: Outcome) -> None:
    assert [report.troubles for report in outcome.reports] == [(), (), ()]
    assert outcome.faults == 0


def test_every_closed_milestone_is_billed_or_listed_with_its_reason(outcome: Outcome) -> None:
    closed = outcome.actions("closed")
    assert len(closed) == 29
    for raw, action in closed:
        undated = not raw.get("closed_at") and not raw.get("updated_at")
        expected = ("hold", "closing-time-unknown") if undated else ("bill", "accepted")
        assert (action.kind, action.reason.code) == expected


def test_no_open_milestone_is_billed(outcome: Outcome) -> None:
    opened = outcome.actions("open")
    assert len(opened) == 39
    assert {(action.kind, action.reason.code) for _, action in opened} == {("none", "not-closed")}


def test_what_was_held_is_billed_once_a_person_approves_it(outcome: Outcome) -> None:
    first, second, third = outcome.reports
    held = {action.reference for action in first.plan.of_kind("hold")}
    assert held
    assert {action.reference for action in second.plan.of_kind("bill")} == held
    assert third.plan.of_kind("bill") == third.plan.of_kind("hold") == ()


def test_each_closed_milestone_stands_once_in_both_outputs_with_its_amount(outcome: Outcome) -> None:
    closed = len(outcome.actions("closed"))
    assert len(outcome.drafts) == len(outcome.invoices) == closed
    for draft in outcome.drafts:
        (invoice,) = (one for one in outcome.invoices if draft.reference in str(one["Reference"]))
        assert (invoice["SubTotal"], invoice["Total"]) == (draft.totals.net, draft.totals.gross) == (NET, GROSS)
        for ending in ("json", "pdf", "csv"):
            assert (outcome.files / f"{draft.reference}.{ending}").stat().st_size > 0
    assert len(list(outcome.files.iterdir())) == closed * 3


def test_the_day_of_delivery_is_the_day_of_closing_where_the_supplier_sits(outcome: Outcome) -> None:
    drafts = {draft.reference: draft for draft in outcome.drafts}
    dated = [(raw, action) for raw, action in outcome.actions("closed") if raw.get("closed_at")]
    assert dated
    for raw, action in dated:
        closed_at = datetime.fromisoformat(raw["closed_at"]).astimezone(ZoneInfo("Europe/Berlin"))
        assert drafts[action.reference].delivery_date == closed_at.date()
