"""`check`: is everything there that a run will need?"""

from __future__ import annotations

from collections.abc import Iterator

from tracker2invoice.cli import common, session, tables
from tracker2invoice.cli.consents import findings as consent_findings
from tracker2invoice.cli.wording import problem, sentence
from tracker2invoice.config.exposure import exposures
from tracker2invoice.engine.clients import pinned_contracts
from tracker2invoice.engine.consents import consents
from tracker2invoice.engine.follow import projects_under
from tracker2invoice.engine.guard import guarded
from tracker2invoice.engine.house import House
from tracker2invoice.errors import Tracker2InvoiceError
from tracker2invoice.mapping.due import local_date
from tracker2invoice.mapping.exchange import rate_missing
from tracker2invoice.model.label import is_pattern
from tracker2invoice.model.look import PLAIN, Look
from tracker2invoice.plugins import Finding, Tracker


@common.command("check")
def command(console: common.Console) -> int:
    """Validate the configuration, reach every tracker and output, name what is missing. Changes nothing over there."""
    with session.house(console) as house:
        findings = list(_findings(house))
        warnings = [problem(one).strip() for one in exposures(house.configuration)]
    for words in warnings:
        console.warn(f"warning: {words}")
    rows = [(_state(one), where, one.what, one.next_step) for where, one in findings]
    tables.show(console, ("", "where", "what", "next step"), rows)
    console.answer(
        {
            "findings": [
                {"ok": one.ok, "where": where, "what": one.what, "next_step": one.next_step} for where, one in findings
            ],
            "warnings": warnings,
        }
    )
    return common.DONE if all(one.ok for _, one in findings) else common.FAILED


def _findings(house: House) -> Iterator[tuple[str, Finding]]:
    configuration = house.configuration
    yield "configuration", Finding(ok=True, what=f"{len(configuration.contracts)} contracts")
    yield "ledger", Finding(ok=True, what="can be opened and written")
    if configuration.look != PLAIN:
        yield "configuration", _look(configuration.look)
    yield from (("rates", one) for one in _rates(house))
    for name in configuration.trackers:
        yield from _with_consent(house, f"trackers.{name}", _tracker(house, name))
    for name in configuration.outputs:
        yield from _with_consent(house, f"outputs.{name}", _output(house, name))


def _look(look: Look) -> Finding:
    from tracker2invoice.documents.trial import refusal

    words = refusal(look)
    return Finding(not words, "the look of a sample invoice", f"correct {words}" if words else "")


def _rates(house: House) -> Iterator[Finding]:
    converted = {one.currency: one for one in house.configuration.contracts if one.converts_tax}
    for currency, contract in converted.items():
        missing = rate_missing(contract, local_date(house.clock(), contract.timezone), house.rates)
        yield Finding(not missing, f"exchange rate {currency}/{contract.supplier.tax_currency}", missing)


def _with_consent(house: House, section: str, own: Iterator[Finding]) -> Iterator[tuple[str, Finding]]:
    """Yield what a connector found, then how its consent stands now that it may have been used."""
    yield from ((section, one) for one in own)
    standings = [one for one in consents(house.configuration, house.clock) if one.section == section]
    yield from ((section, one) for one in consent_findings(standings, house.clock()))


def _state(finding: Finding) -> str:
    if not finding.ok:
        return "FAILED"
    return "soon" if finding.next_step else "ok"


def _tracker(house: House, name: str) -> Iterator[Finding]:
    labels = {label for contract in house.configuration.contracts for label in contract.projects}
    own = sorted(label for label in labels if label.startswith(f"{name}:"))
    names = [label.partition(":")[2] for label in own if not is_pattern(label)]
    try:
        tracker = house.tracker(name)
        with guarded(name):
            yield from tracker.check(names)
    except Tracker2InvoiceError as error:
        yield Finding(ok=False, what="cannot be used", next_step=sentence(error))
    else:
        yield from (_followed(tracker, pattern) for pattern in filter(is_pattern, own))


def _followed(tracker: Tracker, pattern: str) -> Finding:
    name = pattern.partition(":")[2]
    try:
        found = projects_under(tracker, pattern)
    except Tracker2InvoiceError as error:
        return Finding(ok=False, what=name, next_step=sentence(error))
    return Finding(ok=True, what=f"{name}: {len(found)} projects")


def _output(house: House, name: str) -> Iterator[Finding]:
    contracts = [contract for contract in house.configuration.contracts if name in contract.outputs]
    try:
        with guarded(name):
            yield from house.output(name).check(pinned_contracts(house.ledger, name, contracts))
    except Tracker2InvoiceError as error:
        yield Finding(ok=False, what="cannot be used", next_step=sentence(error))
