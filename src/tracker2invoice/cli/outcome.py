"""How a run's report is shown, and which exit code it deserves."""

from __future__ import annotations

from tracker2invoice.cli import shapes, tables
from tracker2invoice.cli.common import DONE, FAILED, HELD, Console
from tracker2invoice.cli.wording import sentence
from tracker2invoice.engine.run import Report


def show(console: Console, report: Report) -> int:
    """Print a report for people and machines; return the exit code: 1 failed, 3 held for a person, else 0."""
    tables.actions(console, report.plan.actions, report.claims)
    for trouble in report.troubles:
        console.warn(f"{tables.plain(trouble.subject)}: {tables.plain(sentence(trouble.error), 1000)}")
    console.answer(shapes.report(report))
    return code(report)


def code(report: Report) -> int:
    """1 if anything failed, 3 if anything waits for a person, else 0."""
    if report.troubles:
        return FAILED
    waiting = any(delivery.state == "held" for claim in report.claims.values() for delivery in claim.deliveries)
    return HELD if waiting or report.plan.of_kind("hold") else DONE
