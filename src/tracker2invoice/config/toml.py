"""TOML as others may have written it: bounded in size and depth, and every refusal in words that quote nothing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

from tracker2invoice.config.plain import Table, is_list, is_table
from tracker2invoice.errors import Problem
from tracker2invoice.intake import MEGABYTE, read_ordinary

LARGEST = 8 * MEGABYTE
"""Bytes of one file: some 25,000 contracts. More of them stand in files of their own."""

_DEEPEST = 20
_MOST_DOTS = 200
_POSITION = re.compile(r"\(at (?:line (\d+), column (\d+)|(end of document))\)")
_TOO_DEEP = "nested too deeply; check the brackets"


def read_text(path: Path) -> str | Problem:
    """Return the content of a configuration file, or why it cannot be read."""
    try:
        return read_ordinary(path, LARGEST).decode("utf-8-sig")
    except FileNotFoundError:
        return _problem(path, "there is no such file; write one with `t2i init`, or name it with --config")
    except UnicodeDecodeError:
        return _problem(path, "not UTF-8; save the file in that encoding")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "not a path"
        return _problem(path, f"cannot be read: {why}; check that it is a file and its permissions")


def read_toml(path: Path) -> Table | Problem:
    """Return what a configuration file says, or what is wrong with it as a whole."""
    text = read_text(path)
    if isinstance(text, Problem):
        return text
    if line := _line_full_of_dots(text):
        return _problem(path, f"more than {_MOST_DOTS} dots in line {line}; write shorter lines")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return _problem(path, f"not TOML {_position(error)}; check quotes, brackets and = signs there")
    except RecursionError:
        return _problem(path, _TOO_DEEP)
    except ValueError:
        return _problem(path, "holds a number of thousands of digits; write shorter ones")
    return _problem(path, _TOO_DEEP) if _is_deep(data) else data


def _problem(path: Path, message: str) -> Problem:
    return Problem(str(path), "", "", message)


def _line_full_of_dots(text: str) -> int:
    """Return the number of the first such line, or 0: a dotted key takes the parser the square of its length."""
    return next((n for n, line in enumerate(text.splitlines(), start=1) if line.count(".") > _MOST_DOTS), 0)


def _position(error: tomllib.TOMLDecodeError) -> str:
    # the rest of the parser's message may quote the file
    found = _POSITION.search(str(error))
    return f"at line {found[1]}, column {found[2]}" if found and found[1] else "at the end of the file"


def _is_deep(data: object) -> bool:
    """Say whether tables and lists stand in each other deeper than any setting does."""
    level = [data]
    for _ in range(_DEEPEST):
        level = [inner for value in level for inner in _inside(value)]
    return bool(level)


def _inside(value: object) -> Iterable[object]:
    if is_table(value):
        return value.values()
    return value if is_list(value) else ()
