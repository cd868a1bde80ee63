"""Programs that are broken on purpose: a proof that finds nothing wrong must be able to find them.

Each is a change to the running program, made in the process under test, and the trials that must notice it.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import requests
from requests.adapters import HTTPAdapter
from tests.crash.matrix import FIRST
from tests.crash.proxy import Fault
from tests.crash.scenarios import SCENARIOS
from tests.crash.stage import Set
from tests.crash.trial import Trial

from tracker2invoice.engine import courier, deliver
from tracker2invoice.engine.courier import Courier
from tracker2invoice.errors import Rejected, Unclear
from tracker2invoice.ledger import claimed, observed
from tracker2invoice.ledger.journal import Pen
from tracker2invoice.ledger.store import Ledger
from tracker2invoice.mapping import allocate
from tracker2invoice.model.claim import Delivery, Receipt

Change = Callable[[], object]


def nothing(*_: object) -> None:
    """Do nothing, or say no."""


def no_lock() -> None:
    """Nobody keeps anybody out of an output."""

    def open_to_all(*_: object) -> AbstractContextManager[None]:
        return nullcontext()

    patch.object(Ledger, "lock", open_to_all).start()


def no_look() -> None:
    """Nothing is looked up before it is created."""
    guarded = Courier._guarded

    def blind(courier: Courier, port: Any, call: Callable[[], Any]) -> Any:
        return () if port == "find" else guarded(courier, port, call)

    patch.object(Courier, "_guarded", blind).start()


def a_key_per_try() -> None:
    """Each try has another idempotency key."""
    numbers = itertools.count()

    def fresh(delivery: Delivery) -> str:
        return f"{delivery.reference}|{delivery.sent_at}|{next(numbers)}"

    patch.object(courier, "idempotency_key", fresh).start()


def sent_before_it_is_stored() -> None:
    """A request leaves and nothing on disk says so."""
    save = Ledger.save_delivery

    def silent(ledger: Ledger, delivery: Delivery, event: str) -> None:
        if event != "sending":
            save(ledger, delivery, event)

    patch.object(Ledger, "save_delivery", silent).start()


def delivered_before_it_is_sent() -> None:
    """The delivery is called done, then the request leaves."""
    send = Courier._send

    def hasty(courier: Courier, delivery: Delivery, *arguments: Any, **options: Any) -> None:
        done = replace(delivery, state="delivered", receipt=Receipt("?", "", "", "draft"))
        courier._ledger.save_delivery(done, "delivered")
        send(courier, delivery, *arguments, **options)

    patch.object(Courier, "_send", hasty).start()


def the_claim_before_its_deliveries() -> None:
    """Claim and deliveries are two transactions."""
    insert, late = claimed._insert_deliveries, list[Any]()

    def write(ledger: Ledger, claim: Any, draft: Any) -> bool:
        with ledger._writing("claim") as (connection, pen):
            new = claimed.write(connection, pen, claim, draft.to_bytes())
        with ledger._writing("deliveries") as (connection, _):
            insert(connection, late)
            late.clear()
        return new

    def put_off(_: object, deliveries: Sequence[Delivery]) -> None:
        late.extend(deliveries)

    patch.object(claimed, "_insert_deliveries", put_off).start()
    patch.object(Ledger, "write_claim", write).start()


def the_cursor_before_the_milestones() -> None:
    """Where the next poll starts is stored before what this one saw."""
    record = Ledger.record_observed

    def hasty(ledger: Ledger, reading: Any) -> Any:
        with ledger._writing("cursor") as (connection, _):
            project = reading.project
            observed.record_poll(connection, ledger.clock, project.tracker, project.id, reading.cursor)
        return record(ledger, reading)

    patch.object(Ledger, "record_observed", hasty).start()


def the_journal_apart() -> None:
    """A row and its journal entry are two transactions."""
    save = Ledger.save_delivery

    def torn(ledger: Ledger, delivery: Delivery, event: str) -> None:
        with (
            patch.object(Pen, "write", nothing),
            ledger._writing(f"delivery-{event}") as (connection, pen),
        ):
            claimed.save_delivery(connection, pen, delivery, event)
        save(ledger, delivery, event)

    patch.object(Ledger, "save_delivery", torn).start()


def files_in_place() -> None:
    """Files are written where they belong, without a temporary name."""
    from tracker2invoice import durable

    def direct(directory: Path, name: str) -> Path:
        return directory / name

    patch.object(durable, "_temporary", direct).start()
    patch.object(durable, "is_unfinished", nothing).start()
    patch("tracker2invoice_files.output.is_unfinished", nothing).start()


def tokens_kept_in_mind() -> None:
    """A new refresh token is used and not stored."""
    patch("tracker2invoice.oauth.tokens.publish", nothing).start()


def a_new_attempt_after_doubt() -> None:
    """Whatever got no clear answer is started anew, with a new key."""

    def anew(courier: Courier, delivery: Delivery, draft: Any) -> None:
        courier._start_attempt(replace(delivery, attempt=delivery.attempt + 1, payload=None), draft)

    patch.object(Courier, "_after_unclear", anew).start()


def the_http_client_tries_again() -> None:
    """The HTTP library sends a write again by itself."""
    send = HTTPAdapter.send

    def stubborn(*arguments: Any, **options: Any) -> requests.Response:
        try:
            return send(*arguments, **options)
        except requests.ConnectionError:
            if arguments[1].body:
                arguments[1].body.seek(0)
            return send(*arguments, **options)

    patch.object(HTTPAdapter, "send", stubborn).start()


def doubt_is_refusal() -> None:
    """An unclear answer counts as a refusal."""
    guarded = Courier._guarded

    def certain(courier: Courier, port: Any, call: Callable[[], Any]) -> Any:
        try:
            return guarded(courier, port, call)
        except Unclear as error:
            raise Rejected(error.system, error.detail) from error

    patch.object(Courier, "_guarded", certain).start()


def what_was_under_way_is_forgotten() -> None:
    """Only what was never tried is delivered."""
    due = deliver._due

    def fresh(*arguments: Any) -> list[Delivery]:
        return [one for one in due(*arguments) if one.state == "pending"]

    patch.object(deliver, "_due", fresh).start()


def the_last_cent_is_dropped() -> None:
    """Shares are rounded down and the rest is nobody's."""

    def nobody(*_: object) -> frozenset[str]:
        return frozenset()

    patch.object(allocate, "_largest_remainders", nobody).start()


