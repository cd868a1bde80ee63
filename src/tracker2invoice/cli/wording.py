"""The one place where errors become sentences, each with the next step a person can take."""

from __future__ import annotations

from functools import singledispatch

from tracker2invoice import errors
from tracker2invoice.cli.common import plain

_LONGEST = 2000


def sentence(error: errors.Tracker2InvoiceError) -> str:
    """Return what went wrong and what to do about it."""
    words = _sentence(error)
    # the problems of a configuration stand on lines of their own, each made plain already
    return words if isinstance(error, errors.ConfigInvalid) else plain(words, _LONGEST)


@singledispatch
def _sentence(error: errors.Tracker2InvoiceError) -> str:
    return str(error)


@_sentence.register
def _(error: errors.ConfigInvalid) -> str:
    count = len(error.problems)
    head = "There is a problem in the configuration:" if count == 1 else f"{count} problems in the configuration:"
    return "\n".join([head, *map(problem, error.problems)])


def problem(one: errors.Problem) -> str:
    """Return one line: file, section, key, and what to write instead."""
    section = f"[{one.section}] " if one.section else ""
    key = f"{one.key}: " if one.key else ""
    return "  " + plain(f"{one.file} {section}{key}{one.message}", _LONGEST)


@_sentence.register
def _(error: errors.SecretMissing) -> str:
    return f"There is no secret in the {error.source}. Set it, or name another place in the configuration."


@_sentence.register
def _(error: errors.NoSuchConnector) -> str:
    known = ", ".join(error.installed) or "none"
    return f"No installed package provides {error.group[:-1]} kind '{error.kind}' (installed: {known})."


@_sentence.register
def _(error: errors.BrokenConnector) -> str:
    return (
        f"The connector '{error.kind}' ({error.distribution}) cannot be used: {error.reason}. "
        "Update or uninstall the package; `t2i connectors` lists them all."
    )


@_sentence.register
def _(error: errors.AccessDenied) -> str:
    return (
        f"{error.system} refuses our credentials or a permission is missing: {error.detail}. "
        "Renew the token or grant the permission, then run `t2i check`."
    )


@_sentence.register
def _(error: errors.CannotList) -> str:
    return f"{error.system} cannot list the projects under a name. Write each project into `projects`."


@_sentence.register
def _(error: errors.NotThere) -> str:
    return (
        f"{error.system} does not have it, or does not show it to us: {error.detail}. "
        "Correct the name, or let the token read it; then run `t2i check`."
    )


@_sentence.register
def _(error: errors.RateLimited) -> str:
    until = f" until {error.not_before:%Y-%m-%d %H:%M:%S} UTC" if error.not_before else ""
    return f"{error.system} accepts no more requests{until}. Nothing is lost; the next run goes on from here."


@_sentence.register
def _(error: errors.Unreachable) -> str:
    return f"{error.system} cannot be reached: {error.detail}. Nothing is lost; the next run tries again."


@_sentence.register
def _(error: errors.BadAnswer) -> str:
    return (
        f"{error.system} gave an answer that makes no sense: {error.detail}. "
        "Nothing was changed; the next run tries again."
    )


@_sentence.register
def _(error: errors.Unclear) -> str:
    return (
        f"{error.system} did not answer clearly whether the document was created: {error.detail}. "
        "A later run looks there before anything is sent again."
    )


@_sentence.register
def _(error: errors.Rejected) -> str:
    return f"{error.system} refused the document: {error.detail}. Correct the cause, then `t2i retry` its reference."


@_sentence.register
def _(_error: errors.LedgerTooNew) -> str:
    return "The ledger was written by a later version of tracker2invoice. Upgrade the program; nothing was changed."


@_sentence.register
def _(_error: errors.LedgerTooOld) -> str:
    return "The ledger is from an earlier version. Back it up, then run `t2i ledger migrate`."


@_sentence.register
def _(error: errors.LedgerDamaged) -> str:
    return (
        f"The ledger cannot be trusted: {error.detail}. Nothing was sent. "
        "Run `t2i ledger verify`, or restore a backup: documents already delivered are found again, not doubled."
    )


@_sentence.register
def _(error: errors.LedgerBusy) -> str:
    return f"Another process is working on the ledger ({error.what}). Wait for it to finish, then try again."


@_sentence.register
def _(_error: errors.AlreadyRunning) -> str:
    return "Another daemon already works on this ledger. Stop that one first; one is enough."


@_sentence.register
def _(error: errors.StorageFailed) -> str:
    return (
        f"{error.path} cannot be written: {error.detail}. "
        "Free space or correct the permissions; the next run goes on from here."
    )


@_sentence.register
def _(_error: errors.PlanChanged) -> str:
    return (
        "The plan, or what it rests on, has changed since it was made, so nothing was billed. "
        "Make a new one with `t2i plan --out plan.json` and read it."
    )
