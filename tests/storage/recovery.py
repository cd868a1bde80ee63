"""Takes a contract's life up again after a power cut, and says whether something was lost, doubled or wrong."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from tests.engine.conftest import Clock
from tests.memory import folder_in_memory
from tests.storage.power import Event, Image, aftermaths
from tests.storage.recorder import write_image
from tests.storage.story import TERMS, Workshop, World, recorded_life

from tracker2invoice.documents.document import render_document
from tracker2invoice.documents.table import render_table
from tracker2invoice.engine.house import House
from tracker2invoice.errors import Stop
from tracker2invoice.ledger.verify import verify
from tracker2invoice.model.claim import Claim

Files = Mapping[str, bytes]
"""What is in the folder of the invoices, by name."""

HOURS = (0, 0, 2, 2, 2, 2)
"""How long to wait before each run: twice at once, then until everything has become visible and may be tried again."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came out wrong when a life was taken up again; nothing if all is empty."""

    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """How many different states were tried, in how many something was lost, doubled or wrong, and what it was."""

    states: int
    lost: int
    doubled: int
    wrong: int
    seconds: float
    found: tuple[str, ...]

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.states + other.states,
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.wrong + other.wrong,
            max(self.seconds, other.seconds),
            self.found + other.found,
        )

    def __str__(self) -> str:
        return (
            f"states {self.states}  lost {self.lost}  doubled {self.doubled}  wrong {self.wrong}  "
            f"seconds {self.seconds:.0f}"
        )


def try_all(log: Sequence[Event], *, at: Container[int], draws: int, seed: int) -> Tally:
    """Cut the power after the events chosen, take the life up again from each different state that this may leave."""
    began = time.monotonic()
    verdicts: dict[bytes, Verdict] = {}
    for image, state in aftermaths(log, draws=draws, seed=seed, at=at):
        world = cast("World | None", state)
        key = hashlib.sha256(repr((sorted(image.items()), world)).encode()).digest()
        if world and key not in verdicts:
            verdicts[key] = take_up(image, world)
    return Tally(
        states=len(verdicts),
        lost=sum(bool(one.lost) for one in verdicts.values()),
        doubled=sum(bool(one.doubled) for one in verdicts.values()),
        wrong=sum(bool(one.wrong) for one in verdicts.values()),
        seconds=time.monotonic() - began,
        found=tuple(sorted({str(one) for one in verdicts.values() if one != Verdict()})),
    )


def try_share(number: int, *, of: int, draws: int, seed: int, every: int) -> Tally:
    """Live the life, and try what the process of that number, of several, has to try."""
    with tempfile.TemporaryDirectory() as folder:
        log = recorded_life(Path(folder)).log
    first, last = (len(log) * part // of for part in (number, number + 1))
    return try_all(log, at=range(first, last, every), draws=draws, seed=seed)


def take_up(image: Image, world: World) -> Verdict:
    """Start on the disk as it is in the world as it is, and run until quiet."""
    with folder_in_memory() as name:
        directory = Path(name)
        write_image(directory, image)
        workshop = Workshop(directory, Clock())
        workshop.world = world
        try:
            at_once = tuple(look_at_once(workshop))
            settle(workshop)
            return judge(workshop, at_once)
        except Stop as error:
            return Verdict(wrong=(f"{type(error).__name__}: {error}",))


def look_at_once(workshop: Workshop) -> Iterator[str]:
    """Say what is wrong before anything was done about it."""
    with workshop.house() as house:
        yield from faults(house)
        yield from (
            f"{entry.draft.reference} is in the books, the ledger does not know that it was sent"
            for entry in workshop.books.entries
            if not is_intended(house.ledger.claim(entry.draft.reference), "books", entry.payload)
        )
        yield from strange_files(house, {name: data for name, data in workshop.files.items() if name[0] != "."})


def faults(house: House) -> Iterator[str]:
    return (f"{fault.table} {fault.row}: {fault.detail}" for fault in verify(house.ledger))


def is_intended(claim: Claim | None, output: str, payload: bytes | None = None) -> bool:
    """Say whether the ledger knows that a document was about to be sent, and as which request."""
    deliveries = claim.deliveries if claim else ()
    return any(
        one.output == output and one.state != "pending" and one.payload and payload in (None, one.payload)
        for one in deliveries
    )


def strange_files(house: House, files: Files) -> Iterator[str]:
    """Name the files that the ledger knows nothing of, or that are not as they were claimed."""
    renderers = {".json": render_document, ".csv": render_table}
    for name, content in files.items():
        path = Path(name)
        if not is_intended(house.ledger.claim(path.stem), "files"):
            yield f"{name} is in the folder, the ledger does not know that it was sent"
        elif content != renderers[path.suffix](house.ledger.draft(path.stem)):
            yield f"{name} is not what was claimed"


def settle(workshop: Workshop) -> None:
    """Run until there is nothing left to do."""
    for hours in HOURS:
        workshop.clock.advance(hours=hours, seconds=1)
        report = workshop.run()
        states = {one.state for claim in report.claims.values() for one in claim.deliveries}
        if hours and not report.troubles and states <= {"delivered"}:
            return


def judge(workshop: Workshop, at_once: Sequence[str]) -> Verdict:
    """Compare the books and the folder with what the tracker and the ledger say."""
    entries, files = workshop.books.entries, workshop.files
    documents = Counter(entry.draft.why.term for entry in entries)
    closed = {TERMS[one.title] for one in workshop.world.milestones.values() if one.state == "closed"}
    with workshop.house() as house:
        claims = house.ledger.claims()
        wrong = (*at_once, *faults(house), *strange_files(house, files), *unlike_the_claims(workshop, house))
    filed = {one.term for one in claims if {f"{one.reference}.json", f"{one.reference}.csv"} <= files.keys()}
    return Verdict(
        lost=tuple(sorted((closed | {claim.term for claim in claims}) - (documents.keys() & filed))),
        doubled=tuple(term for term, count in documents.items() if count > 1),
        wrong=wrong,
    )


def unlike_the_claims(workshop: Workshop, house: House) -> Iterator[str]:
    """Name what did not arrive, and what in the books is not as it was claimed."""
    claims = house.ledger.claims()
    for claim in claims:
        yield from (f"{claim.term} {one.output} is {one.state}" for one in claim.deliveries if one.state != "delivered")
    drafts = [house.ledger.draft(claim.reference) for claim in claims]
    for entry in workshop.books.entries:
        if entry.draft not in drafts or entry.gross != entry.draft.totals.gross:
            yield f"{entry.draft.reference} in the books is not what was claimed"
