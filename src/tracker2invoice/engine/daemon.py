"""The same run on a schedule. SIGTERM and SIGINT finish the delivery in hand, SIGHUP rereads the configuration."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any, Literal

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from tracker2invoice.configfile import Configuration
from tracker2invoice.engine.consents import consents
from tracker2invoice.engine.health import Health, serve
from tracker2invoice.engine.house import open_house
from tracker2invoice.engine.reconcile import Reconciled, reconcile
from tracker2invoice.engine.run import Report, Steering, run
from tracker2invoice.errors import (
    AlreadyRunning,
    ConfigInvalid,
    FixConfig,
    LedgerBusy,
    Problem,
    Tracker2InvoiceError,
)
from tracker2invoice.ledger.store import open_ledger
from tracker2invoice.pace import Paces
from tracker2invoice.plugins import Clock

Word = Literal["stop", "reload"]


class Daemon:
    """Runs until it is told to stop. What happens is told to the callbacks; nothing is printed here."""

    def __init__(
        self,
        configuration: Configuration,
        clock: Clock,
        *,
        reread: Callable[[], Configuration],
        on_report: Callable[[Report], None],
        on_reconciled: Callable[[Reconciled], None],
        on_error: Callable[[Tracker2InvoiceError], None],
    ) -> None:
        self._configuration, self._clock, self._reread = configuration, clock, reread
        self._on_report, self._on_reconciled, self._on_error = on_report, on_reconciled, on_error
        self._words: SimpleQueue[Word] = SimpleQueue()
        self._stopping = Event()
        self._health = Health()
        self._paces = Paces()

    def serve_until_stopped(self, on_ready: Callable[[int], None]) -> None:
        """Run at once and then on schedule, until SIGTERM or SIGINT. `on_ready` gets the port of `/healthz`.

        Raises:
            AlreadyRunning: another daemon works on this ledger.
            ConfigInvalid: the health address is taken, or not one of this machine.
            Stop: the ledger cannot be used.
        """
        with ExitStack() as stack:
            ledger = stack.enter_context(open_ledger(self._configuration.ledger_url, self._clock))
            try:
                stack.enter_context(ledger.lock("daemon", timedelta(0)))
            except LedgerBusy as error:
                raise AlreadyRunning from error
            self._listen()
            on_ready(stack.enter_context(self._serve_health()))
            self._run_until_stopped()

    @property
    def health(self) -> Health:
        """How the daemon is now."""
        return replace(self._health, status="stopping") if self._stopping.is_set() else self._health

    def tick(self) -> None:
        """One run. An expected failure is reported; the next run comes after any failure all the same."""
        try:
            with open_house(self._configuration, self._clock, self._paces) as house:
                report = run(house, steering=Steering(stop=self._stopping.is_set))
        except Exception as error:
            before = self._health
            self._health = replace(
                before, status="degraded", troubles=1, runs=before.runs + 1, failed_runs=before.failed_runs + 1
            )
            if not isinstance(error, Tracker2InvoiceError):
                raise
            self._on_error(error)
            return
        self._health = self._after(report)
        self._on_report(report)

    def look_back(self) -> None:
        """Read back what became of documents. An expected failure is reported; it is tried again when it is due."""
        try:
            with open_house(self._configuration, self._clock, self._paces) as house:
                found = reconcile(house, whole=False)
        except Tracker2InvoiceError as error:
            self._on_error(error)
            return
        self._on_reconciled(found)

    @contextmanager
    def _serve_health(self) -> Generator[int]:
        daemon = self._configuration.daemon
        with ExitStack() as stack:
            try:
                port = stack.enter_context(serve(daemon.host, daemon.port, lambda: self.health))
            except OSError as error:
                words = "the address is taken, or not one of this machine; name another, or port = 0 for any free one"
                raise self._refusal("daemon.health", "port", words) from error
            yield port

    def _after(self, report: Report) -> Health:
        now = self._clock()
        near = [one for one in consents(self._configuration, self._clock) if one.is_near(now)]
        ended = any(one.is_past(now) for one in near)
        return Health(
            status="degraded" if report.troubles or ended else "ok",
            last_run=_text(now),
            runs=self._health.runs + 1,
            troubles=len(report.troubles),
            held=len(report.plan.of_kind("hold")),
            billed=self._health.billed + sum(bill.reference in report.claims for bill in report.plan.of_kind("bill")),
            failed_runs=self._health.failed_runs + 1 if report.troubles else 0,
            consents_ending=len(near),
            consent_ends=min((_text(one.expiry.at) for one in near if one.expiry), default=""),
        )

    def _listen(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, self._on_hangup)

    def _on_hangup(self, _number: int, _frame: object) -> None:
        self._words.put("reload")

    def _on_stop(self, _number: int, _frame: object) -> None:
        self._stopping.set()
        self._words.put("stop")

    def _run_until_stopped(self) -> None:
        # a run that outlasts the schedule is no news; a failure of the scheduler itself is an error
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        # one worker: a run never overlaps the one before it
        scheduler: Any = BackgroundScheduler(
            timezone=self._configuration.timezone, executors={"default": ThreadPoolExecutor(1)}
        )
        scheduler.add_job(self.tick, misfire_grace_time=None)
        self._schedule(scheduler)
        scheduler.start()
        try:
            while self._next_word() == "reload":
                self._reload(scheduler)
        finally:
            scheduler.shutdown(wait=True)

    def _next_word(self) -> Word:
        while True:
            # a signal that reached another thread is handled only once the main thread wakes up
            with suppress(Empty):
                return self._words.get(timeout=0.5)

    def _schedule(self, scheduler: Any) -> None:
        scheduler.add_job(
            self.tick,
            trigger_of(self._configuration),
            id="run",
            replace_existing=True,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=3600,
        )
        scheduler.add_job(
            self.look_back,
            IntervalTrigger(
                seconds=int(self._configuration.daemon.reconcile.total_seconds()), timezone=self._configuration.timezone
            ),
            id="reconcile",
            replace_existing=True,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=3600,
        )

    def _reload(self, scheduler: Any) -> None:
        try:
            configuration = self._reread()
            if configuration.ledger_url != self._configuration.ledger_url:
                # the lock that keeps a second daemon away is that of the old ledger
                raise self._refusal("ledger", "url", "restart the daemon to let it work on another ledger")
        except FixConfig as error:
            self._on_error(error)
            return
        self._configuration = configuration
        self._schedule(scheduler)

    def _refusal(self, section: str, key: str, words: str) -> ConfigInvalid:
        return ConfigInvalid((Problem(self._configuration.path.name, section, key, words),))


def _text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def trigger_of(configuration: Configuration) -> Any:
    """Return when runs begin, for APScheduler: by the cron line in the configured time zone, or every so often."""
    daemon, timezone = configuration.daemon, configuration.timezone
    if daemon.cron:
        trigger: Any = CronTrigger
        return trigger.from_crontab(daemon.cron, timezone=timezone)
    return IntervalTrigger(seconds=int(daemon.poll.total_seconds()), timezone=timezone)
