"""Bring drafts to one output, each exactly once.

The sequence for one delivery: look for our reference there; only if it is not there, store the exact request and
that it is about to leave, send it with the key of this attempt, store the receipt. Whatever interrupts this, the
next run starts with the look. After an unclear answer the same key and bytes go out again while the output still
recognises the key; later, only after two look-ups, `settle` apart, have found nothing. A document that was cut short
between two requests counts as not there: the output completes it when it is sent again. More than one match, or one
that differs from the draft, is a person's decision. So is another document that would bill the same once more: an older
ledger that was restored may not know that the claim was reissued. The output's lock is held all the while.

Where an output can be asked for several documents at once, the look is for several deliveries; each is sent by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Literal, TypeVar

from tracker2invoice.engine.amend import held_back
from tracker2invoice.engine.clients import candidates, created, in_words, pinned_draft
from tracker2invoice.engine.compare import differences
from tracker2invoice.engine.guard import guarded
from tracker2invoice.engine.house import House
from tracker2invoice.engine.lookout import Found, Sought, groups, sorted_out
from tracker2invoice.errors import BadAnswer, FixConfig, Rejected, Tracker2InvoiceError, TryLater, Unclear
from tracker2invoice.failpoints import failpoint
from tracker2invoice.model.claim import Decision, Delivery, Receipt
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Document, Output

_T = TypeVar("_T")

Outcome = tuple[str, Tracker2InvoiceError | None]
"""The reference of a delivery that was taken as far as it goes now, and what went wrong with it."""

KEY_MARGIN = timedelta(seconds=60)
"""A key is not relied on in the last minute of its life: clocks differ and requests take time."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)

LONGEST_WAIT = timedelta(days=1)
"""Nothing is told to wait longer; what seems to be was told so while the clock was ahead."""


def idempotency_key(delivery: Delivery) -> str:
    """Return the key of a delivery's attempt: the same for every retry, another one for every new attempt."""
    return hashlib.sha256(f"{delivery.output}|{delivery.reference}|{delivery.attempt}".encode()).hexdigest()


class Courier:
    """Carries deliveries to one output, whose lock the caller holds."""

    def __init__(self, house: House, name: str, output: Output) -> None:
        self._name, self._output = name, output
        self._ledger, self._clock = house.ledger, house.clock

    def groups(self, deliveries: Sequence[Delivery]) -> Iterator[Sequence[Sought]]:
        """Yield the deliveries in order, in groups that the output can be asked for at once."""
        return groups(self._ledger, self._name, deliveries, self._output.capabilities.finds_together)

    def deliver(self, group: Sequence[Sought], stop: Callable[[], bool]) -> Iterator[Outcome]:
        """Take a group as far as it goes now; everything is recorded. `stop` is asked before each delivery.

        After a `Rejected` the next one can go on; after any other error leave this output alone for now.
        """
        try:
            found = self._look(group)
        except Tracker2InvoiceError as error:
            if isinstance(error, BadAnswer) and len(group) > 1:
                # it may be about one document, which is to keep none of those before it waiting
                for sought in group:
                    yield from self.deliver((sought,), stop)
            else:
                yield group[0].draft.reference, error
            return
        for one in found:
            if stop():
                return
            yield one.draft.reference, _failure(partial(self._deliver, one))

    def _look(self, group: Sequence[Sought]) -> list[Found]:
        draft = group[0].draft
        others = dict.fromkeys(reference for one in group for reference in one.references)
        others.pop(draft.reference)
        found = self._guarded("find", lambda: self._output.find(draft, tuple(others)))
        return sorted_out(group, found)

    def _deliver(self, found: Found) -> None:
        """Take one delivery as far as it goes now.

        Raises:
            Rejected: recorded; the next delivery can go on.
            FixConfig, TryLater, Unclear, Stop: recorded; leave this output alone for now.
        """
        delivery, draft = found.delivery, found.draft
        if found.documents and not found.is_cut_short:
            self._adopt(delivery, draft, found.documents)
        elif delivery.receipt:
            self._finish(delivery, draft, delivery.receipt, "delivered")
        elif found.rival:
            words = f"{found.rival}, which replaces it, is there already"
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
        except Tracker2InvoiceError as error:
            self._unanswered(error, delivery, untouched=untouched, settled=settled)
            raise
        self._accept(delivery, draft, document, "delivered")

    def _unanswered(
        self, error: Tracker2InvoiceError, delivery: Delivery, *, untouched: Delivery, settled: bool
    ) -> None:
        """Record what a request that got no document leaves behind."""
        now = self._clock()
        match error:
            case Unclear():
                not_before = now + self._pause(delivery)
                self._ledger.save_delivery(replace(delivery, not_before=not_before, detail=error.detail), "unclear")
            case Rejected() if settled:
                self._reject(delivery, error)
            case Rejected():
                self._ledger.save_delivery(replace(untouched, detail=error.detail), "postponed")
            case TryLater():
                not_before = min(error.not_before or now + FIRST_PAUSE, now + LONGEST_WAIT)
                self._ledger.save_delivery(replace(untouched, not_before=not_before, detail=error.detail), "postponed")
            case FixConfig():
                self._ledger.save_delivery(_afresh(untouched), "postponed")
            case _:
                pass

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
            remote_id = created(self._output, self._name, client, draft.currency).id
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


def _afresh(delivery: Delivery) -> Delivery:
    """Return what waits for a person as a new attempt.

    Whoever repeats a request by its key may get the refusal again, whatever was put right since.
    """
    waits = delivery.state == "pending"
    return replace(delivery, attempt=delivery.attempt + 1, payload=None) if waits else delivery


def _failure(act: Callable[[], None]) -> Tracker2InvoiceError | None:
    try:
        act()
    except Tracker2InvoiceError as error:
        return error
    return None
