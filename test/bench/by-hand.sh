#!/usr/bin/env bash
# by-hand.sh WORK TOOLCHAINS PYTHON…: what a developer would type to run the same checks, one after another, in the application's folder.
# WORK is an empty folder for environments; TOOLCHAINS holds the same locked requirement files that the pipeline uses; each PYTHON is an
# interpreter, the first one also for what runs once. FORMAT_PATHS, LINT_PATHS, TYPES_PATHS, TESTS_PATHS, SMOKE_PATHS (integration and speech),
# PERF_PATHS EXTRAS and PACKAGES (comma-separated), COMMANDS (one per line), APP_LOCK, BUILD_LOCK and TYPES_STRICT (empty or not) come from the
# application's config. INSTALLER is uv or pip. Nothing is built twice, compared, watched for sockets or proved.
set -euo pipefail
work=$1 toolchains=$2
shift 2
first=$1

"$first" -m venv "$work/uv"
if [ "$INSTALLER" = uv ]; then "$work/uv/bin/python" -m pip install --quiet --require-hashes -r "$toolchains/uv.txt"; fi

venv() { # venv NAME PYTHON
  if [ "$INSTALLER" = uv ]; then "$work/uv/bin/uv" venv --quiet --python "$2" "$work/$1"; else "$2" -m venv "$work/$1"; fi
}
install() { # install NAME ARGUMENT…
  if [ "$INSTALLER" = uv ]; then "$work/uv/bin/uv" pip install --quiet --python "$work/$1/bin/python" "${@:2}"; else "$work/$1/bin/python" -m pip install --quiet "${@:2}"; fi
}
paths() { tr ',' '\n' <<<"$1"; }

mapfile -t format < <(paths "$FORMAT_PATHS")
mapfile -t lint < <(paths "$LINT_PATHS")
mapfile -t types < <(paths "$TYPES_PATHS")
mapfile -t tests < <(paths "$TESTS_PATHS")
mapfile -t smoke < <(paths "$SMOKE_PATHS")
mapfile -t perf < <(paths "$PERF_PATHS")

venv ruff "$first"
install ruff --require-hashes -r "$toolchains/ruff.txt"
"$work/ruff/bin/ruff" format --check --no-cache "${format[@]}"
"$work/ruff/bin/ruff" check --no-cache "${lint[@]}"

venv types "$first"
install types --require-hashes -r "$APP_LOCK"
venv mypy "$first"
install mypy --require-hashes -r "$toolchains/mypy.txt"
"$work/mypy/bin/mypy" --cache-dir="$work/mypy-cache" --python-executable "$work/types/bin/python" ${TYPES_STRICT:+--strict} "${types[@]}"

venv build "$first"
install build --require-hashes -r "$BUILD_LOCK"
if [ "$INSTALLER" = uv ]; then
  "$work/uv/bin/uv" build --quiet --wheel --sdist --no-build-isolation --python "$work/build/bin/python" --out-dir "$work/dist" .
else
  "$work/build/bin/python" -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$work/dist" .
  "$work/build/bin/python" -c 'import sys; from hatchling import build; build.build_sdist(sys.argv[1])' "$work/dist"
fi
venv twine "$first"
install twine --require-hashes -r "$toolchains/twine.txt"
"$work/twine/bin/twine" check --strict "$work"/dist/*
"$work/twine/bin/check-wheel-contents" "$work"/dist/*.whl
# It finds out which distribution a module belongs to where both are installed.
install types --require-hashes -r "$toolchains/deptry.txt"
"$work/types/bin/deptry" --optional-dependencies-dev-groups "$EXTRAS" "${types[@]}"

for python in "$@"; do
  name=tests-$(basename "$python")
  venv "$name" "$python"
  install "$name" --require-hashes -r "$APP_LOCK"
  install "$name" --no-deps "$work"/dist/*.whl
  "$work/$name/bin/python" -m pytest --version >/dev/null 2>&1 || install "$name" --require-hashes -r "$toolchains/pytest.txt"
  if "$work/$name/bin/python" -c 'import coverage' 2>/dev/null; then
    COVERAGE_FILE="$work/$name.coverage" "$work/$name/bin/python" -P -m coverage run --source "$PACKAGES" -m pytest -q -p no:cacheprovider "${tests[@]}"
  else
    "$work/$name/bin/python" -P -m pytest -q -p no:cacheprovider "${tests[@]}"
  fi
  "$work/$name/bin/python" -P -m pytest -q -p no:cacheprovider "${smoke[@]}"
  if [ "$python" = "$first" ]; then "$work/$name/bin/python" -P -m pytest -q -p no:cacheprovider "${perf[@]}"; fi
  for artifact in "$work"/dist/*; do
    clean=clean-$(basename "$python")-${artifact##*.}
    venv "$clean" "$python"
    install "$clean" "$artifact"
    while read -r command; do (cd "$work" && eval "$clean/bin/$command" >/dev/null); done <<<"$COMMANDS"
  done
done
