"""A contract whose issues the client accepts by a label, told with the command line, in each tracker.

10000.00 EUR net, once anna or ben of the client has set the label "accepted" on every finished issue.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.scenarios.test_accepted_by_comment import DESKS, Story

from tracker2invoice.cli.main import main


@pytest.mark.parametrize("kind", DESKS)
def test_what_anna_has_labelled_is_billed_once_and_stays_proved(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    story = Story(monkeypatch, tmp_path, datetime(2026, 3, 2, 8, tzinfo=UTC))
    with DESKS[kind](lambda: story.now) as desk:
        story.configure(kind, desk, '{ label = { name = "accepted", by = ["anna", "ben"] } }')
        assert story.run() == ("none", "not-closed")

        story.at(3, 8)
        desk.close()
        assert story.run() == ("none", "not-labelled")

        story.at(4, 8)
        desk.label("mallory")
        (planned,) = story.t2i("plan")["actions"]
        assert planned["reason"].endswith(f"{desk.item} 'Log in' (set by mallory)")
        assert story.run() == ("none", "not-labelled")

        story.at(5, 8)
        desk.unlabel()
        desk.label("anna")
        (planned,) = story.t2i("plan")["actions"]
        assert story.run() == ("bill", "accepted")

        story.at(6, 8)
        desk.unlabel()
        assert story.run() == ("none", "already-billed")
        (document,) = story.documents()
        assert document["accepted_by"] == planned["accepted_by"]
        (evidence,) = document["accepted_by"]
        assert document["totals"]["net"] == "10000.00"
        assert (evidence["login"], evidence["at"]) == ("anna", "2026-03-05T08:00:00Z")
        assert (evidence["label"], evidence["item"]) == ("accepted", desk.item)
        assert evidence["url"].startswith(desk.url)
        told = story.t2i("explain", f"{kind}:{desk.project}", "Design")
        assert told["accepted_by"] == {document["reference"]: [evidence]}
        said = CliRunner().invoke(main, ["explain", f"{kind}:{desk.project}", "Design"]).output
        assert "label" in said.partition("accepted by")[2]
