#!/usr/bin/env bash
# Fuzzes the readers of yates with libFuzzer. Builds the preset `fuzz` (clang 14) where needed.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: tools/fuzz.sh [SECONDS] [TARGET...]

  SECONDS   for each target, 60 by default
  TARGET    of tests/fuzz: config journal nifti results_table safetensors shard; all by default

Two targets run at a time. Inputs start from tests/fuzz/corpus/TARGET; new ones stay in
build/fuzz/corpus/TARGET and are used again. A finding ends its target: its input is left in
build/fuzz/findings and goes into tests/fuzz/corpus/TARGET together with the mended code, where
every build replays it. Exit status 1 if there was a finding.

environment:
  YATES_FUZZ_SEED  the same seed, corpus and program try the same inputs (default 0: another each time)
TEXT
}

case ${1-} in -h|--help) usage; exit 0 ;; esac
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=60
if [[ ${1-} =~ ^[0-9]+$ ]]; then
  seconds=$1
  shift
fi
targets=("$@")
if [ ${#targets[@]} = 0 ]; then
  for source in tests/fuzz/*_fuzz.cpp; do
    name=$(basename "$source")
    targets+=("${name%_fuzz.cpp}")
  done
fi
for target in "${targets[@]}"; do
  [ -f "tests/fuzz/${target}_fuzz.cpp" ] || { echo "fuzz: no target '$target'" >&2; usage >&2; exit 2; }
done

build=build/fuzz
if [ ! -f $build/build.ninja ]; then
  cmake --preset fuzz >/dev/null
fi
cmake --build --preset fuzz --target "${targets[@]/#/fuzz_}" -- -j "$(nproc)"

# Inputs are files: on a memory disk they cost nothing.
memory=/dev/shm
[ -w $memory ] || memory=${TMPDIR:-/tmp}
scratch=$(mktemp -d "$memory/yates-fuzz-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
mkdir -p $build/findings

run_target() {  # target
  local target=$1 options=() status=0
  mkdir -p "$build/corpus/$target" "$scratch/$target"
  if [ -f "tests/fuzz/$target.dict" ]; then
    options+=("-dict=tests/fuzz/$target.dict")
  fi
  TMPDIR=$scratch/$target \
    LSAN_OPTIONS=suppressions=$PWD/tests/support/lsan.supp:print_suppressions=0 \
    $build/fuzz/fuzz_"$target" "$build/corpus/$target" "tests/fuzz/corpus/$target" \
    -seed="${YATES_FUZZ_SEED:-0}" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=1024 -malloc_limit_mb=512 \
    -max_len=16384 -print_final_stats=1 "-artifact_prefix=$build/findings/$target-" \
    "${options[@]}" >"$build/$target.log" 2>&1 || status=$?
  if [ $status != 0 ]; then
    echo "fuzz: $target: exit status $status"
    tail -n 60 "$build/$target.log"
    return 1
  fi
  echo "fuzz: $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$target.log")" \
    "inputs in $seconds s, no finding"
}

failed=0
for ((i = 0; i < ${#targets[@]}; i += 2)); do
  pids=()
  for target in "${targets[@]:i:2}"; do
    run_target "$target" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
  done
done
exit $failed
