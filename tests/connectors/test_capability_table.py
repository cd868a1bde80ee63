"""The page about outputs says of each what its connector declares, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tracker2invoice.plugins import Capabilities, Proof
from tracker2invoice.registry import installed, load_output

PAGE = Path(__file__).parents[2] / "docs" / "outputs.md"


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
