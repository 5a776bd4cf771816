#!/usr/bin/env bash
# The main job from nothing: make the machine ready, build yates, then raw cases -> shards ->
# training under MPI -> label maps -> metrics. Without an argument on synthetic cases.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: tools/demo.sh [--real DIR] [--labels brats2023|brats2021] [--out DIR]

  (none)      24 synthetic cases, a small network, two MPI ranks; a few minutes after the build
  --real DIR  your own cases in BraTS layout (DIR/CASE/CASE-{t1n,t1c,t2w,t2f,seg}.nii.gz): 20 training
              steps, predictions and scores; shows that the way works, not how good the network is
  --labels    what the labels of DIR mean (default brats2023; brats2021 has 4 for enhancing tumour)
  --out DIR   where everything goes (default demo/); an earlier demo there is replaced
TEXT
}

real=""
labels=brats2023
out=demo
while [ $# -gt 0 ]; do
  case $1 in
    --real) real=$(realpath "$2"); shift 2 ;;
    --labels) labels=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    -h|--help) usage; exit 0 ;;
    *) echo "demo: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
  esac
done

out=$(realpath -m "$out")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools/bootstrap.sh
echo "== build"
mkdir -p build
cmake --preset release >build/release-configure.log 2>&1 || { cat build/release-configure.log; exit 1; }
cmake --build --preset release --target yates yates-worker -- -j "$(nproc)"

root=$PWD
PATH=$root/build/release/bin:$PATH
# Open MPI refuses root unless told twice; containers and chroots run as root.
if [ "$(id -u)" -eq 0 ]; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
export OMPI_MCA_btl_vader_single_copy_mechanism=none OMP_NUM_THREADS=1

if [ -e "$out" ] && [ ! -e "$out/.yates-demo" ]; then
  echo "demo: $out exists and is not an earlier demo; choose another --out" >&2
  exit 2
fi
rm -rf "$out"
mkdir -p "$out"
touch "$out/.yates-demo"
cd "$out"

step() {
  echo
  echo "== $*"
  "$@"
}

if [ -n "$real" ]; then
  cases=$real
  config=$root/configs/demo_real.yaml
else
  cases=cases
  config=$root/configs/demo.yaml
  step yates data phantom --out cases --cases 24 --seed 1 --shape 48,48,48 --difficulty 0
fi
step yates data import --in "$cases" --out shards --labels "$labels"
step yates data split --data shards --out split.json --seed 1
step mpirun -np 2 --oversubscribe yates train --config "$config"
step yates predict --run run
step yates evaluate --predictions run/predictions --references "$cases" --labels "$labels" --out cases.csv
echo
echo "demo: metrics per case are in $out/cases.csv, label maps in $out/run/predictions"
