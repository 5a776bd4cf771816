#!/usr/bin/env bash
# Checks and times kernels and training on the GPU of this machine, in one call of at most 10 minutes.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: tools/gpu_check.sh [--no-build] [--build-only] [--preset NAME] [--out FILE]

Builds yates for GPUs, runs the kernels' tests on the GPU that is here, times them, trains every arm
twice and compares the bits, compares a small arm with the CPU. Ends within 10 minutes: what has not
run by then is reported as such and fails the check. Needs LibTorch for CUDA (tools/bootstrap.sh
--peers).

  --no-build     use what is built already (built elsewhere with --build-only, say)
  --build-only   build, and say which files a machine with a GPU needs
  --preset NAME  the preset to build (default cuda; its folder is build/NAME)
  --out FILE     also write everything that is printed to FILE

What it does
  1. device, driver, clocks; nvcc
  2. every test_*_cuda: the tests that ctest runs under the block emulator (ctest -R simt), the same
     source against the real runtime. Each compares with the reference, repeats, asks for equal bits
  3. gpu_kernel_table: scan, conv1d, gate, pruning and InstanceNorm at the sizes of the network,
     milliseconds by events, GB/s beside a measured copy, and whether two runs gave equal bits
  4. registers and spills of every kernel, from the build
  5. tools/gpu_train_check.sh: 20 steps of every arm at 128^3, C = 48 and 32, twice, with equal bytes
     of final weights, seconds a step and peak memory; a 32^3 arm in fp32 against the CPU

What it does not do
  - no conv3d table, no official selective-scan beside ours: neither is part of this project
  - several GPUs: one rank trains

exit status: 0 all passed; 1 a test failed, bits differed or time ran out; 66 no GPU, driver or nvcc
TEXT
}

build=1
run=1
preset=cuda
out=
while [ $# -gt 0 ]; do
  case $1 in
    --no-build) build=0 ;;
    --build-only) run=0 ;;
    --preset | --out)
      [ $# -ge 2 ] || { echo "gpu_check: $1 needs a value" >&2; exit 2; }
      if [ "$1" = --preset ]; then preset=$2; else out=$2; fi
      shift ;;
    -h | --help) usage; exit 0 ;;
    *) echo "gpu_check: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=build/$preset
readonly most_seconds=590
failures=0

left() {
  echo $((most_seconds - SECONDS > 1 ? most_seconds - SECONDS : 1))
}

absent() {  # what fix
  echo "gpu_check: $1" >&2
  echo "  fix: $2" >&2
  exit 66
}

build_all() {
  local nvcc
  nvcc=$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)
  [ -x "$nvcc" ] || absent "no nvcc on PATH or in /usr/local/cuda/bin" \
    "install a CUDA toolkit, or build elsewhere with --build-only and use --no-build here"
  echo "== build: $("$nvcc" --version | tail -n 1)"
  mkdir -p build
  cmake --preset "$preset" >"$folder-configure.log" 2>&1 ||
    { cat "$folder-configure.log"; echo "gpu_check: configuring failed"; exit 1; }
  timeout "$(left)" cmake --build "$folder" --target gpu_checks -- -j "$(nproc)" ||
    { echo "gpu_check: building failed or took too long"; exit 1; }
  echo "built after $SECONDS s"
}

tests() {
  find "$folder/tests" -maxdepth 1 -name 'test_*_cuda' -type f 2>/dev/null | sort
}

describe_device() {
  echo "== device"
  nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm,clocks.max.sm,clocks.mem \
    --format=csv
}

run_tests() {
  local program status
  echo "== kernel tests on the device"
  for program in $(tests); do
    status=0
    timeout "$(left)" "$program" --gtest_brief=1 || status=$?
    if [ "$status" -eq 124 ]; then
      echo "OUT OF TIME: $(basename "$program")"
    fi
    [ "$status" -eq 0 ] || failures=$((failures + 1))
    printf '%-32s %s\n' "$(basename "$program")" "$([ "$status" -eq 0 ] && echo passed || echo FAILED)"
  done
}

run_table() {
  local status=0
  echo "== kernels"
  timeout "$(left)" "$folder/bin/gpu_kernel_table" || status=$?
  if [ "$status" -ne 0 ]; then
    echo "FAILED: gpu_kernel_table ended with $status (124: out of time)"
    failures=$((failures + 1))
  fi
}

run_training() {
  local status=0
  echo "== training"
  tools/gpu_train_check.sh --yates "$folder/bin/yates" --seconds "$(left)" || status=$?
  [ "$status" -eq 0 ] || failures=$((failures + 1))
}

run_resources() {
  local status=0
  echo "== resources"
  python3 tools/check_ptxas.py "$folder" sm_80 sm_90 || status=$?
  [ "$status" -eq 0 ] || failures=$((failures + 1))
}

check() {
  if [ $build -eq 1 ]; then
    build_all
  fi
  if [ $run -eq 0 ]; then
    echo "== a machine with a GPU needs the checkout with these files; then: $0 --no-build --preset $preset"
    tests
    echo "$folder/bin/gpu_kernel_table $folder/bin/yates $folder/libexec/yates/yates-worker"
    return
  fi
  [ -n "$(tests)" ] || absent "no test_*_cuda in $folder/tests" "leave --no-build out"
  describe_device
  run_tests
  run_table
  run_resources
  run_training
  echo "gpu_check: $failures failures, $SECONDS s"
  [ $failures -eq 0 ]
}

if [ $run -eq 1 ]; then
  nvidia-smi -L >/dev/null 2>&1 ||
    absent "no NVIDIA GPU or driver here (nvidia-smi finds none)" \
      "run it on a machine with a GPU; here, ctest --preset ci -R simt runs the same kernels emulated"
fi
if [ -n "$out" ]; then
  check 2>&1 | tee "$out"
else
  check
fi
