"""The supplier's own template: what it changes, what it leaves, and what it cannot do."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest
from tests.archived import faults
from tests.unit.test_logo import LOGOS, configured, figures, problems

from tracker2invoice.configfile import load
from tracker2invoice.documents.glyphs import FONTS
from tracker2invoice.documents.logo import as_svg
from tracker2invoice.documents.pdf import render_pdf
from tracker2invoice.documents.trial import refusal, samples
from tracker2invoice.errors import Problem
from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.look import Look, Template
from tracker2invoice.testing.samples import sample_draft

PAGE = Path(__file__).parents[2] / "docs" / "pdf.md"
COLOURS, PARAGRAPH = re.findall(r"^```typst\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
PACKAGES = "it takes packages from the network; put what it needs into the file"
BLOCKS = (
    *("background", "head", "parties", "facts", "lines", "tax", "totals"),
    *("preceding", "payment", "note", "annex", "foot"),
)


def look(text: str, folder: Path = FONTS) -> Look:
    return Look(template=Template(str(folder), "own.typ", text))


def text_of(draft: Draft, dressed: Look) -> str:
    text = "\n".join(one.extract_text() for one in opened(render_pdf(draft, look=dressed)).pages)
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def opened(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf))


def test_colours_fonts_and_foot_of_the_first_example_stand_on_the_page_and_nothing_else_changes() -> None:
    pdf = render_pdf(sample_draft(), look=look(COLOURS))
    assert faults(pdf) == []
    page = opened(pdf).pages[0]
    assert b"LibertinusSerif" in pdf
    content = page.get_contents()
    assert content is not None
    assert b"0.47843137 0.12156863 0.23921569" in content.get_data()
    shown, plain = text_of(sample_draft(), look(COLOURS)), text_of(sample_draft(), Look())
    foot = "Northwind Software GmbH · Board: Ann Smith · Berlin HRB 123456 · page 1"
    assert shown.replace(foot, "") == plain.replace("Northwind Software GmbH T2I-NVXPN6BMSHNR 1 / 1", "")


def test_the_second_example_adds_a_paragraph_and_keeps_the_rest() -> None:
    draft = sample_draft(deliverables=())
    assert faults(render_pdf(draft, look=look(PARAGRAPH))) == []
    shown = text_of(draft, look(PARAGRAPH))
    added = "New account. From March on our bank is another one. Please pay EUR 21,420.00 to the account above"
    assert shown.index("DE02 1203") < shown.index(added)
    assert re.sub(r"New account\. .* and to no other\. ", "", shown) == text_of(draft, Look())


@pytest.mark.parametrize("name", BLOCKS)
def test_every_block_can_be_laid_out_in_another_way(name: str) -> None:
    assert refusal(look(f"#let {name}(ours, data) = ours")) == ""
    title = "heading(level: 1)[Invoice]" if name == "head" else "none"
    own = look(f"#let {name}(ours, data) = {{ {title}; place[in its place] }}")
    assert any("in its place" in text_of(draft, own) for draft in samples())


def test_every_name_that_the_page_about_templates_lists_is_one() -> None:
    listed = re.findall(r"^\| (`.*?) \|", PAGE.read_text(), re.MULTILINE)
    names = {name for row in listed for name in re.findall(r"`(\w+)`", row)} | {"tax", "totals"}
    assert names == {*BLOCKS, "accent", "ink", "muted", "rule", "tint", "fonts"}


def test_a_block_that_has_nothing_to_say_is_not_asked() -> None:
    credit = replace(sample_draft(deliverables=()), type_code="381")
    never = "#let preceding(ours, data) = panic()\n#let annex(ours, data) = panic()\n#let note(ours, data) = panic()"
    assert render_pdf(credit, look=look(never)) == render_pdf(credit)


def test_a_preview_stays_marked_whatever_the_template_says() -> None:
    bare = look("#let background(ours, data) = none\n#let head(ours, data) = heading(level: 1)[Invoice]")
    pdf = render_pdf(sample_draft(), planned=True, look=bare)
    assert "Preview" in opened(pdf).pages[0].extract_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#let accent = acent", "unknown variable: acent (own.typ, line 1)"),
        ("\n\n#let foot(ours, data) = {", "unclosed delimiter (own.typ, line 3)"),
        ("#let foot(ours, data) = [\n#data.supplier.nmae]", 'dictionary does not contain key "nmae" (own.typ, line 2)'),
        ('\n#let head(ours, data) = image("x.svg")', "file not found (searched at {folder}/x.svg) (own.typ, line 2)"),
        ('#let fonts = ("No Such Font",)', "unknown font family: no such font"),
        ("#let accent = 5", "expected color, gradient, tiling, or none, found integer (tracker2invoice/invoice.typ)"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(text: str, words: str, tmp_path: Path) -> None:
    told = re.sub(r"(tracker2invoice/\S+), line \d+", r"\1", refusal(look(text, tmp_path)))
    assert told == f"supplier.template: {words.format(folder=tmp_path)}"


def test_a_template_that_is_called_like_our_own_file_is_told_from_it(tmp_path: Path) -> None:
    template = Template(str(tmp_path), "invoice.typ", "\n#let foot(ours, data) = data.nmae")
    assert refusal(Look(template=template)).endswith("(invoice.typ, line 2)")
    assert "(tracker2invoice/invoice.typ, " in refusal(Look(template=replace(template, text="#let accent = 5")))


def test_a_template_that_fails_for_credit_notes_alone_is_known_too() -> None:
    assert "line 1" in refusal(look("#let totals(ours, data) = data.dates.at(2).first().first()"))


def test_a_picture_without_words_for_those_who_hear_the_page_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stamp.svg").write_bytes(LOGOS["SVG"])
    assert refusal(look('#let facts(ours, data) = image("stamp.svg", alt: "Stamp")', tmp_path)) == ""
    assert "alt" in refusal(look('#let facts(ours, data) = image("stamp.svg")', tmp_path))


def test_a_template_reads_its_own_folder_and_no_other_file(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (tmp_path / "secret.txt").write_text("hunter2")
    (own / "terms.txt").write_text("Terms of 2026")
    assert "Terms of 2026" in text_of(sample_draft(), look('#let foot(ours, data) = read("terms.txt")', own))
    for path in ("../secret.txt", "/../secret.txt", "/etc/hostname", str(tmp_path / "secret.txt")):
        assert refusal(look(f'#let foot(ours, data) = read("{path}")', own)), path


def test_the_day_of_today_is_that_of_the_invoice() -> None:
    assert "on 2026-03-02" in text_of(sample_draft(), look("#let foot(ours, data) = [on #datetime.today().display()]"))


def test_the_same_template_gives_the_same_bytes_also_after_another_one() -> None:
    first = render_pdf(sample_draft(), look=look(COLOURS))
    assert render_pdf(sample_draft(), look=look(PARAGRAPH)) != first
    assert render_pdf(sample_draft(), look=Look()) == render_pdf(sample_draft())
    assert render_pdf(sample_draft(), look=look(COLOURS)) == first


def test_a_logo_goes_with_a_template() -> None:
    assert len(figures(render_pdf(sample_draft(), look=replace(look(COLOURS), logo=as_svg(LOGOS["SVG"]))))) == 2


def test_a_font_beside_the_template_is_used(tmp_path: Path) -> None:
    (tmp_path / "fonts").mkdir()
    noto = (FONTS / "NotoSansHebrew_400Regular.ttf").read_bytes()
    renamed = noto.replace("Noto Sans Hebrew".encode("utf-16-be"), "Nota Sans Hebrew".encode("utf-16-be"))
    (tmp_path / "fonts" / "own.ttf").write_bytes(renamed)
    assert refusal(look('#let fonts = ("Nota Sans Hebrew",)', tmp_path)) == ""


@pytest.mark.usefixtures("strangers_connectors")
def test_a_template_counts_from_the_folder_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "brand").mkdir()
    (tmp_path / "brand" / "own.typ").write_text(COLOURS)
    loaded = load(configured(tmp_path, 'template = "brand/own.typ"')).look
    assert loaded == look(COLOURS, tmp_path / "brand")
    assert refusal(loaded) == ""


@pytest.mark.usefixtures("strangers_connectors")
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.typ", None, "the file cannot be read: No such file or directory"),
        ("own.html", b"", "a template is a file for typst, whose name ends with .typ"),
        ("own.typ", b"\xff", "the file is not in UTF-8"),
        ("own.typ", b"x" * 300_000, "the file cannot be read: larger than 256 kB"),
        ("own.typ", b'#import "@preview/cades:0.3.0"', PACKAGES),
    ],
)
def test_a_template_that_cannot_be_used_is_named_by_file_section_and_key(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    [problem] = problems(tmp_path, f'template = "{name}"')
    assert problem == Problem(str(tmp_path / "tracker2invoice.toml"), "supplier", "template", words)
