"""Jira's twin: the sandbox in the words that all trackers share, with versions or epics as milestones."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Literal

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.jira import EMAIL, TOKEN, JiraSandbox
from tracker2invoice.testing.sandbox.jira_state import DONE, EPIC, TO_DO
from tracker2invoice_jira.epics import SUFFIX

_SECRET = "TWIN_JIRA_TOKEN"  # noqa: S105 (the name of a variable)


@contextmanager
def start(clock: Clock) -> Generator[JiraTwin]:
    """Start an empty Jira Cloud; it stops at the end."""
    with JiraSandbox(clock) as sandbox:
        yield JiraTwin(sandbox)


class JiraTwin:
    """The sandbox speaks of versions and issues by their ids; with `epics`, these are the milestones."""

    environment: Mapping[str, str] = {_SECRET: TOKEN}

    def __init__(self, sandbox: JiraSandbox, *, epics: bool = False) -> None:
        self.sandbox, self.epics = sandbox, epics
        self.tells_when = epics
        email = {"email": EMAIL} if sandbox.cloud else {}
        self.settings: Mapping[str, object] = {"url": sandbox.url, "token": {"env": _SECRET}, **email}

    def add_project(self, name: str) -> str:
        """Create a project; return its id."""
        return f"{self.sandbox.jira.add_project(name)}{SUFFIX if self.epics else ''}"

    def rename_project(self, project_id: str, name: str) -> None:
        """Give a project another name."""
        self.sandbox.jira.rename_project(self.project(project_id), name)

    def add_milestone(self, project_id: str, title: str, due_on: date | None = None) -> int:
        """Create an open milestone; return its number."""
        jira = self.sandbox.jira
        if not self.epics:
            return jira.add_version(self.project(project_id), title, due_on.isoformat() if due_on else None)
        epic = jira.issues[jira.add_issue(self.project(project_id), title, type=EPIC)]
        epic.due = due_on
        return epic.number

    def close(self, project_id: str, number: int) -> None:
        """Close a milestone."""
        if self.epics:
            self.sandbox.jira.move_issue(self.epic(project_id, number), DONE)
        else:
            self.sandbox.jira.release_version(number)

    def reopen(self, project_id: str, number: int) -> None:
        """Open a closed milestone again."""
        if self.epics:
            self.sandbox.jira.move_issue(self.epic(project_id, number), TO_DO)
        else:
            self.sandbox.jira.unrelease_version(number)

    def rename(self, project_id: str, number: int, title: str) -> None:
        """Give a milestone another title."""
        if self.epics:
            self.sandbox.jira.rename_issue(self.epic(project_id, number), title)
        else:
            self.sandbox.jira.rename_version(number, title)

    def delete_milestone(self, project_id: str, number: int) -> None:
        """Delete a milestone."""
        if self.epics:
            self.sandbox.jira.delete_issue(self.epic(project_id, number))
        else:
            self.sandbox.jira.delete_version(number)

    def add_issue(
        self,
        project_id: str,
        number: int,
        title: str,
        kind: Literal["issue", "merge_request"] = "issue",
        *,
        done: bool = True,
        labels: tuple[str, ...] = (),
    ) -> None:
        """Add an issue to a milestone; a change that was refused is one that was given up."""
        given_up = kind == "merge_request" and not done
        self.sandbox.jira.add_issue(
            self.project(project_id),
            title,
            type="Task" if kind == "issue" else "Change",
            version=None if self.epics else number,
            epic=self.epic(project_id, number) if self.epics else None,
            status=DONE if done or given_up else TO_DO,
            resolution="Won't Do" if given_up else "Done" if done else None,
            labels=labels,
        )

    def project(self, project_id: str) -> int:
        """Return the number of a project in the sandbox."""
        return int(project_id.removesuffix(SUFFIX))

    def epic(self, project_id: str, number: int) -> int:
        """Return the id of an epic in the sandbox."""
        project = self.project(project_id)
        issues = self.sandbox.jira.issues.values()
        return next(one.id for one in issues if (one.project, one.number) == (project, number))
