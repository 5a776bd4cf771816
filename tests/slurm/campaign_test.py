#!/usr/bin/env python3
"""A 2 x 2 x 3-seed study on a real Slurm of four hosts, with everything that goes wrong there: a host
lost, one cut off while its run goes on, a rank killed, a run preempted, a time limit, a requeue. All
runs end, each once, with the bits of the same study on an undisturbed machine, and the GPU-days of
all attempts are on the books.

campaign_test.py WORK     made by run.sh, on the cluster: data, the undisturbed study, then the other"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
YATES = os.environ["YATES_BINARY"]
PATIENCE_S = 420  # For one event; a loaded machine is slow, a hang is longer.

BASE = """\
model: {width: 8}
data: {dir: WORK/shards, split: WORK/split.json, patch: [32, 32, 32], augment: none, workers: 1}
train: {epochs: 3, steps_per_epoch: 2, device: cpu, lr: 0.05, momentum: 0.9, watchdog_s: 1000}
evaluate: {tta: none}
"""
STUDY = """\
study: {name: rough, base: base.yaml, out: 'WORK/OUT'}
factors:
  relocate: {"-": {}, "+": {model.mamba_stages: [0, 1]}}
  prune: {"-": {}, "+": {model.prune.enabled: true}}
design: {seeds: [1, 2, 3]}
slurm: {partition: all, gpus_per_node: 2, cpus_per_rank: 1, ranks_per_run: 2, time_limit: 60min}
"""
# Disturbed runs rest in their fourth step, whose three predecessors left a checkpoint after step 2.
REST = 'export YATES_FAULT="step=3,point=step.begin,action=sleep:SECONDS"'
SITE = """\
site:
  signal_s: 50
  setup:
    - 'export OMPI_MCA_btl=self,vader OMPI_MCA_btl_vader_single_copy_mechanism=none'
    - 'export OMPI_MCA_mpi_yield_when_idle=1 OMP_NUM_THREADS=1'
    - 'source "WORK/disturb.sh"'
