"""Milestones as GitHub really answered them, 2012 to 2026, served over loopback and polled.

The recordings are other projects' and are not shipped: without the folder these tests are skipped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tracker2invoice.plugins import Context, Observed, ProjectCursor
from tracker2invoice.testing.sandbox.server import Answer, Request, Sandbox
from tracker2invoice_github import GitHubSettings, plugin

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[3] / "shared" / "samples"
SAMPLES = Path(os.environ.get("TRACKER_SAMPLES", BESIDE_THE_CHECKOUT)) / "github"
MARKS = {"number", "state", "title", "open_issues", "closed_issues"}

Raw = dict[str, Any]

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="no recorded payloads here")


class Recorded(Sandbox):
    """Repository 1 has the first group of milestones, repository 2 the second, and so on."""

    def __init__(self, groups: list[list[Raw]]) -> None:
        super().__init__()
        self._groups = groups

    def handle(self, request: Request) -> Answer:
        _, _, number, *rest = request.path.split("/")
        if rest == ["milestones"]:
            return Answer(200, self._groups[int(number) - 1])
        return Answer(200, {"id": int(number), "full_name": "old/names", "html_url": "https://github.com/old/names"})


def milestones_in(value: object) -> Iterator[Raw]:
    if isinstance(value, dict):
        fields = cast("Raw", value)
        if fields.keys() >= MARKS:
            yield fields
        for inner in fields.values():
            yield from milestones_in(inner)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from milestones_in(inner)


def recorded() -> list[Raw]:
    files = sorted(SAMPLES.glob("*.json"))
    return [raw for path in files for raw in milestones_in(json.loads(path.read_text(encoding="utf-8")))]


def grouped(milestones: list[Raw]) -> list[list[Raw]]:
    """Group by repository; a milestone that was recorded twice stands in two groups."""
    groups: dict[tuple[str, int], dict[int, Raw]] = {}
    for raw in milestones:
        repository, turn = raw["url"].partition("/milestones/")[0], 0
        while raw["id"] in groups.setdefault((repository, turn), {}):
            turn += 1
        groups[repository, turn][raw["id"]] = raw
    return [list(group.values()) for group in groups.values()]


@pytest.fixture
def readings(clock: FrozenClock, tmp_path: Path) -> dict[int, tuple[list[Raw], Observed]]:
    groups = grouped(recorded())
    with Recorded(groups) as sandbox:
        settings = GitHubSettings.model_validate({"url": sandbox.url, "token": "any"})
        with closing(plugin.connect(settings, Context("github", tmp_path, clock))) as tracker:
            polled = tracker.poll([ProjectCursor(str(number), None) for number in range(1, len(groups) + 1)])
            results = [one for one in polled if isinstance(one, Observed)]
    assert len(results) == len(groups)
    return {int(one.project.id): (groups[int(one.project.id) - 1], one) for one in results}


def instant(text: str | None) -> datetime | None:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) if text else None


def test_there_is_something_to_read() -> None:
    assert len(recorded()) >= 68
    assert {raw["state"] for raw in recorded()} == {"open", "closed"}
    assert {(raw.get("due_on") or "")[11:13] for raw in recorded()} >= {"", "00", "07", "08"}
    assert any("closed_at" not in raw for raw in recorded())


def test_every_recorded_milestone_arrives_as_it_was(readings: dict[int, tuple[list[Raw], Observed]]) -> None:
    for group, reading in readings.values():
        assert [one.id for one in reading.milestones] == [str(raw["id"]) for raw in group]
        for raw, one in zip(group, reading.milestones, strict=True):
            closed = raw["state"] == "closed"
            assert (one.number, one.title, one.state) == (raw["number"], raw["title"], raw["state"])
            assert one.closed_at == (instant(raw.get("closed_at")) if closed else None)
            assert one.created_at == instant(raw["created_at"])
            assert (one.open_items, one.closed_items) == (raw["open_issues"], raw["closed_issues"])
            assert one.description == (raw["description"] or "")


def test_every_due_date_is_the_day_that_somebody_typed(readings: dict[int, tuple[list[Raw], Observed]]) -> None:
    pairs = [pair for group, reading in readings.values() for pair in zip(group, reading.milestones, strict=True)]
    for raw, one in pairs:
        assert one.due_on == (date.fromisoformat(raw["due_on"][:10]) if raw.get("due_on") else None)


def test_every_repository_has_the_name_in_the_addresses_of_its_pages(
    readings: dict[int, tuple[list[Raw], Observed]],
) -> None:
    for group, reading in readings.values():
        pages = [raw["html_url"] for raw in group if raw.get("html_url")]
        expected = pages[0].partition("/milestone")[0] if pages else "https://github.com/old/names"
        assert reading.project.url == expected
        assert expected.endswith(f"/{reading.project.name}")
