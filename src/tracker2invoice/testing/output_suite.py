"""What every output must do, as tests to inherit. Shipped, so that other people's connectors can use it.

    class TestMyOutput(OutputSuite):
        name, client = "books", "the id of a client that is there"

        @pytest.fixture
        def far_side(self) -> MyFarSide: ...     # a fresh, empty platform

        @pytest.fixture
        def output(self, far_side) -> Output: ...   # connected to it under `name`

Only tests import this module: it needs pytest.
"""

# ruff: noqa: D102 (the name of a test says what it asserts)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar, Literal, Protocol, cast

import pytest

from tracker2invoice.abilities import FinalizingOutput
from tracker2invoice.errors import AccessDenied, Rejected, Unclear, Unsupported
from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.tax import TaxCategory
from tracker2invoice.plugins import Document, Output
from tracker2invoice.testing.bills import BILLS, NAMES, with_deposit_drawn
from tracker2invoice.testing.extras_suite import ExtrasSuite, FarDesk
from tracker2invoice.testing.samples import NOW, sample_contract, sample_draft, smallest_amount, with_payment_terms

HOSTILE_TITLES = (
    '=HYPERLINK("http://evil.example","pay here")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "<script>alert(1)</script><!-- &amp; ]]>",
    "Robert'); DROP TABLE invoices;--",
    'say "hello" \\ back\\slash {"a": [1]}',
    "../../etc/passwd?x=1&y=2#z",
    "{{ 7 * 7 }} ${HOME} $(id) `id` %s",
    "Übergröße, 日本語, 😀, \u202edrawkcab",
)

REFUSED = "refused"
"""Why a rule is not tried: the output refuses by name what it asks for."""


class FarSide(FarDesk, Protocol):
    """What a test needs to do to the platform, or to its stand-in, behind the output's back."""

    def text(self, reference: str) -> str:
        """Return every text on the document with the reference, joined."""
        ...

    def change(self, reference: str, state: Literal["sent", "paid", "deleted"]) -> None:
        """Send, pay or delete the document, as a person does; void it where it cannot be deleted."""
        ...

    def refuse_us(self) -> None:
        """Make our credentials worthless."""
        ...


