"""What the documents of a contract need and nobody has said: what outputs declare, and who clients are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tracker2invoice.configfile import Configuration
from tracker2invoice.engine.clients import pinned
from tracker2invoice.engine.guard import guarded
from tracker2invoice.errors import Tracker2InvoiceError
from tracker2invoice.ledger.store import Ledger
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.look import PLAIN, Look
from tracker2invoice.plugins import OutputPlugin


def lacking(configuration: Configuration, ledger: Ledger) -> Mapping[str, str]:
    """Return what is missing in words, by contract id; a contract that has everything is left out."""
    unfit = _unfit(configuration.look)
    found = {
        contract.id: "; ".join((*unfit, *_lacks(contract, configuration), *_unknown(contract, configuration, ledger)))
        for contract in configuration.contracts
    }
    return {contract: words for contract, words in found.items() if words}


def _unfit(look: Look) -> tuple[str, ...]:
    if look == PLAIN:
        return ()
    from tracker2invoice.documents.trial import refusal

    return tuple(filter(None, [refusal(look)]))


def _unknown(contract: Contract, configuration: Configuration, ledger: Ledger) -> Iterator[str]:
    """Name the clients of whom nobody knows the id in an output."""
    for name in contract.outputs:
        output = configuration.outputs.get(name)
        if output and output.pins_client:
            for client in contract.clients:
                if name not in pinned(ledger, name, client).remote:
                    yield f"{name} does not know client {client.id}; `t2i clients link {name} {client.id}` finds it"


def _lacks(contract: Contract, configuration: Configuration) -> Iterator[str]:
    for name in contract.outputs:
        words = "; ".join(_lacks_for(name, contract, configuration))
        if words:
            yield f"{name} needs {words}"


def _lacks_for(name: str, contract: Contract, configuration: Configuration) -> tuple[str, ...]:
    output = configuration.outputs.get(name)
    plugin = output.plugin if output else None
    if output is None or not isinstance(plugin, OutputPlugin) or plugin.lacks is None:
        return ()
    try:
        with guarded(name):
            return tuple(plugin.lacks(output.settings, contract))
    except Tracker2InvoiceError as error:
        return (str(error),)
