"""Bring each pending draft to its output exactly once.

The sequence for one delivery: look for our reference there; only if it is not there, store the exact request and
that it is about to leave, send it with the key of this attempt, store the receipt. Whatever interrupts this, the
next run starts with the look. After an unclear answer the same key and bytes go out again while the output still
recognises the key; later, only after two look-ups, `settle` apart, have found nothing. A document that was cut short
between two requests counts as not there: the output completes it when it is sent again. More than one match, or one
that differs from the draft, is a person's decision. So is another document that would bill the same once more: an older
ledger that was restored may not know that the claim was reissued. The output's lock is held all the while.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from tracker2invoice.engine.amend import LOCK_PATIENCE, held_back, output_lock
from tracker2invoice.engine.clients import candidates, created, in_words, pinned_draft
from tracker2invoice.engine.compare import differences
from tracker2invoice.engine.guard import guarded
from tracker2invoice.engine.house import House
from tracker2invoice.engine.observe import Trouble
from tracker2invoice.errors import (
    ConfigInvalid,
    FixConfig,
    LedgerBusy,
    Problem,
    Rejected,
    Tracker2InvoiceError,
    TryLater,
    Unclear,
)
from tracker2invoice.failpoints import failpoint
from tracker2invoice.model.claim import Decision, Delivery, Receipt, rivals
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Document, Output

_T = TypeVar("_T")

KEY_MARGIN = timedelta(seconds=60)
"""A key is not relied on in the last minute of its life: clocks differ and requests take time."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)

LONGEST_WAIT = timedelta(days=1)
"""Nothing is told to wait longer; what seems to be was told so while the clock was ahead."""


def deliver_all(
    house: House,
    *,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Trouble, ...]:
    """Work through every output's open deliveries; return what failed. `stop` is asked before each delivery.

    Raises:
        Stop: the ledger itself cannot be used any more.
    """
    troubles: list[Trouble] = []
    for name in house.configuration.outputs:
        if not house.ledger.open_deliveries(name):
            continue
        try:
            with house.ledger.lock(output_lock(name), LOCK_PATIENCE):
                troubles.extend(_deliver_to(house, name, stop, progress))
        except (FixConfig, LedgerBusy) as error:
            troubles.append(Trouble(f"outputs.{name}", error))
    return (*troubles, *_stranded(house))


def _stranded(house: House) -> Iterator[Trouble]:
    """Name the outputs that drafts wait for and the configuration no longer has."""
    for name, count in house.ledger.waiting().items():
        if name in house.configuration.outputs:
            continue
        words = f"drafts wait for this output, which is not configured any more ({count}); put it back"
        problem = Problem(house.configuration.path.name, f"outputs.{name}", "", words)
        yield Trouble(f"outputs.{name}", ConfigInvalid((problem,)))


def _deliver_to(
    house: House, name: str, stop: Callable[[], bool], progress: Callable[[int], None]
) -> Iterator[Trouble]:
    courier = Courier(house, name, house.output(name))
    for delivery in _due(house, name):
        if stop():
            return
        try:
            courier.deliver(delivery)
        except Tracker2InvoiceError as error:
            yield Trouble(delivery.reference, error)
            if not isinstance(error, Rejected):
                return
        progress(1)


def _due(house: House, output: str) -> list[Delivery]:
    now = house.clock()
    due = [one for one in house.ledger.open_deliveries(output) if not _has_to_wait(one, now)]
    # what may already be there waits behind what certainly is not, so that one bad document blocks nobody
    return sorted(due, key=lambda delivery: delivery.state == "sending")


def _has_to_wait(delivery: Delivery, now: datetime) -> bool:
    return delivery.not_before is not None and now < delivery.not_before <= now + LONGEST_WAIT


def idempotency_key(delivery: Delivery) -> str:
    """Return the key of a delivery's attempt: the same for every retry, another one for every new attempt."""
    return hashlib.sha256(f"{delivery.output}|{delivery.reference}|{delivery.attempt}".encode()).hexdigest()


