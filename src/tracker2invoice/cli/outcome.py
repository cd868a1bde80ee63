"""How a run's report is shown, and which exit code it deserves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tracker2invoice.cli import shapes, tables
from tracker2invoice.cli.common import DONE, FAILED, HELD, USAGE, Console, plain
from tracker2invoice.cli.wording import sentence
from tracker2invoice.engine.observe import Trouble
from tracker2invoice.engine.run import Report
from tracker2invoice.errors import FixConfig


def show(console: Console, report: Report) -> int:
    """Print a report for people and machines; return the exit code."""
    tables.actions(console, report.plan.actions, report.claims)
    warn(console, report.troubles)
    console.answer(shapes.report(report))
    return code(report)


def warn(console: Console, troubles: Iterable[Trouble]) -> None:
    """Say what failed, a line each."""
    for trouble in troubles:
        console.warn(f"{plain(trouble.subject)}: {plain(sentence(trouble.error), 1000)}")


def code(report: Report) -> int:
    """Return the exit code of a run."""
    waiting = any(delivery.state == "held" for claim in report.claims.values() for delivery in claim.deliveries)
    return code_of(report.troubles, held=waiting or bool(report.plan.of_kind("hold")))


def code_of(troubles: Sequence[Trouble], *, held: bool) -> int:
    """1 if anything failed, 2 if only a change of the configuration helps, 3 if anything waits for a person, else 0."""
    if troubles:
        return USAGE if all(isinstance(one.error, FixConfig) for one in troubles) else FAILED
    return HELD if held else DONE
