"""`daemon`: the run on a schedule, until it is told to stop."""

from __future__ import annotations

from tracker2invoice.cli import common, outcome, session, shapes
from tracker2invoice.cli.wording import sentence
from tracker2invoice.configfile import Configuration
from tracker2invoice.engine.daemon import Daemon
from tracker2invoice.engine.reconcile import Reconciled
from tracker2invoice.engine.run import Report
from tracker2invoice.errors import FixConfig, Tracker2InvoiceError


@common.command("daemon")
def command(console: common.Console) -> int:
    """Observe, plan and deliver on the schedule of the configuration.

    SIGTERM and SIGINT finish the delivery in hand and stop. SIGHUP rereads the configuration; a bad one is refused
    and the old one stays. /healthz and /metrics answer on the address under [daemon].
    """

    def on_report(report: Report) -> None:
        console.answer_line(shapes.report(report))
        for action in report.plan.of_kind("bill"):
            if action.reference in report.claims:
                console.warn(f"billed {action.reference} {action.amount} {action.contract}/{action.term}")
        outcome.warn(console, report.troubles)

    def on_reconciled(found: Reconciled) -> None:
        if found.changes or found.troubles:
            console.answer_line(shapes.reconciled(found))
        outcome.warn(console, found.troubles)

    def on_error(error: Tracker2InvoiceError) -> None:
        console.warn(sentence(error))

    def reread() -> Configuration:
        try:
            return session.configuration(console)
        except FixConfig:
            console.warn("The configuration was read again and is refused; the old one stays.")
            raise

    configuration = session.configuration(console)
    daemon = Daemon(
        configuration,
        session.clock(),
        reread=reread,
        on_report=on_report,
        on_reconciled=on_reconciled,
        on_error=on_error,
    )
    host = configuration.daemon.host
    daemon.serve_until_stopped(lambda port: console.warn(f"Ready. Health: http://{host}:{port}/healthz"))
    console.warn("Stopped.")
    return common.DONE
