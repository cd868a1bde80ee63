"""`t2i validate`: says what is wrong with files, needs no configuration, and does not pass for an authority."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.einvoice.scenarios import SCENARIOS

from tracker2invoice.documents.document import render_document
from tracker2invoice.documents.profiles import PROFILES
from tracker2invoice.documents.ubl import render_ubl
from tracker2invoice.testing.samples import sample_draft

if TYPE_CHECKING:
    from tests.cli.conftest import T2i, World


@pytest.fixture
def right(tmp_path: Path) -> Path:
    path = tmp_path / "right.json"
    path.write_bytes(render_document(sample_draft()))
    return path


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.xml"
    document = render_ubl(sample_draft(), PROFILES["en16931"])
    path.write_bytes(document.replace(b">21420.00</cbc:PayableAmount>", b">21420.01</cbc:PayableAmount>"))
    return path


def test_a_file_that_is_right_is_said_to_be_and_by_whom_that_is_decided(t2i: T2i, right: Path) -> None:
    answer = t2i("validate", right)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith(f"{right}: json, nothing found wrong\n")
    assert "no official validation" in answer.out
    assert "KoSIT validator" in answer.out
    assert "Schematron of EN 16931" in answer.out


def test_what_is_wrong_is_said_with_term_rule_and_place(t2i: T2i, right: Path, wrong: Path) -> None:
    answer = t2i("validate", right, wrong)
    assert answer.code == 1
    assert "nothing found wrong" in answer.out
    assert "it is 21420.01, and the total less what was paid (BT-112, BT-113, BT-114) comes to 21420.00" in answer.words
    assert "(BT-115, BR-CO-16)" in answer.out


def test_what_official_rules_only_warn_of_leaves_a_file_valid(t2i: T2i, tmp_path: Path) -> None:
    advance = tmp_path / "advance.xml"
    advance.write_bytes(render_ubl(SCENARIOS["a deposit"].drafts()[0], PROFILES["xrechnung"]))
    answer = t2i("validate", advance)
    assert answer.code == 0
    assert "ubl xrechnung, nothing found wrong, 1 warning" in answer.words
    assert "documents of this type are not usual in Germany (BT-3, BR-DE-17)" in answer.words
    [file] = t2i("validate", advance, "--json").json["files"]
    assert (file["valid"], [one["warning"] for one in file["faults"]]) == (True, [True])


def test_the_json_has_its_promised_shape(t2i: T2i, right: Path, wrong: Path) -> None:
    answer = t2i("validate", right, wrong, "--json")
    first, second = answer.json["files"]
    assert first == {"file": str(right), "kind": "json", "profile": None, "valid": True, "faults": []}
    assert (second["kind"], second["profile"], second["valid"]) == ("ubl", "en16931", False)
    found = next(one for one in second["faults"] if one["rule"] == "BR-CO-16")
    assert list(found) == ["rule", "terms", "place", "message", "warning"]
    assert found["warning"] is False
    assert found["terms"] == ["BT-115"]
    assert "no official validation" in answer.json["notice"]


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_judged(t2i: T2i, tmp_path: Path, right: Path) -> None:
    large = tmp_path / "large.xml"
    with large.open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    answer = t2i("validate", tmp_path / "missing.xml", tmp_path, large, right)
    assert answer.code == 1
    for words in ("No such file", "Is a directory", "larger than 16 MB", "nothing found wrong"):
        assert words in answer.out


def test_a_hostile_name_steers_no_terminal(t2i: T2i, tmp_path: Path) -> None:
    hostile = tmp_path / "a\x1b[31m\u202e.xml"
    hostile.write_bytes(b"<a/>")
    answer = t2i("validate", hostile)
    assert (answer.code, "\x1b" in answer.out, "\u202e" in answer.out) == (1, False, False)


def test_every_file_that_a_run_writes_is_found_right(world: World) -> None:
    world.configure('formats = ["json"]', 'formats = ["pdf", "facturx", "ubl", "cii", "json", "csv"]')
    world.stage.close("Design")
    world.t2i("run")
    electronic = [path for path in world.invoices.iterdir() if path.suffixes != [".pdf"]]
    answer = world.t2i("validate", *electronic, "--json")
    assert (answer.code, len(answer.json["files"])) == (0, 5)
    assert {one["kind"] for one in answer.json["files"]} == {"facturx", "ubl", "cii", "json", "csv"}
