"""The conformance report: which rules of the suites hold for which connector, as a page. A plugin for pytest.

    pytest -p tracker2invoice.testing.report --conformance report.md

It tells of the test classes that inherit a suite and say of which connector they are: `kind = "books"`. Several classes
of one kind, for several settings, share a column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import NamedTuple, cast

import pytest

from tracker2invoice.registry import Group
from tracker2invoice.testing.comment_suite import CommentSuite
from tracker2invoice.testing.label_suite import LabelSuite
from tracker2invoice.testing.output_suite import REFUSED, OutputSuite
from tracker2invoice.testing.tracker_suite import TrackerSuite

SUITES: Mapping[Group, tuple[type, ...]] = {
    "outputs": (OutputSuite,),
    "trackers": (TrackerSuite, CommentSuite, LabelSuite),
}
HOLDS, FAILS = "yes", "fails"
INTRODUCTION = f"""\
# Conformance report

Which rules of the conformance suites (`tracker2invoice.testing`) hold for which connector, each against the far side
that its own tests have: the real system, or a stand-in for it. Written by a run of the suites.

| | |
|---|---|
| `{HOLDS}` | the rule holds |
| `{REFUSED}` | a document that asks for this is refused by name, before anything is sent |
| (1) | the rule does not apply, and the note with this number says why; beside `{HOLDS}`: with some settings |
| `{FAILS}` | the rule is broken |
| | the rule was not tried |
"""


class Case(NamedTuple):
    """A rule (the name of its test), with its parameter if it has any, tried on the connector called `kind`."""

    group: Group
    kind: str
    rule: str
    parameter: str


Seen = Mapping[Case, Collection[str]]
"""What became of each case: `HOLDS`, `FAILS`, `REFUSED`, or the reason why it does not apply."""

SEEN = pytest.StashKey[Seen]()
"""Where the configuration of pytest keeps what was seen so far; workers of pytest-xdist have none."""


def rules(group: Group) -> list[str]:
    """Return the rules of a group in the order in which they stand in the suites."""
    classes = [one for suite in SUITES[group] for one in suite.__mro__]
    return [name for one in classes for name in vars(one) if name.startswith("test_")]


def page(seen: Seen) -> str:
    """Return the report as Markdown: a table for each group, rules down and connectors across, and the notes."""
    told = {outcome for outcomes in seen.values() for outcome in outcomes} - {HOLDS, FAILS, REFUSED}
    notes = {reason: f"({number})" for number, reason in enumerate(sorted(told), 1)}
    lines = [INTRODUCTION]
    for group in SUITES:
        if any(case.group == group for case in seen):
            lines += [*_table(group, seen, notes), ""]
    lines += ["## Notes", "", *(f"{number}. {escape(reason)}" for number, reason in enumerate(notes, 1)), ""]
    return "\n".join(lines)


def _table(group: Group, seen: Seen, notes: Mapping[str, str]) -> Iterator[str]:
    kinds = sorted({case.kind for case in seen if case.group == group})
    yield f"## {group.capitalize()}\n"
    yield f"| rule | {' | '.join(f'`{kind}`' for kind in kinds)} |"
    yield f"|---|{'---|' * len(kinds)}"
    for rule in rules(group):
        tried = {case: seen[case] for case in seen if (case.group, case.rule) == (group, rule)}
        for words, outcomes in _rows(rule, tried):
            told = (sorted((notes.get(one, one) for one in outcomes.get(kind, ())), reverse=True) for kind in kinds)
            yield f"| {words} | {' | '.join(map(' '.join, told))} |"


def _rows(rule: str, seen: Seen) -> Iterator[tuple[str, Mapping[str, Collection[str]]]]:
    """Yield one row for the rule, or one for each parameter if it matters to any connector."""
    words = rule.removeprefix("test_").replace("_", " ").capitalize()
    by_kind = defaultdict[str, list[Collection[str]]](list)
    for case, outcomes in seen.items():
        by_kind[case.kind].append(outcomes)
    if all(outcomes.count(outcomes[0]) == len(outcomes) for outcomes in by_kind.values()):
        yield words, {kind: outcomes[0] for kind, outcomes in by_kind.items()}
        return
    for parameter in sorted({case.parameter for case in seen}):
        safe = escape(parameter).replace("|", "&#124;")
        yield f"{words}: {safe}", {case.kind: seen[case] for case in seen if case.parameter == parameter}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--conformance`."""
    parser.addoption("--conformance", type=Path, metavar="FILE", help="write the conformance report into FILE")


def pytest_configure(config: pytest.Config) -> None:
    """Collect what all tests report, in the one process that hears of all of them."""
    if not hasattr(config, "workerinput"):
        collector = _Collector()
        config.stash[SEEN] = collector.seen
        config.pluginmanager.register(collector)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Note on a test of a suite which case it is; the note goes with its report from a worker, too."""
    if not isinstance(item, pytest.Function) or not isinstance(item.cls, type):
        return
    kind: str = getattr(item.cls, "kind", "")
    for group, suites in SUITES.items():
        if kind and issubclass(item.cls, suites) and item.originalname in rules(group):
            item.user_properties.append(("conformance", (group, kind, item.originalname, _parameter(item))))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the report if it was asked for."""
    file: Path | None = session.config.getoption("conformance")
    if file and SEEN in session.config.stash:
        file.write_text(page(session.config.stash[SEEN]), "utf-8")


def _parameter(item: pytest.Function) -> str:
    """Return what the rule itself is repeated for; fixtures may be repeated, too."""
    given: Mapping[str, object] = item.callspec.params if hasattr(item, "callspec") else {}
    names = (str(mark.args[0]) for mark in item.iter_markers("parametrize"))
    return ", ".join(str(given[name]) for name in names if name in given)


class _Collector:
    def __init__(self) -> None:
        self.seen = defaultdict[Case, set[str]](set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        noted = dict(report.user_properties).get("conformance")
        if noted and (report.when == "call" or not report.passed):
            self.seen[Case(*cast("tuple[Group, str, str, str]", noted))].add(_outcome(report))


def _outcome(report: pytest.TestReport) -> str:
    if isinstance(report.longrepr, tuple):
        _, _, reason = report.longrepr
        return reason.removeprefix("Skipped: ")
    return HOLDS if report.passed else FAILS
