"""Connectors by entry point: listed without importing them, loaded by name.

Ours stand in the same groups that a stranger's package uses; nothing here knows which is which.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from tracker2invoice.errors import BrokenConnector, NoSuchConnector
from tracker2invoice.plugins import OutputPlugin, TrackerPlugin

Group = Literal["trackers", "outputs"]


@dataclass(frozen=True, slots=True)
class Installed:
    """A connector that some installed distribution offers; not imported yet."""

    group: Group
    kind: str
    distribution: str
    version: str


def installed(group: Group) -> tuple[Installed, ...]:
    """List what is installed, by name, importing nothing."""
    return tuple(
        Installed(group, point.name, *_owner(point)) for point in sorted(_points(group), key=lambda point: point.name)
    )


def load_tracker(kind: str) -> TrackerPlugin[Any]:
    """Import and return the tracker plugin of that kind.

    Raises:
        NoSuchConnector, BrokenConnector.
    """
    plugin: TrackerPlugin[Any] = _load("trackers", kind, TrackerPlugin)
    return plugin


def load_output(kind: str) -> OutputPlugin[Any]:
    """Import and return the output plugin of that kind.

    Raises:
        NoSuchConnector, BrokenConnector.
    """
    plugin: OutputPlugin[Any] = _load("outputs", kind, OutputPlugin)
    return plugin


def _points(group: Group) -> tuple[EntryPoint, ...]:
    # an editable install may be found twice, once by its path and once by its metadata
    points = {(point.name, point.value): point for point in entry_points(group=f"tracker2invoice.{group}")}
    return tuple(points.values())


def _load(group: Group, kind: str, wanted: type[object]) -> Any:
    found = [point for point in _points(group) if point.name == kind]
    if not found:
        raise NoSuchConnector(group, kind, tuple(one.kind for one in installed(group)))
    if len(found) > 1:
        owners = " and ".join(sorted(_owner(point)[0] for point in found))
        raise BrokenConnector(kind, owners, "two installed packages provide it; uninstall one")
    owner, _ = _owner(found[0])
    try:
        loaded: object = found[0].load()
    except (Exception, SystemExit) as error:  # a stranger's import may fail in any way
        raise BrokenConnector(kind, owner, f"{type(error).__name__}: {error}") from error
    if not isinstance(loaded, wanted):
        raise BrokenConnector(kind, owner, f"its entry point is not of the type {wanted.__name__}")
    return loaded


def _owner(point: EntryPoint) -> tuple[str, str]:
    return (point.dist.name, point.dist.version) if point.dist else ("?", "?")
