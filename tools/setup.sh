#!/bin/sh
# Finds a Python that is new enough and lets it build .venv. The one that .venv already uses comes first.
set -eu
cd "$(dirname "$0")/.."
for python in .venv/bin/python python3.13 python3.12 python3.11 python3; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        exec "$python" tools/bootstrap.py
    fi
done
echo "setup: no Python 3.11 or later was found; install one and make sure that python3 starts it." >&2
exit 1
