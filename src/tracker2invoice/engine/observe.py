"""Poll the trackers and store what was seen. A failed poll is never an empty poll: it changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tracker2invoice.engine.follow import follow
from tracker2invoice.engine.guard import failure, guarded
from tracker2invoice.engine.house import House
from tracker2invoice.errors import BadAnswer, Stop, Tracker2InvoiceError
from tracker2invoice.failpoints import failpoint
from tracker2invoice.model.label import is_pattern, spelt_out
from tracker2invoice.plugins import Failed, Observed, PollResult, ProjectCursor, Tracker, Unchanged


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that did not work, and what it was about: a project or all under a name, an output, a reference."""

    subject: str
    error: Tracker2InvoiceError


def observe(house: House, progress: Callable[[int], None] = lambda _: None) -> tuple[Trouble, ...]:
    """Poll every project of every contract once; return what failed.

    `progress` is called with 1 after each project.

    Raises:
        Stop: the ledger cannot be written.
    """
    troubles: list[Trouble] = []
    for tracker_name, labels in _labels_by_tracker(house).items():
        try:
            tracker = house.tracker(tracker_name)
        except Tracker2InvoiceError as error:
            troubles.extend(_all_failed(house, spelt_out(labels, house.ledger.projects()), error))
            progress(len(labels))
            continue
        troubles.extend(_follow(house, tracker, filter(is_pattern, labels)))
        single = [label for label in spelt_out(labels, house.ledger.projects()) if not is_pattern(label)]
        troubles.extend(_pin(house, tracker, single))
        troubles.extend(_poll(house, tracker, single, progress))
    return tuple(troubles)


def _labels_by_tracker(house: House) -> Mapping[str, tuple[str, ...]]:
    labels = dict.fromkeys(label for contract in house.configuration.contracts for label in contract.projects)
    grouped: dict[str, tuple[str, ...]] = {}
    for label in labels:
        tracker_name = label.partition(":")[0]
        grouped[tracker_name] = (*grouped.get(tracker_name, ()), label)
    return grouped


def _all_failed(house: House, labels: Iterable[str], error: Tracker2InvoiceError) -> Iterable[Trouble]:
    pinned = house.ledger.projects()
    for label in labels:
        if project := pinned.get(label):
            house.ledger.record_failed(project.tracker, project.id, type(error).__name__)
        yield Trouble(label, error)


def _follow(house: House, tracker: Tracker, patterns: Iterable[str]) -> Iterable[Trouble]:
    for pattern in patterns:
        try:
            follow(house, tracker, pattern)
        except Stop:
            raise
        except Tracker2InvoiceError as error:
            yield Trouble(pattern, error)


def _pin(house: House, tracker: Tracker, labels: Iterable[str]) -> Iterable[Trouble]:
    pinned = house.ledger.projects()
    for label in labels:
        if label in pinned:
            continue
        try:
            with guarded(label.partition(":")[0]), failpoint("tracker.find-project"):
                project = tracker.find_project(label.partition(":")[2])
        except Tracker2InvoiceError as error:
            yield Trouble(label, error)
        else:
            house.ledger.pin_project(label, project)


def _poll(house: House, tracker: Tracker, labels: Iterable[str], progress: Callable[[int], None]) -> Iterable[Trouble]:
    pinned = house.ledger.projects()
    by_id = {pinned[label].id: label for label in labels if label in pinned}
    name = next((pinned[label].tracker for label in labels if label in pinned), "")
    known = house.ledger.cursors(name)
    asked = {project_id: ProjectCursor(project_id, known.get(project_id)) for project_id in by_id}
    unchanged: list[Unchanged] = []
    for result in _results(tracker, name, list(asked.values())):
        project_id = _project_id(result)
        progress(1)
        match result:
            case Observed():
                house.ledger.record_observed(result, asked[project_id])
            case Unchanged():
                unchanged.append(result)
            case Failed():
                house.ledger.record_failed(name, project_id, _words(result.error))
                yield Trouble(by_id[project_id], result.error)
    if unchanged:
        house.ledger.record_unchanged(name, unchanged)


def _results(tracker: Tracker, name: str, cursors: Sequence[ProjectCursor]) -> Iterator[PollResult]:
    """Yield one result for each project that was asked about, whatever the connector does."""
    unheard = {one.project_id for one in cursors}
    error = BadAnswer(name, "the connector gave no result for this project")
    try:
        with failpoint("tracker.poll"):
            for result in tracker.poll(cursors):
                if _project_id(result) in unheard:
                    unheard.discard(_project_id(result))
                    yield result
    except Exception as unexpected:  # noqa: BLE001  a connector is anybody's code
        error = BadAnswer(name, failure(unexpected))
    yield from (Failed(project_id, error) for project_id in sorted(unheard))


def _project_id(result: PollResult) -> str:
    return result.project.id if isinstance(result, Observed) else result.project_id


def _words(error: Tracker2InvoiceError) -> str:
    return f"{type(error).__name__}: {error}"
