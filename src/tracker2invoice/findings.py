"""What `check` says of a system: what was looked at, what the system said if it could not be read, the next step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date

from tracker2invoice.errors import AccessDenied, NoConsent, NotThere, SecretMissing, Tracker2InvoiceError, TryLater
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.plugins import Finding


def finding(what: str, look: Callable[[], str], step_after: Callable[[Tracker2InvoiceError], str]) -> Finding:
    """Turn a look, which returns the next step or nothing, into a finding; `step_after` words its failure."""
    try:
        step = look()
    except Tracker2InvoiceError as error:
        step = step_after(error)
    return Finding(not step, what, step)


def of_clients(
    output: str, contracts: Sequence[Contract], look: Callable[[Party], Finding], *, creates: bool
) -> Iterator[Finding]:
    """Yield what a look at each client finds, once each; who has no id there is all right if the output `creates`."""
    for client in {one.id: one for contract in contracts for one in contract.clients}.values():
        if creates and output not in client.remote:
            yield to_be_created(output, client)
        else:
            yield look(client)


def to_be_created(output: str, client: Party, step: str = "") -> Finding:
    """Say that a client is created with the first draft, and what has to be done before, if anything."""
    return Finding(not step, f"{output}: client {client.id} will be created there", step)


def of_period(output: str, today: date, closed_until: date | None) -> Finding:
    """Say whether what is dated today can be booked where books are closed up to a day, that day included."""
    closed = closed_until is not None and today <= closed_until
    step = f"the books are closed until {closed_until}; open the period there" if closed else ""
    return Finding(not closed, f"{output}: period of {today}", step)


def of_one_currency(currencies: Collection[str]) -> str:
    """Return the next step for a new client where clients have one currency alone; empty if it is to have one."""
    each = ", ".join(sorted(currencies))
    return f"a client there is billed in one currency; write a client for each of {each}" if len(currencies) > 1 else ""


def said(error: Tracker2InvoiceError) -> str:
    """Return what the system said, without its configured name."""
    return error.detail if isinstance(error, AccessDenied | NotThere | TryLater) else type(error).__name__


def next_step(error: Tracker2InvoiceError, denied: str, missing: str) -> str:
    """Return how to consent, or to provide a secret, if that is what is missing.

    Else `denied` for what we may not read, `missing` for what is not there, and when to try again for all others.
    """
    if isinstance(error, NoConsent):
        return f"run `t2i auth {error.system}`: there is no consent that is good ({error.detail})"
    if isinstance(error, SecretMissing):
        return f"provide the {error.source}"
    if isinstance(error, AccessDenied):
        return denied
    if isinstance(error, NotThere):
        return missing
    if isinstance(error, TryLater) and error.not_before:
        return f"try again after {error.not_before:%Y-%m-%d %H:%M} UTC"
    return "try again later"
