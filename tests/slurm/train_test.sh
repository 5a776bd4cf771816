#!/usr/bin/env bash
# train_test.sh TOY_TRAINER: what a run promises on Slurm, kept by real processes on several nodes.
# Run by cluster.sh, in $FOLDER.
set -euo pipefail

trainer=$FOLDER/toy_trainer
cp "$1" "$trainer"
cd "$FOLDER"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1

fail() {
  echo "train_test: $*" >&2
  tail -n 20 "$FOLDER"/*.out >&2 || true
  exit 1
}

cat >job.sh <<'JOB'
#!/bin/bash
srun --mpi=pmix --kill-on-bad-exit=1 "$FOLDER/toy_trainer" "$FOLDER/$RUN" 1
JOB

# submit RUN NODES FAULT: the toy run as a job, one rank a node; its number in $job.
submit() {
  job=$(RUN=$1 YATES_FAULT=$3 sbatch --parsable --requeue --open-mode=append --nodes="$2" \
    --ntasks-per-node=1 --output="$1.out" job.sh)
}
# The number of the job's last node.
last_node() {
  scontrol show hostnames "$(squeue --noheader --jobs="$job" --format=%N)" | tail -n 1 | tr -cd 0-9
}
in_state() { grep -q "\"state\": *\"$2\"" "$1/status.json"; }
at_step() { [ "$(grep -c '"loss"' "$1/metrics.jsonl")" -ge "$2" ]; }
field() { grep -o "\"$2\": *[^,}]*" "$1/status.json" | head -n 1 | sed 's/.*: *//'; }
expect_same() { cmp "$1/final.safetensors" whole/final.safetensors || fail "$1 has other bits"; }

# The unbroken run, on one node.
submit whole 1 ""
wait_for 60 in_state whole done || fail "the unbroken run"

# P4: the signal that Slurm sends before a time limit: 75, queued again by RequeueExit, same bits.
submit warned 2 "rank=0,step=5,point=step.begin,action=sleep:6"
wait_for 60 at_step warned 5 || fail "the run that is warned does not start"
scancel --signal=USR1 "$job"
wait_for 60 in_state warned interrupted || fail "the warned run is not interrupted"
wait_for 90 in_state warned done || fail "the warned run does not go on"
[ "$(field warned attempt)" = 2 ] || fail "attempt $(field warned attempt) of the warned run"
expect_same warned

# P10: a node loses its power; the job is queued again and ends elsewhere.
submit lost 2 "rank=0,step=5,point=step.begin,action=sleep:8"
wait_for 60 at_step lost 5 || fail "the run that loses a node does not start"
node_kill "$(last_node)"
wait_for 120 in_state lost done || fail "the run that lost a node does not go on"
[ "$(field lost attempt)" = 2 ] || fail "attempt $(field lost attempt) of the run that lost a node"
expect_same lost

# P9: a node loses its cable; its rank lives on while the job runs elsewhere, and publishes nothing.
submit split 1 "rank=0,step=5,point=step.begin,action=sleep:45"
wait_for 60 at_step split 5 || fail "the run that is cut off does not start"
node_cut "$(last_node)"
# The second attempt sleeps no less, so that the first one wakes up while it runs.
wait_for 90 test -e split/attempts/0002/owner.json || fail "no second attempt"
[ ! -e split/attempts/0001/end.json ] || fail "the first attempt had ended already"
wait_for 120 in_state split done || fail "the second attempt does not end"
wait_for 60 test -e split/attempts/0001/end.json || fail "the first attempt lives for ever"
grep -q '"exit_code": *77' split/attempts/0001/end.json || fail "the first attempt was not fenced"
expect_same split
echo "train_test: passed"