class OutputSuite(ExtrasSuite):
    """Inherit, set the class attributes, and define the fixtures `far_side` and `output`, which asks for all it can.

    `kind` is that of the connector, for the report. `name` is the output's configured name, `client` an id known there.
    `currencies` are those that are enabled. `category` and `rate` are a tax that is set up. `remote` False leaves out
    what needs a network in between.
    """

    kind: ClassVar[str] = ""
    name: ClassVar[str] = "books"
    client: ClassVar[str] = ""
    currencies: ClassVar[tuple[str, ...]] = ("EUR", "JPY", "KWD")
    category: ClassVar[TaxCategory] = "S"
    rate: ClassVar[str] = "19"
    remote: ClassVar[bool] = True

    def draft(self, currency: str = "EUR", **fields: Any) -> Draft:
        """Return a sample draft that this output can take."""
        fields = {"category": self.category, "rate": self.rate, "remote": {self.name: self.client}} | fields
        return sample_draft(currency, **fields)

    def test_nothing_is_found_before_it_was_created(self, output: Output) -> None:
        assert list(output.find(self.draft())) == []

    def test_what_was_created_is_found_once_and_as_it_was_told(self, output: Output, far_side: FarSide) -> None:
        draft = self.draft()
        created = output.create(draft, output.prepare(draft), f"{draft.reference}:1")
        (found,) = output.find(draft)
        assert found == created
        assert far_side.count(draft.reference) == 1

    @pytest.mark.parametrize("bill", list(BILLS))
    def test_every_amount_of_a_bill_counts_or_is_refused_by_name(
        self, output: Output, far_side: FarSide, bill: str
    ) -> None:
        draft = BILLS[bill](self.draft())
        self._create_unless_refused(output, draft, NAMES[bill])
        self._compare(output, draft)
        text = far_side.text(draft.reference)
        assert [row.description for row in draft.rows if row.description not in text] == []

    def test_without_negative_lines_a_deposit_drawn_down_is_refused(self, output: Output, far_side: FarSide) -> None:
        if output.capabilities.negative_lines:
            pytest.skip("this output has negative lines")
        draft = with_deposit_drawn(self.draft())
        with pytest.raises(Unsupported):
            output.prepare(draft)
        assert far_side.count(draft.reference) == 0

    def test_what_comes_off_early_and_on_top_late_is_said_or_refused(self, output: Output, far_side: FarSide) -> None:
        draft = with_payment_terms(self.draft())
        self._create_unless_refused(output, draft, ("early", "late"))
        assert draft.payment_terms in far_side.text(draft.reference)

    def test_a_new_document_waits_for_a_person(self, output: Output) -> None:
        if not output.capabilities.draft_state:
            pytest.skip("this output has no drafts")
        draft = self.draft()
        assert output.create(draft, output.prepare(draft), f"{draft.reference}:1").receipt.state == "draft"

    def test_a_document_is_not_found_by_another_reference(self, output: Output) -> None:
        draft, other = self.draft(), self.draft(milestone_id="99")
        output.create(draft, output.prepare(draft), f"{draft.reference}:1")
        assert list(output.find(other)) == []

    def test_another_document_that_would_bill_the_same_is_found_with_the_draft_and_told_from_it(
        self, output: Output
    ) -> None:
        draft, another = self.draft(), self.draft(milestone_id="99")
        there = output.create(another, output.prepare(another), f"{another.reference}:1")
        others = [self.draft(milestone_id="98").reference, another.reference]
        assert list(output.find(draft, others)) == [replace(there, other=another.reference)]
        own = output.create(draft, output.prepare(draft), f"{draft.reference}:1")
        assert [one for one in output.find(draft, others) if not one.other] == [own]

    def test_the_same_key_and_bytes_make_one_document(self, output: Output, far_side: FarSide) -> None:
        if output.capabilities.key_lifetime is None:
            pytest.skip("this output knows no idempotency keys")
        draft = self.draft()
        payload, key = output.prepare(draft), f"{draft.reference}:1"
        assert output.create(draft, payload, key) == output.create(draft, payload, key)
        assert far_side.count(draft.reference) == 1

    def test_an_answer_lost_after_the_commit_is_unclear_and_the_document_is_found(
        self, output: Output, far_side: FarSide
    ) -> None:
        draft = self._lose_an_answer("after", output, far_side)
        assert len(output.find(draft)) == far_side.count(draft.reference) == 1

    def test_a_request_lost_before_the_commit_is_unclear_and_can_be_sent_again(
        self, output: Output, far_side: FarSide
    ) -> None:
        draft = self._lose_an_answer("before", output, far_side)
        assert list(output.find(draft)) == []
        output.create(draft, output.prepare(draft), f"{draft.reference}:2")
        assert len(output.find(draft)) == far_side.count(draft.reference) == 1

    def test_a_deleted_document_is_still_found_and_not_called_a_draft(self, output: Output, far_side: FarSide) -> None:
        if not self.remote:
            pytest.skip("what is deleted here is gone")
        draft = self.draft()
        receipt = output.create(draft, output.prepare(draft), f"{draft.reference}:1").receipt
        far_side.change(draft.reference, "deleted")
        (document,) = output.find(draft)
        assert document.receipt.remote_id == receipt.remote_id
        assert document.receipt.state in ("deleted", "void")

    def test_what_it_cannot_express_is_an_error_with_its_name(self, output: Output) -> None:
        draft = self.draft(type_code="384" if output.capabilities.credit_notes else "381")
        with pytest.raises(Unsupported) as caught:
            output.prepare(draft)
        assert caught.value.system == self.name

    def test_a_credit_note_has_the_positive_amounts_of_its_draft(self, output: Output) -> None:
        if not output.capabilities.credit_notes:
            pytest.skip("this output has no credit notes")
        self._create_and_compare(output, self.draft(type_code="381"))

    @pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
    def test_amounts_are_exact(self, output: Output, currency: str) -> None:
        self._create_and_compare(output, self._in(currency))

    @pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
    def test_the_smallest_amount_is_exact_or_unsupported(self, output: Output, currency: str) -> None:
        draft = self._in(currency, net=smallest_amount(currency))
        try:
            output.prepare(draft)
        except Unsupported:
            pytest.skip(REFUSED)
        self._create_and_compare(output, draft)

    @pytest.mark.parametrize("title", HOSTILE_TITLES)
    def test_hostile_titles_stay_text(self, output: Output, far_side: FarSide, title: str) -> None:
        draft = self.draft(title=title, deliverables=(title,))
        output.create(draft, output.prepare(draft), f"{draft.reference}:1")
        assert title in far_side.text(draft.reference)
        assert len(output.find(draft)) == 1

    def test_prepare_depends_on_the_draft_alone(self, output: Output, far_side: FarSide) -> None:
        draft = self.draft()
        first = output.prepare(draft)
        output.create(draft, first, f"{draft.reference}:1")
        assert output.prepare(Draft.from_bytes(draft.to_bytes())) == first
        assert far_side.count(draft.reference) == 1

    def test_an_unknown_client_is_rejected(self, output: Output, far_side: FarSide) -> None:
        if not output.capabilities.pins_client:
            pytest.skip("this output has no list of clients")
        draft = self.draft(remote={self.name: "00000000-0000-4000-8000-00000000dead"})
        with pytest.raises(Rejected):
            output.create(draft, output.prepare(draft), f"{draft.reference}:1")
        assert far_side.count(draft.reference) == 0

    def test_a_client_that_is_not_pinned_is_rejected(self, output: Output, far_side: FarSide) -> None:
        if not output.capabilities.pins_client:
            pytest.skip("this output has no list of clients")
        draft = self.draft(remote={})
        with pytest.raises(Rejected) as caught:
            output.create(draft, output.prepare(draft), f"{draft.reference}:1")
        assert caught.value.system == self.name
        assert far_side.count(draft.reference) == 0

    def test_wrong_credentials_are_denied_and_create_nothing(self, output: Output, far_side: FarSide) -> None:
        if not self.remote:
            pytest.skip("this output has no credentials")
        draft = self.draft()
        payload = output.prepare(draft)
        far_side.refuse_us()
        with pytest.raises(AccessDenied):
            output.find(draft)
        with pytest.raises(AccessDenied):
            output.create(draft, payload, f"{draft.reference}:1")
        assert far_side.count(draft.reference) == 0

    def test_a_document_that_nobody_touched_is_read_back_as_it_was_created(self, output: Output) -> None:
        document = self._created(output, self.draft())
        assert list(output.read_back([document.receipt], None)) == [document]

    @pytest.mark.parametrize("state", ["sent", "paid"])
    def test_what_a_person_did_with_a_document_is_read_back(
        self, output: Output, far_side: FarSide, state: Literal["sent", "paid"]
    ) -> None:
        if not self.remote:
            pytest.skip("nobody sends or pays a document here")
        draft = self.draft()
        created = self._created(output, draft)
        far_side.change(draft.reference, state)
        (document,) = output.read_back([created.receipt], None)
        assert (document.receipt.remote_id, document.receipt.state) == (created.receipt.remote_id, state)
        assert document.receipt.paid in (None, draft.totals.gross if state == "paid" else 0)
        assert document.gross in (None, draft.totals.gross)

    def test_a_deleted_document_is_read_back_as_that(self, output: Output, far_side: FarSide) -> None:
        draft = self.draft()
        created = self._created(output, draft)
        far_side.change(draft.reference, "deleted")
        (document,) = output.read_back([created.receipt], None)
        assert document.receipt.remote_id == created.receipt.remote_id
        assert document.receipt.state in ("deleted", "void")

    def test_a_change_after_an_instant_is_read_back_if_only_those_are_asked_for(
        self, output: Output, far_side: FarSide
    ) -> None:
        if not self.remote:
            pytest.skip("nobody sends a document here")
        draft = self.draft()
        created = self._created(output, draft)
        far_side.change(draft.reference, "sent")
        (document,) = output.read_back([created.receipt], NOW - timedelta(days=1))
        assert document.receipt.state == "sent"

    def test_only_what_is_asked_for_is_read_back(self, output: Output) -> None:
        first, second = (self._created(output, self.draft(milestone_id=one)) for one in ("98", "99"))
        assert [one.receipt.remote_id for one in output.read_back([second.receipt], None)] == [second.receipt.remote_id]
        both = {one.receipt.remote_id for one in output.read_back([first.receipt, second.receipt], None)}
        assert both == {first.receipt.remote_id, second.receipt.remote_id}
        assert list(output.read_back([], None)) == []

    def test_wrong_credentials_read_nothing_back(self, output: Output, far_side: FarSide) -> None:
        if not self.remote:
            pytest.skip("this output has no credentials")
        receipt = self._created(output, self.draft()).receipt
        far_side.refuse_us()
        with pytest.raises(AccessDenied):
            list(output.read_back([receipt], None))

    def test_a_draft_is_withdrawn_and_doing_it_again_changes_nothing(self, output: Output) -> None:
        draft = self._withdrawable(output)
        receipt = self._created(output, draft).receipt
        output.withdraw(receipt)
        output.withdraw(receipt)
        assert {one.receipt.state for one in output.find(draft)} <= {"deleted", "void"}
        assert {one.receipt.state for one in output.read_back([receipt], None)} <= {"deleted", "void"}

    def test_what_was_sent_is_not_withdrawn(self, output: Output, far_side: FarSide) -> None:
        draft = self._withdrawable(output)
        if not self.remote:
            pytest.skip("nobody sends a document here")
        receipt = self._created(output, draft).receipt
        far_side.change(draft.reference, "sent")
        with pytest.raises(Rejected):
            output.withdraw(receipt)
        assert [one.receipt.state for one in output.read_back([receipt], None)] == ["sent"]

    def test_a_finalized_document_has_its_number_for_good_and_is_no_draft_any_more(self, output: Output) -> None:
        if not output.capabilities.finalizes:
            pytest.skip("this output takes no number from us")
        books = cast("FinalizingOutput", output)
        draft = self.draft()
        receipt = self._created(output, draft).receipt
        final = books.finalize(replace(draft, number="2026-0001"), receipt)
        assert (final.receipt.number, final.receipt.state, final.gross) == ("2026-0001", "sent", draft.totals.gross)
        assert books.finalize(replace(draft, number="2026-0001"), final.receipt) == final
        assert [*output.find(draft), *output.read_back([receipt], None)] == [final, final]
        assert set(books.numbers()) == {"2026-0001"}
        for refused in (
            lambda: books.finalize(replace(draft, number="2026-0002"), final.receipt),
            lambda: output.withdraw(final.receipt),
        ):
            with pytest.raises(Rejected):
                refused()
        assert list(output.find(draft)) == [final]

    def test_check_finds_nothing_wrong_with_a_good_contract(self, output: Output) -> None:
        contract = sample_contract(category=self.category, rate=self.rate, remote={self.name: self.client})
        findings = list(output.check([contract]))
        assert findings
        assert [finding for finding in findings if not finding.ok] == []

    def test_check_says_what_to_do_instead_of_raising(self, output: Output, far_side: FarSide) -> None:
        if not self.remote:
            pytest.skip("this output has no credentials")
        far_side.refuse_us()
        wrong = [finding for finding in output.check([sample_contract()]) if not finding.ok]
        assert wrong
        assert all(finding.next_step for finding in wrong)

    def _created(self, output: Output, draft: Draft) -> Document:
        return output.create(draft, output.prepare(draft), f"{draft.reference}:1")

    def _withdrawable(self, output: Output) -> Draft:
        if not output.capabilities.withdraws:
            pytest.skip("this output cannot delete a draft")
        return self.draft()

    def _in(self, currency: str, **fields: Any) -> Draft:
        if currency not in self.currencies:
            pytest.skip(f"{currency} is not enabled where this was tried")
        return self.draft(currency, **fields)

    def _create_and_compare(self, output: Output, draft: Draft) -> None:
        output.create(draft, output.prepare(draft), f"{draft.reference}:1")
        self._compare(output, draft)

    def _create_unless_refused(self, output: Output, draft: Draft, names: Sequence[str]) -> None:
        refusal = _refusal_of(output, draft)
        if refusal is not None:
            assert refusal.system == self.name
            assert any(name in refusal.detail.lower() for name in names), f"{refusal} names none of {names}"
            pytest.skip(REFUSED)
        output.create(draft, output.prepare(draft), f"{draft.reference}:1")

    def _compare(self, output: Output, draft: Draft) -> None:
        (document,) = output.find(draft)
        assert document.gross in (None, draft.totals.gross)
        assert document.currency in (None, draft.currency)
        assert document.client in (None, self.client)

    def _lose_an_answer(self, moment: Literal["before", "after"], output: Output, far_side: FarSide) -> Draft:
        if not self.remote:
            pytest.skip("no answer of this output can get lost")
        draft = self.draft()
        far_side.drop_next_write(moment)
        with pytest.raises(Unclear):
            output.create(draft, output.prepare(draft), f"{draft.reference}:1")
        return draft


def _refusal_of(output: Output, draft: Draft) -> Unsupported | Rejected | None:
    try:
        output.prepare(draft)
    except (Unsupported, Rejected) as refusal:
        return refusal
    return None
