#!/usr/bin/env bash
# scaling_test.sh BUILD: slurm/scaling.sbatch on 1, 2 and 4 nodes. Run by cluster.sh, in $FOLDER.
set -euo pipefail

root=$PWD
export PATH=$1/bin:$PATH OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_mpi_yield_when_idle=1
cd "$FOLDER"
job=$(sbatch --parsable --wait --cpus-per-task=1 --output=job.out "$root/slurm/scaling.sbatch" \
  steps=1 repeats=3 cores=2) || { cat job.out >&2; exit 1; }
python3 - "$job" <<'CHECK'
import json, sys
job = sys.argv[1]
rows = json.load(open(f"scaling-{job}.json"))
steps = {row["size"]: row["ours"] for row in rows if row["name"] == "weak step"}
expected = {f"ranks={n} hosts={n} batch={n} loader=drawn" for n in (1, 2, 4)}
assert set(steps) == expected, steps
assert all(step["n"] == 3 and 0 < step["min"] <= step["median"] for step in steps.values()), steps
assert "Median of 3 runs" in open(f"scaling-{job}.svg").read()
plan = json.load(open(f"plan-{job}.json"))
held_out = [row for row in plan if row["name"] == "held-out step"]
assert {row["size"].split()[1] for row in held_out} == {"hosts=4"}, held_out
assert any(row["name"] == "model error, held-out" for row in plan)
print("scaling_test: passed")
CHECK
