"""The issues and pull requests of one milestone: what was delivered, and all the work with what can be counted.

Source: the Swagger description, `issueListIssues` and `issueGetMilestone`. The list takes a milestone by title or else
by id, and leaves out of the question what it does not find: then it holds all issues of the repository.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tracker2invoice.errors import BadAnswer, NotThere
from tracker2invoice.model.milestone import Deliverable, Milestone
from tracker2invoice.model.work import Comment, Labelling, TimeEntry, Work, WorkItem
from tracker2invoice_gitea.client import Client
from tracker2invoice_gitea.listing import read_settled
from tracker2invoice_gitea.polling import refuse_strange
from tracker2invoice_gitea.readings import ISSUES, MILESTONE, IssueAnswer, RepositoryAnswer, read
from tracker2invoice_gitea.times import in_hours


def items_of(client: Client, where: RepositoryAnswer, milestone: Milestone) -> tuple[IssueAnswer, ...]:
    """Return every issue and pull request of a milestone, by number.

    Raises:
        AccessDenied, NotThere, TryLater: they could not be read completely.
    """
    refuse_strange(client.tracker, milestone.id)
    told = read(client.tracker, MILESTONE, client.get(f"{where.path}/milestones/{milestone.id}").data)
    if str(told.id) != milestone.id:  # of an id that is gone, Gitea makes a title
        raise NotThere(client.tracker, "the milestone is not there")
    asked = {"milestones": milestone.id, "state": "all"}
    found = read_settled(client, ISSUES, f"{where.path}/issues", asked)
    if not all(one.milestone and one.milestone.id == told.id for one in found):
        raise BadAnswer(client.tracker, "the list holds what is not in the milestone")
    if len(found) != told.open_issues + told.closed_issues:
        counted = f"the milestone counts {told.open_issues + told.closed_issues} items, its list has {len(found)}"
        raise BadAnswer(client.tracker, counted)
    return tuple(sorted(found, key=lambda one: one.number))


def deliverables(items: Iterable[IssueAnswer]) -> tuple[Deliverable, ...]:
    """Return what was delivered."""
    return tuple(
        Deliverable(
            kind="issue" if one.pull_request is None else "merge_request",
            number=str(one.number),
            title=one.title,
            url=one.html_url,
            closed_at=one.done_at,
            assignees=tuple(user.login for user in one.assignees or ()),
        )
        for one in items
        if one.delivered
    )


def work(
    items: Iterable[IssueAnswer],
    times: Mapping[int, tuple[TimeEntry, ...]],
    comments: Mapping[int, tuple[Comment, ...]],
    labellings: Mapping[int, tuple[Labelling, ...]],
) -> Work:
    """Return what is open or was delivered; `times` has the hours by the ids of issues, the others go by numbers."""
    return tuple(
        WorkItem(
            number=str(one.number),
            title=one.title,
            closed=one.delivered,
            labels=tuple(label.name for label in one.labels),
            estimate=in_hours(one.time_estimate) if one.time_estimate else None,
            time=times.get(one.id, ()),
            closed_at=one.done_at,
            comments=comments.get(one.number, ()),
            labellings=labellings.get(one.number, ()),
        )
        for one in items
        if one.state == "open" or one.delivered
    )
