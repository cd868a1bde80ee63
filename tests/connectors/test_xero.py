"""The Xero output against the pretended Xero over HTTP: the shared suite, then what is Xero's own."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pytest

from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Context, Output
from tracker2invoice.testing.output_suite import OutputSuite
from tracker2invoice.testing.samples import NOW, sample_draft
from tracker2invoice.testing.sandbox.server import Fault
from tracker2invoice.testing.sandbox.xero import (
    CLIENT_ID,
    CLIENT_SECRET,
    FIRST_REFRESH_TOKEN,
    XeroSandbox,
)
from tracker2invoice_xero import XeroSettings, plugin

CONTACT = "5b4a3c2d-1e0f-4a5b-8c7d-9e0f1a2b3c4d"
PUT = {"method": "PUT", "path": "/Invoices"}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class FarXero(XeroSandbox):
    def count(self, reference: str) -> int:
        return sum(reference in str(one["Reference"]) for one in self.books.invoices)

    def text(self, reference: str) -> str:
        (invoice,) = (one for one in self.books.invoices if reference in str(one["Reference"]))
        lines: Any = invoice["LineItems"]
        return "\n".join(line["Description"] for line in lines)

    def delete(self, reference: str) -> None:
        (invoice,) = (one for one in self.books.invoices if reference in str(one["Reference"]))
        self.books.change(str(invoice["InvoiceID"]), {"Status": "DELETED"})

    def drop_next_write(self, moment: Literal["before", "after"]) -> None:
        self.faults.append(Fault(moment, "drop", **PUT))

    def refuse_us(self) -> None:
        self.revoke()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarXero]:
    with FarXero(clock) as xero:
        xero.books.add_contact("Acme GmbH", contact_id=CONTACT)
        yield xero


@contextmanager
def connected(xero: XeroSandbox, clock: Clock, directory: Path, **more: object) -> Generator[Output]:
    settings = XeroSettings.model_validate(
        {
            "url": xero.url,
            "identity_url": xero.url,
            "tenant": xero.tenant,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "tax": {"S 19": "OUTPUT2", "S 7": "OUTPUT", "AE 0": "ECOUTPUTSERVICES"},
            **more,
        }
    )
    with closing(plugin.connect(settings, Context("books", directory, clock))) as output:
        yield output


@pytest.fixture
def output(far_side: FarXero, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path) as output:
        yield output


def draft_for(currency: str = "EUR", **fields: Any) -> Draft:
    return sample_draft(currency, **{"remote": {"books": CONTACT}} | fields)


def create(output: Output, draft: Draft, key: str = "k") -> str:
    return output.create(draft, output.prepare(draft), key).remote_id


class TestXeroKeepsTheContractOfOutputs(OutputSuite):
    client = CONTACT


class TestXeroWithARefreshToken(OutputSuite):
    client = CONTACT

    @pytest.fixture
    def output(self, far_side: FarXero, clock: Clock, tmp_path: Path) -> Iterator[Output]:
        with connected(far_side, clock, tmp_path, refresh_token=FIRST_REFRESH_TOKEN) as output:
            yield output


class TestXeroWithStrictUniqueNumbers(OutputSuite):
    client = CONTACT

    @pytest.fixture
    def output(self, far_side: FarXero, clock: Clock, tmp_path: Path) -> Iterator[Output]:
        with connected(far_side, clock, tmp_path, strict_unique=True) as output:
            yield output
