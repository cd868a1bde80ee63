"""Every installed tracker and output, each with the twin that its plugin declares, and the configuration for them."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tracker2invoice.config.types import Surroundings
from tracker2invoice.configfile import Configuration, Configured, Daemon
from tracker2invoice.model.contract import Brake, Limit
from tracker2invoice.pace import SystemTimer
from tracker2invoice.plugins import Clock, OutputPlugin, TrackerPlugin
from tracker2invoice.registry import installed, load_output, load_tracker
from tracker2invoice.testing.samples import CLIENT, SUPPLIER
from tracker2invoice.testing.twins import OutputTwin, TrackerTwin

BRAKE = Brake(run=Limit(count=40), contract=Limit(count=3))


@dataclass(frozen=True, slots=True)
class FarSide:
    """The twins by the names of their sections, and a configuration that leads to them and has no contract yet."""

    trackers: Mapping[str, TrackerTwin]
    outputs: Mapping[str, OutputTwin]
    configuration: Configuration

    @property
    def clients(self) -> Mapping[str, str]:
        """The id of the client in each output that has a list of them."""
        return {name: twin.client for name, twin in self.outputs.items() if twin.client}


@contextmanager
def far_side(directory: Path, clock: Clock) -> Generator[FarSide]:
    """Start every twin; they stop at the end."""
    with ExitStack() as stack:
        trackers = {one.kind: load_tracker(one.kind) for one in installed("trackers")}
        outputs = {one.kind: load_output(one.kind) for one in installed("outputs")}
        tracker_twins = {
            kind: stack.enter_context(plugin.twin(clock, directory)) for kind, plugin in trackers.items() if plugin.twin
        }
        output_twins = {
            kind: stack.enter_context(plugin.twin(clock, directory)) for kind, plugin in outputs.items() if plugin.twin
        }
        # a year is lived in seconds, and no twin minds how many requests come in one of them
        stack.enter_context(patch.object(SystemTimer, "sleep"))
        stack.enter_context(_environment([*tracker_twins.values(), *output_twins.values()]))
        configuration = replace(
            _empty(directory),
            trackers={kind: _configured(kind, trackers[kind], twin, directory) for kind, twin in tracker_twins.items()},
            outputs={kind: _configured(kind, outputs[kind], twin, directory) for kind, twin in output_twins.items()},
        )
        yield FarSide(tracker_twins, output_twins, configuration)


def _environment(twins: Sequence[TrackerTwin | OutputTwin]) -> AbstractContextManager[object]:
    """Put the secrets that the twins' settings refer to into the environment."""
    secrets = {name: value for twin in twins for name, value in twin.environment.items()}
    return patch.dict(os.environ, secrets | {"NO_PROXY": "127.0.0.1,localhost"})


def _empty(directory: Path) -> Configuration:
    return Configuration(
        path=directory / "tracker2invoice.toml",
        directory=directory,
        timezone="Europe/Berlin",
        supplier=SUPPLIER,
        ledger_url=f"sqlite:///{directory}/ledger.db",
        daemon=Daemon(timedelta(minutes=5), "", timedelta(hours=1), "127.0.0.1", 0),
        brake=BRAKE,
        trackers={},
        outputs={},
        clients={CLIENT.id: CLIENT},
        contracts=(),
        warnings=(),
    )


def _configured(
    kind: str, plugin: TrackerPlugin[Any] | OutputPlugin[Any], twin: TrackerTwin | OutputTwin, directory: Path
) -> Configured:
    settings = plugin.settings.model_validate(dict(twin.settings), context=Surroundings(directory))
    return Configured(kind, settings, plugin)
