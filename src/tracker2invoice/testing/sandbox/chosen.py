"""A rehearsal with any connectors that are installed: their stand-ins, a contract, and what people do to both.

It knows no connector: each declares a twin, or cannot be rehearsed with.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from tracker2invoice.model.claim import DocumentState
from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.rehearsal import PROJECT, WORK, configuration
from tracker2invoice.testing.twins import OutputTwin, TrackerTwin

T = TypeVar("T")

DONE_THERE: Sequence[DocumentState] = ("sent", "paid", "void", "deleted")
DEEDS = f"close TITLE, reopen TITLE, {', '.join(f'{state} REFERENCE' for state in DONE_THERE)}"
"""What can be done there, as a person writes it."""


Start = Callable[[Clock, Path], AbstractContextManager[T]]
"""Starts a twin, as a plugin declares it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The running stand-ins, those of outputs by kind. `environment` is what the secrets of `config` refer to."""

    config: Path
    environment: Mapping[str, str]
    tracker: TrackerTwin
    outputs: Mapping[str, OutputTwin]
    project: str
    milestones: Mapping[str, int]

    def act(self, line: str) -> bool:
        """Do what a person does there, such as `close Design` or `paid T2I-…`; say whether it was understood."""
        deed, _, subject = line.strip().partition(" ")
        if deed in ("close", "reopen") and subject in self.milestones:
            act = self.tracker.close if deed == "close" else self.tracker.reopen
            act(self.project, self.milestones[subject])
            return True
        with_it = [one for one in self.outputs.values() if subject in {booked.reference for booked in one.documents()}]
        if deed not in DONE_THERE or not with_it:
            return False
        for one in with_it:
            one.change(subject, cast("DocumentState", deed))
        return True


@contextmanager
def chosen(
    directory: Path, clock: Clock, tracker: tuple[str, Start[TrackerTwin]], outputs: Mapping[str, Start[OutputTwin]]
) -> Generator[Chosen]:
    """Start the stand-ins with three milestones full of finished work, and write `tracker2invoice.toml` there.

    Raises:
        OSError: the folder cannot be written.
    """
    kind, start = tracker
    with ExitStack() as stack:
        far_tracker = stack.enter_context(start(clock, directory))
        twins = {one: stack.enter_context(begin(clock, directory)) for one, begin in outputs.items()}
        project = far_tracker.add_project(PROJECT)
        milestones = {title: _filled(far_tracker, project, title) for title in WORK}
        config = directory / "tracker2invoice.toml"
        sections = {one: {"kind": one, **twin.settings} for one, twin in twins.items()}
        clients = {one: twin.client for one, twin in twins.items()}
        text = configuration({"kind": kind, **far_tracker.settings}, sections, clients, clock)
        config.write_text(text, encoding="utf-8")
        environment = dict(far_tracker.environment)
        for twin in twins.values():
            environment |= twin.environment
        yield Chosen(config, environment, far_tracker, twins, project, milestones)


def _filled(tracker: TrackerTwin, project: str, title: str) -> int:
    number = tracker.add_milestone(project, title)
    for task in WORK[title]:
        tracker.add_issue(project, number, task)
    return number
