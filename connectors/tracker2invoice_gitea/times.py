"""Reads who spent how much time on the issues of a repository, and when.

Source: the Swagger description, `repoTrackedTimes`. Whoever may not write issues gets only their own times, and is not
told so; asking for those of somebody else is then refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

from tracker2invoice.errors import AccessDenied
from tracker2invoice.model.work import TimeEntry
from tracker2invoice_gitea.client import Client
from tracker2invoice_gitea.listing import read_settled
from tracker2invoice_gitea.polling import refuse_renamed
from tracker2invoice_gitea.readings import TIMES, RepositoryAnswer, TimeAnswer

_FINEST = Decimal("1E-10")
OWN_ONLY = "it does not show the times of others to an account that may not write issues"


def read_times(client: Client, where: RepositoryAnswer, issues: Collection[int]) -> Mapping[int, tuple[TimeEntry, ...]]:
    """Return the hours on these issues, by their ids.

    Raises:
        AccessDenied: the account may see only its own times.
        NotThere, TryLater: they could not be read completely.
    """
    if not (where.keeps_times and issues):
        return {}
    refuse_own_only(client, where)
    found = read_settled(client, TIMES, f"{where.path}/times")
    refuse_renamed(client, where)
    return hours(one for one in found if one.issue and one.issue.id in issues)


def refuse_own_only(client: Client, where: RepositoryAnswer) -> None:
    """Ask for the times of the owner, which nobody gets who may not see everybody's. Raises like `read_times`."""
    try:
        client.get(f"{where.path}/times", {"user": where.owner.login, "limit": "1"})
    except AccessDenied as error:
        raise AccessDenied(client.tracker, f"{error.detail}: {OWN_ONLY}") from None


def hours(times: Iterable[TimeAnswer]) -> Mapping[int, tuple[TimeEntry, ...]]:
    """Return the hours of each issue, by its id, on days in UTC.

    Twenty minutes are no finite decimal. What rounding leaves over goes to the person's next entry, day by day: the
    hours of a person until any day are those of all the seconds together.
    """
    sums: dict[str, int] = {}
    entries: dict[int, tuple[TimeEntry, ...]] = {}
    for one in sorted(times, key=lambda one: (one.created, one.id)):
        before = sums.get(one.user_name, 0)
        sums[one.user_name] = before + one.time
        spent = in_hours(sums[one.user_name]) - in_hours(before)
        if one.issue:
            entry = TimeEntry(one.user_name, one.created.date(), spent)
            entries[one.issue.id] = (*entries.get(one.issue.id, ()), entry)
    return entries


def in_hours(seconds: int) -> Decimal:
    """Return hours, exactly where they are a decimal of ten places, else rounded to them."""
    # the sum has no exponent: ten hours are 10, not 1E+1
    return (Decimal(seconds) / 3600).quantize(_FINEST).normalize() + 0
