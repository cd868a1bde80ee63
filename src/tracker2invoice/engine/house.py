"""Everything one run works with: configuration, ledger, clock, and connectors opened when first needed."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

from tracker2invoice.configfile import Configuration, Configured
from tracker2invoice.engine.rates import read_rates
from tracker2invoice.errors import BrokenConnector, Tracker2InvoiceError
from tracker2invoice.ledger.store import Ledger, open_ledger
from tracker2invoice.model.rates import NO_RATES, Rates
from tracker2invoice.pace import Paces
from tracker2invoice.plugins import Clock, Context, Output, Tracker


class House:
    """Opens each configured tracker and output once, on first use, and remembers a failure to do so."""

    def __init__(self, configuration: Configuration, ledger: Ledger, clock: Clock, paces: Paces | None = None) -> None:
        self.configuration, self.ledger, self.clock = configuration, ledger, clock
        self._paces = paces or Paces()
        self._open: dict[str, Tracker | Output] = {}
        self._failed: dict[str, Tracker2InvoiceError] = {}

    def tracker(self, name: str) -> Tracker:
        """Return the configured tracker, connected.

        Raises:
            FixConfig: a secret is missing or the connector cannot be used.
        """
        tracker: Tracker = self._connected(f"trackers.{name}", name, self.configuration.trackers)
        return tracker

    def output(self, name: str) -> Output:
        """Return the configured output, connected.

        Raises:
            FixConfig: a secret is missing or the connector cannot be used.
        """
        output: Output = self._connected(f"outputs.{name}", name, self.configuration.outputs)
        return output

    @cached_property
    def rates(self) -> Rates:
        """The exchange rates as they are now, for plan and documents alike; none where no contract needs any."""
        needed = any(one.converts_tax for one in self.configuration.contracts)
        return read_rates(self.configuration) if needed else NO_RATES

    def close(self) -> None:
        """Let go of every connection; the ledger stays open."""
        for connector in self._open.values():
            with suppress(Exception):  # what was to be done is done
                connector.close()
        self._open.clear()

    def _connected(self, section: str, name: str, configured: Mapping[str, Configured]) -> Any:
        if section in self._failed:
            raise self._failed[section]
        if section not in self._open:
            try:
                self._open[section] = self._connect(name, configured[name])
            except Tracker2InvoiceError as error:
                self._failed[section] = error
                raise
        return self._open[section]

    def _connect(self, name: str, configured: Configured) -> Tracker | Output:
        configuration = self.configuration
        context = Context(name, configuration.directory, self.clock, paces=self._paces, look=configuration.look)
        connect: Callable[[Any, Context], Tracker | Output] = configured.plugin.connect
        try:
            return connect(configured.settings, context)
        except Tracker2InvoiceError:
            raise
        except Exception as error:  # a connector is anybody's code
            raise BrokenConnector(configured.kind, name, f"{type(error).__name__} while connecting") from error


@contextmanager
def open_house(configuration: Configuration, clock: Clock, paces: Paces | None = None) -> Generator[House]:
    """Open the ledger and hand out the house; everything is closed at the end but the `paces`.

    Raises:
        Stop: the ledger cannot be used.
    """
    with open_ledger(configuration.ledger_url, clock) as ledger:
        house = House(configuration, ledger, clock, paces)
        try:
            yield house
        finally:
            house.close()