class Courier:
    """Carries deliveries to one output, whose lock the caller holds."""

    def __init__(self, house: House, name: str, output: Output) -> None:
        self._name, self._output = name, output
        self._ledger, self._clock = house.ledger, house.clock

    def deliver(self, delivery: Delivery) -> None:
        """Take one delivery as far as it goes now.

        Raises:
            Rejected: recorded; the next delivery can go on.
            FixConfig, TryLater, Unclear, Stop: recorded; leave this output alone for now.
        """
        draft = pinned_draft(self._ledger, self._name, self._ledger.draft(delivery.reference))
        others = rivals(draft.reference, draft.client.id, self._ledger.claims_on(draft.reference))
        found = self._guarded("find", lambda: self._output.find(draft, others))
        documents = [one for one in found if not one.rival]
        if documents and not _cut_short(documents):
            self._adopt(delivery, draft, documents)
        elif delivery.receipt:
            self._finish(delivery, draft, delivery.receipt, "delivered")
        elif there := next((one.rival for one in found if one.rival), ""):
            words = f"{there}, which replaces it, is there already"
            self._ledger.save_delivery(replace(delivery, state="gone", reason="replaced", detail=words), "gone")
        elif delivery.state == "pending":
            self._start_attempt(delivery, draft)
        else:
            self._after_unclear(delivery, draft)

    def _start_attempt(self, delivery: Delivery, draft: Draft) -> None:
        if decision := self._hold_on(draft):
            self._ledger.save_delivery(held_back(delivery, decision), "held")
            return
        self._check_client(delivery, draft)
        if self._output.capabilities.creates_clients and self._name not in draft.client.remote:
            draft = self._for_new_client(delivery, draft)
        try:
            payload = delivery.payload or self._guarded("prepare", lambda: self._output.prepare(draft))
        except Rejected as error:
            self._reject(delivery, error)
            raise
        now = self._clock()
        sending = replace(
            delivery, state="sending", payload=payload, first_sent_at=now, sent_at=now, misses=0, not_before=None
        )
        self._ledger.save_delivery(sending, "sending")
        self._send(sending, draft, untouched=replace(sending, state="pending"), settled=True)

    def _hold_on(self, draft: Draft) -> Decision | None:
        claims = self._ledger.claims_on(draft.reference)
        decisions = (self._ledger.decision(claim.reference) for claim in claims)
        return next((one for one in decisions if one and one.decision == "hold"), None)

    def _after_unclear(self, delivery: Delivery, draft: Draft) -> None:
        now, capabilities = self._clock(), self._output.capabilities
        # an instant yet to come was taken while the clock was ahead: how long ago it was, nobody knows
        first_sent, sent = delivery.first_sent_at or now, min(delivery.sent_at or now, now)
        lifetime, settles = capabilities.key_lifetime, sent + capabilities.settle
        alive = lifetime is not None and first_sent <= now < first_sent + lifetime - KEY_MARGIN
        if capabilities.unique_reference or alive:
            again = replace(delivery, sent_at=now, misses=0, not_before=None)
            self._ledger.save_delivery(again, "resending")
            untouched = replace(delivery, not_before=max(settles, now))
            self._send(again, draft, untouched=untouched, settled=now >= settles)
        elif now < settles:
            self._ledger.save_delivery(replace(delivery, sent_at=sent, not_before=settles), "settling")
        elif delivery.misses == 0:
            missed = replace(delivery, misses=1, not_before=now + capabilities.settle)
            self._ledger.save_delivery(missed, "missed")
        else:
            self._start_attempt(replace(delivery, attempt=delivery.attempt + 1, payload=None), draft)

    def _send(self, delivery: Delivery, draft: Draft, *, untouched: Delivery, settled: bool) -> None:
        """Send the request of this attempt.

        `untouched` is what the delivery is if this request was certainly not carried out; `settled` says that no
        earlier request of the attempt can still turn up, so that a refusal of this one is final.
        """
        payload = delivery.payload
        if payload is None:
            raise AssertionError("what is sent was stored before")
        try:
            document = self._guarded("create", lambda: self._output.create(draft, payload, idempotency_key(delivery)))
        except Unclear as error:
            not_before = self._clock() + self._pause(delivery)
            self._ledger.save_delivery(replace(delivery, not_before=not_before, detail=error.detail), "unclear")
            raise
        except Rejected as error:
            if settled:
                self._reject(delivery, error)
            else:
                self._ledger.save_delivery(replace(untouched, detail=error.detail), "postponed")
            raise
        except TryLater as error:
            now = self._clock()
            not_before = min(error.not_before or now + FIRST_PAUSE, now + LONGEST_WAIT)
            self._ledger.save_delivery(replace(untouched, not_before=not_before, detail=error.detail), "postponed")
            raise
        except FixConfig:
            self._ledger.save_delivery(untouched, "postponed")
            raise
        self._accept(delivery, draft, document, "delivered")

    def _adopt(self, delivery: Delivery, draft: Draft, documents: Sequence[Document]) -> None:
        if len(documents) > 1:
            words = f"{len(documents)} documents with this reference"
            self._ledger.save_delivery(replace(delivery, state="held", reason="several-matches", detail=words), "held")
            return
        document = documents[0]
        if document.receipt.state in ("void", "deleted"):
            words = f"the document was {document.receipt.state} over there"
            gone = replace(delivery, state="gone", reason="gone", detail=words, receipt=document.receipt)
            self._ledger.save_delivery(gone, "gone")
        else:
            self._accept(delivery, draft, document, "adopted")

    def _accept(self, delivery: Delivery, draft: Draft, document: Document, event: str) -> None:
        """Take the document for ours if it says what the draft says; else a person decides, and nothing is changed."""
        if words := differences(document, draft, self._name):
            held = replace(delivery, state="held", reason="differs", detail=words, receipt=document.receipt)
            self._ledger.save_delivery(held, "held")
            return
        self._finish(delivery, draft, document.receipt, event)

    def _finish(self, delivery: Delivery, draft: Draft, receipt: Receipt, event: str) -> None:
        if self._output.capabilities.attachments and any(line.deliverables for line in draft.lines):
            created = replace(delivery, state="sending", receipt=receipt)
            self._ledger.save_delivery(created, "created")
            try:
                self._guarded("finish", lambda: self._output.finish(draft, receipt))
            except Unclear as error:
                settles = self._clock() + self._output.capabilities.settle
                self._ledger.save_delivery(replace(created, not_before=settles, detail=error.detail), "unclear")
                raise
            except Rejected as error:
                words = f"the list of deliverables was not attached: {error.detail}; `t2i retry` tries again"
                held = replace(created, state="held", reason="unfinished", detail=words)
                self._ledger.save_delivery(held, "held")
                raise
        self._delivered(delivery, draft, receipt, event)

    def _delivered(self, delivery: Delivery, draft: Draft, receipt: Receipt, event: str) -> None:
        done = replace(delivery, state="delivered", receipt=receipt, not_before=None, reason="", detail="")
        self._ledger.save_delivery(done, event)
        remote_id = draft.client.remote.get(self._name)
        if remote_id and self._ledger.pinned_client(self._name, draft.client.id) is None:
            self._ledger.pin_client(self._name, draft.client.id, remote_id)

    def _check_client(self, delivery: Delivery, draft: Draft) -> None:
        pinned = self._ledger.pinned_client(self._name, draft.client.id)
        if pinned is None or pinned == draft.client.remote.get(self._name):
            return
        words = f"client {draft.client.id} was billed as {pinned} before, the draft names another id"
        self._ledger.save_delivery(replace(delivery, state="held", reason="client-changed", detail=words), "held")
        raise Rejected(self._name, words)

    def _for_new_client(self, delivery: Delivery, draft: Draft) -> Draft:
        """Create the client over there, unless somebody is there who may be it: then a person says who it is."""
        client = draft.client
        if found := candidates(self._output, self._name, client):
            words = f"client {client.id} may be {in_words(found)} there; `t2i clients link {self._name} {client.id}`"
            self._ledger.save_delivery(replace(delivery, state="held", reason="client-unknown", detail=words), "held")
            raise Rejected(self._name, words)
        try:
            remote_id = created(self._output, self._name, client).id
        except Rejected as error:
            self._reject(delivery, error)
            raise
        self._ledger.pin_client(self._name, client.id, remote_id)
        return pinned_draft(self._ledger, self._name, draft)

    def _reject(self, delivery: Delivery, error: Rejected) -> None:
        self._ledger.save_delivery(
            replace(delivery, state="rejected", reason="rejected", detail=error.detail), "rejected"
        )

    def _pause(self, delivery: Delivery) -> timedelta:
        waited = self._clock() - (delivery.first_sent_at or self._clock())
        return min(max(FIRST_PAUSE, waited), LONGEST_PAUSE)

    def _guarded(self, port: Literal["find", "prepare", "create", "finish"], call: Callable[[], _T]) -> _T:
        with guarded(self._name, writing=port == "create"), failpoint(f"output.{port}"):
            return call()


def _cut_short(documents: Sequence[Document]) -> bool:
    return len(documents) == 1 and not documents[0].complete