"""
TROUBLES = ["lost", "cut", "rank", "requeue", "preempt", "limit"]


def run(*words, check=True):
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if check and result.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {result.returncode}\n"
                           f"{result.stdout}{result.stderr}")
    return result.stdout


def wait_for(what, test, patience=PATIENCE_S):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = test()
        if found:
            print(f"{time.strftime('%T')} {what}", flush=True)
            return found
        time.sleep(0.5)
    raise RuntimeError(f"never: {what}\n{run('squeue', check=False)}{run('sinfo', check=False)}")


def write_study(work, name, out):
    (work / "base.yaml").write_text(BASE.replace("WORK", str(work)))
    text = STUDY.replace("WORK", str(work)).replace("OUT", out)
    (work / name).write_text(text)
    return work / name


def prepare(work):
    run(YATES, "data", "phantom", "--out", work / "cases", "--cases", 4, "--seed", 1, "--shape",
        "48,48,48")
    run(YATES, "data", "import", "--in", work / "cases", "--out", work / "shards")
    run(YATES, "data", "split", "--data", work / "shards", "--out", work / "split.json",
        "--ratios", "0.5,0.25,0.25")
    run(YATES, "study", "run", write_study(work, "calm.yaml", "calm"), "--slots", 2, "--ranks", 1)


class Cluster:
    def __init__(self, work):
        self.work = work
        self.study = write_study(work, "rough.yaml", "rough")
        self.site = work / "site.yaml"
        self.site.write_text(SITE.replace("WORK", str(work)))

    def node(self, order, number):
        """node_cut, node_heal, node_kill or node_up of cluster.sh; a started node goes on alone."""
        subprocess.run(["bash", "-c", f"{order} {number}"], check=True, stdout=subprocess.DEVNULL)

    def element_info(self, element):
        text = run("scontrol", "show", "job", "-o", element, check=False)
        return dict(part.split("=", 1) for part in text.split() if "=" in part)

    def rests(self, run_id):
        """True once the run has completed three steps of its present attempt."""
        metrics = self.work / "rough/runs" / run_id / "metrics.jsonl"
        return metrics.exists() and len(metrics.read_text().splitlines()) >= 3

    def wait_until_it_rests(self, run_id, element, on_the_books=False):
        """The host it rests on; with `on_the_books`, after its time was first written down."""
        wait_for(f"{run_id} rests", lambda: self.rests(run_id))
        if on_the_books:
            record = self.work / "rough/runs" / run_id / "campaign.json"
            wait_for(f"the time of {run_id} is noted",
                     lambda: json.loads(record.read_text())["open_gpu_seconds"] > 0)
        return int(self.element_info(element)["NodeList"].removeprefix("node"))

    def submit(self):
        planned = json.loads(run(YATES, "study", "plan", self.study, "--json", "-"))
        rests = "\n".join(
            f'  0/{entry["id"]}) {REST.replace("SECONDS", str(seconds))} ;;'
            for entry, seconds in zip(self.order(planned), [60, 600, 40, 40, 40, 40]))
        (self.work / "disturb.sh").write_text(
            f'case "${{SLURM_RESTART_COUNT:-0}}/$run" in\n{rests}\nesac\n')
        print(run(YATES, "study", "submit", self.study, "--site", self.site), flush=True)
        waves = json.loads((self.work / "rough/slurm/waves.json").read_text())
        batch = waves["batches"][0]
        return {run_id: f'{batch["job"]}_{i}' for i, run_id in enumerate(batch["runs"])}

    def order(self, planned):
        """The runs in the order of the array: longest first, otherwise as in the plan."""
        return sorted(planned["runs"], key=lambda entry: -entry["cost_gpu_days"])

    def restarted(self, element, times=1):
        return int(self.element_info(element).get("Restarts", 0)) >= times

    def prefer(self, element):
        """Before the runs that wait: a requeued one is otherwise the last."""
        run("scontrol", "update", f"JobId={element}", "Priority=4000000000", check=False)

    def lose(self, run_id, element):
        node = self.wait_until_it_rests(run_id, element, on_the_books=True)
        self.node("node_kill", node)
        wait_for("the lost host's run was queued again", lambda: self.restarted(element))
        self.prefer(element)
        self.node("node_heal", node)
        self.node("node_up", node)

    def cut(self, run_id, element):
        node = self.wait_until_it_rests(run_id, element, on_the_books=True)
        self.node("node_cut", node)
        wait_for("the cut-off host's run was queued again", lambda: self.restarted(element))
        self.prefer(element)
        launches = self.work / "rough/runs" / run_id / "launches"
        wait_for("the cut-off host's run was started elsewhere",
                 lambda: len(list(launches.iterdir())) >= 2)
        self.zombie_wrote = self.older_files(run_id)
        self.node("node_heal", node)

    def older_files(self, run_id):
        """What the first attempt, which is cut off and lives, has written."""
        attempt = self.work / "rough/runs" / run_id / "attempts/0001"
        return {path: path.read_bytes() for path in attempt.iterdir() if path.name != "heartbeat"}

    def kill_rank(self, run_id, element):
        self.wait_until_it_rests(run_id, element)
        for process in pathlib.Path("/proc").iterdir():
            try:
                words = (process / "cmdline").read_bytes().split(b"\0")
                environment = (process / "environ").read_bytes()
            except OSError:
                continue
            if (b"train" in words and any(run_id.encode() in word for word in words)
                    and b"\0SLURM_PROCID=1\0" in environment):
                os.kill(int(process.name), 9)
                print(f"{time.strftime('%T')} rank 1 of {run_id} killed", flush=True)
                return
        raise RuntimeError(f"no rank 1 of {run_id}")

    def requeue(self, run_id, element):
        self.wait_until_it_rests(run_id, element)
        run("scontrol", "requeue", element)

    def preempt(self, run_id, element):
        node = self.wait_until_it_rests(run_id, element)
        run("sbatch", "--partition=urgent", f"--nodelist=node{node}", "--ntasks=2", "--gres=gpu:2",
            "--output=/dev/null", "--wrap=sleep 3")
        wait_for("the preempted run was queued again", lambda: self.restarted(element))

    def limit(self, run_id, element):
        self.wait_until_it_rests(run_id, element)
        run("scontrol", "update", f"JobId={element}", "TimeLimit=1")
        wait_for("the run stopped before its time limit", lambda: self.restarted(element))
        run("scontrol", "update", f"JobId={element}", "TimeLimit=60")


def disturb(work):
    cluster = Cluster(work)
    elements = cluster.submit()
    acts = [cluster.lose, cluster.cut, cluster.kill_rank, cluster.requeue, cluster.preempt,
            cluster.limit]
    disturbed = dict(zip(TROUBLES, elements))
    with concurrent.futures.ThreadPoolExecutor(len(acts)) as threads:
        running = [threads.submit(act, disturbed[trouble], elements[disturbed[trouble]])
                   for trouble, act in zip(TROUBLES, acts)]
        for act in concurrent.futures.as_completed(running):
            act.result()

    def status():
        return json.loads(run(YATES, "study", "status", cluster.study, "--json", "-"))

    wait_for("the gate closed the study", lambda: status()["gate"]["state"] == "complete")
    check(work, cluster, status(), disturbed)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def steps(path):
    """The lines of metrics.jsonl without what depends on the clock."""
    timed = {"step_s", "data_wait_s", "data_underruns", "comm_wait_s"}
    return [{key: value for key, value in json.loads(line).items() if key not in timed}
            for line in path.read_text().splitlines()]


def check(work, cluster, status, disturbed):
    problems = []
    for entry in status["runs"]:
        calm, rough = (work / out / "runs" / entry["id"] for out in ("calm", "rough"))
        if entry["state"] != "done":
            problems.append(f"{entry['id']} is {entry['state']}: {entry['reason']}")
            continue
        for name in ("final.safetensors", "cases.csv"):
            if digest(calm / name) != digest(rough / name):
                problems.append(f"{entry['id']}: {name} has other bits")
        if steps(calm / "metrics.jsonl") != steps(rough / "metrics.jsonl"):
            problems.append(f"{entry['id']}: metrics.jsonl has other steps")
        record = json.loads((rough / "campaign.json").read_text())
        if record["passed"] != ["train", "predict", "evaluate"]:
            problems.append(f"{entry['id']}: stages {record['passed']}")
        if record["open_gpu_seconds"] != 0 or record["gpu_seconds"] <= 0:
            problems.append(f"{entry['id']}: GPU-days {record}")
    records = {trouble: json.loads((work / "rough/runs" / run_id / "campaign.json").read_text())
               for trouble, run_id in disturbed.items()}
    for trouble, record in records.items():
        if record["attempts"] < 2:
            problems.append(f"{trouble}: one attempt, it was not disturbed")
    for trouble in ("lost", "cut", "rank"):
        if record_lost(records[trouble]) <= 0:
            problems.append(f"{trouble}: no lost work on the books")
    for path, content in cluster.zombie_wrote.items():
        if path.name != "end.json" and path.read_bytes() != content:
            problems.append(f"the run that was cut off still wrote {path}")
    days = status["gpu_days"]
    if abs(days["used"] - days["useful"] - days["lost"]) > 1e-9 or days["lost"] <= 0:
        problems.append(f"the ledger does not add up: {days}")
    print(json.dumps(days), json.dumps({key: [round(record["gpu_seconds"], 1),
                                              round(record["lost_gpu_seconds"], 1)]
                                        for key, record in records.items()}), flush=True)
    if problems:
        raise SystemExit("\n".join(problems))
    print(f"{len(status['runs'])} runs ended with the bits of an undisturbed campaign")


def record_lost(record):
    return record["lost_gpu_seconds"]


def main():
    work = pathlib.Path(sys.argv[1]).resolve() / "campaign"
    work.mkdir()
    prepare(work)
    disturb(work)


main()
