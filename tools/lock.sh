#!/bin/sh
# Remakes requirements/*.lock from pyproject.toml: universal (Python 3.11 and later), hashed, naming no host.
# Arguments are passed on to the resolver: `tools/lock.sh --upgrade`, `tools/lock.sh --upgrade-package redis`.
set -eu
cd "$(dirname "$0")/.."

UV_VERSION=0.13.9
# Own configuration of this machine's clients is left out: the hashes must be those the public index serves.
# Only packages with wheels are taken, so that no build step runs (and none fails) when the lock is installed.
uv=var/tools/uv-$UV_VERSION/bin/uv
if [ ! -x "$uv" ]; then
    "${PYTHON:-python3}" -m venv "var/tools/uv-$UV_VERSION"
    "var/tools/uv-$UV_VERSION/bin/python" -m pip install --quiet "uv==$UV_VERSION"
fi

compile() { # OUTPUT [resolver options ...]
    output=$1
    shift
    "$uv" pip compile pyproject.toml --quiet --no-config --system-certs --only-binary :all: --universal \
        --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
        --output-file "$output" "$@"
}

# PostgreSQL's driver is small, and the image should have it.
compile requirements/runtime.lock --extra postgresql "$@"
# The developers' set is the runtime set, what draws the benches' plots, and more: one version wherever both name a
# package.
compile requirements/dev.lock --extra dev --extra bench --constraint requirements/runtime.lock "$@"
