"""The little of JQL that a reader of milestones asks: clauses joined by AND, and an order by key.

Source: Atlassian's page on advanced searching. What a query names must be there and visible, else all of it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tracker2invoice.testing.sandbox.jira_state import SUBTASK, Issue, JiraState

EPIC_LINK = 10008
"""The number of Data Center's custom field for the link to an epic."""

_ORDER = re.compile(r"\s+ORDER BY key ASC$")
_LIST = re.compile(r"(project|parent|issue|cf\[10008\]|fixVersion)(?: in \((.*)\)| = ([^ ]+))")
_TYPE = re.compile(r'issuetype = "((?:[^"\\]|\\.)*)"')

Test = Callable[[Issue], bool]


class BadQuery(Exception):
    """The query is refused; the message says why."""


def find(jira: JiraState, jql: str, *, cloud: bool, hidden: frozenset[int] = frozenset()) -> list[Issue]:
    """Return the issues that a query finds, the newest first unless it orders them.

    Raises:
        BadQuery: a clause that the sandbox does not know, one without bounds, or one that names what is not there.
    """
    clauses = _ORDER.sub("", jql).split(" AND ")
    tests = [_test(jira, clause, cloud=cloud, hidden=hidden) for clause in clauses]
    found = [one for one in jira.issues.values() if one.project not in hidden and all(test(one) for test in tests)]
    if _ORDER.search(jql):
        return sorted(found, key=lambda one: (jira.projects[one.project].key, one.number))
    return sorted(found, key=lambda one: -one.id)


def _test(jira: JiraState, clause: str, *, cloud: bool, hidden: frozenset[int]) -> Test:
    if clause == "fixVersion is not EMPTY":
        return lambda one: bool(one.versions)
    if parts := _TYPE.fullmatch(clause):
        return _of_type(re.sub(r"\\(.)", r"\1", parts[1]))
    if (parts := _LIST.fullmatch(clause)) is None:
        raise BadQuery(f"Error in the JQL Query: {clause}")
    names = [name.strip() for name in (parts[2] or parts[3]).split(",")]
    if parts[1].startswith("cf") and not cloud:
        return _linked({_issue_called(jira, name.strip('"')) for name in names})
    if not all(name.isdecimal() for name in names):
        raise BadQuery(f"Error in the JQL Query: {clause}")
    return _among(jira, parts[1], {int(name) for name in names}, hidden, cloud=cloud)


def _of_type(name: str) -> Test:
    return lambda one: one.type == name


def _linked(epics: set[int]) -> Test:
    return lambda one: one.parent in epics and one.type != SUBTASK


def _among(jira: JiraState, field: str, ids: set[int], hidden: frozenset[int], *, cloud: bool) -> Test:
    there: dict[str, set[int]] = {
        "project": set(jira.projects) - hidden,
        "fixVersion": {version for one in jira.projects.values() for version in one.versions},
        "parent": set(jira.issues),
        "issue": set(jira.issues),
    }
    if missing := ids - there.get(field, set()):
        raise BadQuery(f"A value with ID '{min(missing)}' does not exist for the field '{field}'.")
    match field:
        case "project":
            return lambda one: one.project in ids
        case "fixVersion":
            return lambda one: not ids.isdisjoint(one.versions)
        case "parent":
            return lambda one: one.parent in ids and (cloud or one.type == SUBTASK)
        case _:
            return lambda one: one.id in ids


def _issue_called(jira: JiraState, key: str) -> int:
    for id_ in jira.issues:
        if jira.key(id_) == key:
            return id_
    raise BadQuery(f"An issue with key '{key}' does not exist for field 'Epic Link'.")
