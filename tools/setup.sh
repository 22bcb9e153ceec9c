#!/bin/sh
# Finds a Python that is new enough and lets it lay .venv (tools/setup_venv.py). PYTHON=... names one by hand.
set -eu
cd "$(dirname "$0")/.."

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

if [ -n "${PYTHON:-}" ]; then
    new_enough "$PYTHON" && exec "$PYTHON" tools/setup_venv.py "$@"
    echo "setup: PYTHON=$PYTHON is not a Python of 3.11 or later. Name another, or leave PYTHON unset." >&2
    exit 1
fi
for candidate in python3 python3.11 python3.12 python3.13 python3.14 /usr/bin/python3; do
    new_enough "$candidate" && exec "$candidate" tools/setup_venv.py "$@"
done
echo "setup: no Python of 3.11 or later on the PATH. Install one (Debian: python3), or say PYTHON=/path/to/python3." >&2
exit 1
