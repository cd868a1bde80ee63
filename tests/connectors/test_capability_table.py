"""The page about outputs says of each what its connector declares, and each declares what the suites saw of it.

What they saw stands in the conformance report, which a whole run of the tests holds against itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta

import pytest
from tests.conftest import CONFORMANCE

from tracker2invoice.plugins import Capabilities, Proof
from tracker2invoice.registry import Group, installed, load_output, load_tracker
from tracker2invoice.testing.report import HOLDS

PAGE = CONFORMANCE.with_name("outputs.md")

SHOWN_BY = {
    "draft_state": "A new document waits for a person",
    "key_lifetime": "The same key and bytes make one document",
    "unique_reference": "The output itself makes no second document with one reference",
    "pins_client": "A client that is not pinned is rejected",
    "negative_lines": "Every amount of a bill counts or is refused by name: a deposit drawn down",
    "credit_notes": "A credit note has the positive amounts of its draft",
    "attachments": "An answer lost while attaching leaves one attachment in the end",
    "withdraws": "A draft is withdrawn and doing it again changes nothing",
    "finalizes": "A finalized document has its number for good and is no draft any more",
    "creates_clients": "A client who is not there is created found and invoiced",
}
"""Which rule of the suite an output keeps only if it has the capability."""

COUNTED_BY = {
    "comments": "A comment has its author instant and address",
    "labellings": "A labelling has its person instant and the address of the item",
}
"""The same for what a tracker counts."""


def row(kind: str, able: Capabilities, proof: Proof) -> str:
    """Return the line of the table that a connector's declaration makes."""
    cells = (
        able.draft_state,
        _for_how_long(able.key_lifetime),
        able.unique_reference,
        able.pins_client,
        able.negative_lines,
        able.credit_notes,
        able.attachments,
        able.creates_clients,
        able.withdraws,
    )
    told = (cell if isinstance(cell, str) else "yes" if cell else "no" for cell in cells)
    return f"| [`{kind}`](connectors/{kind}.md) | {' | '.join(told)} | {proof} |"


def _for_how_long(lifetime: timedelta | None) -> str:
    if lifetime is None:
        return "no"
    hours, minutes = divmod(int(lifetime.total_seconds()) // 60, 60)
    return f"{hours} h" if hours else f"{minutes} min"


def test_the_table_of_outputs_has_a_line_for_each_that_is_installed_as_it_declares() -> None:
    plugins = {one.kind: load_output(one.kind) for one in installed("outputs")}
    wanted = [row(kind, plugin.capabilities, plugin.proof) for kind, plugin in plugins.items()]
    assert [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| [")] == wanted


def test_every_output_has_a_page() -> None:
    pages = {path.stem for path in (PAGE.parent / "connectors").glob("*.md")}
    assert {one.kind for one in installed("outputs")} <= pages


def seen(group: Group) -> Mapping[str, Mapping[str, str]]:
    """Return the cells of the report: connectors by rule."""
    _, _, table = CONFORMANCE.read_text("utf-8").partition(f"## {group.capitalize()}\n\n")
    lines = table.partition("\n\n")[0].splitlines()
    (_, *kinds), _, *rows = ([cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines)
    return {rule: dict(zip(kinds, cells, strict=True)) for rule, *cells in rows}


def holding(group: Group, rule: str) -> set[str]:
    """Return the connectors that keep the rule with some settings at least."""
    table = seen(group)
    cells = table.get(rule) or table[rule.partition(":")[0]]
    return {kind for kind, cell in cells.items() if cell.startswith(HOLDS)}


@pytest.mark.parametrize("group", ["outputs", "trackers"])
def test_every_rule_was_tried_on_every_connector(group: Group) -> None:
    kinds = {one.kind for one in installed(group)}
    for rule, cells in seen(group).items():
        assert {kind for kind, cell in cells.items() if cell} == kinds, rule


@pytest.mark.parametrize(("capability", "rule"), SHOWN_BY.items())
def test_an_output_declares_what_the_suite_saw_and_nothing_else(capability: str, rule: str) -> None:
    plugins = {one.kind: load_output(one.kind) for one in installed("outputs")}
    assert {kind for kind, one in plugins.items() if getattr(one.capabilities, capability)} == holding("outputs", rule)


def test_every_capability_that_an_output_has_or_lacks_is_shown_by_a_rule() -> None:
    others = {"settle", "numbers", "finds_together"}
    assert {field.name for field in fields(Capabilities)} - SHOWN_BY.keys() == others


@pytest.mark.parametrize(("counted", "rule"), COUNTED_BY.items())
def test_a_tracker_counts_what_the_suite_saw_and_nothing_else(counted: str, rule: str) -> None:
    plugins = {one.kind: load_tracker(one.kind) for one in installed("trackers")}
    assert {kind for kind, one in plugins.items() if counted in one.counts} == holding("trackers", rule)
