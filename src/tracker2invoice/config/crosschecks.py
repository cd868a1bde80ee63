"""What sections have to do with each other: problems that refuse the configuration, and mere warnings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations

from tracker2invoice.config.agreements import faults, faults_between, unbilled
from tracker2invoice.config.identifiers import leitweg_id_looks_wrong, vat_id_looks_wrong
from tracker2invoice.config.parties import ClientSettings, PartySettings
from tracker2invoice.config.problems import Place
from tracker2invoice.config.sections import Connector, Part, Sections
from tracker2invoice.config.sources import Sources
from tracker2invoice.errors import Problem
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.label import is_pattern, may_overlap
from tracker2invoice.model.term import needed_of
from tracker2invoice.plugins import OutputPlugin, TrackerPlugin
from tracker2invoice.secret import secrets_in
from tracker2invoice.settings import ContractSettings

_EURO_AREA = "AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK"
_OTHERS = {"CZ": "CZK", "DK": "DKK", "HU": "HUF", "PL": "PLN", "RO": "RON", "SE": "SEK"}
_VAT_CURRENCIES: Mapping[str, str] = dict.fromkeys(_EURO_AREA.split(), "EUR") | _OTHERS
"""In which currency invoices of EU suppliers tell VAT, whatever they are in (Directive 2006/112/EC, article 230)."""


def find_problems(sections: Sections) -> tuple[Problem, ...]:
    """Return what is wrong between sections that are right by themselves."""
    return (*_ids(sections), *_within(sections), *_between(sections), *_undeletable(sections))


def find_warnings(sections: Sections, sources: Sources, contracts: tuple[Contract, ...]) -> tuple[Problem, ...]:
    """Return what works, but is probably not meant."""
    return (
        *_plain_secrets(sections, sources),
        *_doubtful_vat_ids(sections, sources),
        *_doubtful_buyer_references(sections),
        *_unconverted_vat(sections, sources, contracts),
        *_gaps(sections, contracts),
        *_uncountable(sections, contracts),
        *_unused(sections),
    )


def _ids(sections: Sections) -> Iterator[Problem]:
    first: dict[str, Place] = {}
    for part in sections.contracts:
        if part.name in first:
            file = first[part.name].file_of(("id",))
            yield part.place.problem("id", f"another contract has this id, in {file}; rename one", ("id",))
        elif part.name:
            first[part.name] = part.place


def _within(sections: Sections) -> Iterator[Problem]:
    for part in sections.contracts:
        if part.settings is not None:
            for key, message in faults(part.settings):
                yield part.place.problem(key, message, (key.partition(".")[0],))


def _between(sections: Sections) -> Iterator[Problem]:
    sharing: dict[str, list[int]] = defaultdict(list)
    for number, part in enumerate(sections.contracts):
        for project in part.settings.projects if part.settings else ():
            sharing[project].append(number)
    for pattern in filter(is_pattern, tuple(sharing)):
        sharing[pattern] = sorted({one for label in sharing if may_overlap(pattern, label) for one in sharing[label]})
    pairs = {pair for numbers in sharing.values() for pair in combinations(dict.fromkeys(numbers), 2)}
    for one, other in sorted(pairs):
        yield from _between_two(sections.contracts[one], sections.contracts[other])


def _between_two(one: Part[ContractSettings], other: Part[ContractSettings]) -> Iterator[Problem]:
    if one.settings is not None and other.settings is not None:
        for key, message in faults_between(one.settings, other.settings):
            yield other.place.problem(key, message, ("terms",))


def _undeletable(sections: Sections) -> Iterator[Problem]:
    keeping = {one.name for one in sections.outputs if not _withdraws(one)}
    for part in sections.contracts:
        if part.settings is not None and part.settings.reopened == "withdraw":
            for output in keeping.intersection(part.settings.outputs):
                message = f"the output '{output}' cannot delete a draft; write reopened = \"hold\""
                yield part.place.problem("reopened", message, ("reopened",))


def _withdraws(output: Connector) -> bool:
    plugin = output.configured.plugin if output.configured else None
    return not isinstance(plugin, OutputPlugin) or plugin.capabilities.withdraws


def _plain_secrets(sections: Sections, sources: Sources) -> Iterator[Problem]:
    file = str(sources.path)
    for one in (*sections.trackers, *sections.outputs):
        for location, secret in secrets_in(one.configured.settings if one.configured else None):
            if secret.plain is not None and one.place.file_of(location) == file:
                message = 'a secret in plain text; write { env = "NAME" }, { file = "…" } or { keyring = "…" }'
                yield one.place.problem(".".join(map(str, location)), message)
    if sections.ledger and _has_password(sections.ledger.url) and sources.origin(("ledger", "url")) == file:
        yield Problem(file, "ledger", "url", "a password in plain text; set T2I_LEDGER__URL in its place")


def _has_password(url: str) -> bool:
    from sqlalchemy.engine import make_url

    return bool(make_url(url).password)


def _doubtful_vat_ids(sections: Sections, sources: Sources) -> Iterator[Problem]:
    supplier = Place("supplier", lambda location: sources.origin(("supplier", *location)))
    parties: list[tuple[Place, PartySettings | None]] = [(supplier, sections.supplier)]
    parties += [(part.place, part.settings) for part in sections.clients]
    for place, settings in parties:
        if settings is not None and settings.vat_id is not None and vat_id_looks_wrong(settings.vat_id):
            yield place.problem("vat_id", "its check digit does not fit; compare it with the original", ("vat_id",))


def _doubtful_buyer_references(sections: Sections) -> Iterator[Problem]:
    for part in sections.clients:
        if part.settings and part.settings.buyer_reference and leitweg_id_looks_wrong(part.settings.buyer_reference):
            words = "looks like a Leitweg-ID, and its check digits do not fit; compare it with the original"
            yield part.place.problem("buyer_reference", words, ("buyer_reference",))


def _unconverted_vat(sections: Sections, sources: Sources, contracts: tuple[Contract, ...]) -> Iterator[Problem]:
    settings = sections.supplier
    if settings is None or settings.address is None or settings.tax_currency is not None:
        return
    wanted = _VAT_CURRENCIES.get(settings.address.country)
    if wanted and any(one.currency != wanted and any(tax.rate for tax in one.taxes) for one in contracts):
        words = f'VAT of contracts in other currencies is wanted in {wanted} too; write tax_currency = "{wanted}"'
        place = Place("supplier", lambda location: sources.origin(("supplier", *location)))
        yield place.problem("tax_currency", words, ("tax_currency",))


def _gaps(sections: Sections, contracts: tuple[Contract, ...]) -> Iterator[Problem]:
    for part, contract in zip(sections.contracts, contracts, strict=True):
        gap = unbilled(contract)
        if gap.units:
            yield part.place.problem("terms", f"the terms leave {gap} of the price unbilled", ("terms",))


def _uncountable(sections: Sections, contracts: tuple[Contract, ...]) -> Iterator[Problem]:
    kept = {
        one.name: one.configured.plugin.counts
        for one in sections.trackers
        if one.configured and isinstance(one.configured.plugin, TrackerPlugin)
    }
    for part, contract in zip(sections.contracts, contracts, strict=True):
        trackers = dict.fromkeys(label.partition(":")[0] for label in contract.projects)
        label, comment = contract.acceptance.label, contract.acceptance.comment
        for tracker in trackers:
            if label and label.by and "labellings" not in kept.get(tracker, frozenset()):
                message = f"nothing is ever accepted: the tracker '{tracker}' does not tell who sets labels"
                yield part.place.problem("accept.label", message, ("accept",))
            if comment and "comments" not in kept.get(tracker, frozenset()):
                message = f"nothing is ever accepted: the tracker '{tracker}' tells no comments"
                yield part.place.problem("accept.comment", message, ("accept",))
        for term in contract.terms:
            for tracker in trackers:
                if missing := sorted(needed_of(term) - kept.get(tracker, frozenset())):
                    message = f"it counts {' and '.join(missing)}, and the tracker '{tracker}' keeps none of them"
                    yield part.place.problem(f"terms.{term.id}", message, ("terms",))


def _unused(sections: Sections) -> Iterator[Problem]:
    contracts = [part.settings for part in sections.contracts if part.settings is not None]
    trackers = {project.partition(":")[0] for contract in contracts for project in contract.projects}
    outputs = {output for contract in contracts for output in contract.outputs}
    clients = {client for contract in contracts for client in contract.clients}
    named: list[tuple[set[str], tuple[Connector | Part[ClientSettings], ...]]] = [
        (trackers, sections.trackers),
        (outputs, sections.outputs),
        (clients, sections.clients),
    ]
    for used, parts in named:
        for part in parts:
            if part.name not in used:
                yield part.place.problem("", "no contract uses it")
