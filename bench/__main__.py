"""`python -m bench` prints every table of this folder; `python -m bench startup` prints that one.

Each module here has a `main()` that prints its table and raises `SystemExit` when a promise is broken; the
others are still measured.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path


def run(name: str) -> bool:
    """Print one table; return whether its promises hold."""
    try:
        import_module(f"bench.{name}").main()
    except SystemExit as stop:
        if stop.code:
            print(f"{name}: {stop.code}", file=sys.stderr)
        return not stop.code
    finally:
        print(flush=True)
    return True


if __name__ == "__main__":
    names = sys.argv[1:] or sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))
    kept = [run(name) for name in names]
    sys.exit(0 if all(kept) else 1)
