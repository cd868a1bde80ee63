"""A disk that is full or read-only at any moment of a run: it stops in words, and goes on when that is over."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.engine.conftest import Clock
from tests.storage.identity import Identity, chain
from tests.storage.limits import file_size_limit
from tests.storage.recovery import settle
from tests.storage.restoring import LEDGER, image_of, outcome, resumed
from tests.storage.story import FOLDER, Workshop

from tracker2invoice.errors import StorageFailed

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

FRAME = 24 + 4096


def is_stopped(workshop: Workshop) -> bool:
    """Run; say whether the storage failed, at the ledger or at an output."""
    try:
        report = workshop.run()
    except StorageFailed:
        return True
    return any(isinstance(trouble.error, StorageFailed) for trouble in report.troubles)


def is_made_good(workshop: Workshop) -> bool:
    """Run on until nothing is left to do; say whether the one thing there is was billed once, in both outputs."""
    settle(workshop)
    found = outcome(workshop)
    complete = len(workshop.books.entries) == 1 and len(found.files) == 2 and found.faults == 0
    return complete and found.states == frozenset({"delivered"})


@pytest.fixture
def closed(workshop: Workshop) -> Workshop:
    """A ledger that has seen nothing but an open milestone, which was closed since."""
    workshop.milestone("Design")
    workshop.run()
    workshop.projects.close(workshop.project, 1)
    return workshop


def test_a_disk_that_is_full_at_any_write_loses_nothing_and_doubles_nothing(closed: Workshop) -> None:
    image = image_of(closed.directory)
    stopped: list[bool] = []
    for size in range(100, 100 * FRAME, 3 * FRAME):
        with resumed(image, closed.world) as workshop:
            with file_size_limit(size):
                stopped.append(is_stopped(workshop))
            assert is_made_good(workshop), size
    assert sum(stopped) > 5
    assert not stopped[-1]


@pytest.fixture
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk of one megabyte."""
    folder = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk, and not in every container")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_without_space_is_named_and_the_run_goes_on_when_there_is_space(small_disk: Path) -> None:
    stopped: list[bool] = []
    for free in range(0, 600, 40):
        directory = small_disk / "work"
        directory.mkdir()
        workshop = Workshop(directory, Clock())
        workshop.close("Design")
        filler = small_disk / "filler"
        filler.write_bytes(bytes((1000 - free) * 1024))
        stopped.append(is_stopped(workshop))
        filler.unlink()
        assert is_made_good(workshop), free
        subprocess.run(["rm", "-r", str(directory)], check=True)
    assert stopped[0]
    assert len(set(stopped)) == 2


def test_a_full_disk_leaves_the_tokens_that_are_there(tmp_path: Path, clock: FrozenClock) -> None:
    grant = chain(Identity(clock), tmp_path)
    grant.tokens("")
    before = grant.store.path.read_bytes()
    with file_size_limit(10), pytest.raises(StorageFailed):
        grant.tokens("")
    assert grant.store.path.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


@pytest.fixture
def for_all() -> Iterator[Workshop]:
    """A workshop where the user nobody may work, too: permissions mean nothing to root."""
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(Path(folder).resolve(), Clock())
        workshop.milestone("Design")
        workshop.run()
        (workshop.directory / FOLDER).mkdir(parents=True)
        yield workshop


def set_modes(directory: Path, *, writable: bool, what: Callable[[Path], bool]) -> None:
    for path in (directory, *directory.rglob("*")):
        bits = 0o222 if writable or not what(path) else 0
        path.chmod((0o555 if path.is_dir() else 0o444) | bits)


@contextmanager
def as_nobody() -> Generator[None]:
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def is_ledger(path: Path) -> bool:
    return path.name.startswith(LEDGER)


def is_folder_of_invoices(path: Path) -> bool:
    return path.name == FOLDER.name


def is_anything(_: Path) -> bool:
    return True


@pytest.mark.parametrize("what", [is_ledger, is_folder_of_invoices, is_anything])
def test_what_cannot_be_written_is_named_and_the_run_goes_on_when_it_can(
    for_all: Workshop, what: Callable[[Path], bool]
) -> None:
    for_all.projects.close(for_all.project, 1)
    set_modes(for_all.directory, writable=False, what=what)
    with as_nobody():
        assert is_stopped(for_all)
        assert for_all.files == {}
    set_modes(for_all.directory, writable=True, what=what)
    with as_nobody():
        assert is_made_good(for_all)


def test_nothing_is_sent_while_the_ledger_cannot_be_written(for_all: Workshop) -> None:
    for_all.projects.close(for_all.project, 1)
    set_modes(for_all.directory, writable=False, what=lambda path: path.parent == for_all.directory)
    with as_nobody(), pytest.raises(StorageFailed) as failed:
        for_all.run()
    assert failed.value.path.startswith(str(for_all.directory))
    assert for_all.books.entries == []
