"""Reads the comments on the issues and pull requests of a repository since an instant.

Source: the Swagger description, `issueGetRepoComments`. Whoever may write issues may edit the comments of others, and
Gitea does not tell who did: one that was edited is nobody's word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from tracker2invoice.errors import BadAnswer
from tracker2invoice.model.work import Comment
from tracker2invoice_gitea.client import Client
from tracker2invoice_gitea.listing import read_settled
from tracker2invoice_gitea.polling import refuse_renamed
from tracker2invoice_gitea.readings import COMMENTS, CommentAnswer, RepositoryAnswer


def read_comments(client: Client, where: RepositoryAnswer, since: datetime) -> Mapping[int, tuple[Comment, ...]]:
    """Return by the numbers of items what was written on them since then, in the order of writing.

    Raises:
        AccessDenied, NotThere, TryLater: the comments could not be read completely.
    """
    asked = {"since": f"{since:%Y-%m-%dT%H:%M:%SZ}"}
    found = read_settled(client, COMMENTS, f"{where.path}/issues/comments", asked)
    refuse_renamed(client, where)
    return _by_number(client, (one for one in found if one.created_at and one.created_at >= since and one.is_plain))


def _by_number(client: Client, answers: Iterable[CommentAnswer]) -> Mapping[int, tuple[Comment, ...]]:
    comments: dict[int, tuple[Comment, ...]] = {}
    for one in sorted(answers, key=lambda one: one.id):
        if one.item is None:
            raise BadAnswer(client.tracker, "a comment that does not say what it is on")
        if one.user and one.created_at:
            comment = Comment(one.user.login, one.created_at, one.body, one.html_url)
            comments[one.item] = (*comments.get(one.item, ()), comment)
    return comments
