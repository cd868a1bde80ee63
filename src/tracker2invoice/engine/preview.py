"""Documents to look at: those that are frozen, and those that would be now. Claims nothing and asks no output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from tracker2invoice.configfile import Configuration
from tracker2invoice.engine.bill import drafts_of, make_plan
from tracker2invoice.engine.guard import guarded
from tracker2invoice.engine.house import House
from tracker2invoice.errors import BrokenConnector
from tracker2invoice.mapping.actions import Plan
from tracker2invoice.mapping.documents import Bundle, bundles
from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.look import Look
from tracker2invoice.plugins import OutputPlugin
from tracker2invoice.registry import installed, load_output
from tracker2invoice.rendition import Rendition


@dataclass(frozen=True, slots=True)
class Sight:
    """A document: its draft, the outputs that it goes to, and whether it is `planned` and not billed yet."""

    draft: Draft
    outputs: tuple[str, ...]
    planned: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A rendition that an output offers, with its configured name and settings, or those of its kind if it has none.

    `look` is that of the supplier's documents.
    """

    output: str
    settings: Any
    rendition: Rendition[Any]
    look: Look

    @property
    def is_written(self) -> bool:
        """Whether the output delivers its documents in this format."""
        return self.settings is not None and self.rendition.writes(self.settings)

    def render(self, sight: Sight) -> bytes:
        """Return the document in this format.

        Raises:
            Rejected: the format cannot express it, or it lacks something. BadAnswer: the connector failed.
        """
        with guarded(self.output):
            return self.rendition.render(self.settings, self.output, sight.draft, sight.planned, self.look)


def plan_to_show(house: House) -> Plan:
    """Return what would be billed now, from the ledger alone, with what the brake holds."""
    return make_plan(house, released=True)


def frozen(house: House, reference: str) -> tuple[Sight, ...]:
    """Return the documents that were billed as `reference`, that of a claim or of a document; none if there are none.

    Raises:
        LedgerDamaged: a frozen draft is missing or not what was claimed.
    """
    numbers = house.ledger.numbers()
    return tuple(
        Sight(replace(house.ledger.draft(one), number=numbers.get(one)), _outputs(house, one), planned=False)
        for one in house.ledger.documents(reference)
    )


def planned(house: House, plan: Plan, reference: str) -> tuple[Sight, ...]:
    """Return the documents that the plan would bill as `reference`; none if it does not.

    Raises:
        Tracker2InvoiceError: a tracker did not tell what was delivered.
    """
    bundle = next((one for one in bundles(plan.actions) if reference in _references(one)), None)
    if bundle is None:
        return ()
    made = [Sight(draft, bundle.actions[0].outputs, planned=True) for draft in drafts_of(house, bundle)]
    return tuple(one for one in made if one.draft.reference == reference) or tuple(made)


def offers(configuration: Configuration, preferred: Sequence[str]) -> Mapping[str, Offer]:
    """Return who renders a document that goes to the `preferred` outputs, by format.

    An output that delivers in the format comes first, then those that are configured, then what is only installed.
    """
    found: dict[str, Offer] = {}
    for name, offer in _offers(configuration, preferred):
        if name not in found or (offer.is_written and not found[name].is_written):
            found[name] = offer
    return found


def _offers(configuration: Configuration, preferred: Sequence[str]) -> Iterator[tuple[str, Offer]]:
    for output in dict.fromkeys((*preferred, *configuration.outputs)):
        configured = configuration.outputs.get(output)
        if configured and isinstance(configured.plugin, OutputPlugin):
            for name, rendition in configured.plugin.renditions.items():
                yield name, Offer(output, configured.settings, rendition, configuration.look)
    for one in installed("outputs"):
        # a stranger's connector that cannot be loaded offers nothing
        with suppress(BrokenConnector):
            for name, rendition in load_output(one.kind).renditions.items():
                yield name, Offer(one.kind, None, rendition, configuration.look)


def _outputs(house: House, document: str) -> tuple[str, ...]:
    deliveries = (one for claim in house.ledger.claims_on(document) for one in claim.deliveries)
    return tuple(dict.fromkeys(one.output for one in deliveries if one.reference == document))


def _references(bundle: Bundle) -> set[str]:
    return {one.reference for one in bundle.actions} | {one.reference for one in bundle.documents}
