#!/usr/bin/env bash
# Writes the hash-locked requirement files of the checks' tools. Run it to take newer versions; needs uv on PATH and a package index.
#   scripts/lock-tools.sh            all of them
#   scripts/lock-tools.sh ruff       one of them
set -euo pipefail
cd "$(dirname "$0")/../src/toolchains"

lock() {
  local name=$1
  shift
  printf '%s\n' "$@" |
    uv pip compile --quiet --no-config --universal --upgrade --generate-hashes --no-emit-index-url --no-header --no-annotate \
      --python-version 3.11 --output-file "$name.txt" -
}

wanted=${1:-all}
if [[ $wanted == all || $wanted == ruff ]]; then lock ruff 'ruff==0.17.6'; fi
if [[ $wanted == all || $wanted == mypy ]]; then lock mypy 'mypy==2.4.1'; fi
if [[ $wanted == all || $wanted == pytest ]]; then lock pytest pytest coverage; fi
if [[ $wanted == all || $wanted == packaging ]]; then lock packaging packaging; fi
# What a finished wheel and sdist are looked at with: one environment for both tools.
if [[ $wanted == all || $wanted == twine ]]; then lock twine twine check-wheel-contents; fi
if [[ $wanted == all || $wanted == deptry ]]; then lock deptry 'deptry==0.25.1'; fi
