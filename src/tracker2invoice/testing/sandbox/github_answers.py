"""What the sandbox GitHub answers, as JSON: every field that the official description requires.

Shapes follow docs.github.com, rest/issues/milestones, rest/issues/issues, rest/repos/repos, rest/users/users and
rest/rate-limit/rate-limit; a test checks them against models generated from GitHub's own OpenAPI file.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from tracker2invoice.testing.sandbox.github_state import Issue, Milestone, Repository

_USER_LINKS = (
    "followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events",
    "received_events",
)  # fmt: skip
_REPOSITORY_LINKS = (
    "archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare", "contents",
    "contributors", "deployments", "downloads", "events", "forks", "git_commits", "git_refs", "git_tags", "hooks",
    "issue_comment", "issue_events", "issues", "keys", "labels", "languages", "merges", "milestones",
    "notifications", "pulls", "releases", "stargazers", "statuses", "subscribers", "subscription", "tags", "teams",
    "trees",
)  # fmt: skip
_COUNTS = (
    "forks", "forks_count", "network_count", "open_issues", "open_issues_count", "size", "stargazers_count",
    "subscribers_count", "watchers", "watchers_count",
)  # fmt: skip

Json = dict[str, Any]


def user(url: str, login: str, number: int = 1) -> Json:
    """Return a user as others' answers mention it."""
    own = f"{url}/users/{login}"
    return {
        "login": login,
        "id": number,
        "node_id": node_id("User", number),
        "avatar_url": f"{url}/avatars/{number}",
        "gravatar_id": "",
        "url": own,
        "html_url": f"{url}/{login}",
        "type": "User",
        "site_admin": False,
        **{f"{link}_url": f"{own}/{link}" for link in _USER_LINKS},
    }


def signed_in_user(url: str, login: str, since: datetime) -> Json:
    """Return the user that a token belongs to."""
    nothing = dict.fromkeys(("name", "company", "blog", "location", "email", "hireable", "bio"))
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    times = {"created_at": instant(since), "updated_at": instant(since)}
    return user(url, login) | nothing | counts | times


def repository(url: str, one: Repository) -> Json:
    """Return a repository as its own address answers it."""
    owner, _, name = one.name.partition("/")
    own, page = f"{url}/repos/{one.name}", f"{url}/{one.name}"
    return {
        "id": one.id,
        "node_id": node_id("Repository", one.id),
        "name": name,
        "full_name": one.name,
        "owner": user(url, owner),
        "private": True,
        "html_url": page,
        "description": None,
        "fork": False,
        "url": own,
        **{f"{link}_url": f"{own}/{link}" for link in _REPOSITORY_LINKS},
        **{f"{way}_url": f"{page}.git" for way in ("git", "ssh", "clone", "svn")},
        **dict.fromkeys(("mirror_url", "homepage", "language", "license")),
        **dict.fromkeys(_COUNTS, 0),
        **{f"has_{what}": what == "issues" for what in ("issues", "projects", "wiki", "pages", "discussions")},
        "default_branch": "main",
        "archived": False,
        "disabled": False,
        **{f"{what}_at": instant(one.created_at) for what in ("pushed", "created", "updated")},
    }


def milestone(url: str, where: Repository, one: Milestone) -> Json:
    """Return a milestone. `due_on` is midnight UTC, as GitHub writes it by now."""
    own = f"{url}/repos/{where.name}/milestones/{one.number}"
    return {
        "url": own,
        "html_url": f"{url}/{where.name}/milestone/{one.number}",
        "labels_url": f"{own}/labels",
        "id": one.id,
        "node_id": node_id("Milestone", one.id),
        "number": one.number,
        "title": one.title,
        "description": one.description,
        "creator": user(url, "octocat"),
        "open_issues": where.count(one.number, "open"),
        "closed_issues": where.count(one.number, "closed"),
        "state": one.state,
        "created_at": instant(one.created_at),
        "updated_at": instant(one.updated_at),
        "due_on": f"{one.due_on}T00:00:00Z" if one.due_on else None,
        "closed_at": instant(one.closed_at),
    }


def issue(url: str, where: Repository, one: Issue) -> Json:
    """Return an issue; a pull request is one with the key `pull_request`."""
    own, kind = f"{url}/repos/{where.name}/issues/{one.number}", "pull" if one.pull else "issues"
    page = f"{url}/{where.name}/{kind}/{one.number}"
    assignees = [user(url, login) for login in one.assignees]
    of = where.milestones.get(one.milestone) if one.milestone is not None else None
    return {
        "id": one.id,
        "node_id": node_id("PullRequest" if one.pull else "Issue", one.id),
        "url": own,
        "repository_url": f"{url}/repos/{where.name}",
        **{f"{link}_url": f"{own}/{link}" for link in ("labels", "comments", "events")},
        "html_url": page,
        "number": one.number,
        "state": one.state,
        "state_reason": one.state_reason,
        "title": one.title,
        "body": None,
        "user": user(url, "octocat"),
        "labels": [label(url, where, name) for name in one.labels],
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
        "milestone": milestone(url, where, of) if of else None,
        "locked": False,
        "comments": len(one.comments),
        "closed_at": instant(one.closed_at),
        "created_at": instant(one.created_at),
        "updated_at": instant(one.closed_at or one.created_at),
        "author_association": "OWNER",
        **({"pull_request": _pull_request(url, where, one, page)} if one.pull else {}),
    }


def installation(url: str, number: int, owner: str) -> Json:
    """Return an installation of an app, of which only what is read is given."""
    return {"id": number, "account": user(url, owner), "repository_selection": "all"}


def label(url: str, where: Repository, name: str) -> Json:
    """Return a label as issues have it."""
    number = int(sha256(name.encode()).hexdigest()[:12], 16)
    return {
        "id": number,
        "node_id": node_id("Label", number),
        "url": f"{url}/repos/{where.name}/labels/{quote(name, safe='')}",
        "name": name,
        "description": None,
        "color": "ededed",
        "default": False,
    }


def rate_limit(limit: int, used: int, reset: datetime) -> Json:
    """Return how much of the hour's requests is left."""
    core = {
        "limit": limit, "used": used, "remaining": limit - used, "reset": int(reset.timestamp()),
        "resource": "core",
    }  # fmt: skip
    return {"resources": {"core": core, "search": core}, "rate": core}


def refusal(status: int, message: str, page: str) -> Json:
    """Return the body of an error; `page` is the page of the documentation about the request."""
    return {"message": message, "documentation_url": f"https://docs.github.com/{page}", "status": str(status)}


def _pull_request(url: str, where: Repository, one: Issue, page: str) -> Json:
    return {
        "url": f"{url}/repos/{where.name}/pulls/{one.number}",
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "merged_at": instant(one.merged_at),
    }


def node_id(kind: str, number: int) -> str:
    """Return the id of an object in the GraphQL API, which the REST API gives along."""
    return b64encode(f"{kind}:{number}".encode()).decode()


def instant(at: datetime | None) -> str | None:
    """Return an instant as both APIs write it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else None
