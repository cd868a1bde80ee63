"""The tracker itself: repositories by name once, then by id; milestones of both states; what was delivered.

Everything but the first look-up goes by the repository's numeric id, which survives a new name or owner.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from urllib.parse import urlencode

from tracker2invoice.errors import BadAnswer, FixConfig, NotThere, Tracker2InvoiceError
from tracker2invoice.model.milestone import Deliverable, Milestone, Project
from tracker2invoice.plugins import (
    Context,
    Failed,
    Finding,
    Observed,
    PollResult,
    ProjectCursor,
    Unchanged,
)
from tracker2invoice_github import GitHubSettings, answers
from tracker2invoice_github.api import Api, Moved
from tracker2invoice_github.auth import InstallationToken, authentication
from tracker2invoice_github.lists import PER_PAGE, from_cursor, read_if_changed, read_list, to_cursor
