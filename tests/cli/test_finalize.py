"""`finalize`: drafts in folders become invoices with numbers that follow each other."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tracker2invoice.failpoints import Moment, listen
from tracker2invoice.testing.memory_output import Killed

if TYPE_CHECKING:
    from tests.cli.conftest import World


def document(world: World, reference: str) -> Any:
    return json.loads((world.invoices / f"{reference}.json").read_text())


def states(world: World) -> dict[str, str]:
    (contract,) = world.t2i("status", "--json").json["contracts"]
    return {f"{one['document']} {one['output']}": one["state"] for one in contract["documents"]}


def finalized(world: World, reference: str) -> str:
    return world.t2i("finalize", reference).out.strip()


@pytest.fixture
def folder(world: World) -> World:
    """Bill into a folder alone."""
    world.configure('outputs = ["files", "books"]', 'outputs = ["files"]')
    return world


@pytest.fixture
def billed(folder: World) -> tuple[str, str]:
    """Return the references of two bills, in the order of their terms."""
    folder.stage.close("Design")
    folder.stage.close("Beta")
    folder.t2i("run")
    return folder.reference("design"), folder.reference("beta")


def test_numbers_follow_each_other_in_the_order_given(folder: World, billed: tuple[str, str]) -> None:
    design, beta = billed
    answer = folder.t2i("finalize", beta, design, "--json")
    assert (answer.code, answer.json["numbers"]) == (0, {beta: "2026-0001", design: "2026-0002"})
    assert document(folder, design)["number"] == "2026-0002"
    assert states(folder) == {f"{design} files": "sent", f"{beta} files": "sent"}
    assert "2026-0002" in folder.t2i("explain", "github:acme/portal", "Design").out
    assert folder.t2i("ledger", "verify").code == 0


def test_a_number_is_for_good(folder: World, billed: tuple[str, str]) -> None:
    design, beta = billed
    assert finalized(folder, design) == f"{design} is 2026-0001"
    before = document(folder, design)
    assert finalized(folder, design) == f"{design} is 2026-0001"
    assert document(folder, design) == before
    assert finalized(folder, beta) == f"{beta} is 2026-0002"
    assert "0 have changed" in folder.t2i("reconcile").words


def test_nothing_but_the_number_changes(folder: World, billed: tuple[str, str]) -> None:
    design, _ = billed
    before = document(folder, design)
    folder.advance(days=3)
    folder.t2i("finalize", design)
    assert document(folder, design) == before | {"number": "2026-0001"}


def test_an_invoice_with_a_number_is_credited_not_withdrawn(folder: World, billed: tuple[str, str]) -> None:
    design, _ = billed
    folder.t2i("finalize", design)
    answer = folder.t2i("withdraw", design)
    assert (answer.code, "`t2i credit` takes back what was sent" in answer.words) == (2, True)
    folder.t2i("credit", design)
    folder.t2i("run")
    (note,) = (one for one in folder.invoices.glob("*.json") if json.loads(one.read_text())["type_code"] == "381")
    assert [one["number"] for one in document(folder, note.stem)["preceding"]] == ["2026-0001"]
    assert finalized(folder, note.stem) == f"{note.stem} is 2026-0002"


def test_the_pattern_is_the_suppliers_and_goes_on_after_the_last_number_given_elsewhere(
    folder: World, billed: tuple[str, str]
) -> None:
    folder.configure(
        "[supplier]\n", "[supplier]\nnumbers = {pattern = 'RE-{year}-{number:03}', last = 'RE-2026-056'}\n"
    )
    assert finalized(folder, billed[0]) == f"{billed[0]} is RE-2026-057"


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ("{pattern = 'RE-{year}'}", "write {number} once"),
        ("{pattern = '{number}{number}'}", "write {number} once"),
        ("{pattern = '{number!r}'}", "write {number} once"),
        ("{pattern = 'RE/{number}\\n'}", "letters, digits"),
        ("{last = 'RE-56'}", 'must look like "2026-0056"'),
    ],
)
def test_a_pattern_that_makes_no_numbers_is_refused_with_an_example(folder: World, numbers: str, words: str) -> None:
    folder.configure("[supplier]\n", f"[supplier]\nnumbers = {numbers}\n")
    answer = folder.t2i("plan")
    assert answer.code == 2
    assert "[supplier] numbers" in answer.words
    assert words in answer.words


def test_what_is_not_there_is_refused_before_anything_gets_a_number(folder: World, billed: tuple[str, str]) -> None:
    answer = folder.t2i("finalize", billed[0], "T2I-AAAAAAAAAAAA")
    assert (answer.code, "T2I-AAAAAAAAAAAA" in answer.words) == (2, True)
    (folder.invoices / f"{billed[0]}.json").unlink()
    gone = folder.t2i("finalize", billed[0], "--json")
    assert (gone.code, gone.json["numbers"]) == (1, {})
    assert gone.json["against"] == {billed[0]: "no document of it is there"}
    assert finalized(folder, billed[1]) == f"{billed[1]} is 2026-0001"


def test_a_folder_that_the_document_was_moved_out_of_gets_nothing_again(folder: World) -> None:
    folder.configure('outputs = ["files"]', 'outputs = ["files", "archive"]')
    folder.add('outputs.archive = { kind = "files", directory = "archive", formats = ["json"] }')
    folder.stage.close("Design")
    folder.t2i("run")
    design = folder.reference("design")
    (folder.directory / "archive" / f"{design}.json").unlink()
    assert finalized(folder, design) == f"{design} is 2026-0001"
    assert list((folder.directory / "archive").iterdir()) == []
    assert states(folder)[f"{design} archive"] == "deleted"


def test_where_a_platform_numbers_it_that_number_is_taken_once_it_was_sent(world: World) -> None:
    world.stage.close("Design")
    world.t2i("run")
    design = world.reference("design")
    answer = world.t2i("finalize", design)
    assert answer.code == 1
    assert "books numbers it; send it there, then finalize it here" in answer.words
    (invoice,) = world.stage.xero.books.invoices
    world.stage.xero.books.change(str(invoice["InvoiceID"]), {"Status": "AUTHORISED"})
    assert finalized(world, design) == f"{design} is {invoice['InvoiceNumber']}"
    assert document(world, design)["number"] == invoice["InvoiceNumber"]


def test_a_ledger_that_was_restored_gives_no_number_twice(folder: World, billed: tuple[str, str]) -> None:
    design, beta = billed
    backup = folder.directory / "backup.db"
    shutil.copy(folder.database, backup)
    assert finalized(folder, design) == f"{design} is 2026-0001"
    restore(folder.database, backup)
    assert finalized(folder, beta) == f"{beta} is 2026-0002"
    assert finalized(folder, design) == f"{design} is 2026-0001"
    assert {document(folder, one)["number"] for one in billed} == {"2026-0001", "2026-0002"}


def restore(database: Path, backup: Path) -> None:
    for rest in ("-wal", "-shm"):
        database.with_name(database.name + rest).unlink(missing_ok=True)
    shutil.copy(backup, database)


@dataclass(slots=True)
class Killer:
    """Lets the program die at its nth boundary of finalizing; counts them if it never comes to that."""

    at: int
    passed: int = 0

    def __call__(self, name: str, moment: Moment) -> None:
        self.passed += 1
        if self.passed == self.at:
            raise Killed(name, moment)


def finalize_until(world: World, reference: str, step: int) -> int:
    """Let `finalize` die at that boundary; return how many it came to."""
    killer = Killer(step)
    listen(killer)
    try:
        world.t2i("finalize", reference)
    except Killed:
        pass
    finally:
        listen(None)
    return killer.passed


def test_killed_anywhere_it_is_done_again_with_the_same_number_and_no_gap(folder: World) -> None:
    folder.configure('formats = ["json"]', 'formats = ["json", "csv"]')
    folder.stage.close("Design")
    folder.stage.close("Beta")
    folder.t2i("run")
    design, beta = folder.reference("design"), folder.reference("beta")
    backup = folder.directory / "backup"
    shutil.copytree(folder.invoices, backup)
    shutil.copy(folder.database, backup / "ledger.db")
    for step in count(1):
        shutil.rmtree(folder.invoices)
        shutil.copytree(backup, folder.invoices, ignore=shutil.ignore_patterns("ledger.db"))
        restore(folder.database, backup / "ledger.db")
        if finalize_until(folder, design, step) < step:
            assert step > 20
            return
        assert folder.t2i("reconcile").code == 0, step
        assert folder.t2i("run").code == 0, step
        assert finalized(folder, design) == f"{design} is 2026-0001", step
        assert finalized(folder, beta) == f"{beta} is 2026-0002", step
        assert [path.name for path in folder.invoices.iterdir() if path.name.startswith(".")] == [], step
        assert "2026-0001" in (folder.invoices / f"{design}.csv").read_text(), step
