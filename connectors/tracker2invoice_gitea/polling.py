"""Reads all milestones of one repository, and finds it by its id, which renaming and moving do not change.

Lists are to be had by name only. The name may lead to another repository a moment later: whoever reads by name looks
afterwards whether it still has it.
"""

from __future__ import annotations

import re
from hashlib import sha256

from tracker2invoice.errors import BadAnswer, NotThere
from tracker2invoice.plugins import Observed, ProjectCursor, Unchanged
from tracker2invoice_gitea.client import Client
from tracker2invoice_gitea.listing import read_settled
from tracker2invoice_gitea.readings import MILESTONES, REPOSITORY, RepositoryAnswer, milestone, project, read

_ID = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)


def poll(client: Client, asked: ProjectCursor) -> Observed | Unchanged:
    """Read one repository: open and closed milestones, all pages.

    Raises:
        AccessDenied, NotThere, TryLater: it could not be read completely.
    """
    found = repository(client, asked.project_id)
    answers = read_settled(client, MILESTONES, f"{found.path}/milestones", {"state": "all"})
    where = project(client.tracker, found)
    milestones = tuple(milestone(where, one) for one in answers)
    cursor = sha256(repr((where, milestones)).encode()).hexdigest()
    if cursor == asked.cursor:  # no two repositories of a server have a milestone of the same id
        return Unchanged(asked.project_id, cursor)
    refuse_renamed(client, found)
    return Observed(where, milestones, cursor, complete=True)


def repository(client: Client, project_id: str) -> RepositoryAnswer:
    """Return a repository by its id.

    Raises:
        NotThere: it is gone, or the credentials do not show it.
        AccessDenied, TryLater: as always.
    """
    refuse_strange(client.tracker, project_id)
    answer = read(client.tracker, REPOSITORY, client.get(f"/repositories/{project_id}").data)
    if str(answer.id) != project_id:
        raise BadAnswer(client.tracker, "the answer is about another repository")
    return answer


def refuse_renamed(client: Client, found: RepositoryAnswer) -> None:
    """Look whether a repository still has the name by which it was read.

    Raises:
        BadAnswer: it has another one. Also what `repository` raises.
    """
    if repository(client, str(found.id)).full_name != found.full_name:
        raise BadAnswer(client.tracker, "the repository got another name while it was read")


def refuse_strange(tracker: str, number: str) -> None:
    """Let nothing but numbers into addresses.

    Raises:
        NotThere: it is none.
    """
    if not _ID.fullmatch(number):
        raise NotThere(tracker, "nothing has such an id")
