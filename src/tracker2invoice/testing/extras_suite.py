"""What only some outputs can do, as tests to inherit with `OutputSuite`: unique references, attachments, clients."""

# ruff: noqa: D102 (the name of a test says what it asserts)

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar, Literal, Protocol

import pytest

from tracker2invoice.documents.annex import annex_name
from tracker2invoice.errors import Rejected, Unclear
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Output


class FarDesk(Protocol):
    """The part of `FarSide` that these tests need."""

    def count(self, reference: str) -> int:
        """Return how many documents carry the reference, in whatever state."""
        ...

    def attachments(self, reference: str) -> Sequence[str]:
        """Return the names of the files that are attached to the document; only asked of outputs that attach any."""
        ...

    def drop_next_write(self, moment: Literal["before", "after"]) -> None:
        """Break the connection of the next writing request before or after it is carried out."""
        ...


class ExtrasSuite:
    """Inherited by `OutputSuite`."""

    name: ClassVar[str]

    def draft(self, currency: str = "EUR", **fields: Any) -> Draft:
        """Return a sample draft that this output can take."""
        raise NotImplementedError

    def test_the_output_itself_makes_no_second_document_with_one_reference(
        self, output: Output, far_side: FarDesk
    ) -> None:
        if not output.capabilities.unique_reference:
            pytest.skip("this output alone does not keep references unique")
        draft = self.draft()
        payload = output.prepare(draft)
        output.create(draft, payload, f"{draft.reference}:1")
        with suppress(Rejected, Unclear):
            output.create(draft, payload, f"{draft.reference}:2")
        assert far_side.count(draft.reference) == 1

    def test_finishing_twice_changes_nothing(self, output: Output, far_side: FarDesk) -> None:
        draft = self.draft(deliverables=("Export", '=HYPERLINK("http://evil.example")'))
        created = output.create(draft, output.prepare(draft), f"{draft.reference}:1")
        output.finish(draft, created.receipt)
        output.finish(draft, created.receipt)
        assert far_side.count(draft.reference) == 1
        if output.capabilities.attachments:
            assert list(far_side.attachments(draft.reference)) == [annex_name(draft)]
            assert list(output.read_back([created.receipt], None)) == [created]

    def test_an_answer_lost_while_attaching_leaves_one_attachment_in_the_end(
        self, output: Output, far_side: FarDesk
    ) -> None:
        if not output.capabilities.attachments:
            pytest.skip("this output attaches nothing")
        draft = self.draft()
        receipt = output.create(draft, output.prepare(draft), f"{draft.reference}:1").receipt
        moments: tuple[Literal["before", "after"], ...] = ("before", "after")
        for moment in moments:
            far_side.drop_next_write(moment)
            with pytest.raises(Unclear):
                output.finish(draft, receipt)
        output.finish(draft, receipt)
        assert list(far_side.attachments(draft.reference)) == [annex_name(draft)]

    def test_drafts_of_one_client_are_found_at_once_and_told_apart(self, output: Output) -> None:
        drafts = [self.draft(milestone_id=str(number)) for number in range(output.capabilities.finds_together)]
        created = [output.create(one, output.prepare(one), f"{one.reference}:1") for one in drafts[::2]]
        found = output.find(drafts[0], [one.reference for one in drafts[1:]])
        marked = [replace(there, other=one.reference) for one, there in zip(drafts[::2], created, strict=True)]
        assert {one.other: one for one in found} == {one.other: one for one in [created[0], *marked[1:]]}
        assert len(found) == len(created)

    def test_a_client_who_is_not_there_is_created_found_and_invoiced(self, output: Output) -> None:
        if not output.capabilities.creates_clients:
            pytest.skip("this output creates no clients")
        known = self.draft().client
        party = replace(known, name="Beta & Söhne", vat_id="DE136695976", email="ap@beta.example", remote={})
        assert list(output.clients(party)) == []
        created = output.create_client(party, "EUR")
        for by in (party, replace(party, name="", vat_id=""), replace(party, email="", vat_id="")):
            assert [(one.id, one.usable) for one in output.clients(by)] == [(created.id, True)]
        draft = self.draft(remote={self.name: created.id})
        assert output.create(draft, output.prepare(draft), f"{draft.reference}:1").client in (None, created.id)

    def test_nobody_is_found_for_a_client_without_a_name(self, output: Output) -> None:
        party = replace(self.draft().client, name="", email="", vat_id="", remote={})
        assert list(output.clients(party)) == []
