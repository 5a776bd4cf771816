#!/usr/bin/env bash
# The main job from nothing: make the machine ready, build yates, then raw cases -> shards -> a study of
# eight small runs under MPI -> label maps -> metrics -> report. With --real: one arm on your own cases.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: tools/demo.sh [--real DIR] [--labels brats2023|brats2021] [--out DIR]

  (none)      24 synthetic cases, a study of relocation x pruning: 2 x 2 arms, 2 seeds, two MPI ranks
              each; about 5 minutes after the build on 2 cores, 12 on a busy machine
  --real DIR  your own cases in BraTS layout (DIR/CASE/CASE-{t1n,t1c,t2w,t2f,seg}.nii.gz): 20 training
              steps, predictions and scores; shows that the way works, not how good the network is
  --labels    what the labels of DIR mean (default brats2023; brats2021 has 4 for enhancing tumour)
  --out DIR   where everything goes (default demo/); an earlier demo there is replaced
TEXT
}

refuse() {
  echo "demo: $1" >&2
  exit 2
}

real=""
labels=brats2023
out=demo
while [ $# -gt 0 ]; do
  case $1 in
    -h|--help) usage; exit 0 ;;
    --real|--labels|--out) [ $# -ge 2 ] || refuse "$1 wants a value; see --help" ;;
    *) echo "demo: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
  esac
  case $1 in
    --real) real=$2 ;;
    --labels) labels=$2 ;;
    --out) out=$2 ;;
  esac
  shift 2
done

# What would fail after the build is said before it.
out=$(realpath -m "$out")
if [ -n "$real" ]; then
  [ -d "$real" ] || refuse "--real $real: there is no such folder"
  compgen -G "$real/*/*.nii*" >/dev/null || refuse "--real $real: no CASE/*.nii.gz in it"
  real=$(realpath "$real")
fi
case $labels in
  brats2023|brats2021) ;;
  *) refuse "--labels $labels: brats2023 or brats2021" ;;
esac
if [ -e "$out" ] && [ ! -e "$out/.yates-demo" ]; then
  refuse "$out exists and is not an earlier demo; choose another --out"
fi
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

rm -rf "$out"
mkdir -p "$out"
touch "$out/.yates-demo"
cd "$out"

step() {
  echo
  echo "== $*"
  "$@"
}

# Mean Dice of the regions, out of what yates evaluate prints.
mean_dice() { awk '$1 == "mean" && $2 == "Dice" { print $3 }' "$1"; }

one_arm() {
  step yates data import --in "$real" --out shards --labels "$labels"
  step yates data split --data shards --out split.json --seed 1
  step mpirun -np 2 --oversubscribe yates train --config "$root/configs/demo_real.yaml"
  step yates predict --run run
  step yates evaluate --predictions run/predictions --references "$real" --labels "$labels" \
    --out cases.csv
  echo
  echo "demo: metrics per case are in $out/cases.csv, label maps in $out/run/predictions"
}

untrained() {
  step yates model init --out untrained.safetensors --seed 1 model.width=8
  step yates predict --weights untrained.safetensors --data shards --out untrained --cases test \
    --tta none model.width=8 data.split=split.json data.patch=[32,32,32]
  step yates evaluate --predictions untrained --references cases --out untrained.csv | tee untrained.txt
}

compare() {
  echo
  echo "Mean Dice on the test cases, by arm (smallest and largest of the seeds):"
  printf '  %-28s %s\n' "untrained" "$(mean_dice untrained.txt)"
  awk -F, '$3 == "dice" && $4 == "mean" {
      printf "  %-28s %.4f  (%.4f to %.4f, %d runs)\n", "relocate " $1 ", prune " $2, $6 / 100, $8 / 100, $9 / 100, $5
      if ($8 < 50) low = 1
    }
    END { exit low }' report/cells.csv || { echo "demo: a run stayed below 0.5" >&2; exit 1; }
}

study() {
  local file=$root/configs/studies/demo.yaml
  step yates data phantom --out cases --cases 24 --seed 1 --shape 48,48,48 --difficulty 0.25
  step yates data import --in cases --out shards
  step yates data split --data shards --out split.json --seed 1
  untrained
  step yates study plan "$file"
  step yates study run "$file" --ranks 2
  step yates analyze --study "$file" --runs study --out report
  compare
  echo
  echo "demo: the report is $out/report/report.html (report.md for a terminal)"
}

if [ -n "$real" ]; then one_arm; else study; fi
echo "demo: to use yates yourself: export PATH=$root/build/release/bin:\$PATH"
