"""The page about reasons has every code that a plan can give, and every code has a test."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reasons.md").read_text()


def codes_in(text: str) -> set[str]:
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    made = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Reason" and call.args]
    codes = [ast.literal_eval(call.args[0]) for call in made]
    return {str(code) for code in codes}


CODES = {code for path in (ROOT / "src/tracker2invoice").rglob("*.py") for code in codes_in(path.read_text())}


def test_the_page_has_every_code_once_and_no_other() -> None:
    rows = Counter(re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE))
    assert rows == Counter(CODES)


def test_every_code_has_a_test() -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_plan*.py"))
    assert [code for code in sorted(CODES) if not re.search(rf'"{code}[":]', tests)] == []


def test_a_code_is_found_where_it_is_given() -> None:
    assert codes_in('x = Reason("too-young", words)\nReason\nReason()') == {"too-young"}
