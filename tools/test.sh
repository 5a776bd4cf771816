#!/usr/bin/env bash
# Makes the machine ready, builds yates and runs every test. May be run again.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: tools/test.sh [--fast | --full | --sanitize]

  (none)   build the ci preset (release, with fault injection) and run every test
  --fast   only the tests that are not labelled slow or e2e
  --full   also the build without LibTorch, with its tests; and all targets of tests/fuzz for a minute
           each, under the address and undefined behaviour sanitizers
  --sanitize  the tests of the build without LibTorch under these sanitizers, and nothing else
TEXT
}

mode=normal
case ${1-} in
  "") ;;
  --fast) mode=fast ;;
  --full) mode=full ;;
  --sanitize) mode=sanitize ;;
  -h|--help) usage; exit 0 ;;
  *) echo "test: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
esac

cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ $mode = full ]; then
  tools/bootstrap.sh --fuzz
else
  tools/bootstrap.sh
fi

jobs=$(nproc)
started=$SECONDS
mkdir -p build

run_preset() {  # preset [ctest options]
  local preset=$1
  shift
  echo "== $preset: configure and build"
  cmake --preset "$preset" >"build/$preset-configure.log" 2>&1 ||
    { cat "build/$preset-configure.log"; exit 1; }
  cmake --build --preset "$preset" -- -j "$jobs"
  echo "== $preset: tests (built after $((SECONDS - started)) s)"
  ctest --preset "$preset" "$@"
}

if [ $mode = sanitize ]; then
  run_preset asan-login -LE slow
  exit
fi
if [ $mode = fast ]; then
  run_preset ci -LE 'slow|e2e'
else
  run_preset ci
fi
if [ $mode = full ]; then
  run_preset login
  echo "== fuzz: readers of files, by clang 14 with warnings as errors"
  YATES_FUZZ_SEED=1 tools/fuzz.sh 60
fi

echo "== tests that this build or machine cannot run"
sed 's/^/  /' build/ci/not_registered.txt
echo "not registered: $(grep -c . build/ci/not_registered.txt || true)"
echo "test: all passed in $(((SECONDS - started) / 60)) min"
