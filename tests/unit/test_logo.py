"""A logo stands on every document, in its box, and no file that claims to be one can do anything else."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import PIL.Image
import pypdf
import pytest
from pypdf.generic import DictionaryObject
from tests.archived import faults
from tests.einvoice.test_facturx import EN16931

from tracker2invoice.configfile import load
from tracker2invoice.documents.facturx import render_facturx
from tracker2invoice.documents.logo import LARGEST, as_svg
from tracker2invoice.documents.pdf import render_pdf, render_statement_pdf
from tracker2invoice.documents.trial import refusal
from tracker2invoice.errors import ConfigInvalid, Problem
from tracker2invoice.mapping.statement import opening
from tracker2invoice.model.look import Look
from tracker2invoice.testing.samples import NOW, sample_contract, sample_draft

SHAPES = '<rect width="100" height="40" fill="#0b5a6b"/><circle cx="80" cy="20" r="15" fill="#fff" fill-opacity="0.5"/>'
OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
BOX = (60 * 72 / 25.4, 20 * 72 / 25.4)


def svg(inside: str = SHAPES, size: str = 'viewBox="0 0 100 40"', before: str = "") -> bytes:
    return f'<?xml version="1.0"?>{before}{OPEN} {size}>{inside}</svg>'.encode()


def pixels(kind: Literal["PNG", "JPEG"], size: tuple[int, int] = (300, 120), mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    PIL.Image.new(mode, size, 120).save(file, kind)
    return file.getvalue()


LOGOS = {
    "SVG": svg(),
    "wide": svg(size='viewBox="0 0 3000 40"'),
    "tall": svg(size='viewBox="0 0 100 3000"'),
    "small": svg(size='width="3" height="1" viewBox="0 0 100 40"'),
    "PNG": pixels("PNG"),
    "PNG that one can see through": pixels("PNG", mode="LA"),
    "JPEG": pixels("JPEG"),
    "large JPEG": pixels("JPEG", (2000, 2000)),
    "of a drawing program": svg(
        '<style>.a{fill:url(#g)}</style><linearGradient id="g"><stop stop-color="red"/></linearGradient>'
        f'<a xlink:href="https://northwind.example">{SHAPES}</a><rect class="a" width="9" height="9"/>'
        f'<image width="9" height="9" xlink:href="data:image/png;base64,{base64.b64encode(pixels("PNG")).decode()}"/>',
        before='<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">',
    ),
}


def look(logo: bytes) -> Look:
    return Look(as_svg(logo))


def figures(pdf: bytes) -> list[tuple[str, float, float]]:
    """Return what each picture is called for those who hear the page, and its width and height in points."""
    return [(name, right - left, top - bottom) for name, (left, bottom, right, top) in boxes(pdf)]


def boxes(pdf: bytes) -> list[tuple[str, tuple[float, ...]]]:
    """Return what each picture is called, and its left, bottom, right and top in points."""
    catalog: Any = pypdf.PdfReader(io.BytesIO(pdf)).trailer["/Root"]
    return [
        (str(element["/Alt"]), tuple(map(float, element["/A"][0]["/BBox"])))
        for element in elements(catalog["/StructTreeRoot"])
        if element.get("/S") == "/Figure"
    ]


def elements(parent: Any) -> Iterator[Any]:
    """Yield the elements of a tagged page, each before those in it."""
    yield parent
    below = parent.get("/K", [])
    for child in [below] if isinstance(below, DictionaryObject) else list(below):
        if isinstance(one := child.get_object(), DictionaryObject):
            yield from elements(one)


def logos(pdf: bytes) -> list[tuple[str, float, float]]:
    return [one for one in figures(pdf) if one[0] == "Northwind Software GmbH"]


@pytest.mark.parametrize("name", LOGOS)
def test_every_logo_stays_in_its_box_and_the_page_can_be_archived_and_read_aloud(name: str) -> None:
    pdf = render_pdf(sample_draft(), look=look(LOGOS[name]))
    assert faults(pdf) == []
    [(_, width, height)] = logos(pdf)
    assert width == pytest.approx(BOX[0], abs=0.1) or height == pytest.approx(BOX[1], abs=0.1)
    assert width < BOX[0] + 0.1
    assert height < BOX[1] + 0.1


def test_without_a_logo_the_name_stands_in_its_place() -> None:
    def count(pdf: bytes) -> int:
        return pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text().count("Northwind Software GmbH")

    assert logos(render_pdf(sample_draft())) == []
    assert count(render_pdf(sample_draft())) == count(render_pdf(sample_draft(), look=look(LOGOS["SVG"]))) + 1


def test_the_same_logo_gives_the_same_bytes_and_another_one_others() -> None:
    first = render_pdf(sample_draft(), look=look(LOGOS["PNG"]))
    assert render_pdf(sample_draft(), look=look(LOGOS["JPEG"])) != first
    assert render_pdf(sample_draft(), look=look(LOGOS["PNG"])) == first


def test_a_long_title_goes_over_two_lines_beside_a_wide_logo() -> None:
    draft = sample_draft()
    pdf = render_pdf(
        replace(draft, type_code="381", client=replace(draft.client, languages=("de",))), look=look(LOGOS["wide"])
    )
    assert logos(pdf)[0][1] == pytest.approx(BOX[0], abs=0.1)
    lines = [line.strip() for line in pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text().splitlines()]
    assert {"Entwurf einer", "Rechnungskorrektur"} <= {*lines}


def test_the_logo_stands_on_the_electronic_invoice_and_the_statement_too() -> None:
    facturx = render_facturx(sample_draft(), EN16931, look=look(LOGOS["PNG"]))
    contract = sample_contract()
    statement = render_statement_pdf(contract, [opening(contract, NOW.date())], look(LOGOS["PNG"]))
    for pdf in (facturx, statement):
        assert len(logos(pdf)) == 1
        assert faults(pdf) == []


LINKS, SCRIPTS, TOO_MUCH = "links to other files", "scripts", "20000 shapes"
OTHER = "it is no SVG, PNG or JPEG"


def of_parts(levels: int) -> str:
    """Return parts of which each uses the one before ten times."""
    first = '<g id="a0"><rect width="1" height="1"/></g>'
    others = (f'<g id="a{n}">' + f'<use xlink:href="#a{n - 1}"/>' * 10 + "</g>" for n in range(1, levels))
    return f'<defs>{first}{"".join(others)}</defs><use href="#a{levels - 1}"/>'


def of_patterns(levels: int, *, styled: bool = False) -> str:
    def painted(number: int) -> str:
        return f'class="c{number}"' if styled else f'fill="url(#p{number})"'

    rules = "".join(f".c{number}{{fill:url(#p{number})}}" for number in range(levels))
    parts = (f'<pattern id="p{n}">' + f"<rect {painted(n - 1)}/>" * 10 + "</pattern>" for n in range(levels))
    return f"<style>{rules if styled else ''}</style>{''.join(parts)}<rect {painted(levels - 1)}/>"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (svg("<script>alert(1)</script>"), SCRIPTS),
        (svg('<rect onload="alert(1)"/>'), SCRIPTS),
        (svg('<image href="file:///etc/passwd"/>'), LINKS),
        (svg('<image xlink:href="http://127.0.0.1:9/x.png"/>'), LINKS),
        (svg('<image href="secret.png"/>'), LINKS),
        (svg('<image href="data:image/svg+xml;base64,PHN2Zy8+"/>'), LINKS),
        (svg('<use href="other.svg#part"/>'), LINKS),
        (svg('<rect fill="url(http://127.0.0.1:9/#g)"/>'), LINKS),
        (svg("<rect style=\"fill: url( 'other.svg#g' )\"/>"), LINKS),
        (svg("<style>@import 'other.css';</style>"), LINKS),
        (svg("<style><![CDATA[rect { fill: url(other.svg#g) }]]></style>"), LINKS),
        (svg("<text>Northwind</text>"), "turn it into paths"),
        (svg("<foreignObject/>"), "parts that are not SVG"),
        (svg('<rect id="&a;"/>', before='<!DOCTYPE svg [<!ENTITY a "b">]>'), "entities"),
        (svg("&a;", before='<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>'), "entities"),
        (svg(of_parts(9)), TOO_MUCH),
        (svg(of_patterns(9)), TOO_MUCH),
        (svg(of_patterns(9, styled=True)), TOO_MUCH),
        (svg('<g id="a"><use href="#a"/></g>'), TOO_MUCH),
        (svg('<image href="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA//8AAP//"/>'), "million pixels"),
        (svg('<image href="data:image/png;base64,x"/>'), "damaged"),
        (pixels("PNG")[:20], "damaged"),
        (b"\xff\xd8\xff1234", "damaged"),
        (pixels("PNG", (2001, 2000)), "million pixels"),
        (b"", OTHER),
        (b"GIF89a", OTHER),
        (b"%PDF-1.7", OTHER),
        (b"<html/>", OTHER),
        (b"<svg/>", OTHER),
    ],
)
def test_what_is_more_than_a_picture_is_refused_with_the_reason_and_at_once(content: bytes, words: str) -> None:
    begun = time.process_time()
    with pytest.raises(ValueError, match=words):
        as_svg(content)
    assert time.process_time() - begun < 1


def test_entities_that_grow_without_end_are_refused() -> None:
    entities = "".join(f'<!ENTITY e{n} "' + f"&e{n - 1};" * 10 + '">' for n in range(1, 12))
    with pytest.raises(ValueError, match="SVG"):
        as_svg(svg('<rect id="&e11;"/>', before=f'<!DOCTYPE svg [<!ENTITY e0 "x">{entities}]>'))


def configured(folder: Path, line: str) -> Path:
    good = (Path(__file__).parent / "configuration" / "good.toml").read_text()
    path = folder / "tracker2invoice.toml"
    path.write_text(good.replace("[supplier]\n", f"[supplier]\n{line}\n"))
    return path


def problems(folder: Path, line: str) -> Sequence[Problem]:
    with pytest.raises(ConfigInvalid) as caught:
        load(configured(folder, line))
    return caught.value.problems


@pytest.mark.usefixtures("strangers_connectors")
def test_a_logo_counts_from_the_folder_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "brand").mkdir()
    (tmp_path / "brand" / "logo.svg").write_bytes(LOGOS["SVG"])
    assert load(configured(tmp_path, 'logo = "brand/logo.svg"')).look == look(LOGOS["SVG"])


@pytest.mark.usefixtures("strangers_connectors")
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.svg", None, "the file cannot be read: No such file or directory"),
        ("large.png", b"x" * (LARGEST + 1), "the file cannot be read: larger than 256 kB"),
        ("~nobody-of-this-name/logo.svg", None, "nobody knows whose home the path counts from"),
        (".", None, "the file cannot be read: Is a directory"),
        ("logo.gif", b"GIF89a", OTHER),
        ("a\\u0000b", None, "embedded null byte"),
    ],
)
def test_a_logo_that_cannot_be_used_is_named_by_file_section_and_key(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    [problem] = problems(tmp_path, f'logo = "{name}"')
    assert problem == Problem(str(tmp_path / "tracker2invoice.toml"), "supplier", "logo", words)


@pytest.mark.parametrize(("name", "damage"), [("PNG", 60), ("JPEG", None)])
def test_what_the_renderer_does_not_take_is_known_before_anything_is_billed(name: str, damage: int | None) -> None:
    spoilt = pixels("JPEG", mode="CMYK") if damage is None else LOGOS[name][:damage]
    assert refusal(look(LOGOS[name])) == ""
    assert refusal(look(spoilt)).startswith("supplier.logo: ")
