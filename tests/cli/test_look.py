"""The look of documents from the command line: what is wrong with it is said before anything is billed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.unit.test_logo import LOGOS, logos

if TYPE_CHECKING:
    from tests.cli.conftest import World


@pytest.fixture
def dressed(world: World) -> World:
    """Return a world with a logo and a milestone to be billed."""
    (world.directory / "logo.png").write_bytes(LOGOS["PNG"])
    world.configure("[supplier]\n", '[supplier]\nlogo = "logo.png"\n')
    world.stage.close("Design")
    return world


def test_what_is_delivered_a_preview_a_statement_and_evidence_bear_the_logo(dressed: World) -> None:
    dressed.configure('formats = ["json"]', 'formats = ["json", "pdf"]')
    reference = dressed.reference("design")
    assert dressed.t2i("preview", reference, "--out", "preview.pdf").code == 0
    assert dressed.t2i("run").code == 0
    assert dressed.t2i("statement", "acme-portal", "--out", "statement.pdf").code == 0
    assert dressed.t2i("evidence", reference).code == 0
    beside = [dressed.directory.parent / name for name in ("preview.pdf", "statement.pdf", f"{reference}.evidence.pdf")]
    for path in (dressed.invoices / f"{reference}.pdf", *beside):
        assert len(logos(path.read_bytes())) == 1, path


def test_check_tries_the_logo_on_a_sample(dressed: World) -> None:
    findings = dressed.t2i("check", "--json").json["findings"]
    assert {"ok": True, "where": "configuration", "what": "the look of a sample invoice", "next_step": ""} in findings


def test_with_a_logo_that_cannot_be_drawn_nothing_is_billed_and_check_names_the_setting(dressed: World) -> None:
    (dressed.directory / "logo.png").write_bytes(LOGOS["PNG"][:60])
    answer = dressed.t2i("check", "--json")
    assert answer.code == 1
    [failed] = [one for one in answer.json["findings"] if not one["ok"]]
    assert failed["next_step"].startswith("correct supplier.logo: ")
    [action] = [one for one in dressed.t2i("plan", "--json").json["actions"] if one["term"] == "design"]
    assert (action["action"], action["reason"][:29]) == ("hold", "details-missing: supplier.log")
    assert dressed.t2i("run").code == 3
    assert list(dressed.invoices.glob("*")) == []


def test_with_a_mistake_in_the_template_nothing_is_billed_and_check_names_file_and_line(dressed: World) -> None:
    template = dressed.directory / "own.typ"
    template.write_text("#let foot(ours, data) = [\n#data.nmae]")
    dressed.configure("[supplier]\n", '[supplier]\ntemplate = "own.typ"\n')
    [failed] = [one for one in dressed.t2i("check", "--json").json["findings"] if not one["ok"]]
    words = 'supplier.template: dictionary does not contain key "nmae" (own.typ, line 2)'
    assert (failed["where"], failed["next_step"]) == ("configuration", f"correct {words}")
    assert dressed.t2i("run").code == 3
    assert list(dressed.invoices.glob("*")) == []
    template.write_text("#let foot(ours, data) = [\n#data.name]")
    assert dressed.t2i("check").code == 0
    assert dressed.t2i("run").code == 0


def test_with_a_file_that_is_no_logo_no_command_begins_and_the_setting_is_named(dressed: World) -> None:
    (dressed.directory / "logo.png").write_bytes(b"GIF89a")
    for command in ("check", "run"):
        answer = dressed.t2i(command)
        assert answer.code == 2
        assert "supplier" in answer.words
        assert "logo" in answer.words
        assert "it is no SVG, PNG or JPEG" in answer.words
    assert list(dressed.invoices.glob("*")) == []
