"""The daemon's run and what it tells of it. Signals, ports and schedules are tested with processes in tests/crash."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from tracker2invoice.engine.daemon import Daemon, trigger_of
from tracker2invoice.engine.reconcile import Reconciled
from tracker2invoice.engine.run import Report
from tracker2invoice.errors import LedgerTooNew, Tracker2InvoiceError, Unreachable
from tracker2invoice.model.look import Look
from tracker2invoice.pace import Paces
from tracker2invoice.plugins import Clock, Context

if TYPE_CHECKING:
    from tests.engine.conftest import Scene


@dataclass
class Watched:
    """A daemon on the scene, and what it told."""

    scene: Scene
    reports: list[Report] = field(default_factory=list[Report])
    reconciled: list[Reconciled] = field(default_factory=list[Reconciled])
    errors: list[Tracker2InvoiceError] = field(default_factory=list[Tracker2InvoiceError])

    def __post_init__(self) -> None:
        self.daemon = Daemon(
            self.scene.configuration,
            self.scene.clock,
            reread=lambda: self.scene.configuration,
            on_report=self.reports.append,
            on_reconciled=self.reconciled.append,
            on_error=self.errors.append,
        )


@pytest.fixture
def watched(scene: Scene) -> Watched:
    return Watched(scene)


def test_a_run_is_reported_and_counted(watched: Watched) -> None:
    assert watched.daemon.health.status == "starting"
    watched.scene.close("Design")
    watched.daemon.tick()
    health = watched.daemon.health
    assert (health.status, health.runs, health.billed, health.held) == ("ok", 1, 1, 0)
    assert health.last_run == "2026-03-02T09:30:00Z"
    assert len(watched.reports[0].plan.of_kind("bill")) == 1
    assert len(watched.scene.books.entries) == 1


@pytest.mark.parametrize("eve", [date(2026, 3, 7), date(2026, 10, 31)])
def test_ti_2_a_run_at_six_stays_at_six_when_the_clocks_change(scene: Scene, eve: date) -> None:
    """TI-2, invoiceninja 12158: daily at 06:00 in New York, where the clocks change on 8 March and 1 November 2026."""
    daily = replace(scene.configuration.daemon, cron="0 6 * * *")
    trigger = trigger_of(replace(scene.configuration, timezone="America/New_York", daemon=daily))
    new_york = ZoneInfo("America/New_York")
    fired = datetime.combine(eve, time(6), new_york)
    for days in range(1, 4):
        fired = trigger.get_next_fire_time(fired, fired + timedelta(seconds=1)).astimezone(new_york)
        assert (fired.date(), fired.time()) == (eve + timedelta(days=days), time(6))


def test_a_tracker_that_is_down_makes_it_unwell_until_it_is_back(watched: Watched) -> None:
    watched.daemon.tick()
    watched.scene.projects.fail_next(watched.scene.project)
    watched.daemon.tick()
    assert (watched.daemon.health.status, watched.daemon.health.troubles) == ("degraded", 1)
    assert [type(trouble.error) for trouble in watched.reports[1].troubles] == [Unreachable]
    watched.daemon.tick()
    assert (watched.daemon.health.status, watched.daemon.health.troubles) == ("ok", 0)


def test_failed_runs_in_a_row_are_counted_until_one_goes_well(watched: Watched) -> None:
    for failed in (1, 2, 3):
        watched.scene.projects.fail_next(watched.scene.project)
        watched.daemon.tick()
        assert watched.daemon.health.failed_runs == failed
    watched.daemon.tick()
    assert watched.daemon.health.failed_runs == 0


def test_limits_are_kept_from_one_run_to_the_next_and_when_documents_are_read_back(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Paces] = []

    def noted(name: str, directory: Path, clock: Clock, paces: Paces, look: Look) -> Context:
        kept.append(paces)
        return Context(name, directory, clock, paces=paces, look=look)

    monkeypatch.setattr("tracker2invoice.engine.house.Context", noted)
    watched.scene.close("Design")
    watched.daemon.tick()
    watched.daemon.look_back()
    assert len(kept) == 3
    assert len(set(map(id, kept))) == 1


def test_what_waits_for_a_person_is_counted(watched: Watched) -> None:
    number = watched.scene.close("Design")
    watched.daemon.tick()
    watched.scene.projects.reopen(watched.scene.project, number)
    watched.daemon.tick()
    assert (watched.daemon.health.status, watched.daemon.health.held) == ("ok", 1)


def test_a_bill_that_had_to_be_put_off_is_not_counted_as_billed(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise Unreachable("github", "down")

    watched.scene.close("Design")
    with monkeypatch.context() as patch:
        patch.setattr("tracker2invoice.testing.memory_tracker.MemoryTracker.deliverables", fail)
        watched.daemon.tick()
    assert (watched.daemon.health.status, watched.daemon.health.billed) == ("degraded", 0)
    watched.daemon.tick()
    assert (watched.daemon.health.status, watched.daemon.health.billed) == ("ok", 1)


@pytest.mark.parametrize("failure", [LedgerTooNew(), ZeroDivisionError()])
def test_a_run_that_fails_altogether_makes_it_unwell_and_the_next_one_comes(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr("tracker2invoice.engine.daemon.run", fail)
        if isinstance(failure, Tracker2InvoiceError):
            watched.daemon.tick()
            assert watched.errors == [failure]
        else:
            with pytest.raises(ZeroDivisionError):
                watched.daemon.tick()
    assert (watched.daemon.health.status, watched.daemon.health.runs) == ("degraded", 1)
    watched.daemon.tick()
    assert (watched.daemon.health.status, watched.daemon.health.runs) == ("ok", 2)