def the_first_failure_ends_it() -> None:
    """A delivery that was postponed is called done."""
    save = Ledger.save_delivery

    def content(ledger: Ledger, delivery: Delivery, event: str) -> None:
        done = replace(delivery, state="delivered", receipt=Receipt("?", "", "", "draft"))
        save(ledger, done if event == "postponed" else delivery, event)

    patch.object(Ledger, "save_delivery", content).start()


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change and the trials of which at least one must go wrong with it; without it all go well."""

    change: Change
    trials: tuple[Trial, ...]

    @property
    def name(self) -> str:
        """What the change is called."""
        return self.change.__name__


XERO, KEYLESS = Set("github", (("xero", ""),)), Set("github", (("xero", ""),), keys=False)
FILES = Set("github", (("files", ""),))
CREATING = (3, 4)
"""The numbers of these requests in the first story: after a token and a look, one invoice and the other."""
LIFE = next(one for one in SCENARIOS if one.name == "life")


def _faulty(chosen: Set, *faults: Fault) -> tuple[Trial, ...]:
    """Return the trials in which one of the requests that create an invoice meets the fault."""
    return tuple(Trial(chosen, FIRST, (("xero", number, fault),)) for fault in faults for number in CREATING)


def _stale_and_killed() -> tuple[Trial, ...]:
    """Return the trials in which a list does not show the document yet, and nobody knows that it was doubtful."""
    kill = (0, ("ledger.delivery-unclear", "before", 1, "kill"))
    return tuple(replace(trial, stops=(kill,)) for trial in _faulty(XERO, "stale"))


def _stopped(chosen: Set, how: str, *boundaries: tuple[str, str]) -> tuple[Trial, ...]:
    return tuple(Trial(chosen, FIRST, (), ((0, (name, moment, 1, how)),)) for name, moment in boundaries)


MUTATIONS_AND_TRIALS: Sequence[Mutation] = (
    Mutation(no_lock, _stopped(KEYLESS, "pause", ("output.find", "after"), ("ledger.delivery-sending", "before"))),
    Mutation(no_look, _stopped(KEYLESS, "kill", ("request.xero.PUT", "after"))),
    Mutation(a_key_per_try, _stale_and_killed()),
    Mutation(sent_before_it_is_stored, _stopped(XERO, "kill", ("request.xero.PUT", "after"))),
    Mutation(delivered_before_it_is_sent, _stopped(XERO, "kill", ("output.create", "before"))),
    Mutation(the_claim_before_its_deliveries, _stopped(XERO, "kill", ("ledger.claim", "after"))),
    Mutation(the_cursor_before_the_milestones, _stopped(XERO, "kill", ("ledger.cursor", "after"))),
    Mutation(the_journal_apart, _stopped(XERO, "kill", ("ledger.delivery-sending", "after"))),
    Mutation(files_in_place, _stopped(FILES, "kill", ("file.write", "after"), ("file.sync", "before"))),
    Mutation(tokens_kept_in_mind, (Trial(XERO, LIFE),)),
    Mutation(a_new_attempt_after_doubt, _stale_and_killed()),
    Mutation(the_http_client_tries_again, _faulty(KEYLESS, "answer lost")),
    Mutation(doubt_is_refusal, _faulty(XERO, "500 after")),
    Mutation(what_was_under_way_is_forgotten, _stopped(XERO, "kill", ("request.xero.PUT", "before"))),
    Mutation(the_last_cent_is_dropped, (Trial(XERO, FIRST),)),
    Mutation(the_first_failure_ends_it, _faulty(XERO, "too many requests")),
)
"""Every mutation that must be caught. A lost fsync is caught by the tests of power cuts (tests/storage)."""

MUTATIONS = {mutation.name: mutation.change for mutation in MUTATIONS_AND_TRIALS}


def trials() -> Iterator[tuple[Mutation, Trial]]:
    """Yield the trials of every mutation, with the mutation in them."""
    for mutation in MUTATIONS_AND_TRIALS:
        for trial in mutation.trials:
            yield mutation, replace(trial, mutation=mutation.name)
