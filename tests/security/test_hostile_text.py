"""Titles and names that are code somewhere: shown as they are or visibly replaced, and never carried out.

Each goes the whole way, from the tracker to every screen, file and payload, with the PDF rendered at the end.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from lxml import etree

from tracker2invoice.documents.xml import NAMESPACES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.security.conftest import Desk

STEERING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

HOSTILE = {
    "formula": '=HYPERLINK("http://evil.example","pay")',
    "formula behind blanks": " \t =1+1",
    "formula behind a line": "\r\n@SUM(1+1)*cmd|' /C calc'!A0",
    "formula in full width": "\uff1d1+1",
    "formula behind nothing": "\u200b=1+1",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "quotes": 'a","b\r\n"=1+1',
    "escapes": "\x1b[2J\x1b]0;owned\x07\x1b[31mred \x9b2J",
    "direction": "paid \u202e000.81\u2066 \u2067x",
    "null": "De\x00sign",
    "header": "Design\r\nAuthorization: Bearer x\r\n\r\nGET / HTTP/1.1",
    "path": "../../../../etc/passwd",
    "query": "x&Statuses=DELETED#?page=2;--' OR 1=1",
    "markup": '<script>alert(1)</script><a href="javascript:alert(1)">x</a> &amp; ]]>',
    "rich": "[red]x[/red] [link=http://evil.example]y[/link] [/]",
    "typst": '#read("/etc/passwd") #include "x.typ" $x$ *b* _i_ @ref <label> // no /* no */ \\',
    "template": "{{ 7 * 7 }} ${HOME} $(id) `id` %s %n {0.__class__}",
    "long": "Design " + "x" * 100_000,
    "many marks": "Z" + "\u0301" * 5000,
    "nothing": "\u200b\u2060",
}


def close(desk: Desk, title: str) -> int:
    """Let somebody close a milestone of that title, with an issue of that title, assigned to one of that name."""
    hub = desk.stage.github.github
    number = hub.add_milestone("acme/portal", title)
    hub.add_issue("acme/portal", title, number, assignees=(title[:200],))
    desk.configure('milestone = "Design*"', f"milestone = {{ number = {number} }}")
    hub.close_milestone("acme/portal", number)
    return number


def said(desk: Desk, number: int) -> list[Any]:
    """Run everything that shows a milestone, for people and for machines."""
    commands = (
        ("plan", "--out", "plan.json"),
        ("run",),
        ("status",),
        ("explain", "github:acme/portal", number),
        ("plan",),
    )
    answers = [desk.t2i(*command, *more) for command in commands for more in ((), ("--json",))]
    assert {answer.code for answer in answers} <= {0, 3}
    return answers


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_title_is_text_on_every_screen_and_in_every_document(desk: Desk, what: str) -> None:
    desk.configure('formats = ["json", "csv"]', 'formats = ["pdf", "facturx", "json", "csv", "ubl", "cii"]')
    before = {path for path in desk.directory.parent.rglob("*") if "desk" not in path.parts}
    answers = said(desk, close(desk, HOSTILE[what]))
    for answer in answers:
        assert STEERING.findall(answer.out + answer.err) == []
    assert STEERING.findall((desk.directory / "plan.json").read_text()) == []
    (invoice,) = desk.stage.xero.books.invoices
    files = {path.name[16:]: path for path in (desk.directory / "invoices").iterdir()}
    assert set(files) == {".pdf", ".facturx.pdf", ".json", ".csv", ".ubl.xml", ".cii.xml"}
    assert all(re.match(r"T2I-[A-Z2-7]{12}\.", path.name) for path in files.values())
    assert {path for path in desk.directory.parent.rglob("*") if "desk" not in path.parts} == before
    is_harmless_csv(files[".csv"])
    is_harmless_json(files[".json"])
    is_harmless_pdf(files[".pdf"])
    is_harmless_pdf(files[".facturx.pdf"])
    is_harmless_xml(files[".ubl.xml"])
    is_harmless_xml(files[".cii.xml"])
    assert str(invoice.get("Url", "http://")).startswith("http")
    assert desk.t2i("ledger", "verify").code == 0


def is_harmless_csv(path: Path) -> None:
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    assert len(rows) == 2
    for name, cell in zip(*rows, strict=True):
        assert STEERING.findall(cell) == []
        visible = re.sub(r"^[\s\u200b-\u200f\u2060\ufeff]+", "", cell)
        assert not visible.startswith(("=", "@", "\uff1d", "+", "-")), (name, cell)


def is_harmless_json(path: Path) -> None:
    why = json.loads(path.read_text(encoding="utf-8"))["why"]
    assert len(why["milestone_title"]) <= 255
    assert why["milestone_url"].startswith("http")


def is_harmless_xml(path: Path) -> None:
    root = etree.fromstring(path.read_bytes())
    assert root.getroottree().docinfo.doctype == ""
    assert STEERING.findall("".join(root.itertext())) == []
    # of what a title brings in, nothing is an element, a comment or an instruction
    assert {etree.QName(one).namespace for one in root.iter()} <= set(NAMESPACES.values())


def is_harmless_pdf(path: Path) -> None:
    reader = pypdf.PdfReader(path)
    text = "".join(page.extract_text() for page in reader.pages)
    assert "root:" not in text
    assert "49" not in text.split("7 * 7")[-1][:4]
    links = [
        note.get_object().get("/A", {}).get("/URI", "http") for page in reader.pages for note in page.get("/Annots", [])
    ]
    assert all(str(link).startswith("http") for link in links)
    assert not {"/JavaScript", "/JS", "/Launch"} & set(map(str, _catalogue(reader)))


def _catalogue(reader: pypdf.PdfReader) -> Any:
    return reader.trailer["/Root"].get_object()


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "https://a\x1b[2J/", "//x"]
)
def test_an_address_that_is_none_of_the_web_is_no_link(desk: Desk, link: str) -> None:
    truly: Any = desk.stage.github.respond

    def respond(request: Any) -> Any:
        answer = truly(request)
        if not (answer.body and request.path.endswith("/milestones")):
            return answer
        return replace(answer, body=[{**one, "html_url": link} for one in json.loads(answer.body)])

    desk.patch.setattr(desk.stage.github, "respond", respond)
    desk.stage.close("Design")
    for answer in said(desk, 1):
        assert STEERING.findall(answer.out + answer.err) == []
    (invoice,) = desk.stage.xero.books.invoices
    assert "Url" not in invoice


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_comment_accepts_nothing_and_stands_nowhere(desk: Desk, what: str) -> None:
    by_anna = 'accept = { comment = { text = "accepted", by = ["anna"] } }'
    desk.configure("accept = { all_issues_closed = true }", by_anna)
    hub, number = desk.stage.github.github, close(desk, "Design")
    issue = max(hub.repository("acme/portal").issues)
    hub.comment("acme/portal", issue, "anna", f"{HOSTILE[what]}\naccepted")
    hub.comment("acme/portal", issue, HOSTILE[what], "accepted")
    answers = said(desk, number)
    for answer in answers:
        assert STEERING.findall(answer.out + answer.err) == []
    assert "not-accepted" in answers[0].out
    assert HOSTILE[what] not in answers[-1].out
    assert desk.stage.xero.books.invoices == []


@pytest.mark.parametrize("what", HOSTILE)
def test_whoever_sets_a_label_is_told_in_plain_words_and_accepts_nothing(desk: Desk, what: str) -> None:
    by_anna = 'accept = { label = { name = "accepted", by = ["anna"] } }'
    desk.configure("accept = { all_issues_closed = true }", by_anna)
    hub, number = desk.stage.github.github, close(desk, "Design")
    for issue in hub.repository("acme/portal").issues:
        hub.set_label("acme/portal", issue, "accepted", HOSTILE[what])
    answers = said(desk, number)
    for answer in answers:
        assert STEERING.findall(answer.out + answer.err) == []
    assert "not-labelled" in answers[0].out
    assert desk.stage.xero.books.invoices == []


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "acme/../../x", "acme/portal?x=1", "acme/portal\r\nX: y", "acme/%2e%2e", "."]
)
def test_a_project_name_is_no_path_and_no_query(desk: Desk, name: str) -> None:
    desk.configure('projects = ["github:acme/portal"]', f"projects = [{json.dumps('github:' + name)}]")
    desk.stage.github.requests.clear()
    answer = desk.t2i("run")
    assert answer.code in (1, 2)
    assert desk.t2i("check").code in (1, 2)
    assert {request.path for request in desk.stage.github.requests} <= {"/rate_limit", "/user", "/meta", "/"}
