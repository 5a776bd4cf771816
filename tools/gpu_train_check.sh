#!/usr/bin/env bash
# Trains arms twice and compares the bits; trains one arm on GPU and CPU and compares the curves.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: tools/gpu_train_check.sh --yates FILE [--device cuda|cpu] [--small] [--seconds S] [--keep DIR]

Part of tools/gpu_check.sh, which see. Needs no data: it makes phantoms.

  --yates FILE   the program, e.g. build/cuda/bin/yates
  --device NAME  where to train (default cuda)
  --small        3 steps of two arms at C = 8 and 16x16x32 instead of 20 steps of eight arms at
                 C = 48 and 32 and 128^3: tries this script, on a CPU in about a minute
  --seconds S    end within S seconds (default 480); what has not run by then fails
  --keep DIR     leave the runs there (default: a temporary folder, removed)

What it does
  1. every arm twice, in the precision of a campaign (train.precision=auto): final.safetensors of
     both must be equal byte by byte; seconds a step (the mean of the last ones) and peak memory
  2. one pruned relocated arm at 32^3 in fp32 on the device and on the CPU: the losses of the first
     three steps may differ by 1e-3 of their value

exit status: 0 all passed; 1 bits or curves differ, a run failed, or time ran out; 2 usage
TEXT
}

yates=
device=cuda
small=0
seconds=480
keep=
while [ $# -gt 0 ]; do
  case $1 in
    --yates | --device | --seconds | --keep)
      [ $# -ge 2 ] || { echo "gpu_train_check: $1 needs a value" >&2; exit 2; }
      case $1 in
        --yates) yates=$(realpath "$2") ;;
        --device) device=$2 ;;
        --seconds) seconds=$2 ;;
        --keep) keep=$(realpath -m "$2") ;;
      esac
      shift ;;
    --small) small=1 ;;
    -h | --help) usage; exit 0 ;;
    *) echo "gpu_train_check: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
[ -n "$yates" ] || { usage >&2; exit 2; }

reader=$(realpath "$(dirname "${BASH_SOURCE[0]}")")/read_metrics.py
if [ -z "$keep" ]; then
  keep=$(mktemp -d "${TMPDIR:-/tmp}/yates-gpu-check-XXXXXX")
  trap 'rm -rf "$keep"' EXIT
fi
mkdir -p "$keep"
cd "$keep"
failures=0
rows=()

left() {
  echo $((seconds - SECONDS > 1 ? seconds - SECONDS : 1))
}

# shape of the phantoms -> data set DIR/shards, DIR/split.json
make_data() {
  local folder=$1 shape=$2
  mkdir -p "$folder"
  if ! {
    timeout "$(left)" "$yates" data phantom --out "$folder/cases" --cases 4 --seed 1 \
      --shape "$shape" --jobs "$(nproc)" &&
      timeout "$(left)" "$yates" data import --in "$folder/cases" --out "$folder/shards" \
        --jobs "$(nproc)" &&
      "$yates" data split --data "$folder/shards" --out "$folder/split.json" --seed 1 \
        --ratios 0.5,0.25,0.25
  } >"$folder.log" 2>&1; then
    cat "$folder.log"
    echo "gpu_train_check: no data"
    exit 1
  fi
}

write_configuration() {  # file data patch steps
  cat >"$1" <<YAML
schema: 1
data: {dir: $2/shards, split: $2/split.json, patch: $3, augment: none, workers: 2, queue: 4}
train: {seed: 1, epochs: 1, steps_per_epoch: $4, global_batch: 2, validate_every: 0}
YAML
}

# name configuration [key=value...]; the log beside the run
train() {
  local name=$1 configuration=$2 status=0
  shift 2
  rm -rf "$name"
  timeout "$(left)" "$yates" train --config "$configuration" "run.dir=$name" "$@" \
    >"$name.log" 2>&1 || status=$?
  if [ "$status" -ne 0 ] || [ ! -e "$name/final.safetensors" ]; then
    tail -n 20 "$name.log"
    echo "FAILED: $name ended with $status$([ "$status" -ne 124 ] || echo ' (out of time)')"
    failures=$((failures + 1))
    return 1
  fi
}

# label [key=value...]
check_arm() {
  local label=$1 bits=DIFFERENT peak
  shift
  if ! train first arms.yaml "train.device=$device" "$@" ||
    ! train second arms.yaml "train.device=$device" "$@"; then
    rows+=("$(printf '%-34s %10s' "$label" failed)")
    return
  fi
  if cmp -s first/final.safetensors second/final.safetensors; then
    bits=equal
  else
    failures=$((failures + 1))
  fi
  peak=$(sed -n 's/.*peak memory on .*: \([0-9]*\) MiB$/\1/p' second.log | tail -n 1)
  rows+=("$(printf '%-34s %10s %10s %10s' "$label" \
    "$(python3 "$reader" step-seconds second/metrics.jsonl)" "${peak:--}" "$bits")")
}

check_arms() {
  local widths="48 32" width mamba prune
  [ $small -eq 0 ] || widths=8
  for width in $widths; do
    for mamba in "[2,3]" "[0,1]"; do
      for prune in false true; do
        # Two arms are enough to try the script.
        [ $small -eq 0 ] || [ "$mamba$prune" = "[2,3]false" ] || [ "$mamba$prune" = "[0,1]true" ] || continue
        check_arm "C=$width mamba_stages=$mamba prune=$prune" "model.width=$width" \
          "model.mamba_stages=$mamba" "model.prune.enabled=$prune"
      done
    done
  done
}

check_against_cpu() {
  local arm=(model.width=16 "model.mamba_stages=[0,1]" model.prune.enabled=true train.precision=fp32)
  [ $small -eq 0 ] || arm[0]=model.width=8
  train device curve.yaml "train.device=$device" "${arm[@]}" || return 0
  train host curve.yaml train.device=cpu "train.threads=$(nproc)" "${arm[@]}" || return 0
  python3 "$reader" compare device/metrics.jsonl host/metrics.jsonl --steps 3 --tolerance 1e-3 ||
    failures=$((failures + 1))
}

if [ $small -eq 1 ]; then
  make_data arms 40,40,40
  write_configuration arms.yaml arms "[16, 16, 32]" 3
  write_configuration curve.yaml arms "[16, 16, 32]" 3
else
  make_data arms 136,136,136
  write_configuration arms.yaml arms "[128, 128, 128]" 20
  write_configuration curve.yaml arms "[32, 32, 32]" 5
fi
echo "== one arm on $device and on the CPU, fp32"
check_against_cpu
echo "== arms on $device, each trained twice"
check_arms
printf '%-34s %10s %10s %10s\n' arm s/step "peak MiB" bits
printf '%s\n' "${rows[@]}"
echo "gpu_train_check: $failures failures, $SECONDS s"
[ $failures -eq 0 ]
