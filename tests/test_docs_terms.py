"""The page about payment terms: every amount in its tables is what comes out, and every option is explained.

A block of TOML is a part of a contract, the table after it what happens. What a row says in words is done: a milestone
is closed, issues or points are closed, hours are worked, somebody writes a comment, sets a label or certifies a
percentage, a release is approved. Then the row's bills must come out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from tests.unit.deals import Books, milestones, parts

from tracker2invoice.config import terms
from tracker2invoice.config.agreements import contract_of, faults
from tracker2invoice.mapping.actions import Action
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.term import base_term
from tracker2invoice.model.work import Comment, Labelling, TimeEntry, Work, WorkItem
from tracker2invoice.settings import ContractSettings
from tracker2invoice.testing.samples import CLIENT, SUPPLIER

CLIENTS = {"acme": CLIENT}

PAGE = (Path(__file__).parent.parent / "docs" / "terms.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```toml run\n(.*?)^```\n\n((?:\|[^\n]*\n)+)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| (\d{4}-\d\d-\d\d) \| (.*?) ?\| (.*?) ?\| (.*?) ?\|$", re.MULTILINE)
TITLE = re.compile(r'"([^"]+)"(?: is closed|:)')
BILL = re.compile(r"`([\w-]+)` (-?\d+\.\d\d)")
WAITS = re.compile(r"nothing, `([a-z-]+)`")
PART = re.compile(r"([a-z-]+) (-?\d+\.\d\d)")

COMMON = """
id = "sample"
client = "acme"
projects = ["github:acme/portal"]
start = 2026-01-01
currency = "EUR"
due = "30 days"
outputs = ["files"]
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: what happens on a day, what is billed then, why not, and what the bill is made of."""

    day: date
    story: str
    bills: list[tuple[str, str]]
    waits: list[str]
    made_of: list[tuple[str, str]]


def rows(table: str) -> list[Row]:
    return [
        Row(date.fromisoformat(day), story, BILL.findall(bills), WAITS.findall(bills), PART.findall(made_of))
        for day, story, bills, made_of in ROW.findall(table)
    ]


@dataclass(slots=True)
class Tale:
    """A contract of the page and its milestones, as a table tells about them."""

    books: Books
    seen: dict[str, Milestone]
    work: dict[str, Work] = field(default_factory=dict[str, Work])

    def happen(self, row: Row) -> list[Action]:
        """Do what the row says, and return what is done and left undone that day."""
        self.books.now = datetime.combine(row.day, time(12), UTC)
        self._count(row)
        for title in re.findall(r'"([^"]+)" is closed', row.story):
            self.seen[title] = replace(
                self.seen[title], state="closed", closed_at=self.books.now, updated_at=self.books.now
            )
            self._add(title, [])
        actions = self._run()
        for term in re.findall(r"`([\w-]+)` is approved", row.story):
            self.books.approve(actions[term].reference)
            actions = self._run()
        return list(actions.values())

    def _run(self) -> dict[str, Action]:
        return self.books.run(tuple(self.seen.values()), self.work)

    def _count(self, row: Row) -> None:
        for title, done, total, what in re.findall(r'"([^"]+)": (\d+) of (\d+) (issues|points)', row.story):
            self._progress(title, int(done), int(total), what)
        for title, count, label in re.findall(r'"([^"]+)": (\d+) closed issues with "(\w+)"', row.story):
            self._add(title, [WorkItem(str(number), "", closed=True, labels=(label,)) for number in range(int(count))])
        for who, percent, term in re.findall(r"(\w+) certifies ([\d.]+) % of `([\w-]+)`", row.story):
            self.books.certify(term, percent, who)
        for author, text, title in re.findall(r'(\w+) writes "([^"]+)" in "([^"]+)"', row.story):
            self._add(title, [WorkItem(author, "", closed=True, comments=(Comment(author, self.books.now, text, ""),))])
        for person, number, title, label in re.findall(
            r'(\w+) labels issue (\d+) of "([^"]+)" with "([^"]+)"', row.story
        ):
            self._label(person, int(number), title, label)
        for title, hours in re.findall(r'"([^"]+)": ((?:\w+ \d+ h(?:, )?)+)', row.story):
            worked = re.findall(r"(\w+) (\d+) h", hours)
            entries = tuple(TimeEntry(person, row.day, Decimal(number)) for person, number in worked)
            self._add(title, [WorkItem(str(row.day), "", closed=False, time=entries)])

    def _progress(self, title: str, done: int, total: int, what: str) -> None:
        self.seen[title] = replace(self.seen[title], closed_items=done, open_items=total - done)
        key = self.seen[title].key
        if what == "points":
            pair = ((done, True), (total - done, False))
            self.work[key] = tuple(
                WorkItem(str(number), "", closed=closed, points=Decimal(points))
                for number, (points, closed) in enumerate(pair)
            )
        else:
            self.work[key] = tuple(WorkItem(str(number), "", closed=number < done) for number in range(total))

    def _label(self, person: str, number: int, title: str, label: str) -> None:
        items = list(self.work[self.seen[title].key])
        one = items[number - 1]
        set_by = (*one.labellings, Labelling(label, person, self.books.now, ""))
        items[number - 1] = replace(one, labels=(label,), labellings=set_by)
        self.work[self.seen[title].key] = tuple(items)

    def _add(self, title: str, items: list[WorkItem]) -> None:
        key = self.seen[title].key
        self.work[key] = (*self.work.get(key, ()), *items)


def tale(toml: str, table: str) -> Tale:
    settings = ContractSettings.model_validate({"tax": {"category": "S", "rate": "19"}} | tomllib.loads(COMMON + toml))
    assert list(faults(settings)) == []
    titles = dict.fromkeys(TITLE.findall(table))
    books = Books(contract_of(settings, CLIENTS, SUPPLIER, "Europe/Berlin"))
    opened = (replace(one, open_items=0, closed_items=0) for one in milestones([], titles))
    return Tale(books, {one.title: one for one in opened})


def examples() -> Iterator[tuple[str, str, str]]:
    """Yield the heading, the contract and the table of each example."""
    for section in re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:]:
        heading = section.partition("\n")[0]
        yield from ((heading, toml, table) for toml, table in BLOCK.findall(section))


EXAMPLES = tuple(examples())


@pytest.mark.parametrize(("toml", "table"), [one[1:] for one in EXAMPLES], ids=[one[0] for one in EXAMPLES])
def test_the_amounts_of_the_page_are_what_comes_out(toml: str, table: str) -> None:
    told = tale(toml, table)
    for row in rows(table):
        actions = told.happen(row)
        bills = [action for action in actions if action.kind == "bill"]
        assert [(base_term(one.term), str(one.amount and one.amount.amount)) for one in bills] == row.bills, row
        assert not row.made_of or [part for bill in bills for part in parts(bill)] == row.made_of, row
        assert {one.reason.code for one in actions} >= set(row.waits), row


def test_no_example_of_the_page_is_left_out() -> None:
    assert len(EXAMPLES) == PAGE.count("```toml run") > 15
    assert sum(len(rows(table)) for _, _, table in EXAMPLES) == len(re.findall(r"^\| 2", PAGE, re.MULTILINE))


def test_the_page_explains_every_option_of_terms_and_conditions() -> None:
    models = [one for one in vars(terms).values() if isinstance(one, type) and issubclass(one, BaseModel)]
    options: set[str] = {found.alias or name for model in models for name, found in model.model_fields.items()}
    assert sorted(name for name in options if not re.search(rf"\b{name}\b", PAGE)) == []


def test_a_wrong_amount_would_be_seen() -> None:
    toml: Any = 'price = "100.00"\nterms = [{ id = "a", milestone = "A", percent = "100" }]'
    (row,) = rows('| 2026-02-01 | "A" is closed | `a` 100.01 | |')
    (bill,) = tale(toml, row.story).happen(row)
    assert [(bill.term, str(bill.amount and bill.amount.amount))] != row.bills
