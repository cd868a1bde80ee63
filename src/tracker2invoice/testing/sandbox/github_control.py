"""The controls of the pretended GitHub, over HTTP. They are documented where the sandbox is."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, cast

from tracker2invoice.testing.sandbox import github_answers as answers
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request

if TYPE_CHECKING:
    from tracker2invoice.testing.sandbox.github import GitHubSandbox
    from tracker2invoice.testing.sandbox.github_state import Repository


def control(github: GitHubSandbox, request: Request) -> Answer:
    """Carry out an order to the sandbox."""
    try:
        order = cast("answers.Fields", request.json() if request.body else {})
        done = _done(github, request, order)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return Answer(400, answers.refusal(400, f"{type(error).__name__}: {error}"))
    return Answer(404, answers.refusal(404, "No such control")) if done is None else Answer(200, done)


def _done(github: GitHubSandbox, request: Request, order: answers.Fields) -> object:
    path = request.path.removeprefix("/_sandbox/").split("/")
    match request.method, *path:
        case "GET", "state":
            return [_everything(github.url, one) for one in github.state.repositories.values()]
        case "POST", "repos":
            return {"id": github.state.add_repository(str(order["name"]))}
        case method, "repos", owner, name, *rest:
            repository = github.state.named(f"{owner}/{name}")
            return None if repository is None else _inside(github, repository, [method, *rest], order)
        case "POST", "faults":
            github.faults.append(_fault(order))
        case "POST", "limit":
            github.remaining = int(str(order["remaining"]))
        case "POST", "revoke":
            github.revoke()
        case _:
            return None
    return {}


def _inside(github: GitHubSandbox, repository: Repository, what: list[str], order: answers.Fields) -> object:
    state, here = github.state, repository.id
    match what:
        case ["PATCH"]:
            repository.readable = bool(order.get("readable", repository.readable))
            if "name" in order:
                state.rename_repository(here, str(order["name"]))
        case ["POST", "milestones"]:
            day = order.get("due_on")
            due_on = date.fromisoformat(str(day)) if day else None
            return {"number": state.add_milestone(here, str(order["title"]), due_on)}
        case ["PATCH", "milestones", number]:
            state.change_milestone(here, int(number), order.get("state"), order.get("title"))
        case ["DELETE", "milestones", number]:
            state.delete_milestone(here, int(number))
        case ["POST", "issues"]:
            return {"number": _add_issue(github, here, order)}
        case _:
            return None
    return {}


def _add_issue(github: GitHubSandbox, repository_id: int, order: answers.Fields) -> int:
    return github.state.add_issue(
        repository_id,
        int(str(order["milestone"])) if order.get("milestone") else None,
        str(order["title"]),
        "merge_request" if order.get("kind") == "merge_request" else "issue",
        done=bool(order.get("done", True)),
        refused=bool(order.get("refused", False)),
    )


def _everything(api: str, repository: Repository) -> answers.Fields:
    return {
        "id": repository.id,
        "full_name": repository.name,
        "milestones": [answers.milestone(api, repository, one) for one in repository.milestones.values()],
        "issues": [answers.issue(api, repository, one) for one in repository.issues.values()],
    }


def _fault(order: answers.Fields) -> Fault:
    headers = cast("dict[str, str]", order.get("headers", {}))
    do = str(order.get("do", "answer"))
    return Fault(
        when="after" if order.get("when") == "after" else "before",
        do="drop" if do == "drop" else "hang" if do == "hang" else "answer",
        answer=Answer(int(str(order.get("status", 502))), str(order.get("body", "")).encode(), headers),
        method=str(order.get("method", "")),
        path=str(order.get("path", "/repo")),
    )
