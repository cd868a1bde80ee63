"""Counts the open and finished issues of many milestones at once.

Bills depend on these counts (`accept`, progress by issues). So they are read at every poll and never remembered: a
change of an issue leaves its version or epic as it is, and a deleted issue leaves no trace at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter

from tracker2invoice_jira.api import Api
from tracker2invoice_jira.listing import MOST_PER_PAGE, Found, Issue, search
from tracker2invoice_jira.readings import Id, Reading, Status

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tally:
    """How many issues are open and done, by the id (or key) of what they are of."""

    open: Counter[str] = field(default_factory=Counter[str])
    done: Counter[str] = field(default_factory=Counter[str])


class HasId(Reading):
    """A version or a parent, as an issue mentions it."""

    id: Id


class CountedFields(Reading):
    """The fields by which issues are counted; further ones are kept, for Data Center's link to an epic."""

    model_config = ConfigDict(extra="allow")

    status: Status
    fixVersions: tuple[HasId, ...] | list[HasId] = ()  # noqa: N815 (Jira's name)
    parent: HasId | None = None

    def other(self, name: str) -> Any:
        """Return a custom field, None if the issue has none."""
        return (self.model_extra or {}).get(name)


class CountedIssue(Issue):
    """An issue with what it is counted by."""

    fields: CountedFields


_FOUND = TypeAdapter(Found[CountedIssue])


def tally(
    api: Api, queries: Iterable[tuple[str, Sequence[str]]], milestones_of: Callable[[CountedFields], Iterable[str]]
) -> Tally:
    """Count the issues that the queries find, each with the fields that `milestones_of` needs.

    Raises:
        AccessDenied, NotThere, TryLater: the issues could not be read completely.
    """
    result = Tally()
    for jql, fields in queries:
        for issue in search(api, jql, _FOUND, ("status", *fields), size=MOST_PER_PAGE):
            counts = result.done if issue.fields.status.done else result.open
            counts.update(set(milestones_of(issue.fields)))
    return result


def batches(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cut a list into parts that fit into one query."""
    return (values[start : start + size] for start in range(0, len(values), size))
