"""Every section of the configuration read by itself, so that a bad one does not hide another's problems."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from tracker2invoice.config.parties import ClientSettings, SupplierSettings
from tracker2invoice.config.plain import Location, Table, is_list, is_table
from tracker2invoice.config.problems import Checked, Place, check, unknown
from tracker2invoice.config.rates import RatesSettings
from tracker2invoice.config.sources import Sources
from tracker2invoice.config.types import Surroundings, did_you_mean, is_name
from tracker2invoice.errors import BrokenConnector, NoSuchConnector, Problem
from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.plugins import OutputPlugin, TrackerPlugin
from tracker2invoice.registry import Group, installed, load_output, load_tracker
from tracker2invoice.settings import (
    BrakeSettings,
    ContractSettings,
    DaemonSettings,
    FileSettings,
    GeneralSettings,
    LedgerSettings,
)

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Configured:
    """A tracker or output: its kind, its settings, and the plugin that connects it."""

    kind: str
    settings: BaseModel
    plugin: TrackerPlugin[Any] | OutputPlugin[Any]

    @property
    def pins_client(self) -> bool:
        """Whether it is an output that bills clients by their ids there, and asks for none to be created."""
        pins = isinstance(self.plugin, OutputPlugin) and self.plugin.capabilities.pins_client
        return pins and not getattr(self.settings, "create_missing", False)


@dataclass(frozen=True, slots=True)
class Part(Generic[M]):
    """A section that there may be many of. `settings` is None if something is wrong with it."""

    name: str
    place: Place
    settings: M | None


@dataclass(frozen=True, slots=True)
class Connector:
    """A section of a tracker or output. `configured` is None if something is wrong with it."""

    name: str
    place: Place
    configured: Configured | None


@dataclass(frozen=True, slots=True)
class Sections:
    """What every section says, as far as it is right, and everything that is wrong so far."""

    general: GeneralSettings | None
    supplier: SupplierSettings | None
    ledger: LedgerSettings | None
    daemon: DaemonSettings | None
    brake: BrakeSettings | None
    rates: RatesSettings | None
    trackers: tuple[Connector, ...]
    outputs: tuple[Connector, ...]
    clients: tuple[Part[ClientSettings], ...]
    contracts: tuple[Part[ContractSettings], ...]
    problems: tuple[Problem, ...]


def read_sections(sources: Sources) -> Sections:
    """Check each section of the sources. Raises nothing: what is wrong is in `problems`."""
    reader = _Reader(sources)
    whole = sources.main is not None
    return Sections(
        general=reader.general() if whole else None,
        supplier=reader.single(SupplierSettings, "supplier", needed=True) if whole else None,
        ledger=reader.single(LedgerSettings, "ledger") if whole else None,
        daemon=reader.single(DaemonSettings, "daemon") if whole else None,
        brake=reader.single(BrakeSettings, "brake") if whole else None,
        rates=reader.single(RatesSettings, "rates") if whole else None,
        trackers=reader.connectors("trackers", load_tracker),
        outputs=reader.connectors("outputs", load_output),
        clients=reader.clients(),
        contracts=reader.contracts(),
        problems=(*sources.problems, *reader.problems),
    )


class _Reader:
    """Reads sections one after the other and gathers their problems."""

    def __init__(self, sources: Sources) -> None:
        self._sources, self._data = sources, sources.data
        self.problems: list[Problem] = []
        self._around = Surroundings(
            directory=sources.path.parent,
            dotenv=sources.dotenv,
            names={} if sources.main is None else dict(self._names()),
        )

    def general(self) -> GeneralSettings | None:
        place = self._place("")
        for key in self._data:
            if key not in FileSettings.model_fields:
                self.problems.append(place.problem(key, unknown(key, FileSettings.model_fields)))
        own = {key: value for key, value in self._data.items() if key in GeneralSettings.model_fields}
        return self._kept(check(GeneralSettings, own, place, self._around))

    def single(self, model: type[M], name: str, *, needed: bool = False) -> M | None:
        place = self._place(name, name)
        if needed and name not in self._data:
            self.problems.append(place.problem("", f"missing; write a section [{name}]"))
            return None
        return self._kept(check(model, self._data.get(name, {}), place, self._around))

    def connectors(self, group: Group, load: Callable[[str], Any]) -> tuple[Connector, ...]:
        return tuple(
            Connector(name, place, self._connector(group, data, place, load)) for name, data, place in self._each(group)
        )

    def clients(self) -> tuple[Part[ClientSettings], ...]:
        return tuple(
            Part(name, place, self._kept(check(ClientSettings, data, place, self._around)))
            for name, data, place in self._each("clients")
        )

    def contracts(self) -> tuple[Part[ContractSettings], ...]:
        listed = self._data.get("contracts", [])
        if not is_list(listed):
            message = "write each contract as [[contracts]], or as a file of its own in the folder contracts"
            self.problems.append(self._place("", "contracts").problem("contracts", message))
        contracts = listed if is_list(listed) else ()
        inside = [
            self._contract(data, f"contracts[{number + 1}]", self._file_of("contracts", number))
            for number, data in enumerate(contracts)
        ]
        beside = [self._contract(layer.data, "contracts", _always(layer.label)) for layer in self._sources.contracts]
        return (*inside, *beside)

    def _contract(self, data: object, fallback: str, file_of: Callable[[Location], str]) -> Part[ContractSettings]:
        table: Table = data if is_table(data) else {}
        name, currency = table.get("id"), table.get("currency")
        known = currency if isinstance(currency, str) and currency in MINOR_UNITS else None
        place = Place(f"contracts.{name}" if is_name(name) else fallback, file_of)
        around = dataclasses.replace(self._around, currency=known)
        settings = self._kept(check(ContractSettings, data, place, around))
        return Part(str(name) if is_name(name) else "", place, settings)

    def _connector(self, group: Group, data: object, place: Place, load: Callable[[str], Any]) -> Configured | None:
        if not is_table(data):
            self.problems.append(place.problem("", f"write a table: [{place.section}]"))
            return None
        kind = data.get("kind")
        if not isinstance(kind, str):
            kinds = ", ".join(f'"{one.kind}"' for one in installed(group)) or "nothing"
            self.problems.append(place.problem("kind", f"missing; write kind = … (installed: {kinds})", ("kind",)))
            return None
        try:
            plugin = load(kind)
        except (NoSuchConnector, BrokenConnector) as error:
            self.problems.append(place.problem("kind", _why_not(error), ("kind",)))
            return None
        wanted = "kind" in plugin.settings.model_fields
        own = {key: value for key, value in data.items() if wanted or key != "kind"}
        settings = self._kept(check(plugin.settings, own, place, self._around))
        return None if settings is None else Configured(kind, settings, plugin)

    def _each(self, group: str) -> Iterator[tuple[str, object, Place]]:
        table = self._data.get(group, {})
        if not is_table(table):
            self.problems.append(self._place("", group).problem(group, f"write a table each: [{group}.NAME]"))
            return
        for name, data in table.items():
            place = self._place(f"{group}.{name}", group, name)
            if not is_name(name):
                self.problems.append(place.problem("", 'name it with letters, digits, "-", "_" and "." only'))
            yield name, data, place

    def _kept(self, checked: Checked[M]) -> M | None:
        self.problems.extend(checked.problems)
        return checked.settings

    def _names(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for one in ("client", "tracker", "output"):
            table = self._data.get(f"{one}s", {})
            if is_table(table):
                yield one, tuple(table)

    def _place(self, section: str, *prefix: str | int) -> Place:
        return Place(section, self._file_of(*prefix))

    def _file_of(self, *prefix: str | int) -> Callable[[Location], str]:
        return lambda location: self._sources.origin((*prefix, *location))


def _always(file: str) -> Callable[[Location], str]:
    return lambda _location: file


def _why_not(error: NoSuchConnector | BrokenConnector) -> str:
    if isinstance(error, BrokenConnector):
        return f"the connector ({error.distribution}) cannot be used: {error.reason}"
    hint = did_you_mean(error.kind, error.installed) or f"installed: {', '.join(error.installed) or 'nothing'}"
    return f"no installed connector has this name; {hint}"
