"""The one place where errors become sentences, each with the next step a person can take."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch

from tracker2invoice import errors
from tracker2invoice.cli.common import plain

_LONGEST = 2000


def sentence(error: errors.Tracker2InvoiceError) -> str:
    """Return what went wrong and what to do about it."""
    words = _sentence(error)
    # the problems of a configuration stand on lines of their own, each made plain already
    return words if isinstance(error, errors.ConfigInvalid) else plain(words, _LONGEST)


def _said(error: errors.AccessDenied | errors.NotThere | errors.TryLater | errors.Unclear | errors.Rejected) -> str:
    """Return what a system said, without the full stop that stands in our sentence."""
    return error.detail.rstrip(".")


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
        f"{error.system} refuses our credentials or a permission is missing: {_said(error)}. "
        "Renew the token or grant the permission, then run `t2i check`."
    )


@_sentence.register
def _(error: errors.NoConsent) -> str:
    return (
        f"{error.system} has no consent that is good: {_said(error)}. Run `t2i auth {error.system}`, then `t2i check`."
    )


_CONSENT: Mapping[str, str] = {
    "address": "cannot be asked for consent: {detail}. Stop what listens there, or register another address with the "
    "app and write it into `redirect_url`. `{auth} --paste` needs no address on this machine",
    "elsewhere": "sends the browser to {detail}, which is not on this machine. Run `{auth} --paste`",
    "silence": "was not given consent in time. Run `{auth}` again; with `--paste` if the browser is on another machine",
    "denied": "was not given consent: the person declined. Run `{auth}` again when they agree",
    "refused": "does not ask for consent: {detail}. Correct client_id, scopes or `redirect_url`, here or where the app "
    "is registered; then run `{auth}` again",
    "state": "was given an answer to another question, perhaps an older one or somebody else's. Run `{auth}` again, "
    "and open the address that it shows",
    "no-code": "was given no answer that holds a code. Run `{auth}` again, and paste the whole address to which the "
    "browser was sent",
    "code": "does not take the code: {detail}. It was used already, or is too old, or `redirect_url` is not what the "
    "app is registered with. Run `{auth}` again",
    "lost": "did not answer clearly when the code was handed in: {detail}. Run `{auth}` again",
    "no-refresh": "gave no token that lasts. Let the app have the scope for it (often offline_access), then run "
    "`{auth}` again",
    "tenant": "was given a consent that is not for {detail}. Run `{auth}` again and choose that one, or correct the "
    "configuration",
}
"""What follows the name of the connector, by reason."""


@_sentence.register
def _(error: errors.ConsentFailed) -> str:
    words = _CONSENT[error.reason].format(detail=error.detail, auth=f"t2i auth {error.system}")
    return f"{error.system} {words}. Nothing was stored."


@_sentence.register
def _(error: errors.CannotList) -> str:
    return f"{error.system} cannot list the projects under a name. Write each project into `projects`."


@_sentence.register
def _(error: errors.NotThere) -> str:
    return (
        f"{error.system} does not have it, or does not show it to us: {_said(error)}. "
        "Correct the name, or let the token read it; then run `t2i check`."
    )


@_sentence.register
def _(error: errors.RateLimited) -> str:
    # who does not say until when may say which limit it is, that of a day for one
    until = f" until {error.not_before:%Y-%m-%d %H:%M:%S} UTC" if error.not_before else f": {_said(error)}"
    return f"{error.system} accepts no more requests{until}. Nothing is lost; the next run goes on from here."


@_sentence.register
def _(error: errors.Unreachable) -> str:
    return f"{error.system} cannot be reached: {_said(error)}. Nothing is lost; the next run tries again."


@_sentence.register
def _(error: errors.BadAnswer) -> str:
    return (
        f"{error.system} gave an answer that makes no sense: {_said(error)}. "
        "Nothing was changed; the next run tries again."
    )


@_sentence.register
def _(error: errors.Unclear) -> str:
    return (
        f"{error.system} did not answer clearly whether the document was created: {_said(error)}. "
        "A later run looks there before anything is sent again."
    )


@_sentence.register
def _(error: errors.Rejected) -> str:
    return f"{error.system} refused the document: {_said(error)}. Correct the cause, then `t2i retry` its reference."


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
